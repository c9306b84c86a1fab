"""A macvlan's lower device: who its children are, and how frames reach them (drivers/net/macvlan.c).

`MacvlanPort.handle` is macvlan_handle_frame; group frames go through a queue to every child that hears them.
"""

from __future__ import annotations

import enum
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, Any

from macvsim.dev.base import Another, NetDevice
from macvsim.dev.contracts import CONSUMED, PASS, Rx
from macvsim.engine.drop import DropReason
from macvsim.engine.sim import PROCESS, SOFTIRQ, US
from macvsim.wire.addr import BROADCAST_MAC
from macvsim.wire.frame import BROADCAST, ETH_HLEN, HOST, LOOPBACK, MULTICAST, OTHERHOST, Frame, PacketType

if TYPE_CHECKING:
    from macvsim.dev.macvlan import Macvlan

_IP = b"\x08\x00"
_PAUSE = b"\x88\x08"
_MORE_OR_OFFSET = 0x3F
_IP_HEADER_END = ETH_HLEN + 20
_GOLDEN_RATIO_32 = 0x61C88647
_GOLDEN_RATIO_64 = 0x61C8864680B583EB
_EVERY_GROUP = (1 << 256) - 1
BC_QUEUE_LEN = 1000
BC_WORK_DELAY = 1 * US
"""Group frames reach children through a work queue (macvlan_process_broadcast), so after the softirqs already due."""


class Mode(enum.Enum):
    """How a child treats its siblings (enum macvlan_mode)."""

    __hash__ = object.__hash__  # that of Enum is a Python function

    PRIVATE = "private"
    VEPA = "vepa"
    BRIDGE = "bridge"
    PASSTHRU = "passthru"
    SOURCE = "source"


PRIVATE = Mode.PRIVATE
VEPA = Mode.VEPA
BRIDGE = Mode.BRIDGE
PASSTHRU = Mode.PASSTHRU
SOURCE = Mode.SOURCE

EXTERNAL = frozenset((PRIVATE, VEPA, PASSTHRU, BRIDGE))
_NOT_BRIDGE = frozenset((VEPA,))
_FROM_VEPA = frozenset((VEPA, BRIDGE))
BRIDGE_ONLY = frozenset((BRIDGE,))


