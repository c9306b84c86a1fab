"""A right answer and wrong ones for each exercise of notebook 3."""

from __future__ import annotations

ANSWERS = {
    "check_3_1": (4, [0, 12, "4"]),
    "check_3_2": ({"d1 d3", "d2 d4"}, [{"d1 d3"}, {"d1 d2", "d1 d3", "d2 d4"}, 5]),
    "check_3_3": ([100, 200], [[100], [200], [1, 100, 200], [100, 4095], 100]),
}
