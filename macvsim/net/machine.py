"""What the namespaces of one machine have in common."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from macvsim.engine.sim import PROCESS, SOFTIRQ, Sim


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
