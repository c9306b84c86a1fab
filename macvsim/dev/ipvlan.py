"""ipvlan: many devices with the lower device's MAC, told apart by their IP addresses (drivers/net/ipvlan/).

Receiving is `IpvlanPort.handle` (ipvlan_handle_frame), sending is `Ipvlan.start_xmit` (ipvlan_queue_xmit).  Mode and
flag belong to the lower device, not to a child: who sets them last sets them for all.  In mode l2 a child speaks ARP
and its frames go out as they are; in l3 and l3s what leaves it is routed by the stack of the lower device's namespace,
and in l3s what comes in passes that stack too (net/route.py finds the child there).
"""

from __future__ import annotations

import enum
from ipaddress import ip_address
from typing import ClassVar, NamedTuple

from macvsim.dev.base import PASS, Another, Event, NetDevice, Rx, RxHandler, Stack
from macvsim.drop import DropReason
from macvsim.errors import AddressInUse, DeviceBusy, NetlinkError
from macvsim.history import recorded
from macvsim.sim import US
from macvsim.wire.addr import BROADCAST_MAC
from macvsim.wire.frame import BROADCAST, ETH_HLEN, LOOPBACK, MULTICAST, Frame, PacketType

_IP = b"\x08\x00"
_ARP = b"\x08\x06"
_IPV6 = b"\x86\xdd"
_PAUSE = b"\x88\x08"
_ARP_END = ETH_HLEN + 28
_ICMPV6 = 58
_NEIGHBOUR_SOLICITATION = 135
_NS_END = ETH_HLEN + 40 + 24
BACKLOG_LIMIT = 1000
GROUP_WORK_DELAY = 1 * US
"""Group frames wait for a work queue (ipvlan_process_multicast), so they come after the softirqs already due."""
_REFUSED_BELOW = frozenset((DropReason.DEV_DOWN, DropReason.DEV_NO_CARRIER, DropReason.DUMMY))
"""A queue that takes nothing swallows frames, and the sender hears of no failure (noop_enqueue)."""

_UNROUTED = (DropReason.IP_OUTNOROUTES, DropReason.IP_UNREACHABLE_ROUTE, DropReason.IP_BLACKHOLE)

_COUNTS_FOR_OTHERS = ("nic", "bridge")
"""Kinds whose statistics show what other drivers book on the device (dev->stats)."""


class Mode(enum.Enum):
    """Where the border between a child and the lower device's host lies (enum ipvlan_mode)."""

    L2 = "l2"
    L3 = "l3"
    L3S = "l3s"


class Flag(enum.Enum):
    """How children of one lower device treat each other (IPVLAN_F_PRIVATE, IPVLAN_F_VEPA)."""

    BRIDGE = "bridge"
    PRIVATE = "private"
    VEPA = "vepa"


L2, L3, L3S = Mode.L2, Mode.L3, Mode.L3S
PRIVATE, VEPA = Flag.PRIVATE, Flag.VEPA


class _Waiting(NamedTuple):
    """A group frame in the work queue; sender : the child that sends it, None: it came from outside."""

    frame: Frame
    sender: Ipvlan | None


