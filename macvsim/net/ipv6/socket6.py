"""Raw ICMPv6 and UDP sockets of IPv6: where programs and the stack meet (see macvsim.net.socket for IPv4's)."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from typing import TYPE_CHECKING, NamedTuple

from macvsim.errors import SocketError
from macvsim.net.dst import ERROR
from macvsim.net.ipv6.packet import REFUSED_BELOW, Packet6
from macvsim.net.ipv6.route6 import Dst6
from macvsim.wire import icmpv6, ipv6
from macvsim.wire.addr6 import SCOPE_LINK, is_link_local6, is_multicast6, multicast_scope
from macvsim.wire.ipv6 import Upper

if TYPE_CHECKING:
    from macvsim.dev.base import NetDevice
    from macvsim.net.ipv6.contracts import Net
    from macvsim.net.ipv6.stack import Ipv6

_MAX_PAYLOAD = 65535


class Icmp6Error(NamedTuple):
    """An ICMPv6 error about a packet a socket sent: who says what, the packet as quoted and where its upper layer
    begins, the hop limit the error came with, and the device it came by.
    """

    sender: int
    kind: int
    code: int
    info: int
    quoted: bytes
    at: int
    uid: int
    hop_limit: int
    dev: NetDevice | None


class Socket6:
    """What raw ICMPv6 and UDP sockets share: binding, options, and routing of what they send."""

    def __init__(self, ns: Net) -> None:
        self.ns = ns
        self.stack: Ipv6 = ns.ipv6
        self.source = 0
        self.device: NetDevice | None = None
        self.zone: NetDevice | None = None
        """Device that addresses without a zone of their own are taken to belong to."""
        self.hop_limit: int | None = None
        self.tclass = 0
        self.flow: int | None = None
        self.pmtu_discover = "want"
        """IPV6_MTU_DISCOVER: ``want`` (default), ``do``, ``dont``, ``probe``."""
        self.multicast_loop = True

    def bind_device(self, name: str) -> None:
        """SO_BINDTODEVICE."""
        if name not in self.ns.devices:
            raise SocketError("ENODEV", name)
        self.device = self.ns.devices[name]

    def bind_address(self, ip: int, dev: NetDevice | None = None) -> None:
        """bind() to an own address; EADDRNOTAVAIL otherwise, EINVAL for a link-local one without its device."""
        if is_link_local6(ip) and dev is None and self.device is None:
            raise SocketError("EINVAL")
        where = dev or self.device if is_link_local6(ip) else None
        if ip and not self.stack.is_local(ip, where, tentative=False) and not self.stack.conf.ip_nonlocal_bind:
            raise SocketError("EADDRNOTAVAIL")
        self.source = ip

    def route(self, dst: int, dev: NetDevice | None = None) -> Dst6:
        """The way to `dst` by way of `dev` (its zone), or the error a program would see."""
        way = self.stack.router.output(dst, self.source, dev or self.zone or self.device)
        if way.kind is ERROR:
            raise SocketError(way.errno)
        out = way.dev
        if self.pmtu_discover == "probe" and out is not None and way.mtu != out.mtu:
            way = copy(way)
            way.mtu = out.mtu
        return way

    def connection(self, dst: int, dev: NetDevice | None = None) -> Dst6:
        """The way for connect(), which wants to know the device of link-local addresses (EINVAL)."""
        linked = is_link_local6(dst) or (is_multicast6(dst) and multicast_scope(dst) == SCOPE_LINK)
        if linked and (dev or self.zone or self.device) is None:
            raise SocketError("EINVAL")
        return self.route(dst, dev)

    def check_size(self, size: int, way: Dst6) -> None:
        """EMSGSIZE for a payload that must not be cut and is too long for the way."""
        if size > _MAX_PAYLOAD or (self.pmtu_discover in ("do", "probe") and ipv6.HLEN + size > way.mtu):
            raise SocketError("EMSGSIZE")


class RawIcmp6Socket(Socket6):
    """socket(AF_INET6, SOCK_RAW, IPPROTO_ICMPV6), with IPV6_RECVERR.

    on_message(packet, message) : called for every ICMPv6 message that comes to the host and is of a kind in `kinds`
    on_error(error) : called for every ICMPv6 error about a packet this host sent as ICMPv6
    """

    def __init__(
        self,
        ns: Net,
        on_message: Callable[[Packet6, bytes], None],
        on_error: Callable[[Icmp6Error], None] | None = None,
        kinds: frozenset[int] | None = None,
    ) -> None:
        super().__init__(ns)
        self.on_message = on_message
        self.on_error = on_error
        self.kinds = kinds
        self.wanted: Callable[[bytes], bool] | None = None
        """Lets a program say early that a message is not its own, so that it is not woken for it."""
        self.stack.icmp.sockets.append(self)
        self.stack.icmp.version += 1

    def close(self) -> None:
        """Stop hearing."""
        if self in self.stack.icmp.sockets:
            self.stack.icmp.sockets.remove(self)
            self.stack.icmp.version += 1

    def send(self, dst: int, message: bytes, uid: int, dev: NetDevice | None = None, *, confirm: bool = False) -> Dst6:
        """Send an ICMPv6 message; returns the way it took.

        confirm : the next hop counts as reachable, because the program has heard from behind it (MSG_CONFIRM)
        """
        if confirm:
            if not self.stack.confirming:
                self.ns.sim.change()
            self.stack.confirming.append((uid, dst))
        way = self.route(dst, dev)
        self.check_size(len(message), way)
        reason = self.stack.icmp.send(
            message,
            way,
            dst,
            uid,
            tclass=self.tclass,
            hop_limit=self.hop_limit,
            flow=self.flow,
            loop=self.multicast_loop,
        )
        if reason in REFUSED_BELOW:
            raise SocketError(REFUSED_BELOW[reason])
        return way

    def icmp_receive(self, packet: Packet6, message: bytes) -> bool:
        """The stack delivers; True if this socket's program is interested."""
        if self.kinds is not None and message[0] not in self.kinds:
            return False
        if self.device is not None and self.stack.icmp.interface(packet) is not self.device:
            return False
        if self.source and ipv6.addresses(packet.data)[1] != self.source:
            return False
        if self.wanted is not None and not self.wanted(message):
            return False
        self.ns.wake(self.on_message, packet, message)
        return True

    def icmp_error(self, packet: Packet6, message: bytes, quoted: bytes, upper: Upper) -> bool:
        """An error about a quoted packet; True if it may be this socket's."""
        if self.on_error is None or upper.proto != ipv6.ICMPV6:
            return False
        if self.wanted is not None and not self.wanted(quoted[upper.at :]):
            return False
        self.ns.wake(self.on_error, error_of(self.stack, packet, message, quoted, upper.at))
        return True