class MacvlanPort:
    """What hangs on a lower device while it has macvlan children: their MACs and the receive side."""

    owner = "macvlan"

    def __init__(self, lower: NetDevice) -> None:
        self.lower = lower
        self.children: list[Macvlan] = []
        self.by_mac: dict[bytes, Macvlan] = {}
        """Children that are up, and only those."""
        self.passthru = False
        self.has_sources = False
        """True once a child in source mode has a list of MACs."""
        self.saved_mac = lower.mac
        self.listeners: dict[Any, Any] = {}
        """Kept by `Sim.hear`."""
        self._wanted = self._queued = 0
        """256 bits each: hashes of groups that a child wants, and of those that go through the work queue (mc_filter,
        bc_filter)."""
        self.backlog: list[tuple[Frame, Macvlan | None]] = []

    @property
    def bc_queue_len(self) -> int:
        """Frames that may wait for the work queue: the largest wish among the children."""
        return max((child.bcqueuelen for child in self.children), default=BC_QUEUE_LEN)

    def handle(self, dev: NetDevice, frame: Frame, packet_type: PacketType) -> Rx | Another:
        """A frame came in on the lower device; whose is it?"""
        if packet_type is LOOPBACK:
            return PASS
        raw = frame.raw
        if raw[0] & 1:
            return self._defragment(frame, packet_type) if raw[12:14] == _IP else self._spread(frame, packet_type)
        if self.has_sources and self._copy_to_source_children(frame, packet_type):
            return CONSUMED
        child = self.children[0] if self.passthru else self.by_mac.get(raw[:6])
        if child is None or child.mode is SOURCE:
            return PASS
        if not child.up:
            self.lower.sim.drop(frame.uid, child, DropReason.DEV_DOWN, frame)
            return CONSUMED
        child.count_received(len(raw))
        return child, frame, HOST

    def _defragment(self, frame: Frame, packet_type: PacketType) -> Rx:
        """An IPv4 packet to a group: fragments are held until they make a packet."""
        raw = frame.raw
        if len(raw) < _IP_HEADER_END or not (raw[20] & _MORE_OR_OFFSET or raw[21]):
            return self._spread(frame, packet_type)
        lower = self.lower
        whole = lower.ns.defragment(lower, frame, packet_type)
        if whole is None or self._spread(whole, packet_type) is CONSUMED:
            return CONSUMED
        # in place of the fragment the lower device's protocols get the packet, which no capture on it has seen
        take = lower.ns.protocol(_IP) or lower.ns.unknown_protocol
        take(lower, Frame(whole.raw, whole.uid), OTHERHOST if whole.vid else packet_type)
        return CONSUMED

    def _spread(self, frame: Frame, packet_type: PacketType) -> Rx:
        """A whole group frame: to the children as their modes say, unless it is one child's alone, and nearly always to
        the lower device's own stack.
        """
        if self.has_sources and self._copy_to_source_children(frame, packet_type):
            return CONSUMED
        source = self.by_mac.get(frame.raw[6:12])
        if source is not None and source.mode not in (VEPA, BRIDGE):
            source.counters.rx_packets += 1  # and no bytes: the length is not known yet
            source.netif_rx(frame, _group_type(frame))
            return CONSUMED
        dst = frame.raw[:6]
        bit = _group_bit(dst)
        if self._queued >> bit & 1:
            waiting = len(self.backlog)
            if waiting >= self.children[0].bcqueuelen and waiting >= self.bc_queue_len:
                self.lower.counters.rx_dropped += 1
                self.lower.sim.drop(frame.uid, self.lower, DropReason.MACVLAN_BROADCAST_BACKLOG, frame)
            else:
                if not self.backlog:
                    self.lower.sim.post(BC_WORK_DELAY, PROCESS, self.work, None)
                self.backlog.append((frame, source))
        elif self._wanted >> bit & 1:
            self._distribute(frame, source)
        return PASS

    def update_filters(self) -> None:
        """What the lower device listens for on behalf of what stands on it, as it is now: this is looked at when a
        child's own lists or flags change, and only then (macvlan_set_mac_lists).

        Broadcasts, and groups that more than one device wants, wait for the work queue (cutoff 1).
        """
        lower = self.lower
        if lower.promiscuity or lower.allmulti:
            self._wanted = self._queued = _EVERY_GROUP
            return
        self._wanted = self._queued = 1 << _group_bit(BROADCAST_MAC)
        for group in lower.mc:
            wanting = (upper for upper in lower.uppers if upper.started and group in upper.mc)
            users = len(list(islice(wanting, 2)))
            if users:
                self._wanted |= 1 << _group_bit(group)
            if users > 1:
                self._queued |= 1 << _group_bit(group)

    def work(self, _: None = None) -> None:
        """The work queue runs (macvlan_process_broadcast)."""
        backlog, self.backlog = self.backlog, []
        for frame, source in backlog:
            self._distribute(frame, source)

    def _distribute(self, frame: Frame, source: Macvlan | None) -> None:
        """Who gets a group frame from outside depends on who sent it (macvlan_multicast_rx)."""
        if source is None:
            self.broadcast(frame, None, EXTERNAL)
        elif source.mode is VEPA:
            self.broadcast(frame, source, _FROM_VEPA)
        else:
            self.broadcast(frame, source, _NOT_BRIDGE)

    def broadcast(self, frame: Frame, source: Macvlan | None, modes: frozenset[Mode]) -> None:
        """Copy a group frame to every child that is up, of one of `modes`, listens for it and did not send it
        (macvlan_broadcast).
        """
        sim = self.lower.sim
        if sim.hear is not None and sim.hear(self, frame, source, modes):
            return
        if frame.raw[12:14] == _PAUSE:
            return
        group = frame.raw[:6]
        siblings: list[Macvlan] = []
        for child in self.in_hash_order():
            is_meant = child is not source and child.mode in modes and child.listens(group)
            if is_meant and self.visit(child, frame, modes):
                siblings.append(child)
        if siblings:
            sim.unrepeatable()
            sim.post(0, SOFTIRQ, self._take, (frame, siblings))

    def visit(self, child: Macvlan, frame: Frame, modes: frozenset[Mode]) -> bool:
        """One child gets its copy of a group frame; True if it takes it in the next softirq, with its siblings."""
        self.count_group_frame(child, self.group_octets(frame, modes))
        if modes is BRIDGE_ONLY:
            return child.refuses(frame) is None
        child.netif_rx(frame, _group_type(frame))
        self.lower.sim.run_softirqs()
        return False

    def _take(self, copies: tuple[Frame, list[Macvlan]]) -> None:
        """Siblings take their copies from the queue one after the other (process_backlog); each is an event."""
        frame, siblings = copies
        self.lower.sim.meter.events += len(siblings) - 1
        for child in siblings:
            child.enter(_group_type(frame), frame)

    @staticmethod
    def bridge_only(modes: frozenset[Mode]) -> bool:
        """The frame goes to siblings in mode bridge, at once."""
        return modes is BRIDGE_ONLY

    @staticmethod
    def group_octets(frame: Frame, modes: frozenset[Mode]) -> int:
        """The octets that a child counts of a group frame: the kernel counts the header of siblings' frames twice."""
        return len(frame.raw) + ETH_HLEN if modes is BRIDGE_ONLY else len(frame.raw)

    @staticmethod
    def count_group_frame(child: Macvlan, octets: int, frames: int = 1) -> None:
        """A child has heard so many group frames and octets."""
        child.counters.count("rx", frames, octets, 0)
        child.counters.multicast += frames

    def in_hash_order(self) -> list[Macvlan]:
        """Children that are up, as the kernel's hash table lists them: by bucket, newest first (macvlan_eth_hash)."""
        if len(self.by_mac) < 2:
            return list(self.by_mac.values())
        newest_first = list(reversed(self.by_mac.values()))
        return sorted(newest_first, key=lambda child: _bucket(child.mac))

    def _copy_to_source_children(self, frame: Frame, packet_type: PacketType) -> bool:
        """Children in source mode that allow the source MAC get a copy; True if one of them keeps it for itself
        (NODST).
        """
        consume = False
        source = frame.raw[6:12]
        for child in self.children:
            if source not in child.sources:
                continue
            consume = consume or child.nodst
            if child.up:
                own = frame.raw[:6] == child.mac
                child.counters.rx_packets += 1
                child.counters.rx_bytes += len(frame.raw)
                child.netif_rx(frame, HOST if own else packet_type)
        return consume

    def is_busy(self, mac: bytes) -> bool:
        """True if `mac` is the lower device's or belongs to a child that is up (macvlan_addr_busy)."""
        return not self.passthru and (mac == self.lower.mac or mac in self.by_mac)


def _bucket(mac: bytes) -> int:
    """macvlan_eth_hash: the six bytes by hash_64 into 256 buckets, on a little-endian machine."""
    value = int.from_bytes(mac, "little") << 16
    return (value * _GOLDEN_RATIO_64 & 0xFFFFFFFFFFFFFFFF) >> 56


@lru_cache(256)
def _group_bit(group: bytes) -> int:
    """mc_hash without salt: the last four bytes by hash_32 into 256 buckets, on a little-endian machine."""
    return (int.from_bytes(group[2:], "little") * _GOLDEN_RATIO_32 & 0xFFFFFFFF) >> 24


def _group_type(frame: Frame) -> PacketType:
    return BROADCAST if frame.raw[:6] == BROADCAST_MAC else MULTICAST


def netif_is_macvlan_port(dev: NetDevice) -> bool:
    """True if macvlan children stand on a device (IFF_MACVLAN_PORT)."""
    return isinstance(dev.rx_handler, MacvlanPort)
