"""A network namespace: devices, addresses, routes, neighbours and protocols of one host or container."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from macvsim.dev.base import BridgeHooks, NetDevice, ProtocolHandler
from macvsim.dev.contracts import Event
from macvsim.dev.linkwatch import LinkWatch
from macvsim.dev.loopback import LO, Loopback
from macvsim.dev.registry import Kinds
from macvsim.engine.drop import DropReason
from macvsim.engine.recording import reported
from macvsim.engine.sim import Sim, spread
from macvsim.errors import NoSuchDevice
from macvsim.net import devices
from macvsim.net.addr import ALL_SNOOPERS, AddressTable
from macvsim.net.fib import Fib
from macvsim.net.fibroute import RTN_BROADCAST, RTN_LOCAL, RTN_UNICAST, RouteType
from macvsim.net.machine import Boot, KernelLog, Wakeup
from macvsim.net.parts import Parts, own
from macvsim.net.quiet6 import QUIET, Quiet
from macvsim.net.route import LOCAL_GROUPS, Router
from macvsim.net.sysctl import (
    CONF_ALL,
    IPV4_CONF,
    NEIGH_PARMS,
    NEIGH_THRESHOLDS,
    DevConf,
    Ipv4Conf,
    NeighParms,
    NeighThresholds,
    Sysctl,
)
from macvsim.wire.addr import BROADCAST_IP, is_multicast_ip, is_zeronet_ip
from macvsim.wire.addr6 import ALL_SNOOPERS as ALL_SNOOPERS6
from macvsim.wire.frame import ETH_HLEN, ETH_P_ARP, ETH_P_IP, ETH_P_IPV6, OTHERHOST, Frame, PacketType

if TYPE_CHECKING:
    from macvsim.dev.contracts import Tap
    from macvsim.net.arp import ArpLayer
    from macvsim.net.exceptions import Exceptions
    from macvsim.net.fragment import Reassembly
    from macvsim.net.icmp import IcmpLayer
    from macvsim.net.ipv4 import Ipv4Layer
    from macvsim.net.ipv6.stack import Ipv6
    from macvsim.net.neightable import NeighTable
    from macvsim.net.netfilter.core import Netfilter
    from macvsim.net.packet import Packet
    from macvsim.net.snmp import Snmp
    from macvsim.net.tcp.layer import TcpLayer
    from macvsim.net.udp import Daemon, UdpLayer

_IP = ETH_P_IP.to_bytes(2)
_ARP = ETH_P_ARP.to_bytes(2)
_IP6 = ETH_P_IPV6.to_bytes(2)
ETH_P_802_3_MIN = 0x600
"""Below it the field behind the addresses is a length, and an LLC header follows."""
_RAW_802_3 = b"\xff\xff"
"""What Novell put there instead (ETH_P_802_3)."""


# A namespace imports a protocol when the protocol is first needed.


def _arp(ns: Namespace) -> ArpLayer:
    from macvsim.net.arp import ArpLayer

    return ArpLayer(ns)


def _icmp(ns: Namespace) -> IcmpLayer:
    from macvsim.net.icmp import IcmpLayer

    return IcmpLayer(ns)


def _ipv4(ns: Namespace) -> Ipv4Layer:
    from macvsim.net.ipv4 import Ipv4Layer

    return Ipv4Layer(ns)


def _neigh(ns: Namespace) -> NeighTable:
    from macvsim.net.neightable import NeighTable

    return NeighTable(ns.sim, ns.arp, ns.thresholds)


def _netfilter(ns: Namespace) -> Netfilter:
    from macvsim.net.netfilter.core import Netfilter

    return Netfilter(ns, None if ns._init is None else ns._init.netfilter.modules)


def _reassembly(ns: Namespace) -> Reassembly:
    from macvsim.net.fragment import Reassembly

    return Reassembly(ns)


def _snmp(ns: Namespace) -> Snmp:
    from macvsim.net.snmp import Snmp

    return Snmp(ns.sim)


def _tcp(ns: Namespace) -> TcpLayer:
    from macvsim.net.tcp.layer import TcpLayer

    return TcpLayer(ns)


class Namespace(Parts):
    """One network stack.

    Parameters
    ----------
    name : what people call it; devices are labelled ``name:device``
    init : the machine's first namespace, whose parameters a new one copies (devconf_inherit_init_net 0); None: this is
    the first
    boot : how the machine was started; by default as the first namespace
    """

    __slots__ = (
        "_daemon", "_handlers", "_init", "_last_inode", "_lo_up", "_nsids", "arp", "boot", "conf_all", "conf_default",
        "fib", "group_reassembly", "icmp", "ipv4", "ipv4_conf", "kinds", "linkwatch", "listeners", "lo_rests", "log",
        "missing_kinds", "name", "neigh", "netfilter", "next_ifindex", "parms_default", "present", "reassembly",
        "router", "sim", "six", "snmp", "sysctl", "tcp", "thresholds", "udp", "vlan_name_type", "wakeup",
    )  # fmt: skip
    arp: ArpLayer
    conf_all: DevConf
    conf_default: DevConf
    group_reassembly: Reassembly
    """Fragments that came to macvlan ports in group frames (IP_DEFRAG_MACVLAN)."""
    icmp: IcmpLayer
    ipv4: Ipv4Layer
    neigh: NeighTable
    netfilter: Netfilter
    parms_default: NeighParms
    reassembly: Reassembly
    router: Router
    snmp: Snmp
    sysctl: Sysctl
    tcp: TcpLayer
    thresholds: NeighThresholds
    udp: UdpLayer
    PARTS: ClassVar[Mapping[str, Callable[[Any], Any]]] = {
        "arp": _arp,
        "group_reassembly": _reassembly,
        "icmp": _icmp,
        "ipv4": _ipv4,
        "neigh": _neigh,
        "netfilter": _netfilter,
        "reassembly": _reassembly,
        "snmp": _snmp,
        "sysctl": Sysctl,
        "tcp": _tcp,
        "udp": lambda ns: ns._new_udp(),
    }

    def __init__(self, sim: Sim, name: str, init: Namespace | None = None, boot: Boot | None = None) -> None:
        self.sim = sim
        self.name = name
        self._init = init
        self.present: dict[str, NetDevice] = {}
        """The devices by name, in the order of their indices, but for a lo that rests."""
        self._lo_up = False
        self.lo_rests = False
        """lo is there, and up if `_lo_up`, but is not made before somebody asks for it."""
        self.linkwatch: LinkWatch = LinkWatch(sim) if init is None else init.linkwatch
        self.log: KernelLog = KernelLog(sim) if init is None else init.log
        self.boot: Boot = boot or (Boot() if init is None else init.boot)
        self.ipv4_conf: Ipv4Conf = IPV4_CONF if init is None else Ipv4Conf.inherited(init.ipv4_conf)
        self.conf_all = CONF_ALL if init is None else init.conf_all.shared()
        self.conf_default = DevConf().shared() if init is None else init.conf_default.shared()
        self.parms_default = NEIGH_PARMS
        self.thresholds = NEIGH_THRESHOLDS
        self.fib = Fib(self)
        self.router = Router(self)
        self.six: Ipv6 | Quiet = QUIET
        if self.boot.ipv6:
            self.wake_ipv6()
        self.wakeup: Wakeup = Wakeup(sim) if init is None else init.wakeup
        """How the machine's programs hear of what is there for them."""
        self.kinds: Kinds = Kinds() if init is None else init.kinds
        """The kinds of devices that this kernel knows."""
        self.missing_kinds: frozenset[str] = frozenset() if init is None else init.missing_kinds
        """Kinds of devices that this kernel was built without, such as ``vlan``."""
        self.vlan_name_type = "VLAN_NAME_TYPE_RAW_PLUS_VID_NO_PAD"
        """How vconfig names new VLAN devices, as /proc/net/vlan/config calls it."""
        self.listeners: tuple[Callable[[NetDevice, Event], None], ...] = ()
        self._handlers: dict[bytes, ProtocolHandler | None] | None = None
        """Who takes frames of which EtherType, where that was changed."""
        self._nsids: tuple[Namespace | None, ...] = ()
        """Other namespaces by number; None: a number that is free again."""
        self.next_ifindex = devices.LO_IFINDEX
        self._last_inode = 1000
        self._daemon: Daemon | None = None
        if init is None or self.six is not QUIET or sim.device_watchers:
            self.register(Loopback(self))
        else:
            self.lo_rests = True
            self.next_ifindex += 1

    @property
    def addresses(self) -> AddressTable:
        """How addresses come and go."""
        return AddressTable(self, self.fib)

    @property
    def default_qdisc(self) -> str:
        """Queueing discipline of devices with a queue."""
        return self.boot.default_qdisc

    @property
    def is_first(self) -> bool:
        """The machine's own, not one of its further namespaces."""
        return self._init is None

    @property
    def label(self) -> str:
        return self.name

    @property
    def exceptions(self) -> Exceptions:
        """What routers have told of the ways to single destinations."""
        return self.router.exceptions

    @property
    def ipv6(self) -> Ipv6:
        """The IPv6 of this namespace."""
        self.wake_ipv6()
        assert not isinstance(self.six, Quiet)
        return self.six

    def wake_ipv6(self) -> None:
        """From now on there is a stack, with all that devices with IPv6 off have too."""
        if self.six is QUIET:
            from macvsim.net.ipv6.stack import Ipv6  # labs without IPv6 do not load it

            there = self.devices.values()
            self.six = Ipv6(self, self._init, disabled=not self.boot.ipv6, multiple_tables=self.boot.ipv6_tables)
            self.six.adopt(there)
            self.sim.mark_made(self, "ipv6")

    @property
    def has_ipv6(self) -> bool:
        """False while IPv6 is off on all devices, and was never asked about: it knows no address and no neighbour."""
        return self.six is not QUIET

    def has_ipv6_off(self, dev: NetDevice) -> bool:
        """True if IPv6 is off on a device, and has been since it came."""
        return dev.inet.quiet6 is not None

    @property
    def bridge_hooks(self) -> BridgeHooks | None:
        """Who looks at what bridges forward: br_netfilter, while there are rules."""
        netfilter = self.ipv4.netfilter
        return None if netfilter is None else netfilter.bridge

    def __repr__(self) -> str:
        return f"<Namespace {self.name}: {', '.join(self.devices)}>"

    def next_inode(self) -> int:
        """Number of a new socket."""
        self._last_inode += 1
        return self._last_inode

    def serve_udp(self, daemon: Daemon | None) -> None:
        """A daemon that has a UDP socket here; it makes it when somebody first looks at UDP."""
        if daemon is not None and self.made("udp"):
            daemon.listen()
        else:
            self._daemon = daemon

    def _new_udp(self) -> UdpLayer:
        from macvsim.net.udp import UdpLayer

        self.udp = UdpLayer(self)
        daemon, self._daemon = self._daemon, None
        if daemon is not None:
            daemon.listen()
        return self.udp

    # -- frames --------------------------------------------------------------------------------------------------------

    @reported
    def receive6(self, dev: NetDevice, frame: Frame, packet_type: PacketType) -> DropReason | None:
        """An IPv6 frame, which the layer is made for."""
        return self.ipv6.ip6.receive(dev, frame, packet_type)

    def receive_tcp(self, packet: Packet) -> DropReason | None:
        """A TCP segment, which the layer is made for."""
        return self.tcp.receive(packet)

    def protocol(self, ethertype: bytes) -> ProtocolHandler | None:
        """Who takes frames of an EtherType (two bytes), if anybody does."""
        if self._handlers is not None and ethertype in self._handlers:
            return self._handlers[ethertype]
        if ethertype == _IP:
            return self.ipv4.receive
        if ethertype == _ARP:
            return self.arp.receive
        return self.receive6 if ethertype == _IP6 else None

    def set_protocol(self, ethertype: bytes, handler: ProtocolHandler | None) -> None:
        """Who takes frames of an EtherType from now on; None: nobody (dev_add_pack)."""
        self._handlers = {**(self._handlers or {}), ethertype: handler}
        self.sim.change()

    def unknown_protocol(self, dev: NetDevice, frame: Frame, packet_type: PacketType) -> DropReason | None:
        """No protocol of ours (end of __netif_receive_skb_core); a capture counts as one, if it is the last to look."""
        if frame.ethertype < ETH_P_802_3_MIN and frame.raw[ETH_HLEN : ETH_HLEN + 2] != _RAW_802_3:
            return self.sim.drop(frame.uid, dev, DropReason.LLC, frame)
        if not dev.taps or dev.rx_handler is not None:
            dev.counters.rx_dropped += 1
        if packet_type is OTHERHOST:
            return self.sim.drop(frame.uid, dev, DropReason.OTHERHOST, frame)
        return self.sim.drop(frame.uid, dev, DropReason.UNHANDLED_PROTO, frame)

    def route_out(self, dev: NetDevice, ethertype: bytes, packet: bytes, uid: int) -> DropReason | None:
        """A packet of a stacked device (ipvlan l3) goes out by our routes."""
        if ethertype == ETH_P_IP.to_bytes(2, "big"):
            return self.ipv4.route_out(dev, packet, uid)
        if ethertype == ETH_P_IPV6.to_bytes(2, "big"):
            return self.ipv6.ip6.route_out(dev, packet, uid)
        return self.sim.drop(uid, dev, DropReason.UNHANDLED_PROTO)

    def routes_changed(self) -> None:
        """Decisions that were kept may be wrong now."""
        self.router.forget()

    def arp_changed(self, dev: NetDevice) -> None:
        """A device began or ceased to ask for MACs: what was known of its neighbours is void (__dev_notify_flags)."""
        self.neigh.flush(dev)
        if dev.up:
            dev.notify(Event.CHANGE)
            self.six.arp_changed(dev)

    def arp_targets(self, dev: NetDevice) -> Collection[bytes] | None:
        """What concerns the ARP of a device (dev/broadcast.py)."""
        return self.arp.targets(dev) if self.protocol(_ARP) == self.arp.receive else None

    @property
    def wakeup_delay(self) -> int:
        """Nanoseconds from the delivery of a packet until the program that waits for it runs."""
        return self.wakeup.delay

    @wakeup_delay.setter
    def wakeup_delay(self, delay: int) -> None:
        self.sim.change()
        self.wakeup.delay = delay

    def wake(self, fn: Callable[..., None], *args: object) -> None:
        """Run ``fn(*args)`` in process context, `wakeup_delay` ns from now."""
        self.wakeup.hand(spread, (fn, args))

    # -- devices -------------------------------------------------------------------------------------------------------

    @property
    def devices(self) -> dict[str, NetDevice]:
        """All of them by name, in the order of their indices."""
        self.wake_lo()
        return self.present

    def has(self, name: str) -> bool:
        """True if there is a device of that name."""
        return name in self.present or (self.lo_rests and name == LO)

    def wake_lo(self) -> None:
        """From now on lo is among those that are present, and its routes are in the tables."""
        if self.lo_rests:
            self.lo_rests = False
            self.sim.mark_made(self, "devices")
            devices.wake_lo(self, self._lo_up)

    def set_lo_up(self) -> None:
        """``ip link set lo up``."""
        if self.lo_rests:
            self._lo_up = True
        else:
            self.dev(LO).set_up()

    def dev(self, name: str) -> NetDevice:
        """The device of that name; `NoSuchDevice` lists those there are."""
        found = self.devices.get(name)
        if found is None:
            raise NoSuchDevice("ENODEV", f"{self.name} has no device {name}: it has {', '.join(self.devices)}")
        return found

    def check_name(self, name: str) -> None:
        """EINVAL for what cannot be a device name, EEXIST for one that is taken."""
        devices.check_name(self, name)

    def register(self, dev: NetDevice, *, rename: str | None = None, ifindex: int | None = None) -> None:
        """Take a device in, new or moved here; EEXIST when the name is taken."""
        devices.register(self, dev, rename=rename, ifindex=ifindex)

    def unregister(self, dev: NetDevice) -> None:
        """Let a device go."""
        devices.unregister(self, dev)

    def rename(self, dev: NetDevice, name: str) -> None:
        """``ip link set … name …``; EEXIST when taken."""
        devices.rename(self, dev, name)

    def move(self, dev: NetDevice, target: Namespace, *, rename: str | None = None) -> None:
        """``ip link set … netns …``; EEXIST when the name is taken there, EINVAL for lo."""
        devices.move(self, dev, target, rename=rename)

    def device_event(self, dev: NetDevice, event: Event) -> None:
        """What is kept for a device follows it."""
        devices.follow(self, dev, event)

    def nsid(self, other: Namespace) -> int:
        """The number by which this namespace knows another one; the lowest free one if it is new (peernet2id_alloc)."""
        known = self._nsids
        if other not in known:
            self._nsids = (*known, other) if None not in known else _replaced(known, None, other)
        return self._nsids.index(other)

    def known_nsid(self, other: Namespace) -> int | None:
        """The number of another namespace if it has one already (peernet2id)."""
        return self._nsids.index(other) if other in self._nsids else None

    def forget_nsid(self, other: Namespace) -> None:
        """Another namespace is gone; its number is free again (unhash_nsid)."""
        if other in self._nsids:
            self._nsids = _replaced(self._nsids, other, None)

    def defragment(self, dev: NetDevice, frame: Frame, packet_type: PacketType) -> Frame | None:
        """A frame with an IPv4 fragment: the whole packet once it is there, None before (ip_check_defrag)."""
        raw = frame.raw
        data = raw[ETH_HLEN:]
        length = int.from_bytes(data[2:4], "big")
        if len(data) < 20 or data[0] >> 4 != 4 or data[0] & 15 < 5 or not (data[0] & 15) * 4 <= length <= len(data):
            return frame
        from macvsim.net.packet import Packet

        whole = self.group_reassembly.add(Packet(data[:length], frame.uid, dev, packet_type))
        return None if whole is None else Frame(raw[:ETH_HLEN] + whole.data, whole.uid, frame.tag)

    def listen(self, listener: Callable[[NetDevice, Event], None]) -> None:
        """Tell somebody of what happens to devices."""
        self.wake_lo()
        self.listeners = (*self.listeners, listener)

    def unlisten(self, listener: Callable[[NetDevice, Event], None]) -> None:
        """No longer."""
        self.listeners = tuple(other for other in self.listeners if other != listener)

    def add_tap(self, name: str, tap: Tap) -> Callable[[], None]:
        """Capture on a device; returns what stops it."""
        return self.dev(name).add_tap(tap)

    # -- addresses -----------------------------------------------------------------------------------------------------

    def is_local(self, ip: int) -> bool:
        """True if `ip` is one of our own addresses, on whatever device (inet_addr_type == RTN_LOCAL)."""
        return ip == self.fib.ours or self.address_type(ip) is RTN_LOCAL

    def address_type(self, ip: int) -> RouteType | None:
        """What kind of address it is for this host (inet_addr_type); None for multicast."""
        if not 0 < ip < LOCAL_GROUPS:
            if is_multicast_ip(ip):
                return None
            if is_zeronet_ip(ip) or ip == BROADCAST_IP:
                return RTN_BROADCAST
        route = self.fib.first_local(ip)
        return RTN_UNICAST if route is None else route.info.type

    def join_group(self, dev: NetDevice, group: int) -> None:
        """The host listens to a multicast group on a device."""
        devices.join_group(self, dev, group)

    def leave_group(self, dev: NetDevice, group: int) -> None:
        """Undo one `join_group`."""
        devices.leave_group(self, dev, group)

    def join_snoopers(self, dev: NetDevice, join: bool) -> None:
        """A bridge joins or leaves the groups of snoopers (br_multicast_join_snoopers; RFC 4286)."""
        if join:
            self.join_group(dev, ALL_SNOOPERS)
        else:
            self.leave_group(dev, ALL_SNOOPERS)
        if dev.inet.inet6 is not None:
            groups = self.ipv6.addrconf.groups
            if join:
                groups.join(dev, ALL_SNOOPERS6)
            else:
                groups.leave(dev, ALL_SNOOPERS6)

    # -- parameters ----------------------------------------------------------------------------------------------------

    def sysctl_changed(self, group: str, key: str, value: int) -> None:
        """A parameter was written: do what the kernel then does (devinet_sysctl_forward, inet_forward_change)."""
        if key == "forwarding" and group in ("", "all"):
            for place in self.sysctl.conf.values():
                place.own().forwarding = value
            own(self, "conf_all").accept_redirects = 0 if value else 1
        if self.made("icmp"):
            self.icmp.conf = self.ipv4_conf
        if self.made("neigh"):
            self.neigh.thresholds = self.thresholds
        self.router.forget()


def _replaced(known: tuple[Namespace | None, ...], old: Namespace | None, new: Namespace | None) -> tuple[Any, ...]:
    at = known.index(old)
    return (*known[:at], new, *known[at + 1 :])
