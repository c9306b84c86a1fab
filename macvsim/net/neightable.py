"""The neighbour cache of one namespace and protocol: its entries, how long they are good, and which have to go
(net/core/neighbour.c).  What becomes of each entry is in net/neigh.py.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, ClassVar

from macvsim.engine.drop import DropReason
from macvsim.engine.sim import SECOND, Sim
from macvsim.engine.wheel import Timer
from macvsim.net.neigh import Neighbour, Side, Solicitor
from macvsim.net.nud import FAILED, IN_TIMER, NONE, STALE, Nud
from macvsim.net.pneigh import Proxies
from macvsim.wire.addr import ip_text
from macvsim.wire.frame import ETH_P_IP

if TYPE_CHECKING:
    from macvsim.dev.base import NetDevice
    from macvsim.net.sysctl import NeighThresholds

RANDOM_REACH_PERIOD = 300 * SECOND
GC_STEP = 15
"""Seconds: half of the default base_reachable_time, whatever that of a device is."""
_COLLECTED_AGE = 5
"""Seconds: younger entries stay in a forced collection, and another one below gc_thresh3 waits as long."""


class NeighTable:
    """All neighbour entries of one namespace for IPv4 (arp_tbl, seen from it); those for IPv6 are a class of its own.

    ethertype : of the protocol; suffix : tells its random streams apart; address_bits : length of its addresses
    """

    __slots__ = ("_collected", "_gc", "_proxies", "entries", "sim", "solicitor", "thresholds")
    ethertype: ClassVar[bytes] = ETH_P_IP.to_bytes(2)
    suffix: ClassVar[str] = ""
    address_bits: ClassVar[int] = 32

    def __init__(self, sim: Sim, solicitor: Solicitor, thresholds: NeighThresholds) -> None:
        self.sim = sim
        self.solicitor = solicitor
        self.thresholds = thresholds
        self.entries: dict[int, Neighbour] = {}
        """By interface index and address, as one number."""
        self._proxies: Proxies | None = None
        self._gc: Timer | None = None
        self._collected = 0
        """When `_collect` last ran, in jiffies."""

    @property
    def proxies(self) -> Proxies:
        """For whom else this host answers."""
        if self._proxies is None:
            self._proxies = Proxies(self.sim, f"proxy{self.suffix}")
        return self._proxies

    @property
    def is_proxy(self) -> bool:
        """True if it answers for anybody else by name."""
        return self._proxies is not None and bool(self._proxies.entries)

    def text(self, ip: int) -> str:
        """An address as it is written."""
        return ip_text(ip)

    def indev(self, dev: NetDevice) -> Side:
        """What the protocol keeps of a device."""
        side: Side = dev.inet
        return side

    def lookup(self, dev: NetDevice, ip: int) -> Neighbour | None:
        """The entry, if there is one."""
        return self.entries.get(dev.ifindex << self.address_bits | ip)

    def create(self, dev: NetDevice, ip: int) -> Neighbour | None:
        """The entry, made if need be; None when the table is full (ENOBUFS, ``neighbour table overflow``)."""
        key = dev.ifindex << self.address_bits | ip
        entries = self.entries
        entry = entries.get(key)
        if entry is None:
            thresholds, there = self.thresholds, len(entries)
            if there >= thresholds.gc_thresh3 or (
                there >= thresholds.gc_thresh2 and self.sim.jiffies > self._collected + _COLLECTED_AGE * self.sim.hz
            ):
                self._collect(there + 1 - thresholds.gc_thresh2)
                there = len(entries)
            if there >= thresholds.gc_thresh3:
                self.solicitor.overflown()
                return None
            if there + 1 >= thresholds.gc_thresh1:
                self._schedule()
            entry = entries[key] = Neighbour(self, dev, ip)
            if self.sim.watch_neighbour is not None:
                self.sim.watch_neighbour(entry)
            self.solicitor.construct(entry)
        return entry

    def _schedule(self) -> None:
        """Look for old entries at the next time: twice in base_reachable_time (neigh_periodic_work)."""
        if self._gc is None:
            self._gc = Timer(self.sim, self._periodic)
        if not self._gc.pending:
            step = GC_STEP * self.sim.hz
            self._gc.start(step - self.sim.jiffies % step)

    def _periodic(self) -> None:
        """Entries that failed, or were not used for gc_stale_time, go while there are gc_thresh1 or more."""
        if len(self.entries) < self.thresholds.gc_thresh1:
            return
        now, hz = self.sim.jiffies, self.sim.hz
        for entry in list(self.entries.values()):
            if entry.state & (Nud.PERMANENT | IN_TIMER):
                continue
            used = max(entry.used, entry.confirmed)
            if entry.state is FAILED or now - used >= self.indev(entry.dev).parms.gc_stale_time * hz:
                self.remove(entry)
        self._schedule()

    def _collect(self, most: int) -> None:
        """Forced garbage collection: the first `most` entries, oldest first, that are not permanent, not in use, and
        5 s old (neigh_forced_gc).
        """
        self._collected = self.sim.jiffies
        old = self._collected - _COLLECTED_AGE * self.sim.hz
        idle = (
            entry for entry in self.entries.values() if entry.state & (STALE | FAILED | NONE) and entry.updated < old
        )
        for entry in list(islice(idle, max(most, 1))):
            self.remove(entry)

    # -- times ---------------------------------------------------------------------------------------------------------

    def retrans(self, indev: Side) -> int:
        """Jiffies between two requests."""
        return max(indev.parms.retrans_time_ms * self.sim.hz // 1000, self.sim.hz // 100)

    def base_reachable(self, indev: Side) -> int:
        """Jiffies of base_reachable_time."""
        return indev.parms.base_reachable_time_ms * self.sim.hz // 1000

    def reachable_time(self, indev: Side) -> int:
        """Jiffies an entry of this device stays REACHABLE: 0.5 to 1.5 times the base, drawn about every 300 s
        (neigh_rand_reach_time).
        """
        period = self.sim._now // RANDOM_REACH_PERIOD
        if indev.reachable_drawn != period:
            indev.reachable_drawn = period
            base = self.base_reachable(indev)
            name = f"reachable{self.suffix}/{indev.dev.label}/{period}"
            indev.reachable_time = base // 2 + (self.sim.number(name, base) if base else 0)
        return indev.reachable_time

    # -- forgetting ----------------------------------------------------------------------------------------------------

    def remove(self, entry: Neighbour) -> None:
        """``ip neigh del`` and everything else that forgets one entry."""
        entry.stop()
        queue, entry.queue = entry.queue, ()
        for packet in queue:
            self.sim.drop(packet.uid, entry.dev, DropReason.NEIGH_FAILED)
        entry.state = NONE
        entry.dead = True
        if self.sim.watch_neighbour is not None:
            self.sim.watch_neighbour(entry)
        self.entries.pop(entry.dev.ifindex << self.address_bits | entry.ip, None)

    def flush(self, dev: NetDevice | None = None, *, keep_permanent: bool = False) -> None:
        """Forget the entries of a device (neigh_ifdown, neigh_carrier_down), or of all."""
        for entry in list(self.entries.values()):
            if dev is not None and entry.dev is not dev:
                continue
            if keep_permanent and entry.state & (Nud.PERMANENT | Nud.NOARP):
                continue
            self.remove(entry)

    def device_down(self, dev: NetDevice) -> None:
        """Nothing is known behind a device that is down, and nobody answered for there (neigh_ifdown)."""
        self.flush(dev)
        if self._proxies is not None:
            self._proxies.forget(dev)

    def listing(self) -> list[Neighbour]:
        """Entries that `ip neigh` shows: everything but NOARP and NONE; when they were used is up to date."""
        self.sim.flush()
        return [e for e in self.entries.values() if e.state and not e.state & Nud.NOARP]