class Udp6Socket(Socket6):
    """socket(AF_INET6, SOCK_DGRAM).

    on_receive(payload, address, port, packet) : called for every datagram
    on_error(error) : called for ICMPv6 errors, if the socket is connected or asked for them (IPV6_RECVERR)
    """

    def __init__(
        self,
        ns: Net,
        on_receive: Callable[[bytes, int, int, Packet6], None] | None = None,
        on_error: Callable[[Icmp6Error], None] | None = None,
    ) -> None:
        super().__init__(ns)
        self.on_receive = on_receive
        self.on_error = on_error
        self.port = 0
        self.peer: tuple[int, int] | None = None
        self.recverr = False

    def bind(self, ip: int, port: int) -> None:
        """bind(); port 0 takes an ephemeral one.  EADDRINUSE when another socket has it."""
        self.bind_address(ip)
        self.stack.udp.bind(self, port)

    def connect(self, ip: int, port: int, dev: NetDevice | None = None) -> None:
        """connect(): fixes the peer, and reports the route's errors at once."""
        way = self.connection(ip, dev)
        if not self.port:
            self.stack.udp.bind(self, 0)
        self.source = self.source or way.src
        self.peer, self.zone = (ip, port), dev or self.zone

    def send_to(self, payload: bytes, ip: int, port: int, dev: NetDevice | None = None) -> int:
        """sendto(); returns the packet's uid."""
        way = self.route(ip, dev)
        if not self.port:
            self.stack.udp.bind(self, 0)
        uid = self.ns.sim.born()
        self.check_size(len(payload) + 8, way)
        self.stack.udp.send(self, way, ip, port, payload, uid)
        return uid

    def send(self, payload: bytes) -> int:
        """send() on a connected socket."""
        if self.peer is None:
            raise SocketError("EINVAL", "the socket is not connected")
        return self.send_to(payload, *self.peer, self.zone)

    def close(self) -> None:
        """Free the port."""
        self.stack.udp.unbind(self)


def error_of(stack: Ipv6, packet: Packet6, message: bytes, quoted: bytes, at: int) -> Icmp6Error:
    """The error a received ICMPv6 message carries."""
    sender, _ = ipv6.addresses(packet.data)
    info = int.from_bytes(message[4:8], "big")
    return Icmp6Error(
        sender, message[0], message[1], info, quoted, at, packet.uid, packet.data[7], stack.icmp.interface(packet)
    )


__all__ = ["Icmp6Error", "RawIcmp6Socket", "Socket6", "Udp6Socket", "error_of", "icmpv6"]
