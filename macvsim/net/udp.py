"""UDP: ports, delivery, port unreachable (net/ipv4/udp.c; RFC 768, RFC 1122 section 4.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from macvsim.engine.drop import DropReason
from macvsim.errors import SocketError
from macvsim.net.packet import Packet
from macvsim.net.socket import UdpSocket, error_of
from macvsim.wire import icmp, ipv4, udp

if TYPE_CHECKING:
    from macvsim.net.namespace import Namespace

_HARD_ERRORS = frozenset((icmp.PROT_UNREACH, icmp.PORT_UNREACH))


class Daemon(Protocol):
    """A program outside that listens in here."""

    def listen(self) -> None:
        """Make its socket."""


class UdpLayer:
    """The UDP of one namespace."""

    __slots__ = ("ns", "ports")

    def __init__(self, ns: Namespace) -> None:
        self.ns = ns
        self.ports: dict[int, list[UdpSocket]] = {}

    def bind(self, sock: UdpSocket, port: int) -> None:
        """Give a socket a port; 0 picks a free ephemeral one at random, as the kernel does."""
        if not port:
            low, high = self.ns.ipv4_conf.ip_local_port_range
            dice = self.ns.sim.rng(f"port/{self.ns.name}")
            port = dice.randrange(low, high + 1)
            while port in self.ports:
                port = low + (port + 1 - low) % (high - low + 1)
        for other in self.ports.get(port, []):
            if sock.reuse_address and other.reuse_address:
                continue
            if not other.source or not sock.source or other.source == sock.source:
                raise SocketError("EADDRINUSE")
        sock.port = port
        self.ports.setdefault(port, []).append(sock)

    def unbind(self, sock: UdpSocket) -> None:
        """Forget a socket."""
        sockets = self.ports.get(sock.port, [])
        if sock in sockets:
            sockets.remove(sock)
            if not sockets:
                del self.ports[sock.port]

    def receive(self, packet: Packet) -> DropReason | None:
        """A datagram for this host (udp_rcv)."""
        ns = self.ns
        where = packet.in_dev or ns
        head = ipv4.parse(packet.data)
        segment = packet.data[head.hlen :]
        length = int.from_bytes(segment[4:6], "big")
        if len(segment) < udp.HLEN or not udp.HLEN <= length <= len(segment):
            ns.snmp.udp["InErrors"] += 1
            reason = DropReason.UDP_SHORT if len(segment) < udp.HLEN else DropReason.UDP_LENGTH
            return ns.sim.drop(packet.uid, where, reason)
        segment = segment[:length]
        packet.data = packet.data[: head.hlen + length]
        if not udp.is_valid(head.src, head.dst, segment):
            ns.snmp.udp["InCsumErrors"] += 1
            ns.snmp.udp["InErrors"] += 1
            return ns.sim.drop(packet.uid, where, DropReason.UDP_CSUM)
        sport, dport = int.from_bytes(segment[:2], "big"), int.from_bytes(segment[2:4], "big")
        assert packet.dst is not None
        group = packet.dst.broadcast or packet.dst.multicast
        sockets = [s for s in self.ports.get(dport, []) if _hears(s, head.src, sport, head.dst, packet)]
        if not sockets:
            if group:
                ns.snmp.udp["IgnoredMulti"] += 1
                return ns.sim.drop(packet.uid, where, DropReason.UDP_NO_GROUP_SOCKET)
            ns.snmp.udp["NoPorts"] += 1
            ns.icmp.send_error(packet, icmp.DEST_UNREACH, icmp.PORT_UNREACH)
            return ns.sim.drop(packet.uid, where, DropReason.NO_SOCKET)
        if not group and len(sockets) > 1:  # the socket of this very peer comes first (compute_score)
            sockets.sort(key=lambda s: s.peer is None)
        for sock in sockets if group else sockets[:1]:
            ns.snmp.udp["InDatagrams"] += 1
            if sock.on_receive is not None:
                sock.wake(sock.on_receive, segment[udp.HLEN :], head.src, sport, packet)
        return None

    def error(self, packet: Packet, message: bytes, quoted: bytes) -> bool:
        """An ICMP error about a datagram we sent (udp_err): hard ones reach connected sockets, all reach those with
        IP_RECVERR.
        """
        head = ipv4.parse(quoted)
        sport = int.from_bytes(quoted[head.hlen : head.hlen + 2], "big")
        heard = False
        for sock in self.ports.get(sport, []):
            if (sock.source and sock.source != head.src) or not sock.hears_from(packet.in_dev):
                continue
            hard = message[0] == icmp.DEST_UNREACH and message[1] in _HARD_ERRORS
            if hard and sock.peer is not None:
                sock.error = "ECONNREFUSED" if message[1] == icmp.PORT_UNREACH else "ENOPROTOOPT"
            if sock.on_error is not None and (sock.recverr or (sock.peer is not None and hard)):
                sock.wake(sock.on_error, error_of(packet, message, quoted))
                heard = True
        return heard


def _hears(sock: UdpSocket, src: int, sport: int, dst: int, packet: Packet) -> bool:
    if sock.peer is not None and sock.peer != (src, sport):
        return False
    if not sock.hears_from(packet.in_dev):
        return False
    assert packet.dst is not None
    return not sock.source or sock.source == dst or packet.dst.broadcast
