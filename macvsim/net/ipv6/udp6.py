"""UDP over IPv6: ports, delivery, port unreachable (net/ipv6/udp.c; RFC 768, RFC 8200 section 8.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from macvsim.engine.drop import DropReason
from macvsim.errors import SocketError
from macvsim.net.ipv6.packet import REFUSED_BELOW, Packet6
from macvsim.net.ipv6.route6 import Dst6
from macvsim.net.ipv6.socket6 import Udp6Socket, error_of
from macvsim.wire import icmpv6, ipv6
from macvsim.wire.addr6 import is_multicast6

if TYPE_CHECKING:
    from macvsim.net.ipv6.stack import Ipv6

_HLEN = 8
_CHECKSUM_BREAK = 76
"""Longer datagrams are summed only when their socket was looked for."""


class Udp6Layer:
    """The UDP over IPv6 of one namespace."""

    def __init__(self, stack: Ipv6) -> None:
        self.stack = stack
        self.ns = stack.ns
        self.ports: dict[int, list[Udp6Socket]] = {}

    def bind(self, sock: Udp6Socket, port: int) -> None:
        """Give a socket a port; 0 picks a free ephemeral one at random."""
        if not port:
            low, high = self.ns.ipv4_conf.ip_local_port_range
            port = self.ns.sim.rng(f"port/{self.ns.name}").randrange(low, high + 1)
            while port in self.ports:
                port = low + (port + 1 - low) % (high - low + 1)
        for other in self.ports.get(port, []):
            if not other.source or not sock.source or other.source == sock.source:
                raise SocketError("EADDRINUSE")
        sock.port = port
        self.ports.setdefault(port, []).append(sock)

    def unbind(self, sock: Udp6Socket) -> None:
        """Forget a socket."""
        sockets = self.ports.get(sock.port, [])
        if sock in sockets:
            sockets.remove(sock)
            if not sockets:
                del self.ports[sock.port]

    def send(self, sock: Udp6Socket, way: Dst6, ip: int, port: int, payload: bytes, uid: int) -> None:
        """A datagram with its checksum, which is never absent in IPv6."""
        src = sock.source or way.src
        length = _HLEN + len(payload)
        ports = sock.port << 16 | port
        plain = (ports << 32 | length << 16).to_bytes(_HLEN, "big") + payload
        csum = icmpv6.upper_checksum(src, ip, ipv6.UDP, plain) or 0xFFFF
        segment = plain[:6] + csum.to_bytes(2, "big") + payload
        reason = self.stack.ip6.send(
            ipv6.UDP, segment, way, ip, uid, src=src, tclass=sock.tclass, hop_limit=sock.hop_limit, flow=sock.flow
        )
        if reason not in REFUSED_BELOW:
            self.stack.snmp.udp["OutDatagrams"] += 1
            return
        self.stack.snmp.ip["OutDiscards"] += 1
        if reason is DropReason.XMIT_DROP and not sock.recverr:
            self.stack.snmp.udp["SndbufErrors"] += 1
            return
        raise SocketError(REFUSED_BELOW[reason])

    def receive(self, packet: Packet6) -> DropReason | None:
        """A datagram for this host (udpv6_rcv)."""
        ns, count = self.ns, self.stack.snmp.udp
        where = packet.in_dev or ns
        src, dst = ipv6.addresses(packet.data)
        segment = packet.data[packet.at :]
        length = int.from_bytes(segment[4:6], "big") or len(segment)
        if len(segment) < _HLEN or not _HLEN <= length <= len(segment):
            count["InErrors"] += 1
            reason = DropReason.UDP_SHORT if len(segment) < _HLEN else DropReason.UDP_LENGTH
            return ns.sim.drop(packet.uid, where, reason)
        segment = segment[:length]
        unsummed = segment[6:8] == b"\0\0"
        if unsummed or icmpv6.upper_checksum(src, dst, ipv6.UDP, segment):
            count["InCsumErrors"] += 1
            count["InErrors"] += 1
            late = unsummed or length > _CHECKSUM_BREAK
            nobody = late and not self.ports.get(int.from_bytes(segment[2:4], "big"))
            return ns.sim.drop(packet.uid, where, DropReason.NO_SOCKET if nobody else DropReason.UDP_CSUM)
        sport, dport = int.from_bytes(segment[:2], "big"), int.from_bytes(segment[2:4], "big")
        group = is_multicast6(dst)
        sockets = [s for s in self.ports.get(dport, []) if _hears(s, src, sport, dst, packet)]
        if not sockets:
            if not group:
                count["NoPorts"] += 1
                self.stack.icmp.send_error(packet, icmpv6.DEST_UNREACH, icmpv6.PORT_UNREACH)
            return ns.sim.drop(packet.uid, where, DropReason.UDP_NO_GROUP_SOCKET if group else DropReason.NO_SOCKET)
        for sock in sockets if group else sockets[:1]:
            count["InDatagrams"] += 1
            if sock.on_receive is not None:
                ns.wake(sock.on_receive, segment[_HLEN:], src, sport, packet)
        return None

    def error(self, packet: Packet6, message: bytes, quoted: bytes, at: int) -> bool:
        """An ICMPv6 error about a datagram we sent (udpv6_err)."""
        src, _ = ipv6.addresses(quoted)
        sport = int.from_bytes(quoted[at : at + 2], "big")
        hard = message[0] == icmpv6.DEST_UNREACH and message[1] == icmpv6.PORT_UNREACH
        heard = False
        for sock in self.ports.get(sport, []):
            if sock.source and sock.source != src:
                continue
            if sock.on_error is not None and (sock.recverr or (sock.peer is not None and hard)):
                self.ns.wake(sock.on_error, error_of(self.stack, packet, message, quoted, at))
                heard = True
        return heard


def _hears(sock: Udp6Socket, src: int, sport: int, dst: int, packet: Packet6) -> bool:
    if sock.peer is not None and sock.peer != (src, sport):
        return False
    if sock.device is not None and packet.in_dev is not sock.device:
        return False
    return not sock.source or sock.source == dst or is_multicast6(dst)
