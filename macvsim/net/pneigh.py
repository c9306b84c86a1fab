"""Addresses that a host answers for though others have them, and answers that wait (pneigh in net/core/neighbour.c)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from macvsim.engine.sim import Sim

if TYPE_CHECKING:
    from macvsim.dev.base import NetDevice
    from macvsim.net.sysctl import NeighParms


def _bucket(ip: int) -> int:
    """pneigh_hash: the nibbles of the last four bytes, one over the other."""
    ip &= 0xFFFFFFFF
    for shift in (16, 8, 4):
        ip ^= ip >> shift
    return ip & 0xF


class Proxies:
    """Proxy entries of one namespace and protocol, and the queue of delayed answers.

    stream : beginning of the names of the random streams that delays are drawn from
    """

    __slots__ = ("_waiting", "changed", "entries", "sim", "stream")

    def __init__(self, sim: Sim, stream: str) -> None:
        self.sim = sim
        self.stream = stream
        self.entries: dict[tuple[NetDevice, int], bool] = {}
        """Whether the address is said to be a router's; oldest first."""
        self._waiting: dict[NetDevice, int] = {}
        self.changed: Callable[[NetDevice, int, bool], None] | None = None
        """Told of entries that come (True) and go (pconstructor, pdestructor)."""

    def listing(self) -> list[tuple[NetDevice, int, bool]]:
        """Device, address, and whether it is a router's, in the order of the kernel's hash (pneigh_dump_table)."""
        newest_first = [(dev, ip, router) for (dev, ip), router in reversed(self.entries.items())]
        return sorted(newest_first, key=lambda entry: _bucket(entry[1]))

    def put(self, dev: NetDevice, ip: int, *, router: bool) -> None:
        """Answer for an address on a device; one that is there stays (pneigh_lookup)."""
        known = (dev, ip) in self.entries
        self.entries[dev, ip] = router
        self.sim.change()
        if not known and self.changed is not None:
            self.changed(dev, ip, True)

    def delete(self, dev: NetDevice, ip: int) -> None:
        """Answer no more (pneigh_delete)."""
        self.sim.change()
        del self.entries[dev, ip]
        if self.changed is not None:
            self.changed(dev, ip, False)

    def forget(self, dev: NetDevice) -> None:
        """The device went down: nobody is answered for there any more (pneigh_ifdown)."""
        for key in [key for key in self.entries if key[0] is dev]:
            self.delete(*key)

    def delay(self, dev: NetDevice, parms: NeighParms, answer: Callable[[], object]) -> bool:
        """Answer after a random part of proxy_delay (pneigh_enqueue); False if proxy_qlen others wait already."""
        waiting = self._waiting.get(dev, 0)
        if waiting > parms.proxy_qlen:
            return False
        self._waiting[dev] = waiting + 1
        sim = self.sim
        wait = sim.rng(f"{self.stream}/{dev.label}").randrange(max(parms.proxy_delay * sim.hz // 100, 1))
        sim.call_at(sim.wheel.time(sim.jiffies + wait), self._late, dev, answer)
        return True

    def _late(self, dev: NetDevice, answer: Callable[[], object]) -> None:
        """The delay is over (neigh_proxy_process)."""
        self._waiting[dev] -= 1
        if dev.up:
            answer()
