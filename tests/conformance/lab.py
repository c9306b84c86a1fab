"""What the conformance tests build their networks from: namespaces, devices, captures, and a ping.

Everything is made of macvsim's own parts; nothing here decides what happens to a packet.  `Lab.fixture` is F1 of the
table (two hosts on a learning switch), `Lab.document` is F2 (lab 2 of the document with its router h3).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from macvsim.dev.base import NetDevice
from macvsim.dev.bridge import Bridge
from macvsim.dev.cable import Cable
from macvsim.dev.dummy import Dummy
from macvsim.dev.ipvlan import Ipvlan
from macvsim.dev.macvlan import Macvlan, Mode
from macvsim.dev.nic import Nic
from macvsim.dev.veth import Veth, veth_pair
from macvsim.dev.vlan import Vlan
from macvsim.engine.sim import MS, SECOND, Sim
from macvsim.errors import SocketError
from macvsim.lab import install_fast_path
from macvsim.net.addr import Address
from macvsim.net.fibroute import Route, RouteType
from macvsim.net.namespace import Namespace
from macvsim.net.neigh import Neighbour
from macvsim.net.routes import add_route
from macvsim.net.socket import Heard, IcmpError, RawIcmpSocket
from macvsim.switch import PortPolicy, Switch
from macvsim.wire import arp, icmp, ipv4
from macvsim.wire.addr import BROADCAST_MAC, ZERO_MAC, ip_int, ip_text, mac_bytes, mac_text, prefix_parse
from macvsim.wire.compose import arp_template, icmp_template, ipv4_template
from macvsim.wire.frame import Frame, PacketType

HOST, BCAST, MCAST, OTHER, OUT = (
    PacketType.HOST,
    PacketType.BROADCAST,
    PacketType.MULTICAST,
    PacketType.OTHERHOST,
    PacketType.OUTGOING,
)
TEST_ETHERTYPE = b"\x88\xb5"
"""IEEE 802 local experimental EtherType 1: no protocol takes it."""


def late(seconds: float) -> tuple[int, int]:
    """Bounds in ns of a kernel timer of that many seconds: never early, at most an eighth and two ticks of 4 ms late.

    The eighth is the timer wheel's (kernel/time/timer.c); linux.md 7.2 measured 1.03 s for 1 s.
    """
    return int(seconds * SECOND), int(seconds * SECOND * 9 / 8) + 8 * MS


def within(moment: int, bounds: tuple[int, int]) -> bool:
    """True if `moment` lies in the bounds, ends included."""
    return bounds[0] <= moment <= bounds[1]


@dataclass
class Seen:
    """One frame as a capture on a device sees it."""

    at: int
    type: PacketType
    frame: Frame
    packet: Any = field(init=False)

    def __post_init__(self) -> None:
        self.packet = self.frame.scapy()

    @property
    def kind(self) -> str:
        """``who-has``, ``is-at``, ``echo``, ``reply``, ``TYPE/CODE`` of other ICMP, ``udp``, or the EtherType."""
        packet = self.packet
        if packet.haslayer("ARP"):
            return {1: "who-has", 2: "is-at"}.get(packet["ARP"].op, "arp")
        if packet.haslayer("IP") and packet["IP"].frag:
            return "fragment"
        if packet.haslayer("ICMP"):
            message = packet["ICMP"]
            return {8: "echo", 0: "reply"}.get(message.type, f"{message.type}/{message.code}")
        return "udp" if packet.haslayer("UDP") else f"0x{self.frame.ethertype:04x}"

    @property
    def vid(self) -> int | None:
        """VLAN id of the outermost tag a capture shows, None when untagged."""
        wire = self.frame.wire
        return (wire[14] << 8 | wire[15]) & 0xFFF if wire[12:14] in (b"\x81\x00", b"\x88\xa8") else None

    @property
    def src(self) -> str:
        """Source IPv4 address, or the sender's in ARP."""
        return str(self.packet["ARP"].psrc if self.packet.haslayer("ARP") else self.packet["IP"].src)

    @property
    def dst(self) -> str:
        """Destination IPv4 address, or the target's in ARP."""
        return str(self.packet["ARP"].pdst if self.packet.haslayer("ARP") else self.packet["IP"].dst)

    @property
    def ttl(self) -> int:
        return int(self.packet["IP"].ttl)

    @property
    def smac(self) -> str:
        return mac_text(self.frame.src)

    @property
    def dmac(self) -> str:
        return mac_text(self.frame.dst)


