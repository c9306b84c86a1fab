"""The machine behind namespaces: how it was started, how its programs wake, and the kernel's log that ``dmesg`` shows
(kernel/printk, net/core/utils.c).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from macvsim.engine.sim import PROCESS, SECOND, SOFTIRQ, Sim

_BURST, _INTERVAL = 10, 5 * SECOND
"""So many messages in so much time, all together (net_ratelimit)."""
LINES = 10_000
"""Lines that are kept."""


@dataclass(frozen=True)
class Boot:
    """How a machine was built and started, as far as its network is concerned.

    ipv6 : False as with ``ipv6.disable_ipv6=1`` on the kernel's command line: devices have IPv6 off until a parameter
    turns it on; ipv6_tables : own addresses of IPv6 stand in a table of their own (CONFIG_IPV6_MULTIPLE_TABLES)
    default_qdisc : queueing discipline of devices with a queue (net.core.default_qdisc, which systemd sets)
    """

    ipv6: bool = False
    ipv6_tables: bool = True
    default_qdisc: str = "fq_codel"


class Wakeup:
    """What wakes the programs of a machine; delay : ns that it takes."""

    __slots__ = ("_sim", "delay")

    def __init__(self, sim: Sim) -> None:
        self._sim = sim
        self.delay = 0

    def hand(self, fn: Callable[[Any], None], arg: object) -> None:
        """Run ``fn(arg)`` in process context, `delay` ns from now."""
        delay = self.delay
        self._sim.post(delay, SOFTIRQ if delay else PROCESS, fn, arg)


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
