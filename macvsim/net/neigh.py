"""One entry of a neighbour cache: which MAC a next hop of IPv4 or IPv6 has (net/core/neighbour.c; read RFC 1122 section
2.3.2 and RFC 4861 section 7.3 first).

States, timers and their order are the kernel's.  The table (net/neightable.py) keeps the entries; `Solicitor`
(net/arp.py, net/ipv6/ndisc.py) sends requests, and hears of failures.  Times are jiffies.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from macvsim.engine.drop import DropReason
from macvsim.engine.recording import Subject
from macvsim.engine.wheel import Timed
from macvsim.net.nud import (
    CONNECTED,
    DELAY,
    FAILED,
    IN_TIMER,
    INCOMPLETE,
    PROBE,
    REACHABLE,
    STALE,
    VALID_BITS,
    Nud,
)
from macvsim.wire.addr import ZERO_MAC
from macvsim.wire.frame import ETH_HLEN, Frame

if TYPE_CHECKING:
    from macvsim.dev.base import NetDevice
    from macvsim.net.neightable import NeighTable
    from macvsim.net.packet import Packet
    from macvsim.net.sysctl import NeighParms

SKB_OVERHEAD = 768 - 98
"""Bytes the kernel books for a short packet beyond its length (skb truesize)."""
_CONNECTED_BITS = int(CONNECTED)
_SEND_BITS = int(CONNECTED | Nud.DELAY | Nud.PROBE)
_IN_TIMER_BITS = int(IN_TIMER)
_INCOMPLETE = 0x01
_REACHABLE = 0x02
_STALE = 0x04
_DELAY = 0x08
_PROBE = 0x10
_PROBING = _INCOMPLETE | _PROBE
_FAILED = 0x20
_FIXED = 0xC0


class Side(Protocol):
    """What a protocol keeps of a device (struct in_device, struct inet6_dev)."""

    dev: NetDevice
    reachable_time: int
    reachable_drawn: int

    @property
    def parms(self) -> NeighParms: ...


class Solicitor(Protocol):
    """Who asks and who is told: the ARP layer, or neighbour discovery."""

    def overflown(self) -> None:
        """There is no room for one more entry."""

    def construct(self, entry: Neighbour) -> None:
        """A new entry: give it its MAC and make it NOARP where no question is needed."""

    def solicit(self, entry: Neighbour, unicast: bool, trigger: Packet | None) -> None:
        """Send a request for the entry's address, to its known MAC or to everybody."""

    def unreachable(self, packet: Packet) -> None:
        """A packet that waited for resolution will not be sent (link_failure)."""

    def failing(self, entry: Neighbour) -> None:
        """A neighbour does not answer (FAILED), or that is over."""


class Known(Subject):
    """The MAC of a neighbour, while it is valid; each frame asks."""

    __slots__ = ("_entry",)
    version = None

    def __init__(self, entry: Neighbour) -> None:
        self._entry = entry

    def admits(self, version: bytes) -> bool:
        """As `Subject.admits`."""
        return not self._entry.news(version)


class Confirmed(Subject):
    """A neighbour that each packet confirms, as its sender has heard from behind it (sock_confirm_neigh)."""

    __slots__ = ("_entry",)
    version = None

    def __init__(self, entry: Neighbour) -> None:
        self._entry = entry

    def admits(self, version: bytes) -> bool:
        """As `Subject.admits`."""
        self._entry.confirmed = self._entry.sim._now // self._entry.sim.tick
        return True