class Capture(list[Seen]):
    """What a capture on one device has seen so far."""

    def of(self, *kinds: str, type: PacketType | None = None) -> list[Seen]:
        """Those of these kinds, and of a packet type."""
        return [seen for seen in self if seen.kind in kinds and type in (None, seen.type)]

    def kinds(self) -> list[tuple[str, PacketType]]:
        """Kind and packet type of each."""
        return [(seen.kind, seen.type) for seen in self]


@dataclass
class Reply:
    seq: int
    source: str
    ttl: int
    took: int


@dataclass
class PingError:
    seq: int
    source: str
    kind: int
    code: int
    info: int
    quoted: bytes
    at: int


@dataclass
class Ping:
    """A running or finished ping, with IP_RECVERR as iputils has it."""

    replies: list[Reply] = field(default_factory=list)
    errors: list[PingError] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    sent: dict[int, int] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """True if every request was answered."""
        return len(self.sent) > 0 and sorted({r.seq for r in self.replies}) == sorted(self.sent)

    @property
    def silent(self) -> bool:
        """True if nothing at all came back."""
        return not (self.replies or self.errors or self.refused)


class Lab:
    """One network under test."""

    def __init__(self, seed: int = 0) -> None:
        self.sim = Sim(seed)
        install_fast_path(self.sim)
        self._macs = 0
        self._pings = 0
        self.spaces: dict[str, Namespace] = {}
        self._settled = True

    def settle(self) -> None:
        """If something was built, wait until the kernels' link watches have told everybody of the carriers."""
        if not self._settled:
            self._settled = True
            self.run(3)

    # -- building ------------------------------------------------------------------------------------------------------

    def mac(self) -> bytes:
        """The next address nobody has."""
        self._macs += 1
        return b"\x0e\0\0\0" + self._macs.to_bytes(2, "big")

    def ns(self, name: str, init: Namespace | None = None) -> Namespace:
        """A namespace with lo up."""
        space = self.spaces[name] = Namespace(self.sim, name, init)
        space.dev("lo").set_up()
        return space

    def _ready(self, dev: NetDevice, ips: tuple[str, ...], up: bool) -> None:
        dev.ns.register(dev)
        for ip in ips:
            self.address(dev, ip)
        if up:
            dev.set_up()
        self._settled = False

    def nic(
        self, ns: Namespace, name: str, *ips: str, mac: bytes | None = None, up: bool = True, **options: Any
    ) -> Nic:
        """A network card."""
        dev = Nic(ns, name, mac or self.mac(), **options)
        self._ready(dev, ips, up)
        return dev

    def cable(self, a: Any, b: Any) -> Cable:
        """Join two cards, or a card and a switch port."""
        self._settled = False
        return Cable(self.sim, a, b)

    def veth(self, a: Namespace, name: str, b: Namespace, peer: str, **options: Any) -> tuple[Veth, Veth]:
        """A veth pair, both ends up."""
        ends = veth_pair((a, name, self.mac()), (b, peer, self.mac()), **options)
        for end in ends:
            self._ready(end, (), True)
        return ends

    def dummy(self, ns: Namespace, name: str) -> Dummy:
        """A dummy device, up."""
        dev = Dummy(ns, name, self.mac())
        self._ready(dev, (), True)
        return dev

    def macvlan(
        self,
        ns: Namespace,
        name: str,
        lower: NetDevice,
        *ips: str,
        mode: Mode = Mode.BRIDGE,
        mac: bytes | None = None,
        up: bool = True,
        **options: Any,
    ) -> Macvlan:
        """A macvlan child."""
        dev = Macvlan(ns, name, lower, mac or self.mac(), mode=mode, **options)
        self._ready(dev, ips, up)
        return dev

    def ipvlan(self, name: str, lower: NetDevice, *ips: str, up: bool = True, **options: Any) -> Ipvlan:
        """A namespace of its own with an ipvlan child as eth0."""
        dev = Ipvlan(self.ns(name), "eth0", lower, **options)
        self._ready(dev, ips, up)
        return dev

    def container(self, name: str, lower: NetDevice, *ips: str, **options: Any) -> Macvlan:
        """A namespace of its own with the child as eth0."""
        return self.macvlan(self.ns(name), "eth0", lower, *ips, **options)

    def vlan(self, lower: NetDevice, vid: int, *ips: str, up: bool = True, **options: Any) -> Vlan:
        """The sub-interface ``lower.vid``."""
        dev = Vlan(lower.ns, f"{lower.name}.{vid}", lower, vid, **options)
        self._ready(dev, ips, up)
        return dev

    @staticmethod
    def address(dev: NetDevice, text: str) -> Address:
        """``ip addr add``."""
        ip, plen = prefix_parse(text)
        added: Address = dev.ns.addresses.add(dev, Address(ip, plen))  # type: ignore[attr-defined]
        return added

    @staticmethod
    def route(
        ns: Namespace,
        prefix: str,
        *,
        via: str = "",
        dev: NetDevice | None = None,
        type: RouteType = RouteType.UNICAST,
        **options: Any,
    ) -> Route:
        """``ip route add``: by way of a gateway, or on the link of a device."""
        dst, plen = (0, 0) if prefix == "default" else prefix_parse(prefix)
        return add_route(ns, dst, plen, type=type, gateway=ip_int(via) if via else 0, dev=dev, **options)

    # -- the fixtures --------------------------------------------------------------------------------------------------

    def fixture(self, **nic: Any) -> tuple[Nic, Nic]:
        """F1: h1 and h2 with a card p0 each (10.0.0.100 and .200) on a learning switch; returns the cards."""
        cards = [self.nic(self.ns(f"h{n}"), "p0", f"10.0.0.{n}00/24", **nic) for n in (1, 2)]
        self.bridged(*cards)
        return cards[0], cards[1]

    def document(self, *, router: bool = True, forwarding: int = 1) -> list[Nic]:
        """F2: lab 2 of the document.  d1, d2 on h1 and d3, d4 on h2, odd ones behind enp0s8.100 (172.16.10.10 and .11),
        even ones behind enp0s8.200 (172.16.20.…); the router h3 has .1 in both; returns the cards.
        """
        cards = [self.nic(self.ns(f"h{n}"), "enp0s8") for n in range(1, 4 if router else 3)]
        self.bridged(*cards)
        for host, card in enumerate(cards, 1):
            for which, vid in enumerate((100, 200)):
                net = f"172.16.{vid // 10}"
                sub = self.vlan(card, vid, *([f"{net}.1/24"] if host == 3 else []))
                if host < 3:
                    child = self.container(f"d{2 * host - 1 + which}", sub, f"{net}.{9 + host}/24")
                    self.route(self.spaces[child.ns.name], "default", via=f"{net}.1")
        if router:
            self.spaces["h3"].sysctl["net.ipv4.ip_forward"] = forwarding
        return cards

    def bridged(self, *cards: Nic, name: str = "sw", **options: Any) -> Bridge:
        """Cable cards to the ports p1, p2, … of a Linux bridge in a namespace of its own."""
        ns = self.ns(name)
        ports = [self.nic(ns, f"p{n}") for n in range(1, len(cards) + 1)]
        bridge = self.bridge(ns, "br0", *ports, **options)
        for card, port in zip(cards, ports, strict=True):
            self.cable(card, port)
        return bridge

    def switched(self, policy: str | PortPolicy, *cards: Nic) -> Switch:
        """Cable cards to the ports p1, p2, … of a switch whose ports have that policy."""
        switch = Switch(self.sim, "sw", policy=policy)
        for card in cards:
            self.cable(card, switch.port())
        return switch

    def bridge(self, ns: Namespace, name: str, *ports: NetDevice, **options: Any) -> Bridge:
        """A bridge, up, with ports."""
        bridge = Bridge(ns, name, self.mac(), **options)
        self._ready(bridge, (), True)
        for port in ports:
            bridge.enslave(port)
        return bridge

    # -- watching and sending ------------------------------------------------------------------------------------------

    def capture(self, dev: NetDevice) -> Capture:
        """A capture from now on."""
        self.settle()
        seen = Capture()
        dev.add_tap(lambda type, frame: seen.append(Seen(int(self.sim.now), type, frame)))
        return seen

    def run(self, seconds: float = 0.1) -> None:
        """Let time pass."""
        self.sim.run(until=int(self.sim.now) + int(seconds * SECOND))

    def send(self, dev: NetDevice, raw: bytes, tag: int = 0) -> int:
        """Send a frame out of a device as a packet socket would; returns its uid."""
        self.settle()
        uid = self.sim.born()
        dev.xmit(Frame(raw, uid, tag))
        return uid

    def ping(self, ns: Namespace, dst: str, count: int = 1, *, wait: float = 4, **options: Any) -> Ping:
        """Ping, and let time pass until `wait` seconds after the last request."""
        interval = options.get("interval", 1.0)
        ping = self.start_ping(ns, dst, count, **options)
        self.run(interval * (count - 1) + wait)
        return ping

    def start_ping(
        self,
        ns: Namespace,
        dst: str,
        count: int = 1,
        *,
        interval: float = 1.0,
        size: int = 56,
        ttl: int | None = None,
        tos: int = 0,
        pmtu: str = "want",
        broadcast: bool = False,
        dev: str = "",
    ) -> Ping:
        """Send `count` echo requests, `interval` seconds apart, the first one now."""
        self.settle()
        self._pings += 1
        ident, target, sim = self._pings, ip_int(dst), self.sim
        ping = Ping()

        def on_message(heard: Heard) -> None:
            source, message, ttl, _ = heard
            seq = int.from_bytes(message[6:8], "big")
            ping.replies.append(Reply(seq, ip_text(source), ttl, int(sim.now) - ping.sent[seq]))

        def on_error(error: IcmpError) -> None:
            hlen = (error.quoted[0] & 15) * 4
            seq = int.from_bytes(error.quoted[hlen + 6 : hlen + 8], "big")
            ping.errors.append(
                PingError(seq, ip_text(error.sender), error.kind, error.code, error.info, error.quoted, int(sim.now))
            )

        sock = RawIcmpSocket(ns, on_message, on_error, frozenset((icmp.ECHO_REPLY,)))
        sock.wanted = lambda message: message[4:6] == ident.to_bytes(2, "big")
        sock.ttl, sock.tos, sock.pmtu_discover, sock.broadcast = ttl, tos, pmtu, broadcast
        if dev:
            sock.bind_device(dev)

        def request(seq: int) -> None:
            if seq < count:
                sim.timeout(int(interval * SECOND)).callbacks.append(lambda _: request(seq + 1))
            ping.sent[seq] = int(sim.now)
            message = icmp.message(icmp_template(icmp.ECHO), icmp.ECHO, 0, ident << 16 | seq, bytes(size))
            try:
                sock.send(target, message, sim.born())
            except SocketError as error:
                ping.refused.append(error.errno)

        request(1)
        return ping

    @staticmethod
    def neighbour(ns: Namespace, dev: str, ip: str) -> Neighbour | None:
        """The neighbour entry, if there is one that ``ip neigh`` would list."""
        entry = ns.neigh.lookup(ns.dev(dev), ip_int(ip))
        return entry if entry in ns.neigh.listing() else None

    def state(self, ns: Namespace, dev: str, ip: str) -> str:
        """Its state as ``ip neigh`` writes it, or ``none``."""
        entry = self.neighbour(ns, dev, ip)
        return "none" if entry is None else str(entry.state.name)

    def stack_saw(self, dev: NetDevice, uid: int) -> bool:
        """True if the protocols of the device's namespace were given a frame of the test EtherType, addressed to it."""
        assert self.sim.journal is not None
        steps = [r for r in self.sim.journal.records if r.uid == uid and r.where is dev]
        addressed = not any(r.step == "receive" and r.detail is PacketType.OTHERHOST for r in steps)
        return addressed and any(getattr(r.detail, "name", "") == "UNHANDLED_PROTO" for r in steps)


