"""Ctrl-C in transcripts: ``^C`` where it was pressed, and ``^C (after 3.5 s)`` where it matters when.

With a time, Ctrl-C is pressed that long after the command began.  Without one, it is pressed a moment after the lines
above it have been printed; or, should they not come, when nothing has been printed for a while.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from macvsim.engine.sim import MS, SECOND

TICK = 100 * MS
"""Ctrl-C is pressed at multiples of this time from the beginning of a command."""
_PAUSE = 300 * MS
_PATIENCE = 10 * SECOND
_MARK = re.compile(r"\^C(?: \(after (\d+(?:\.\d+)?) s\))?")


class Presses:
    """Which Ctrl-C of the expected output is next, and whether it is time."""

    def __init__(self, expected: Sequence[str]) -> None:
        self._left = [
            (at, None if match[1] is None else round(float(match[1]) * SECOND))
            for at, line in enumerate(expected)
            if (match := _MARK.match(line))
        ]
        self._printed = self._reached = self._quiet = 0

    def __bool__(self) -> bool:
        return bool(self._left)

    def due(self, elapsed: int, text: str) -> bool:
        """Called every `TICK`, with the time since the command began and all it has printed: True to press now."""
        self._quiet = self._quiet + TICK if len(text) == self._printed else 0
        self._printed = len(text)
        if not self._left:
            return self._quiet >= _PATIENCE  # it did not end at the last one
        at, time = self._left[0]
        self._reached = self._reached + TICK if text.count("\n") >= at else 0
        if time is not None and elapsed < time:
            return False
        if time is None and self._reached < _PAUSE and self._quiet < _PATIENCE:
            return False
        self._left.pop(0)
        self._reached = self._quiet = 0
        return True


def without_time(line: str) -> str:
    """A line as the terminal shows it."""
    return _MARK.sub("^C", line, count=1) if line.startswith("^C") else line


def with_times(output: str, times: Sequence[int]) -> str:
    """An output with the times (ns since the command began) at which Ctrl-C was pressed."""
    left = iter(times)

    def note(match: re.Match[str]) -> str:
        time = next(left, None)
        return match[0] if time is None else f"^C (after {time / SECOND:g} s)"

    return re.sub(r"^\^C", note, output, flags=re.MULTILINE)