class Neighbour(Timed, Subject):
    """One entry: next hop `ip` on `dev`; its timer is that of its state.

    version : the MAC, while nothing has to be checked
    """

    __slots__ = ("bits", "confirmed", "dead", "dev", "ha", "hh", "indev", "ip", "probes", "proto", "queue",
                 "queued", "router", "table", "updated", "used", "version")  # fmt: skip

    def __init__(self, table: NeighTable, dev: NetDevice, ip: int) -> None:
        super().__init__(table.sim)
        self.table = table
        self.dev = dev
        self.ip = ip
        self.indev = table.indev(dev)
        self.router = False
        """The neighbour says that it is a router (NTF_ROUTER)."""
        self.bits = 0
        self.ha = ZERO_MAC
        self.version: bytes | None = None
        self.hh: bytes | None = None
        """Ready link-layer header, once one was built (hh_cache)."""
        self.dead = False
        now = self.sim._now // self.sim.tick
        self.used = self.updated = now
        self.confirmed = now - 2 * table.base_reachable(self.indev)
        self.probes = 0
        self.queue: Sequence[Packet] = ()
        """Packets that wait for the MAC; queued : bytes booked for them."""
        self.queued = 0
        self.proto = 0

    def __repr__(self) -> str:
        return f"<Neighbour {self.table.text(self.ip)} dev {self.dev.label} {self.ha.hex(':')} {self.state.name}>"

    @property
    def state(self) -> Nud:
        """What is known of the MAC; `bits` is the same as an integer."""
        return Nud(self.bits)

    @state.setter
    def state(self, state: Nud) -> None:
        was, self.bits = self.bits, int(state)
        if (was ^ self.bits) & _FAILED:
            self.table.solicitor.failing(self)
        self.version = self.ha if self.bits & _CONNECTED_BITS else None

    @property
    def connected(self) -> bool:
        """Packets go out, and nothing has to be checked."""
        return self.bits & _CONNECTED_BITS != 0

    def admits(self, version: bytes) -> bool:
        """As `Subject.admits`: a packet may go out to that MAC, which makes a stale neighbour be checked."""
        if version != self.ha or not self.bits & (_SEND_BITS | _STALE):
            return False
        self.used = self.sim._now // self.sim.tick
        return not self.bits & _STALE or self._event_send(None)

    # -- sending -------------------------------------------------------------------------------------------------------

    def output(self, packet: Packet) -> DropReason | None:
        """Send `packet` to this next hop now, or keep it until the MAC is known (neigh_resolve_output,
        neigh_hh_output).
        """
        dev, recorder = self.dev, self.sim.recorder
        if recorder is not None:
            if not self.bits & _SEND_BITS:
                recorder.once()
            elif self.hh not in (None, dev.hard_header(self.ha, dev.mac, self.table.ethertype, packet.data)):
                recorder.forbid()  # the header is another one while something has to be checked
            else:
                recorder.depends(self, self.ha)
        if not self.bits & _CONNECTED_BITS:
            self.used = self.sim._now // self.sim.tick
            if not self.bits & _SEND_BITS and not self._event_send(packet):
                return None
        header = self.hh
        if header is None or not self.bits & _CONNECTED_BITS:
            built = dev.hard_header(self.ha, dev.mac, self.table.ethertype, packet.data)
            if dev.header_cache and header is None:
                self.hh = self.ha + dev.mac + self.table.ethertype if len(built) > ETH_HLEN else built
            header = built
        return dev.xmit(Frame(header + packet.data, packet.uid, 0, packet.flow))

    def ask(self) -> None:
        """Start resolution without a packet (neigh_event_send with no skb)."""
        self.used = self.table.sim.jiffies
        if not self.bits & _SEND_BITS:
            self._event_send(None)

    def _event_send(self, packet: Packet | None) -> bool:
        """True if the packet may go out at once; otherwise it was queued (__neigh_event_send)."""
        table = self.table
        parms = self.indev.parms
        now = self.sim._now // self.sim.tick
        if self.bits & _STALE:
            self._become(DELAY, now)
            self.start(parms.delay_first_probe_time * table.sim.hz)
            return True
        probe_now = not self.bits & _INCOMPLETE
        if probe_now:
            if not parms.mcast_solicit + parms.app_solicit:
                self._become(FAILED, now)
                if packet is not None:
                    table.solicitor.unreachable(packet)
                return False
            self.probes = parms.ucast_solicit
            self._become(INCOMPLETE, now)
            self.start(table.retrans(self.indev))
        if packet is not None:
            self._enqueue(packet)
        if probe_now:
            self._probe(packet)
        return False

    def _enqueue(self, packet: Packet) -> None:
        """Keep a packet until the MAC is known; the oldest give way (arp_queue, unres_qlen_bytes)."""
        table = self.table
        size = len(packet.data) + SKB_OVERHEAD
        while self.queue and self.queued + size > self.indev.parms.unres_qlen_bytes:
            oldest, *self.queue = self.queue
            self.queued -= len(oldest.data) + SKB_OVERHEAD
            table.sim.drop(oldest.uid, self.dev, DropReason.NEIGH_QUEUEFULL)
        self.queue = (*self.queue, packet)
        self.queued += size

    def _probe(self, trigger: Packet | None = None) -> None:
        """neigh_probe and the choice of arp_solicit between the known MAC and broadcast."""
        unicast = self.probes < self.indev.parms.ucast_solicit
        self.probes += 1
        self.table.solicitor.solicit(self, unicast, trigger or (self.queue[-1] if self.queue else None))

    # -- time passes ---------------------------------------------------------------------------------------------------

    def expire(self) -> None:
        """neigh_timer_handler."""
        table, parms = self.table, self.indev.parms
        now = table.sim.jiffies
        delay = parms.delay_first_probe_time * table.sim.hz
        due = now + table.sim.hz
        if not self.bits & _IN_TIMER_BITS:
            return
        if self.bits & _REACHABLE:
            reachable = table.reachable_time(self.indev)
            if now <= self.confirmed + reachable:
                due = self.confirmed + reachable
            elif now <= self.used + delay:
                self._become(DELAY, now)
                due = now + delay
            else:
                self._become(STALE, now)
        elif self.bits & _DELAY:
            if now <= self.confirmed + delay:
                self._become(REACHABLE, now)
                due = self.confirmed + table.reachable_time(self.indev)
            else:
                self._become(PROBE, now)
                self.probes = 0
                due = now + table.retrans(self.indev)
        else:
            due = now + table.retrans(self.indev)
        if self.bits & _PROBING and self.probes >= self._max_probes():
            self._become(FAILED, now)
            self._invalidate()
            return
        if self.bits & _IN_TIMER_BITS:
            self.start_at(max(due, now + table.sim.hz // 100))
        if self.bits & _PROBING:
            self._probe()

    def _max_probes(self) -> int:
        parms = self.indev.parms
        return int(
            parms.ucast_solicit
            + parms.app_solicit
            + (parms.mcast_resolicit if self.bits & _PROBE else parms.mcast_solicit)
        )

    def _become(self, state: Nud, now: int) -> None:
        self.state = state
        self.updated = now

    def _invalidate(self) -> None:
        """Resolution failed: everything that waited fails with it (neigh_invalidate)."""
        self.updated = self.table.sim.jiffies
        queue, self.queue, self.queued = self.queue, (), 0
        for packet in queue:
            self.table.solicitor.unreachable(packet)

    # -- learning ------------------------------------------------------------------------------------------------------

    def update(
        self,
        ha: bytes | None,
        new: Nud,
        *,
        override: bool = False,
        admin: bool = False,
        weak: bool = False,
        router: bool | None = None,
    ) -> None:
        """Somebody says that the MAC is `ha` (neigh_update).

        override : another MAC than the known one is believed; weak : if it is not, the known one is doubted at least;
        router : the neighbour says whether it is a router
        """
        table = self.table
        believed = True
        now = self.sim._now // self.sim.tick
        was, bits = self.bits, int(new)
        if not admin and was & _FIXED:
            return
        if not bits & VALID_BITS:
            self.stop()
            self._become(new, self.updated)
            if was & _PROBING and bits & _FAILED:
                self._invalidate()
            return
        if ha is None:
            if not was & VALID_BITS:
                return
            ha = self.ha
        if bits & _CONNECTED_BITS:
            self.confirmed = now
        if was & VALID_BITS:
            if ha != self.ha and not override:
                if not weak or not was & _CONNECTED_BITS:
                    return
                believed = False
                ha, new, bits = self.ha, STALE, _STALE
            elif ha == self.ha and bits == _STALE and not admin:
                if router is not None:
                    self.router = router
                return
        changed, moves = ha != self.ha, bits != was
        if moves or changed:
            self.updated = now
            self.ha = ha
            self.state = new
        if moves:
            self.stop()
            if bits & _PROBE:
                self.probes = 0
            if bits & _IN_TIMER_BITS:
                self.start(table.reachable_time(self.indev) if bits & _REACHABLE else 0)
        if changed:
            if self.hh is not None:
                self.hh = ha + self.dev.mac + self.table.ethertype
            if not bits & _CONNECTED_BITS:
                self.confirmed = now - 2 * table.base_reachable(self.indev)
        if router is not None and believed:
            self.router = router
        if moves and self.queue and not was & VALID_BITS:
            queue, self.queue, self.queued = self.queue, (), 0
            for packet in queue:
                self.output(packet)

    def news(self, ha: bytes) -> bool:
        """True unless this is as it stands already, to somebody who heard it from the neighbour by the way: `update`
        with STALE would change nothing.
        """
        return ha != self.ha or not self.bits & VALID_BITS

    def locked(self) -> bool:
        """True within locktime of the last change: ordinary answers do not override it."""
        locktime: int = self.indev.parms.locktime * self.table.sim.hz // 100
        return self.sim._now // self.sim.tick <= self.updated + locktime