class IpvlanPort:
    """What hangs on a lower device while it has ipvlan children: their addresses and the receive side."""

    owner = "ipvlan"
    by_header = False

    def __init__(self, lower: NetDevice) -> None:
        self.lower = lower
        self.mode = L3
        self.flag = Flag.BRIDGE
        self.children: list[Ipvlan] = []
        self.by_ip: dict[bytes, Ipvlan] = {}
        """IPv4 and IPv6 addresses of children that are up, and only those."""
        self.backlog: list[_Waiting] = []
        self._last_id = 0

    # -- up ------------------------------------------------------------------------------------------------------------

    def handle(self, dev: NetDevice, frame: Frame, packet_type: PacketType) -> Rx | Another:
        """A frame came in on the lower device; whose is it?"""
        if self.mode is L3S:
            return PASS
        if self.mode is L2 and packet_type is LOOPBACK:
            return PASS
        raw = frame.raw
        if raw[0] & 1 and self.mode is L2:
            if self._from_outside(raw):
                self.enqueue(frame, None)
            return PASS
        child = self.by_ip.get(layer3_address(raw, target=True))
        if child is None:
            return PASS
        stats = child.counters
        stats.rx_packets += 1
        stats.rx_bytes += len(raw)
        return child, frame, packet_type

    def _from_outside(self, raw: bytes) -> bool:
        """False for what a child sent itself and a switch sent back (ipvlan_external_frame)."""
        return raw[6:12] != self.lower.mac or layer3_address(raw, target=False) not in self.by_ip

    # -- group frames --------------------------------------------------------------------------------------------------

    def enqueue(self, frame: Frame, sender: Ipvlan | None) -> None:
        """A broadcast or multicast waits for the work queue (ipvlan_multicast_enqueue)."""
        sim = self.lower.sim
        if frame.raw[12:14] == _PAUSE:
            sim.drop(frame.uid, self.lower, DropReason.RESERVED_MULTICAST, frame)
        elif len(self.backlog) >= BACKLOG_LIMIT:
            dev = self.lower if sender is None else sender
            dev.counters.rx_dropped += 1
            sim.drop(frame.uid, dev, DropReason.IPVLAN_BACKLOG, frame)
        else:
            if not self.backlog:
                sim.call_in_process(GROUP_WORK_DELAY, self._work)
            self.backlog.append(_Waiting(frame, sender))

    def _work(self) -> None:
        """The work queue runs: a copy for each child that listens, then out to the wire what came from a child."""
        backlog, self.backlog = self.backlog, []
        sim = self.lower.sim
        for frame, sender in backlog:
            self._distribute(frame, sender)
            if sender is not None:
                self.lower.xmit(frame)
                sim.run_softirqs()

    def _distribute(self, frame: Frame, sender: Ipvlan | None) -> None:
        dst = frame.raw[:6]
        for child in self.children:
            if child is sender or not child.up or not child.listens(dst):
                continue
            stats = child.counters
            stats.rx_packets += 1
            stats.rx_bytes += len(frame.raw)
            stats.multicast += 1
            if sender is None:
                child.netif_rx(frame, BROADCAST if dst == BROADCAST_MAC else MULTICAST)
            else:
                stats.rx_bytes += ETH_HLEN  # the kernel counts the header of siblings' frames twice
                child.forward(frame)
            child.sim.run_softirqs()

    # -- configuration -------------------------------------------------------------------------------------------------

    def set_mode(self, mode: Mode) -> None:
        """Another mode for all children; those that do no ARP in it say so (ipvlan_set_port_mode)."""
        if mode is self.mode:
            return
        for child in self.children:
            child.set_noarp(mode is not L2)
        self.mode = mode
        for child in self.children:
            child.ns.routes_changed()
        self.lower.ns.routes_changed()

    def owner_of(self, address: bytes) -> Ipvlan | None:
        """The child with an address, up or down (ipvlan_addr_busy)."""
        return next((child for child in self.children if address in child.addresses), None)

    def next_id(self) -> int:
        """What tells children with one MAC apart, as dev_id in sysfs: the lowest number after the last one."""
        taken = [child.dev_id for child in self.children]
        number = self._last_id % 0xFFFD + 1
        while number in taken:
            number = number % 0xFFFD + 1
        self._last_id = number
        return number


