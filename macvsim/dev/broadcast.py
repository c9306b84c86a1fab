"""Who does something about a broadcast ARP request: most of those who hear it only count it.

A request that is flooded to a thousand namespaces concerns the one that has the address, those that know the sender by
another MAC, and whoever a capture, a parameter or a stacked device makes attentive.  They take it the long way; what
the others count is added up and settled whenever somebody reads counters or drops (`Sim.settle`).  Like learned paths
(dev/path.py), what is found out here holds for one epoch, and nothing of it is done while `Sim.learns` is off or a
journal is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import TYPE_CHECKING, Protocol

from macvsim.dev.contracts import CONSUMED
from macvsim.dev.vlan import Vlan
from macvsim.engine.drop import DropReason
from macvsim.wire.addr import BROADCAST_MAC
from macvsim.wire.frame import BROADCAST, Frame, PacketType

if TYPE_CHECKING:
    from macvsim.dev.base import NetDevice
    from macvsim.dev.macvlan import Macvlan, Mode
    from macvsim.dev.nic import Nic
    from macvsim.engine.sim import Sim

_REQUEST = b"\x08\x06\x00\x01\x08\x00\x06\x04\x00\x01"
"""From the EtherType to the operation: a request for the MAC of an IPv4 address."""
_REQUEST_END = 42
_LOOPBACK_AND_GROUPS = frozenset((127, *range(224, 240)))
"""How addresses begin that nobody is asked for."""
_TAG_KEY = 0xFFFF0FFF
FRAME = 1 << 64
"""Frames and their bytes are counted together, as so many times this plus so many bytes."""
_NOBODY: Sequence[NetDevice] = ()


class Acquaintance(Protocol):
    """An entry of a neighbour table (net/neigh.py)."""

    dev: NetDevice

    def news(self, ha: bytes) -> bool:
        """True if it matters to the table that the neighbour has this MAC."""


def acquainted(sim: Sim, raw: bytes) -> Sequence[NetDevice]:
    """Where something is known of a request's sender that the request changes."""
    known: Sequence[Acquaintance] | None = sim.known.get(raw[28:32])
    found = _NOBODY
    if known is None:
        return found
    ha = raw[22:28]
    for entry in known:
        if entry.news(ha):
            found = (*found, entry.dev)
    return found


def is_request(raw: bytes) -> bool:
    """True for a broadcast ARP request, unless every stack takes it for malformed (for groups and loopback addresses).
    The sender's addresses are ``raw[22:28]`` and ``raw[28:32]``, the one asked for is ``raw[38:42]``.
    """
    return (
        raw[12:22] == _REQUEST
        and raw[:6] == BROADCAST_MAC
        and len(raw) >= _REQUEST_END
        and raw[38] not in _LOOPBACK_AND_GROUPS
    )


def targets(dev: NetDevice) -> Collection[bytes] | None:
    """Addresses whose requests `dev` or its stack does something about, besides those that a known neighbour sends;
    None: whatever comes may matter to somebody.
    """
    if dev.taps or dev.vlans or dev.rx_handler is not None or dev.noarp or not dev.up:
        return None
    return dev.ns.arp_targets(dev)


class Audience:
    """The children of one macvlan port in one epoch.

    members : those that are up, in the order of the port's hash table
    attentive : those to whom every request may matter; targets : the others by the addresses they answer for
    """

    def __init__(self, sim: Sim, members: Sequence[Macvlan]) -> None:
        self.sim = sim
        self.epoch = sim.epoch
        self.members = members
        self._rank: dict[NetDevice, int] = {child: rank for rank, child in enumerate(members)}
        self._quiet: dict[Mode, list[Macvlan]] = {}
        """By their modes in this epoch."""
        self.attentive: list[Macvlan] = []
        self.targets: dict[bytes, tuple[Macvlan, ...]] = {}
        for child in members:
            wanted = targets(child)
            (self.attentive if wanted is None else self._quiet.setdefault(child.mode, [])).append(child)
            for ip in wanted or ():
                self.targets[ip] = (*self.targets.get(ip, ()), child)
        self._listeners: dict[bytes, list[Macvlan]] = {}
        self._heard: dict[frozenset[Mode], int] = {}
        """Frames and bytes that all quiet children of these modes have heard, but for what they were spared."""
        self._spared: dict[Macvlan, int] = {}

    def listeners(self, group: bytes) -> Sequence[Macvlan]:
        """Who listens to a group frame for `group` (macvlan_broadcast), in order."""
        found = self._listeners.get(group)
        if found is None:
            found = self._listeners[group] = [child for child in self.members if child.listens(group)]
        return found

    def hear(self, source: Macvlan | None, modes: frozenset[Mode], raw: bytes, octets: int) -> Sequence[Macvlan]:
        """Children of `modes` but `source` hear a request, and count `octets` bytes: who of them must take it the long
        way.
        """
        concerned: Sequence[Macvlan] = self.targets.get(raw[38:42], ())
        others = acquainted(self.sim, raw)
        if others or self.attentive:
            concerned = self._in_order([*self.attentive, *concerned, *others])
        return self.wake(concerned, source, modes, octets)

    def wake(
        self, concerned: Sequence[Macvlan], source: Macvlan | None, modes: frozenset[Mode], octets: int
    ) -> Sequence[Macvlan]:
        """The same where it is known whom the request concerns."""
        one = FRAME + octets
        spared, heard = self._spared, self._heard
        if not heard:
            self.sim.unsettled.append(self)
        heard[modes] = heard.get(modes, 0) + one
        if source is not None and source.mode in modes:
            spared[source] = spared.get(source, 0) + one
        woken: Sequence[Macvlan] = ()
        for child in concerned:
            if child.mode in modes and child is not source:
                spared[child] = spared.get(child, 0) + one
                woken = (*woken, child)
        return woken

    def heard_all(self, modes: frozenset[Mode], count: int) -> None:
        """All quiet children of these modes have heard so many requests and bytes."""
        heard = self._heard
        if not heard:
            self.sim.unsettled.append(self)
        heard[modes] = heard.get(modes, 0) + count

    def _in_order(self, devices: Iterable[NetDevice]) -> list[Macvlan]:
        rank = self._rank
        return [self.members[place] for place in sorted({rank[dev] for dev in devices if dev in rank})]

    def settle(self) -> None:
        """Everybody quiet has counted what was heard, and dropped it."""
        heard, self._heard = self._heard, {}
        spared, self._spared = self._spared, {}
        for mode, children in self._quiet.items():
            count = sum(count for modes, count in heard.items() if mode in modes)
            for child in children:
                packets, octets = divmod(count - spared.get(child, 0), FRAME)
                child.counters.rx_packets += packets
                child.counters.rx_bytes += octets
                child.counters.multicast += packets
                self.sim.dropped(child, DropReason.ARP_NOT_FOR_US, packets)


