"""Find when ticks fell in the recordings: ``python -m tests.injected.phase`` writes tests/data/injected/phases.json.

A script began at any moment between two ticks of the guest's kernel, and its timers run out at ticks, later ones at
every eighth.  The first segment that a timer sent tells the moment within a tick; which of eight ticks it was shows in
how well the later ones agree.
"""

from __future__ import annotations

import json

from macvsim.fidelity.replay.guest import RECORDER_HZ
from tests.injected.guest import SETTLE
from tests.injected.play import PHASES, WHEEL_SLOT, compared, recorded

_TICK = 1 / RECORDER_HZ
_AT_ONCE = 0.002
"""Seconds: what is sent so soon need not have waited for a tick."""


def within_tick(name: str) -> float | None:
    """Seconds from the beginning of a script to a tick; None where no timer sent a segment."""
    now: float = 0.0
    told = recorded()[name]
    for step, answer in zip(told["script"], told["answers"], strict=True):
        if step[0] == "wait":
            for when, _, frame in answer["sent"]:
                if " " in frame and when / 1000 > _AT_ONCE:
                    return float((now + when / 1000) % _TICK)
            now += step[1]
        now += SETTLE
    return None


def main() -> None:
    """Write the phases of all scripts with timers."""
    found = {}
    for name in recorded():
        first = within_tick(name)
        if first is None:
            continue
        choices = [round(first + number * _TICK, 4) for number in range(round(WHEEL_SLOT / _TICK))]
        found[name] = min(choices, key=lambda phase: (len(compared(name, phase)), phase))
    PHASES.write_text(
        "{\n" + ",\n".join(f"{json.dumps(name)}: {phase}" for name, phase in sorted(found.items())) + "\n}\n"
    )


if __name__ == "__main__":
    main()
