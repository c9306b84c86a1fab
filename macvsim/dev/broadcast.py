"""Who does something about a broadcast ARP request: most of those who hear it only count it.

A request that is flooded to a thousand namespaces concerns the one that has the address, those that know the sender,
and whoever a capture, a parameter or a stacked device makes attentive.  They take it the long way; what the others
count is added up and settled whenever somebody reads counters or drops (`Sim.settle`).  Like learned paths
(dev/path.py), what is found out here holds for one epoch, and nothing of it is done while `Sim.learns` is off or a
journal is kept.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING

from macvsim.dev.contracts import CONSUMED
from macvsim.dev.path import Take
from macvsim.dev.vlan import Vlan
from macvsim.drop import DropReason
from macvsim.wire.addr import BROADCAST_MAC
from macvsim.wire.frame import BROADCAST, Frame

if TYPE_CHECKING:
    from macvsim.dev.base import NetDevice
    from macvsim.dev.macvlan import Macvlan, Mode
    from macvsim.dev.nic import Nic
    from macvsim.sim import Sim

_REQUEST = b"\x08\x06\x00\x01\x08\x00\x06\x04\x00\x01"
"""From the EtherType to the operation: a request for the MAC of an IPv4 address."""
_REQUEST_END = 42
_LOOPBACK = 127
_FIRST_GROUP, _LAST_GROUP = 224, 239
_TAG_KEY = 0xFFFF0FFF
_NOBODY: tuple[Macvlan, ...] = ()
_NOTHING = (0, 0)


def asked(frame: Frame) -> tuple[bytes, bytes] | None:
    """Sender and target address of a broadcast ARP request; None for every other frame, and for requests that are
    malformed to every stack (for groups and loopback addresses).
    """
    raw = frame.raw
    if raw[12:22] != _REQUEST or raw[:6] != BROADCAST_MAC or len(raw) < _REQUEST_END:
        return None
    first = raw[38]
    if first == _LOOPBACK or _FIRST_GROUP <= first <= _LAST_GROUP:
        return None
    return raw[28:32], raw[38:42]


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
        self._rank = {child: rank for rank, child in enumerate(members)}
        self._quiet: dict[Mode, list[Macvlan]] = {}
        """By their modes in this epoch."""
        self.attentive: list[Macvlan] = []
        self.targets: dict[bytes, list[Macvlan]] = {}
        for child in members:
            wanted = targets(child)
            (self.attentive if wanted is None else self._quiet.setdefault(child.mode, [])).append(child)
            for ip in wanted or ():
                self.targets.setdefault(ip, []).append(child)
        self._listeners: dict[bytes, list[Macvlan]] = {}
        self._heard: dict[frozenset[Mode], list[int]] = {}
        """Frames and bytes that all quiet children of these modes have heard, but for those in `_spared`."""
        self._spared: dict[Macvlan, tuple[int, int]] = {}

    def listeners(self, group: bytes) -> Sequence[Macvlan]:
        """Who listens to a group frame for `group` (macvlan_broadcast), in order."""
        found = self._listeners.get(group)
        if found is None:
            found = self._listeners[group] = [child for child in self.members if child.listens(group)]
        return found

    def hear(
        self, source: Macvlan | None, modes: frozenset[Mode], sender: bytes, target: bytes, octets: int
    ) -> Iterable[Macvlan]:
        """Children of `modes` but `source` hear a request of `octets` bytes: who of them must take it the long way."""
        self.heard_all(modes, 1, octets)
        concerned = self.targets.get(target, ())
        acquainted = [dev for dev in self.sim.known.get(int.from_bytes(sender), _NOBODY) if dev in self._rank]
        if source is not None and source.mode in modes:
            self._spare(source, octets)
        if not concerned and not acquainted and not self.attentive:
            return ()
        woken = self._in_order([*self.attentive, *concerned, *acquainted])
        woken = [child for child in woken if child.mode in modes and child is not source]
        for child in woken:
            self._spare(child, octets)
        return woken

    def heard_all(self, modes: frozenset[Mode], packets: int, octets: int) -> None:
        """All quiet children of these modes have heard so many requests."""
        heard = self._heard.get(modes)
        if heard is None:
            if not self._heard:
                self.sim.unsettled.append(self._settle)
            heard = self._heard[modes] = [0, 0]
        heard[0] += packets
        heard[1] += octets

    def _in_order(self, children: Iterable[Macvlan]) -> list[Macvlan]:
        rank = self._rank
        return sorted({child: None for child in children if child in rank}, key=rank.__getitem__)

    def _spare(self, child: Macvlan, octets: int) -> None:
        packets, before = self._spared.get(child, _NOTHING)
        self._spared[child] = packets + 1, before + octets

    def _settle(self) -> None:
        """Everybody quiet has counted what was heard, and dropped it."""
        heard, self._heard = self._heard, {}
        spared, self._spared = self._spared, {}
        for mode, children in self._quiet.items():
            wide = [of for modes, of in heard.items() if mode in modes]
            all_packets, all_octets = sum(packets for packets, _ in wide), sum(octets for _, octets in wide)
            for child in children:
                packets, octets = spared.get(child, _NOTHING)
                packets, octets = all_packets - packets, all_octets - octets
                child.counters.rx_packets += packets
                child.counters.rx_bytes += octets
                child.counters.multicast += packets
                self.sim.dropped(child, DropReason.ARP_NOT_FOR_US, packets)


class ArpPaths:
    """The ways up from a card of broadcast ARP requests, by their tag; each is found out once in an epoch."""

    def __init__(self, nic: Nic) -> None:
        self._nic = nic
        self._epoch = -1
        self._paths: dict[int, Take | None] = {}

    def find(self, tag: int) -> Take | None:
        """The way as the devices there count the requests; None: step by step."""
        nic = self._nic
        if self._epoch != nic.sim.epoch:
            self._epoch = nic.sim.epoch
            self._paths.clear()
        if tag not in self._paths:
            filters = nic.vlan_filter or not nic.carrier
            self._paths[tag] = None if filters else _arp_path(nic, tag)
        return self._paths[tag]


def targets_of(nic: Nic, tag: int) -> Collection[bytes] | None:
    """Addresses for whose sake the stack of the device that a card's requests with a tag come to does anything about
    one from a stranger; None: that device is to see them all.
    """
    dev = nic if not tag else nic.vlans.get(tag)
    if dev is None or dev.noarp or nic.arp_paths.find(tag) is None:
        return None
    return dev.ns.arp_targets(dev)


def _arp_path(nic: Nic, tag: int) -> Take | None:
    """The way up from a card of requests with a tag; None: step by step."""
    sim = nic.sim
    dev = nic if not tag else nic.vlans.get(tag & _TAG_KEY)
    if dev is None or not sim.learns or sim.journal is not None or nic.taps or dev.taps or not dev.up:
        return None
    handler = dev.rx_handler
    if (handler is not None and not handler.by_header) or (isinstance(dev, Vlan) and not dev.reorder_hdr):
        return None
    ns = dev.ns
    heeded = None if dev.noarp else ns.arp_targets(dev)
    handle = None if handler is None else handler.handle
    known, protocol = sim.known, ns.protocols.get(_REQUEST[:2], ns.unknown_protocol)
    unsettled = sim.unsettled
    packets = octets = ended = 0

    def settle() -> None:
        nonlocal packets, octets, ended
        for at in (nic,) if dev is nic else (nic, dev):
            at.counters.rx_packets += packets
            at.counters.rx_bytes += octets - packets * at.rx_uncounted
        sim.dropped(dev, DropReason.ARP_NOT_FOR_US, ended)
        packets = octets = ended = 0

    def receive(frame: Frame) -> DropReason | None:
        nonlocal packets, octets, ended
        if not packets:
            unsettled.append(settle)
        packets += 1
        raw = frame.raw
        octets += len(raw)
        if tag:
            frame = Frame(raw, frame.uid)
        if handle is not None and handle(dev, frame, BROADCAST) is CONSUMED:
            return None
        if heeded is None or raw[38:42] in heeded or dev in known.get(int.from_bytes(raw[28:32]), _NOBODY):
            return protocol(dev, frame, BROADCAST)
        ended += 1
        return DropReason.ARP_NOT_FOR_US

    return receive