class ArpPaths:
    """The ways up from a card of broadcast ARP requests, by their tag; each is found out once in an epoch."""

    def __init__(self, nic: Nic) -> None:
        self._nic = nic
        self._epoch = -1
        self._paths: dict[int, ArpPath | None] = {}

    def find(self, tag: int) -> ArpPath | None:
        """The way as the devices there count the requests; None: step by step."""
        nic = self._nic
        if self._epoch != nic.sim.epoch:
            self._epoch = nic.sim.epoch
            self._paths.clear()
        if tag not in self._paths:
            filters = nic.vlan_filter or not nic.carrier
            self._paths[tag] = None if filters else _arp_path(nic, tag)
        return self._paths[tag]


def _arp_path(nic: Nic, tag: int) -> ArpPath | None:
    """The way up from a card of requests with a tag; None: step by step."""
    sim = nic.sim
    dev = nic if not tag else nic.vlans.get(tag & _TAG_KEY)
    if dev is None or not sim.learns or sim.journal is not None or nic.taps or dev.taps or not dev.up:
        return None
    handler = dev.rx_handler
    if (handler is not None and not handler.by_header) or (isinstance(dev, Vlan) and not dev.reorder_hdr):
        return None
    return ArpPath(nic, dev, tag, None if handler is None else handler.handle)


class ArpPath:
    """The way up from a card to `dev`, past what `handle` does with requests there.

    heeded : addresses for whose sake the stack there does anything about a request from a stranger; None: it is to see
    them all
    """

    __slots__ = ("_dev", "_ended", "_handle", "_nic", "_octets", "_packets", "_protocol", "_sim", "_tag", "heeded")

    def __init__(
        self, nic: Nic, dev: NetDevice, tag: int, handle: Callable[[NetDevice, Frame, PacketType], object] | None
    ) -> None:
        ns = dev.ns
        self._sim = nic.sim
        self._nic = nic
        self._dev = dev
        self._tag = tag
        self._handle = handle
        self.heeded = None if dev.noarp else ns.arp_targets(dev)
        self._protocol = ns.protocol(_REQUEST[:2]) or ns.unknown_protocol
        self._packets = self._octets = self._ended = 0

    def take(self, frame: Frame) -> DropReason | None:
        """A request arrives at the card."""
        dev, raw, handle, heeded = self._dev, frame.raw, self._handle, self.heeded
        if not self._packets:
            self._sim.unsettled.append(self)
        self._packets += 1
        self._octets += len(raw)
        if self._tag:
            frame = Frame(raw, frame.uid)
        if handle is not None and handle(dev, frame, BROADCAST) is CONSUMED:
            return None
        if heeded is None or raw[38:42] in heeded or dev in acquainted(self._sim, raw):
            return self._protocol(dev, frame, BROADCAST)
        self._ended += 1
        return DropReason.ARP_NOT_FOR_US

    def settle(self) -> None:
        """As `Unsettled.settle`."""
        nic, dev = self._nic, self._dev
        packets, octets = self._packets, self._octets
        for at in (nic,) if dev is nic else (nic, dev):
            at.counters.rx_packets += packets
            at.counters.rx_bytes += octets - packets * at.rx_uncounted
        self._sim.dropped(dev, DropReason.ARP_NOT_FOR_US, self._ended)
        self._packets = self._octets = self._ended = 0
