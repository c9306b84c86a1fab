"""Sockets: where programs and the stack meet.

A socket hands what it receives to a callback in process context: the program wakes up `Namespace.wakeup_delay` ns after
the packet was delivered.  Errors of calls are raised as `SocketError`.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from macvsim.engine.drop import DropReason
from macvsim.errors import SocketError
from macvsim.net import optioned
from macvsim.net.dst import ERROR, Dst, Special
from macvsim.net.fibroute import Scope
from macvsim.net.ipoptions import route_wanted
from macvsim.net.packet import Packet
from macvsim.net.snmp import OUT
from macvsim.wire import icmp, ipv4
from macvsim.wire.udp import datagram

if TYPE_CHECKING:
    from macvsim.dev.base import NetDevice
    from macvsim.net.namespace import Namespace
    from macvsim.net.outgoing import Outgoing


MAX_PACKET = 0xFFFF
DEFAULT_BUFFER = 212_992
"""net.core.rmem_default and wmem_default."""
_ICMP = ipv4.PROTO_ICMP
_ECHO = icmp.ECHO
_MAX_MESSAGE = MAX_PACKET - ipv4.HLEN
NETFILTER_DROP: Final = DropReason.NETFILTER_DROP


class IcmpError(NamedTuple):
    """An ICMP error about a packet a socket sent: who says what, the packet as quoted, the TTL the error came with."""

    sender: int
    kind: int
    code: int
    info: int
    quoted: bytes
    uid: int
    ttl: int


Heard = tuple[int, bytes, int, bytes]
"""What a program reads from a raw socket: source address, message, and TTL and options of the packet's header."""


def pmtu_discover(ns: Namespace) -> str:
    """How a new socket sends its packets as for fragments: `Socket.pmtu_discover`."""
    return "dont" if ns.ipv4_conf.ip_no_pmtu_disc else "want"


class Socket:
    """What raw ICMP and UDP sockets share: binding, options, and routing of what they send."""

    ns: Namespace
    source = 0
    device: NetDevice | None = None
    ttl: int | None = None
    tos = 0
    broadcast = False
    is_connected = False
    """Packets that must not be cut have idents all the same (ip_select_ident_segs)."""
    multicast_loop = True
    """Groups that the host itself listens to get a copy (IP_MULTICAST_LOOP)."""
    record_route = False
    """Every packet asks for the addresses on its way and back (IP_OPTIONS)."""
    pmtu_discover: str
    """IP_MTU_DISCOVER: ``want`` (default), ``do`` (``ping -M do``), ``dont``, ``probe`` (whatever was learnt)."""

    def __init__(self, ns: Namespace) -> None:
        put = object.__setattr__  # there is nothing yet that could change
        put(self, "ns", ns)
        put(self, "pmtu_discover", pmtu_discover(ns))

    def bind_device(self, name: str) -> None:
        """SO_BINDTODEVICE."""
        if name not in self.ns.devices:
            raise SocketError("ENODEV", name)
        self.device = self.ns.devices[name]

    def bind_address(self, ip: int) -> None:
        """bind() to an own address; EADDRNOTAVAIL otherwise."""
        if ip and not self.ns.is_local(ip) and not self.ns.ipv4_conf.ip_nonlocal_bind:
            raise SocketError("EADDRNOTAVAIL")
        self.source = ip

    def route(self, dst: int) -> Dst:
        """The way to `dst`, or the error a program would see."""
        way = self.ns.router.output(dst, self.source, self.device)
        if way.kind is ERROR:
            raise SocketError(way.errno)
        if way.broadcast and not self.broadcast:
            raise SocketError("EACCES")
        if isinstance(way, Special) and way.multicast and way.loops and not self.multicast_loop:
            way = copy(way)
            way.loops, way.outgoing = False, None
        dev = way.dev
        if self.pmtu_discover == "probe" and dev is not None and way.mtu != dev.mtu:
            way = copy(way)
            way.mtu, way.outgoing = dev.mtu, None
        return way

    def hears_from(self, dev: NetDevice | None) -> bool:
        """A socket bound to a device hears only what comes in by it: not errors of this host, which come by lo
        (udp_sk_bound_dev_eq, raw_sk_bound_dev_eq).
        """
        return self.device is None or dev is self.device

    def transmit(self, proto: int, payload: bytes, way: Dst, dst: int, uid: int) -> None:
        """Send a payload; EMSGSIZE when it must not be cut and is too long."""
        forced = self.pmtu_discover in ("do", "probe")
        if ipv4.HLEN + len(payload) > (way.mtu if forced else MAX_PACKET):
            raise SocketError("EMSGSIZE")
        if proto == ipv4.PROTO_ICMP:
            self.ns.snmp.count_icmp(OUT | payload[0])
        df = forced or (self.pmtu_discover == "want" and not way.locked)
        if self.record_route:
            asked = route_wanted(self.ns)
            reason = optioned.send(self.ns.ipv4, proto, payload, way, dst, uid, self.tos, asked, self.ttl, df=df)
        else:
            reason = self.ns.ipv4.send(
                proto,
                payload,
                way,
                dst,
                uid=uid,
                tos=self.tos,
                ttl=self.ttl,
                df=df,
                ident=0 if forced and not self.is_connected else None,
            )
        if reason is not None:
            self.refused(reason)

    def refused(self, reason: DropReason) -> None:
        """What a program hears of a packet that did not get far."""
        if reason is DropReason.NETFILTER_DROP:
            raise SocketError("EPERM")
        if reason is DropReason.XMIT_DROP and self.hears_errors:
            raise SocketError("ENOBUFS")

    @property
    def hears_errors(self) -> bool:
        """IP_RECVERR: errors that are no fault of the program's are told too."""
        return False

    def wake(self, fn: Callable[..., None], *args: object) -> None:
        """Let the program see something: after the wake-up delay, in process context."""
        self.ns.wake(fn, *args)


