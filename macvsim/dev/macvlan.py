"""macvlan: many devices with a MAC each on one lower device (drivers/net/macvlan.c).

Receiving is `MacvlanPort.handle` (macvlan_handle_frame), sending is `Macvlan.start_xmit` (macvlan_queue_xmit).  Modes
decide about what children send and about group frames; a unicast frame from the lower device goes to whoever owns its
destination, whatever the mode.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable
from typing import ClassVar

from macvsim.dev.base import CONSUMED, PASS, Another, Event, NetDevice, Rx, Stack, check_unicast_mac
from macvsim.dev.broadcast import Audience, asked
from macvsim.drop import DropReason
from macvsim.errors import AddressInUse, DeviceBusy, NetlinkError
from macvsim.history import recorded
from macvsim.sim import US
from macvsim.wire.addr import BROADCAST_MAC, mac_text
from macvsim.wire.frame import BROADCAST, ETH_HLEN, HOST, LOOPBACK, MULTICAST, OTHERHOST, Frame, PacketType

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

_EXTERNAL = frozenset((PRIVATE, VEPA, PASSTHRU, BRIDGE))
_NOT_BRIDGE = frozenset((VEPA,))
_FROM_VEPA = frozenset((VEPA, BRIDGE))
_BRIDGE = frozenset((BRIDGE,))


class MacvlanPort:
    """What hangs on a lower device while it has macvlan children: their MACs and the receive side."""

    owner = "macvlan"

    @property
    def by_header(self) -> bool:
        return not self.has_sources

    def __init__(self, lower: NetDevice) -> None:
        self.lower = lower
        self.children: list[Macvlan] = []
        self.by_mac: dict[bytes, Macvlan] = {}
        """Children that are up, and only those."""
        self.passthru = False
        self.has_sources = False
        """True once a child in source mode has a list of MACs."""
        self.saved_mac = lower.mac
        self._wanted = self._queued = 0
        """256 bits each: hashes of groups that a child wants, and of those that go through the work queue (mc_filter,
        bc_filter)."""
        self.backlog: list[tuple[Frame, Macvlan | None]] = []
        self.known: dict[int, dict[Macvlan, None]] = {}
        """Children by the IPv4 addresses of their neighbours."""
        self._audience: Audience | None = None

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
            return self._handle_group(frame, packet_type)
        if self.has_sources and self._copy_to_source_children(frame, packet_type):
            return CONSUMED
        child = self.children[0] if self.passthru else self.by_mac.get(raw[:6])
        if child is None or child.mode is SOURCE:
            return PASS
        if not child.up:
            self.lower.sim.drop(frame.uid, child, DropReason.DEV_DOWN, frame)
            return CONSUMED
        stats = child.counters
        stats.rx_packets += 1
        stats.rx_bytes += len(raw)
        return child, frame, HOST

    def _handle_group(self, frame: Frame, packet_type: PacketType) -> Rx:
        """Broadcast or multicast: to the children as their modes say, and nearly always to the lower device's own
        stack.  IPv4 fragments are held until they make a packet.
        """
        raw = frame.raw
        if raw[12:14] != _IP or len(raw) < _IP_HEADER_END or not (raw[20] & _MORE_OR_OFFSET or raw[21]):
            return self._spread(frame, packet_type)
        lower = self.lower
        whole = lower.ns.defragment(lower, frame, packet_type)
        if whole is None or self._spread(whole, packet_type) is CONSUMED:
            return CONSUMED
        # in place of the fragment the lower device's protocols get the packet, which no capture on it has seen
        lower.ns.protocols[_IP](lower, Frame(whole.raw, whole.uid), OTHERHOST if whole.vid else packet_type)
        return CONSUMED

    def _spread(self, frame: Frame, packet_type: PacketType) -> Rx:
        """A whole group frame: to the children, unless it is one child's alone."""
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
                    self.lower.sim.call_in_process(BC_WORK_DELAY, self._work)
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
            users = sum(group in upper.mc for upper in lower.uppers if upper.started)
            if users:
                self._wanted |= 1 << _group_bit(group)
            if users > 1:
                self._queued |= 1 << _group_bit(group)

    def _work(self) -> None:
        """The work queue runs (macvlan_process_broadcast)."""
        backlog, self.backlog = self.backlog, []
        for frame, source in backlog:
            self._distribute(frame, source)

    def _distribute(self, frame: Frame, source: Macvlan | None) -> None:
        """Who gets a group frame from outside depends on who sent it (macvlan_multicast_rx)."""
        if source is None:
            self.broadcast(frame, None, _EXTERNAL)
        elif source.mode is VEPA:
            self.broadcast(frame, source, _FROM_VEPA)
        else:
            self.broadcast(frame, source, _NOT_BRIDGE)

    def broadcast(self, frame: Frame, source: Macvlan | None, modes: frozenset[Mode]) -> None:
        """Copy a group frame to every child that is up, of one of `modes`, listens for it and did not send it
        (macvlan_broadcast).
        """
        if frame.raw[12:14] == _PAUSE:
            return
        # the kernel counts the header of siblings' frames twice
        octets = len(frame.raw) + (ETH_HLEN if modes is _BRIDGE else 0)
        for child in self._hearers(frame, source, modes, octets):
            child.counters.rx_packets += 1
            child.counters.rx_bytes += octets
            child.counters.multicast += 1
            if modes is _BRIDGE:
                child.forward(frame)
            else:
                child.netif_rx(frame, _group_type(frame))
                self.lower.sim.run_softirqs()

    def _hearers(self, frame: Frame, source: Macvlan | None, modes: frozenset[Mode], octets: int) -> Iterable[Macvlan]:
        """Who takes a copy, without those that would only count it (dev/broadcast.py)."""
        sim, dst = self.lower.sim, frame.raw[:6]
        listeners: Iterable[Macvlan]
        if sim.learns:
            audience = self._audience
            if audience is None or audience.epoch != sim.epoch:
                audience = self._audience = Audience(sim, self.in_hash_order(), self.known)
            request = asked(frame) if sim.journal is None and not frame.tag else None
            if request is not None:
                return audience.hear(source, modes, *request, octets)
            listeners = audience.listeners(dst)
        else:
            listeners = (child for child in self.in_hash_order() if child.listens(dst))
        return [child for child in listeners if child is not source and child.mode in modes]

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


