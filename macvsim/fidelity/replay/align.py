"""Alignment of two sequences by a longest common subsequence."""

from __future__ import annotations

from collections.abc import Hashable, Sequence


def align(left: Sequence[Hashable], right: Sequence[Hashable]) -> list[tuple[int, int]]:
    """Pairs of positions of a longest common subsequence, ascending in both.

    No alignment in order has more equal pairs.  Bit-parallel in integers (Crochemore et al., "A fast and practical
    bit-vector algorithm for the longest common subsequence problem", 2001): one addition for each item of `left`,
    and len(left) integers of len(right) bits.
    """
    places: dict[Hashable, int] = {}  # item -> bit mask of its positions in `right`
    for j, item in enumerate(right):
        places[item] = places.get(item, 0) | 1 << j
    full = (1 << len(right)) - 1
    row = full
    rows = []  # bit j of rows[i] is 0 where right[: j + 1] has one more in common with left[: i + 1] than right[:j] has
    for item in left:
        common = row & places.get(item, 0)
        row = ((row + common) | (row - common)) & full
        rows.append(row)
    pairs = []
    i, j = len(left) - 1, len(right) - 1
    while i >= 0 and j >= 0:
        if rows[i] >> j & 1:
            j -= 1  # right[j] adds nothing
        elif i and not rows[i - 1] >> j & 1:
            i -= 1  # left[i] adds nothing
        else:
            pairs.append((i, j))
            i, j = i - 1, j - 1
    return pairs[::-1]


def pair_rest(
    left: Sequence[Hashable], right: Sequence[Hashable], pairs: Sequence[tuple[int, int]]
) -> list[tuple[int, int]]:
    """Pairs of positions of equal items that `pairs` leaves over, whatever their order."""
    left_taken, right_taken = ({pair[side] for pair in pairs} for side in (0, 1))
    places: dict[Hashable, list[int]] = {}
    for j in reversed(range(len(right))):
        if j not in right_taken:
            places.setdefault(right[j], []).append(j)
    return [(i, places[left[i]].pop()) for i in range(len(left)) if i not in left_taken and places.get(left[i])]