# -- frames ------------------------------------------------------------------------------------------------------------


def test_frame(dst: bytes, src: bytes, payload: bytes = bytes(46)) -> bytes:
    """A frame of the test EtherType."""
    return dst + src + TEST_ETHERTYPE + payload


test_frame.__test__ = False  # type: ignore[attr-defined]


def arp_frame(
    op: int,
    sha: bytes,
    sip: str,
    tip: str,
    *,
    tha: bytes = ZERO_MAC,
    dst: bytes = BROADCAST_MAC,
) -> bytes:
    """An ARP frame."""
    return dst + sha + b"\x08\x06" + arp.patch(arp_template(), arp.Arp(op, sha, ip_int(sip), tha, ip_int(tip)))


def echo_packet(src: str, dst: str, *, ttl: int = 64, size: int = 56, ident: int = 77, seq: int = 1) -> bytes:
    """An IPv4 packet with an echo request."""
    message = icmp.message(icmp_template(icmp.ECHO), icmp.ECHO, 0, ident << 16 | seq, bytes(size))
    header = ipv4.header(
        ipv4_template(ipv4.PROTO_ICMP),
        length=20 + len(message),
        ident=1,
        src=ip_int(src),
        dst=ip_int(dst),
        ttl=ttl,
    )
    return header + message


def echo_frame(dst: bytes, src: bytes, sip: str, dip: str, **options: int) -> bytes:
    """An Ethernet frame with an echo request."""
    return dst + src + b"\x08\x00" + echo_packet(sip, dip, **options)


__all__ = [
    "BCAST",
    "HOST",
    "MCAST",
    "OTHER",
    "OUT",
    "Capture",
    "Lab",
    "Ping",
    "Seen",
    "arp_frame",
    "echo_frame",
    "echo_packet",
    "late",
    "mac_bytes",
    "test_frame",
    "within",
]