_NO_ROUTE: Any = (-1, 0, None, None)


class RawIcmpSocket(Socket):
    """socket(AF_INET, SOCK_RAW, IPPROTO_ICMP), with IP_RECVERR.

    on_message(heard) : called for every ICMP message that comes to the host and is of a kind in `kinds`
    on_error(error) : called for every ICMP error about a packet this host sent as ICMP
    wanted : lets a program say early that a message is not its own, so that it is not woken for it; of echo messages
        of one kind and identifier it wants all or none
    """

    on_message: Callable[[Heard], None]
    on_error: Callable[[IcmpError], None] | None
    kinds: frozenset[int] | None
    wanted: Callable[[bytes], bool] | None
    _route: tuple[int, int, Dst, Outgoing]
    """For the next message to the same address (sk_dst_cache): that, `Router.generation`, the way, what sends along
    it."""

    def __init__(
        self,
        ns: Namespace,
        on_message: Callable[[Heard], None],
        on_error: Callable[[IcmpError], None] | None = None,
        kinds: frozenset[int] | None = None,
        *,
        wanted: Callable[[bytes], bool] | None = None,
        **options: object,
    ) -> None:
        super().__init__(ns)
        put = object.__setattr__
        put(self, "on_message", on_message)
        put(self, "on_error", on_error)
        put(self, "kinds", kinds)
        put(self, "wanted", wanted)
        put(self, "_route", _NO_ROUTE)
        for name, value in options.items():
            put(self, name, value)
        self._changes()
        ns.icmp.sockets = (*ns.icmp.sockets, self)

    def __setattr__(self, name: str, value: object) -> None:
        """With another option it may hear something else than before."""
        self._changes()
        object.__setattr__(self, name, value)
        object.__setattr__(self, "_route", _NO_ROUTE)

    def _changes(self) -> None:
        self.ns.icmp.version += 1

    @property
    def hears_errors(self) -> bool:
        return self.on_error is not None

    def close(self) -> None:
        """Stop hearing."""
        layer = self.ns.icmp
        if self in layer.sockets:
            self._changes()
            layer.sockets = tuple([sock for sock in layer.sockets if sock is not self])

    def send(self, dst: int, message: bytes, uid: int) -> Dst:
        """Send an ICMP message; returns the way it took."""
        ns = self.ns
        to, generation, way, outgoing = self._route
        if to != dst or generation != ns.router.generation:
            way = self.route(dst)
            plain = self.pmtu_discover == "want" and not self.record_route and not way.locked
            if not plain or not way.lasting:
                self.transmit(_ICMP, message, way, dst, uid)
                return way
            outgoing = ns.ipv4.outgoing(way, dst, _ICMP, self.ttl, self.tos)
            object.__setattr__(self, "_route", (dst, ns.router.generation, way, outgoing))
        if len(message) > _MAX_MESSAGE:
            raise SocketError("EMSGSIZE")
        if message[0] == _ECHO:
            ns.snmp.echoes_sent += 1
        else:
            ns.snmp.count_icmp(OUT | message[0])
        reason = outgoing.send(message, uid, True)
        if reason is not None:
            self.refused(reason)
        return way

    def wants(self, message: bytes) -> bool:
        """True if a message is of a kind that this socket takes."""
        wanted = self.wanted
        if not message or (wanted is not None and not wanted(message)):
            return False
        return self.kinds is None or message[0] in self.kinds

    def icmp_receive(self, packet: Packet, message: bytes) -> bool:
        """The stack delivers; True if this socket's program is interested."""
        data = packet.data
        src, dst = ipv4.addresses(data)
        return self.icmp_heard((src, message, data[8], data[ipv4.HLEN : (data[0] & 15) * 4]), packet.in_dev, dst)

    def icmp_heard(self, heard: Heard, dev: NetDevice | None, dst: int) -> bool:
        """The same for a message that came by `dev` to `dst`."""
        message, wanted, kinds = heard[1], self.wanted, self.kinds
        if (
            not message
            or (wanted is not None and not wanted(message))
            or (kinds is not None and message[0] not in kinds)
        ):
            return False
        if (self.device is not None and dev is not self.device) or (self.source and dst != self.source):
            return False
        self.ns.wakeup.hand(self.on_message, heard)
        return True

    def icmp_error(self, packet: Packet, message: bytes, quoted: bytes) -> bool:
        """An error about a quoted packet; True if it may be this socket's."""
        if self.on_error is None or quoted[9] != ipv4.PROTO_ICMP or not self.hears_from(packet.in_dev):
            return False
        error = error_of(packet, message, quoted)
        if self.wanted is not None and not self.wanted(quoted[(quoted[0] & 15) * 4 :]):
            return False
        self.wake(self.on_error, error)
        return True


