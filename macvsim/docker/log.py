"""What a container's main process printed, line by line, as ``docker logs`` shows it (the json-file driver)."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any

from macvsim.engine.sim import Event, Sim

GREETING = """

BusyBox v1.37.0 (Debian 1:1.37.0-6+b9) built-in shell (ash)
Enter 'help' for a list of built-in commands.

"""
"""What a shell prints on its terminal before the first prompt; carriage returns are left out."""


@dataclass(frozen=True, slots=True)
class LogLine:
    """A line, with its newline if it had one; `time` in nanoseconds since 1970."""

    time: int
    is_error: bool
    text: str


class ContainerLog:
    """The log of one container, over all its runs; a line is kept when it ends."""

    __slots__ = ("_changed", "_clock", "_lines", "_partial", "_pieces", "_sim")

    def __init__(self, sim: Sim, clock: Callable[[], int]) -> None:
        self._sim = sim
        self._clock = clock
        self._lines: list[LogLine] | None = None
        self._pieces: list[tuple[int, bool, str, bool]] | None = None
        """What was written since somebody looked: time, whether it is an error, text, and whether the process ended."""
        self._partial: dict[bool, str] | None = None
        self._changed: Event | None = None

    @property
    def lines(self) -> list[LogLine]:
        """What is in the log."""
        lines, pieces = self._lines or [], self._pieces or []
        partial = self._partial or {False: "", True: ""}
        for time, is_error, text, ended in pieces:
            *whole, rest = (partial[is_error] + text).split("\n")
            partial[is_error] = rest
            lines += [LogLine(time, is_error, f"{line}\n") for line in whole]
            if ended:
                lines += [LogLine(time, which, rest) for which, rest in partial.items() if rest]
                partial = {False: "", True: ""}
        self._lines, self._pieces, self._partial = lines, None, partial
        return lines

    def sink(self, *, is_error: bool, then: Callable[[str], None] | None = None) -> Callable[[str], None]:
        """What takes pieces of output of one stream, and passes them on."""

        def take(text: str) -> None:
            self.write(text, is_error=is_error)
            if then is not None:
                then(text)

        return take

    def write(self, text: str, *, is_error: bool = False, time: int | None = None) -> None:
        """A piece of output, from now or another time."""
        self._add(is_error, text, ended=False, time=time)
        if "\n" in text:
            self._wake()

    def close(self) -> None:
        """The process has ended: what has no newline is a line, too."""
        self._add(False, "", ended=True)
        self._wake()

    def more(self) -> Generator[Any, Any, None]:
        """Process: until there is something new, or the run has ended."""
        if self._changed is None:
            self._changed = self._sim.event()
        yield self._changed

    def _add(self, is_error: bool, text: str, *, ended: bool, time: int | None = None) -> None:
        if self._pieces is None:
            self._pieces = []
        self._pieces.append((self._clock() if time is None else time, is_error, text, ended))

    def _wake(self) -> None:
        if self._changed is not None:
            changed, self._changed = self._changed, None
            changed.succeed()
