"""What the network writes to the kernel's log, which ``dmesg`` shows (kernel/printk, net/core/utils.c)."""

from __future__ import annotations

from typing import NamedTuple

from macvsim.engine.sim import SECOND, Sim

_BURST, _INTERVAL = 10, 5 * SECOND
"""So many messages in so much time, all together (net_ratelimit)."""
LINES = 10_000
"""Lines that are kept."""


class Line(NamedTuple):
    """A line, and when it was written (ns)."""

    time: int
    text: str


class KernelLog:
    """The log of one machine."""

    __slots__ = ("_began", "_missed", "_printed", "_sim", "lines")

    def __init__(self, sim: Sim) -> None:
        self._sim = sim
        self.lines: list[Line] = []
        self._began: int | None = None
        self._printed = self._missed = 0

    def write(self, text: str) -> None:
        """One more line."""
        self.lines.append(Line(int(self._sim.now), text))
        del self.lines[:-LINES]

    def limited(self, *texts: str) -> None:
        """Lines of one message that may not come too often (net_warn_ratelimited)."""
        now = int(self._sim.now)
        if self._began is None or now > self._began + _INTERVAL:
            if self._missed:
                self.write(f"net_ratelimit: {self._missed} callbacks suppressed")
            self._began, self._printed, self._missed = now, 0, 0
        if self._printed >= _BURST:
            self._missed += 1
            return
        self._printed += 1
        for text in texts:
            self.write(text)


__all__ = ["KernelLog", "Line"]