def _group_bit(group: bytes) -> int:
    """mc_hash without salt: the last four bytes by hash_32 into 256 buckets, on a little-endian machine."""
    return (int.from_bytes(group[2:], "little") * _GOLDEN_RATIO_32 & 0xFFFFFFFF) >> 24


def _group_type(frame: Frame) -> PacketType:
    return BROADCAST if frame.raw[:6] == BROADCAST_MAC else MULTICAST


class Macvlan(NetDevice):
    """A child with a MAC of its own on a lower device.

    Parameters
    ----------
    lower : the lower (parent) device; a macvlan given here stands for its own lower device, children never nest
    mac : None for a passthru child, which takes the lower device's; others need one
    mode : the kernel's default is vepa; Docker passes bridge
    """

    kind: ClassVar[str] = "macvlan"
    unicast_filter: ClassVar[bool] = True

    def __init__(
        self,
        ns: Stack,
        name: str,
        lower: NetDevice,
        mac: bytes,
        *,
        mode: Mode = VEPA,
        mtu: int | None = None,
        nopromisc: bool = False,
        nodst: bool = False,
        bcqueuelen: int = BC_QUEUE_LEN,
    ) -> None:
        lower = real_lower(lower)
        port = check_new_child(lower, name, mode)
        if mtu is not None and mtu > lower.mtu:
            raise NetlinkError("EINVAL", f"{name}: mtu {mtu} is above that of {lower.label} ({lower.mtu})")
        check_unicast_mac(mac, name)
        super().__init__(ns, name, mac, mtu=lower.mtu if mtu is None else mtu)
        if port is None:
            port = MacvlanPort(lower)
            lower.rx_handler = port
        self.port = port
        self.lower: NetDevice = lower
        self.mode = mode
        self.nopromisc = nopromisc
        self.nodst = nodst
        self.bcqueuelen = bcqueuelen
        self.sources: list[bytes] = []
        if mode is PASSTHRU:
            port.passthru = True
            port.saved_mac = lower.mac
            self.mac = lower.mac
        self.carrier = lower.carrier
        self.max_mtu = lower.max_mtu
        self.tso_max_size = lower.tso_max_size
        port.children.append(self)
        lower.uppers.append(self)

    # -- frames --------------------------------------------------------------------------------------------------------

    def start_xmit(self, frame: Frame) -> DropReason | None:
        stats = self.counters
        raw = frame.raw
        reason = None
        if self.mode is BRIDGE and not raw[0] & 1 and self._is_sibling(raw[:6]):
            self.lower.forward(frame)  # by way of the lower device, whose taps see it arrive
        else:
            if self.mode is BRIDGE and raw[0] & 1 and len(self.port.by_mac) > 1:
                self.port.broadcast(frame, self, _BRIDGE)
            reason = self.lower.xmit(frame)
        if reason is DropReason.XMIT_DROP:
            stats.tx_dropped += 1
        else:
            stats.tx_packets += 1
            stats.tx_bytes += len(raw)
        return reason

    def below(self, header: bytes) -> tuple[NetDevice | None, int]:
        return (None if self.mode is BRIDGE and self._is_sibling(header[:6]) else self.lower), 0

    def _is_sibling(self, mac: bytes) -> bool:
        """True if frames to `mac` from a child in bridge mode stay on this machine."""
        child = self.port.by_mac.get(mac)
        return child is not None and child.mode is BRIDGE

    def hard_header(self, dst: bytes, src: bytes, ethertype: bytes) -> bytes:
        return self.lower.hard_header(dst, src, ethertype)

    def listens(self, group: bytes) -> bool:
        """True if a group frame for this address is wanted here (the child's mc_filter, exact instead of hashed)."""
        return group == BROADCAST_MAC or group in self.mc or bool(self.promiscuity or self.allmulti)

    # -- configuration -------------------------------------------------------------------------------------------------

    def on_open(self) -> None:
        lower = self.lower
        if self.mode is PASSTHRU:
            if not self.nopromisc:
                lower.add_promiscuity(1)
        else:
            if self.port.is_busy(self.mac):
                raise AddressInUse(
                    "EADDRINUSE",
                    f"{self.label} cannot go up: {mac_text(self.mac)} is used on {lower.label} already; "
                    f"ip link set {self.name} address …",
                )
            lower.add_uc(self.mac)
            if self.allmulti:
                lower.add_allmulti(1)
            if self.promiscuity:
                lower.add_promiscuity(1)
        self.port.by_mac[self.mac] = self
        for mac in self.uc:
            lower.add_uc(mac)
        for mac in self.mc:
            lower.add_mc(mac)

    def on_stop(self) -> None:
        lower = self.lower
        for mac in self.uc:
            lower.del_uc(mac)
        for mac in self.mc:
            lower.del_mc(mac)
        if self.mode is PASSTHRU:
            if not self.nopromisc:
                lower.add_promiscuity(-1)
        else:
            if self.allmulti:
                lower.add_allmulti(-1)
            if self.promiscuity:
                lower.add_promiscuity(-1)
            lower.del_uc(self.mac)
        del self.port.by_mac[self.mac]

    def sync_rx_mode(self) -> None:
        """The child's unicast list changed, or it came up."""
        if self.up:
            self.port.update_filters()

    def add_mc(self, mac: bytes) -> None:
        super().add_mc(mac)
        self.sync_rx_mode()

    def del_mc(self, mac: bytes) -> None:
        super().del_mc(mac)
        self.sync_rx_mode()

    def add_promiscuity(self, change: int) -> None:
        was = self.promiscuity
        super().add_promiscuity(change)
        if bool(was) is not bool(self.promiscuity):
            self.sync_rx_mode()

    def add_allmulti(self, change: int) -> None:
        was = self.allmulti
        super().add_allmulti(change)
        if bool(was) is not bool(self.allmulti):
            self.sync_rx_mode()

    def on_uc(self, mac: bytes, added: bool) -> None:
        self.lower.add_uc(mac) if added else self.lower.del_uc(mac)

    def on_mc(self, mac: bytes, added: bool) -> None:
        self.lower.add_mc(mac) if added else self.lower.del_mc(mac)

    def on_neighbour(self, ip: int, known: bool) -> None:
        if known:
            self.port.known.setdefault(ip, {})[self] = None
        else:
            del self.port.known[ip][self]
            if not self.port.known[ip]:
                del self.port.known[ip]

    def on_promisc(self, on: bool) -> None:
        if self.mode is not PASSTHRU:
            self.lower.add_promiscuity(1 if on else -1)

    def on_allmulti(self, on: bool) -> None:
        self.lower.add_allmulti(1 if on else -1)

    def on_set_mac(self, mac: bytes) -> None:
        if mac == self.mac:
            return
        if self.mode is PASSTHRU:
            saved = self.port.saved_mac
            self.lower.set_mac(mac)
            self.port.saved_mac = saved
            return
        if self.port.is_busy(mac):
            raise AddressInUse(
                "EADDRINUSE", f"{mac_text(mac)} is used on {self.lower.label} already: choose another for {self.label}"
            )
        if self.up:
            self.lower.add_uc(mac)
            self.lower.del_uc(self.mac)
            del self.port.by_mac[self.mac]
            self.port.by_mac[mac] = self

    def check_mtu(self, mtu: int) -> None:
        if mtu > self.lower.mtu:
            raise NetlinkError(
                "EINVAL", f"mtu {mtu} on {self.label} is above that of {self.lower.label} ({self.lower.mtu})"
            )

    @recorded
    def set_mode(self, mode: Mode) -> None:
        """``ip link set … type macvlan mode …``; to or from passthru is EINVAL (macvlan_changelink)."""
        if (mode is PASSTHRU) != (self.mode is PASSTHRU):
            raise NetlinkError(
                "EINVAL",
                f"{self.label}: mode {self.mode.value} cannot become {mode.value}; delete the device and make it anew",
            )
        if self.mode is SOURCE and mode is not SOURCE:
            self.sources.clear()
        self.mode = mode

    def _need_source_mode(self) -> None:
        if self.mode is not SOURCE:
            raise NetlinkError(
                "EINVAL", f"{self.label} is in mode {self.mode.value}: only source mode has a list of MACs"
            )

    @recorded
    def add_source(self, mac: bytes) -> None:
        """``macaddr add``: let frames from `mac` in; source mode only."""
        self._need_source_mode()
        check_unicast_mac(mac, self.label)
        if mac not in self.sources:
            self.sources.append(mac)
            self.port.has_sources = True
            self.sim.epoch += 1

    @recorded
    def del_source(self, mac: bytes) -> None:
        """``macaddr del``."""
        self._need_source_mode()
        if mac in self.sources:
            self.sources.remove(mac)

    @recorded
    def set_sources(self, macs: list[bytes]) -> None:
        """``macaddr set`` or ``flush``: the whole list at once."""
        self._need_source_mode()
        self.sources = []
        for mac in macs:
            self.add_source(mac)

    def lower_event(self, event: Event) -> None:
        """Follow the lower device (macvlan_device_event)."""
        if event in (Event.UP, Event.DOWN, Event.CHANGE):
            self.set_carrier(self.lower.carrier)
        elif event is Event.CHANGEMTU and self.mtu > self.lower.mtu >= self.min_mtu:
            self.set_mtu(self.lower.mtu)
        elif event is Event.CHANGEADDR and self.mode is PASSTHRU and self.mac != self.lower.mac:
            if self.up:
                del self.port.by_mac[self.mac]
                self.port.by_mac[self.lower.mac] = self
            self.mac = self.port.saved_mac = self.lower.mac  # which nobody is told

    def on_destroy(self) -> None:
        lower, port = self.lower, self.port
        port.children.remove(self)
        lower.uppers.remove(self)
        if not port.children:
            lower.rx_handler = None
            if port.passthru and lower.mac != port.saved_mac and not lower.destroyed:
                lower.set_mac(port.saved_mac)


def real_lower(lower: NetDevice) -> NetDevice:
    """The lower device itself, or a macvlan's own one: macvlans never nest."""
    return lower.lower if isinstance(lower, Macvlan) else lower


def check_new_child(lower: NetDevice, name: str, mode: Mode) -> MacvlanPort | None:
    """The port to join, None if one has to be made; raises what macvlan_common_newlink answers."""
    if lower.loopback:
        raise NetlinkError(
            "EINVAL", f"{name}: the loopback device cannot have macvlan children; choose an Ethernet device"
        )
    handler = lower.rx_handler
    if handler is None:
        if lower.no_rx_handler:
            raise NetlinkError("EINVAL", f"{name}: nothing can stand on {lower.label}, an {lower.kind} device")
        return None
    if not isinstance(handler, MacvlanPort):
        raise DeviceBusy(
            "EBUSY",
            f"{name}: {lower.label} is in use by {handler.owner}; choose another parent, such as the {handler.owner}",
        )
    if handler.passthru or mode is PASSTHRU:
        raise NetlinkError(
            "EINVAL", f"{name}: {lower.label} can have one passthru child, or others, not both; delete the others first"
        )
    return handler