class UdpSocket(Socket):
    """socket(AF_INET, SOCK_DGRAM).

    on_receive(payload, address, port, packet) : called for every datagram
    on_error(error) : called for ICMP errors, if the socket is connected or asked for them (IP_RECVERR)
    """

    def __init__(
        self,
        ns: Namespace,
        on_receive: Callable[[bytes, int, int, Packet], None] | None = None,
        on_error: Callable[[IcmpError], None] | None = None,
    ) -> None:
        super().__init__(ns)
        self.on_receive = on_receive
        self.on_error = on_error
        self.port = 0
        self.peer: tuple[int, int] | None = None
        self.recverr = False
        self.reuse_address = False
        """Others may have the port too, if they say so as well (SO_REUSEADDR)."""
        self.error = ""
        """The errno of an ICMP error about what this connected socket sent (sk_err)."""

    @property
    def buffers(self) -> tuple[int, int]:
        """SO_SNDBUF and SO_RCVBUF, which hold nothing back here."""
        return DEFAULT_BUFFER, DEFAULT_BUFFER

    def take_error(self) -> str:
        """The errno of what went wrong, which is then forgotten."""
        error, self.error = self.error, ""
        return error

    @property
    def hears_errors(self) -> bool:
        return self.recverr

    def bind(self, ip: int, port: int) -> None:
        """bind(); port 0 takes an ephemeral one.  EADDRINUSE when another socket has it."""
        self.bind_address(ip)
        self.ns.udp.bind(self, port)

    def connect(self, ip: int, port: int) -> None:
        """connect(): fixes the peer, and reports the route's errors at once."""
        way = self.route(ip)
        if not self.port:
            self.ns.udp.bind(self, 0)
        self.source = self.source or way.src
        self.peer = (ip, port)
        self.is_connected = True

    def send_to(self, payload: bytes, ip: int, port: int) -> int:
        """sendto(); returns the packet's uid."""
        way = self.route(ip)
        if not self.port:
            self.ns.udp.bind(self, 0)
        src = self.source or way.src
        uid = self.ns.sim.born()
        self.ns.snmp.udp["OutDatagrams"] += 1
        self.transmit(ipv4.PROTO_UDP, datagram(src, ip, self.port, port, payload), way, ip, uid)
        return uid

    def send(self, payload: bytes) -> int:
        """send() on a connected socket."""
        if self.peer is None:
            raise SocketError("EINVAL", "the socket is not connected")
        return self.send_to(payload, *self.peer)

    def join(self, group: int, dev: NetDevice | None = None) -> None:
        """IP_ADD_MEMBERSHIP on a device, by default the one the route to the group names."""
        dev = dev or self.ns.router.output(group).dev
        if dev is None:
            raise SocketError("ENODEV")
        self.ns.join_group(dev, group)

    def close(self) -> None:
        """Free the port."""
        self.ns.udp.unbind(self)


def error_of(packet: Packet, message: bytes, quoted: bytes) -> IcmpError:
    """The error a received ICMP message carries."""
    sender, _ = ipv4.addresses(packet.data)
    info = int.from_bytes(message[4:8], "big")
    return IcmpError(sender, message[0], message[1], info, quoted, packet.uid, packet.data[8])


__all__ = ["IcmpError", "RawIcmpSocket", "Scope", "Socket", "UdpSocket", "error_of", "icmp"]
