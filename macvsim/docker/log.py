"""What a container's main process printed, line by line, as ``docker logs`` shows it (the json-file driver)."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any

from macvsim.sim import Sim


@dataclass(frozen=True, slots=True)
class LogLine:
    """A line, with its newline if it had one; `time` in nanoseconds since 1970."""

    time: int
    is_error: bool
    text: str


class ContainerLog:
    """The log of one container, over all its runs; a line is kept when it ends."""

    def __init__(self, sim: Sim, clock: Callable[[], int]) -> None:
        self._sim = sim
        self._clock = clock
        self.lines: list[LogLine] = []
        self._partial = {False: "", True: ""}
        self._changed = sim.event()

    def sink(self, *, is_error: bool, then: Callable[[str], None] | None = None) -> Callable[[str], None]:
        """What takes pieces of output of one stream, and passes them on."""

        def take(text: str) -> None:
            self.write(text, is_error=is_error)
            if then is not None:
                then(text)

        return take

    def write(self, text: str, *, is_error: bool = False) -> None:
        """A piece of output."""
        *whole, rest = (self._partial[is_error] + text).split("\n")
        self._partial[is_error] = rest
        self._add(is_error, [f"{line}\n" for line in whole])

    def close(self) -> None:
        """The process has ended: what has no newline is a line, too."""
        for is_error, rest in self._partial.items():
            self._add(is_error, [rest] if rest else [])
        self._partial = {False: "", True: ""}
        self._wake()

    def more(self) -> Generator[Any, Any, None]:
        """Process: until there is something new, or the run has ended."""
        yield self._changed

    def _add(self, is_error: bool, texts: list[str]) -> None:
        if texts:
            self.lines += [LogLine(self._clock(), is_error, text) for text in texts]
            self._wake()

    def _wake(self) -> None:
        changed, self._changed = self._changed, self._sim.event()
        changed.succeed()