class Ipvlan(NetDevice):
    """A child with addresses of its own and the lower device's MAC.

    Parameters
    ----------
    lower : the lower (parent) device; an ipvlan given here stands for its own lower device, children never nest
    mode : for all children of `lower`; the kernel's default is l3, Docker passes l2
    flag : for all children of `lower`; None leaves it as it is
    mtu : None follows the lower device's
    mac_given : the user named a MAC, which the kernel ignores, but remembers that there was one
    """

    kind: ClassVar[str] = "ipvlan"
    unicast_filter: ClassVar[bool] = True
    no_rx_handler: ClassVar[bool] = True

    def __init__(
        self,
        ns: Stack,
        name: str,
        lower: NetDevice,
        *,
        mode: Mode = L3,
        flag: Flag | None = None,
        mtu: int | None = None,
        mac_given: bool = False,
    ) -> None:
        lower = real_lower(lower)
        port = check_new_child(lower, name)
        super().__init__(ns, name, lower.mac, mtu=lower.mtu if mtu is None else mtu)
        if port is None:
            port = IpvlanPort(lower)
            lower.rx_handler = port
        self.port = port
        self.lower: NetDevice = lower
        self.permanent_mac = b"" if mac_given else lower.mac
        self.addresses: list[bytes] = []
        self.dev_id = port.next_id()
        self.carrier = lower.carrier
        self.tso_max_size = lower.tso_max_size
        lower.uppers.append(self)
        if flag is not None:
            port.flag = flag
        port.set_mode(mode)  # before it is a child: its own NOARP comes when it opens
        port.children.append(self)

    # -- down ----------------------------------------------------------------------------------------------------------

    def start_xmit(self, frame: Frame) -> DropReason | None:
        stats = self.counters
        reason = self._xmit_l2(frame) if self.port.mode is L2 else self._xmit_l3(frame)
        if reason is not None and reason not in _REFUSED_BELOW:
            stats.tx_dropped += 1
            unrouted = reason in _UNROUTED and frame.raw[12:14] == _IPV6  # IPv6 tells senders why, IPv4 does not
            return reason if unrouted else DropReason.XMIT_DROP
        stats.tx_packets += 1
        stats.tx_bytes += len(frame.raw)
        return reason

    def _xmit_l2(self, frame: Frame) -> DropReason | None:
        """ipvlan_xmit_mode_l2: to a sibling, to the lower device's own stack, to everybody, or to the wire."""
        raw = frame.raw
        port = self.port
        if raw[:6] == raw[6:12] and port.flag is not VEPA:
            child = port.by_ip.get(layer3_address(raw, target=True))
            if child is not None:
                return self._to_sibling(child, frame)
            self.lower.forward(frame)
            return None
        if raw[0] & 1:
            port.enqueue(frame, self)
            return None
        return self.lower.xmit(frame)

    def _xmit_l3(self, frame: Frame) -> DropReason | None:
        """ipvlan_xmit_mode_l3: to a sibling by its address, or by way of the routes of the lower device's namespace."""
        raw = frame.raw
        port = self.port
        if port.flag is not VEPA:
            child = port.by_ip.get(layer3_address(raw, target=True))
            if child is not None:
                return self._to_sibling(child, frame)
        if raw[0] & 1:
            return self.sim.drop(frame.uid, self, DropReason.IPVLAN_NO_GROUPS, frame)
        if raw[12:14] not in (_IP, _IPV6):
            return self.sim.drop(frame.uid, self, DropReason.IPVLAN_NO_L2, frame)
        lower = self.lower
        reason = lower.ns.route_out(lower, raw[12:14], raw[ETH_HLEN:], frame.uid)
        if reason is not None and reason not in _REFUSED_BELOW and lower.kind in _COUNTS_FOR_OTHERS:
            lower.counters.tx_errors += 1
        return reason

    def _to_sibling(self, child: Ipvlan, frame: Frame) -> DropReason | None:
        """Straight into a sibling's receive path (ipvlan_rcv_frame)."""
        if self.port.flag is PRIVATE:
            return self.sim.drop(frame.uid, self, DropReason.IPVLAN_PRIVATE, frame)
        stats = child.counters
        if child.forward(frame) is None:
            stats.rx_packets += 1
            stats.rx_bytes += len(frame.raw) + ETH_HLEN  # the kernel counts the header twice
        else:
            stats.rx_errors += 1
        return None

    def hard_header(self, dst: bytes, src: bytes, ethertype: bytes) -> bytes:
        return self.lower.hard_header(dst, src, ethertype)

    def listens(self, group: bytes) -> bool:
        """True if a group frame for this address is wanted here (mac_filters, exact instead of hashed)."""
        return group == BROADCAST_MAC or group in self.mc or bool(self.promiscuity or self.allmulti)

    # -- addresses -----------------------------------------------------------------------------------------------------

    def check_address(self, address: bytes) -> None:
        other = self.port.owner_of(address)
        if other is not None:
            raise AddressInUse(
                "EADDRINUSE",
                f"{ip_address(address)} is the address of {other.label}: children of {self.lower.label} are told "
                f"apart by theirs, choose another for {self.label}",
                "Address already assigned to an ipvlan device",
            )

    def on_address(self, address: bytes, added: bool) -> None:
        if added:
            if self.port.owner_of(address) is None:
                self.addresses.append(address)
                if self.started:
                    self.port.by_ip[address] = self
        elif address in self.addresses:
            self.addresses.remove(address)
            self.port.by_ip.pop(address, None)

    # -- configuration -------------------------------------------------------------------------------------------------

    def set_noarp(self, noarp: bool) -> None:
        """Whether the child asks for and answers with MACs: in mode l2 only (IFF_NOARP)."""
        if self.noarp is not noarp:
            self.noarp = noarp
            self.ns.arp_changed(self)

    def on_open(self) -> None:
        self.noarp = self.port.mode is not L2
        for address in self.addresses:
            self.port.by_ip[address] = self
        for mac in self.uc:
            self.lower.add_uc(mac)
        for mac in self.mc:
            self.lower.add_mc(mac)

    def on_stop(self) -> None:
        for mac in self.uc:
            self.lower.del_uc(mac)
        for mac in self.mc:
            self.lower.del_mc(mac)
        for address in self.addresses:
            self.port.by_ip.pop(address, None)

    def on_uc(self, mac: bytes, added: bool) -> None:
        self.lower.add_uc(mac) if added else self.lower.del_uc(mac)

    def on_mc(self, mac: bytes, added: bool) -> None:
        self.lower.add_mc(mac) if added else self.lower.del_mc(mac)

    def add_allmulti(self, change: int) -> None:
        """Count the wishes to see every group frame; the lower device hears of it even while the child is down."""
        was = bool(self.allmulti)
        super().add_allmulti(change)
        if bool(self.allmulti) is not was:
            self.lower.add_allmulti(-1 if was else 1)

    @recorded
    def set_mac(self, mac: bytes) -> None:
        """EOPNOTSUPP: the MAC is the lower device's."""
        raise NetlinkError(
            "EOPNOTSUPP", f"{self.label} has the MAC of {self.lower.label}: ip link set {self.lower.name} address …"
        )

    def lower_event(self, event: Event) -> None:
        """Follow the lower device (ipvlan_device_event)."""
        lower = self.lower
        if event in (Event.UP, Event.DOWN, Event.CHANGE):
            self.set_carrier(lower.carrier)
        elif event is Event.CHANGEMTU:
            self.mtu = lower.mtu  # nobody is told
            self.ns.routes_changed()
        elif event is Event.CHANGEADDR:
            self.mac = lower.mac
            self.notify(Event.CHANGEADDR)

    def on_destroy(self) -> None:
        lower, port = self.lower, self.port
        port.children.remove(self)
        lower.uppers.remove(self)
        if not port.children:
            lower.rx_handler = None
            port.backlog.clear()
            lower.ns.routes_changed()


def layer3_address(raw: bytes, *, target: bool) -> bytes:
    """The address by which a frame's child is found, 4 or 16 bytes; empty where there is none (ipvlan_get_L3_hdr,
    ipvlan_addr_lookup).

    target : the destination, an ARP message's target, or else the source
    """
    kind = raw[12:14]
    if kind == _IP:
        length = int.from_bytes(raw[16:18], "big")
        header = (raw[14] & 15) * 4 if len(raw) >= ETH_HLEN + 20 and raw[14] >> 4 == 4 else 0
        if header < 20 or not header <= length <= len(raw) - ETH_HLEN:
            return b""
        return raw[30:34] if target else raw[26:30]
    if kind == _ARP and len(raw) >= _ARP_END:
        return raw[38:42] if target else raw[28:32]
    if kind == _IPV6 and len(raw) >= ETH_HLEN + 40 and raw[14] >> 4 == 6:
        if raw[20] != _ICMPV6 or any(raw[22:38]):
            return raw[38:54] if target else raw[22:38]
        # duplicate address detection is for who has the address, whoever it is sent to
        return raw[62:78] if len(raw) >= _NS_END and raw[54] == _NEIGHBOUR_SOLICITATION else b""
    return b""


def l3s_child(handler: RxHandler | None, address: bytes) -> Ipvlan | None:
    """The child whose packet the lower device's stack has in its hands, in mode l3s (ipvlan_skb_to_addr)."""
    if isinstance(handler, IpvlanPort) and handler.mode is L3S:
        return handler.by_ip.get(address)
    return None


def real_lower(lower: NetDevice) -> NetDevice:
    """The lower device itself, or an ipvlan's own one: ipvlans never nest."""
    return lower.lower if isinstance(lower, Ipvlan) else lower


def check_new_child(lower: NetDevice, name: str) -> IpvlanPort | None:
    """The port to join, None if one has to be made; raises what ipvlan_link_new answers."""
    if lower.loopback:
        raise NetlinkError(
            "EINVAL", f"{name}: the loopback device cannot have ipvlan children; choose an Ethernet device"
        )
    handler = lower.rx_handler
    if handler is not None and not isinstance(handler, IpvlanPort):
        raise DeviceBusy(
            "EBUSY",
            f"{name}: {lower.label} is in use by {handler.owner}; choose another parent, or delete what uses it",
        )
    return handler
