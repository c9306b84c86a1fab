"""TCP of one namespace: ports, connections, and what belongs to none (net/ipv4/tcp_ipv4.c, inet_hashtables.c)."""

from __future__ import annotations

from hashlib import blake2b
from random import Random
from typing import TYPE_CHECKING

from macvsim.engine.drop import DropReason
from macvsim.net.dst import ERROR
from macvsim.net.packet import Packet
from macvsim.net.tcp.connection import Address, Connection
from macvsim.net.tcp.incoming import Incoming, unwrap
from macvsim.net.tcp.listener import Listener, Request
from macvsim.net.tcp.ports import Ports
from macvsim.net.tcp.state import ICMP_ERRNO, MAX_PMTU, MIN_ADVMSS, State
from macvsim.net.tcp.timewait import TimeWait
from macvsim.wire import icmp, ipv4, tcp
from macvsim.wire.compose import tcp_template
from macvsim.wire.frame import HOST
from macvsim.wire.ipv4 import PROTO_TCP
from macvsim.wire.tcp import ACK, FIN, RST, SYN, Segment

if TYPE_CHECKING:
    from macvsim.net.tcp.contracts import Net

Pair = tuple[Address, Address]
_MASK = 0xFFFFFFFF


class TcpLayer:
    """The TCP of one namespace.

    pairs : connections, requests and what waits after the end, by local and remote address
    """

    def __init__(self, ns: Net) -> None:
        self.ns = ns
        self.pairs: dict[Pair, Connection | Request | TimeWait] = {}
        self.ports = Ports(self)
        self.listeners: dict[int, list[Listener]] = {}
        self.orphans = 0
        self._secret: bytes | None = None

    @property
    def dice(self) -> Random:
        """For ports and identifications."""
        return self.ns.sim.rng(f"tcp/{self.ns.name}")

    def count(self, name: str) -> None:
        """A counter of the TcpExt group."""
        ext = self.ns.snmp.ext
        ext[name] = ext.get(name, 0) + 1

    # -- numbers nobody should guess -----------------------------------------------------------------------------------

    def _hash(self, *parts: int) -> int:
        if self._secret is None:
            self._secret = self.ns.sim.rng(f"isn/{self.ns.name}").randbytes(16)
        text = b"".join(part.to_bytes(4, "big") for part in parts)
        return int.from_bytes(blake2b(text, digest_size=4, key=self._secret).digest(), "big")

    def initial_sequence(self, local: Address, remote: Address) -> int:
        """Initial sequence number: by the addresses, and growing with time (RFC 6528, secure_tcp_seq)."""
        return self._hash(*local, *remote) + (self.ns.sim._now >> 6) & _MASK

    def timestamp_offset(self, local: int, remote: int) -> int:
        """Where the clock of timestamps starts towards a host (secure_tcp_ts_off)."""
        return self._hash(local, remote)

    # -- who is there --------------------------------------------------------------------------------------------------

    def add(self, c: Connection) -> None:
        self.pairs[(c.local, c.remote)] = c

    def forget(self, c: Connection) -> None:
        """A connection is over."""
        if self.pairs.get((c.local, c.remote)) is c:
            del self.pairs[(c.local, c.remote)]

    def forget_pair(self, local: Address, remote: Address) -> None:
        self.pairs.pop((local, remote), None)

    def wait(self, c: Connection, substate: State, time: int) -> None:
        """A connection ends in TIME-WAIT, or waits for the peer's FIN without a program."""
        self.pairs[(c.local, c.remote)] = TimeWait(c, substate, time)
        self.count("TW")

    def add_listener(self, listener: Listener) -> None:
        self.listeners.setdefault(listener.socket.port, []).append(listener)

    def remove_listener(self, listener: Listener) -> None:
        held = self.listeners.get(listener.socket.port, [])
        if listener in held:
            held.remove(listener)
            if not held:
                del self.listeners[listener.socket.port]
        listener.close()

    def _listener(self, ip: int, port: int, packet: Packet) -> Listener | None:
        """The listener for an address: one bound to it before one for all (inet_lookup_listener)."""
        best: Listener | None = None
        for listener in self.listeners.get(port, []):
            sock = listener.socket
            if sock.device is not None and packet.in_dev is not sock.device:
                continue
            if sock.source == ip:
                return listener
            if not sock.source and best is None:
                best = listener
        return best

    # -- receiving -----------------------------------------------------------------------------------------------------

    def receive(self, packet: Packet) -> DropReason | None:
        """A segment for this host (tcp_v4_rcv)."""
        ns = self.ns
        where = packet.in_dev or ns
        if packet.packet_type is not HOST:
            return ns.sim.drop(packet.uid, where, DropReason.TCP_NOT_FOR_ONE)
        counters = ns.snmp.tcp
        counters["InSegs"] += 1
        data = packet.data
        body = data[(data[0] & 15) * 4 :]
        segment = tcp.parse(body)
        src, dst = self.addresses(packet)
        if segment is None:
            if len(body) < tcp.HLEN or body[12] >> 4 >= tcp.HLEN // 4:
                return ns.sim.drop(packet.uid, where, DropReason.TCP_SHORT)
            counters["InErrs"] += 1
            return ns.sim.drop(packet.uid, where, DropReason.PKT_TOO_SMALL)
        if not tcp.is_valid(src, dst, body):
            counters["InCsumErrors"] += 1
            counters["InErrs"] += 1
            return ns.sim.drop(packet.uid, where, DropReason.TCP_CSUM)
        held = self.pairs.get(((dst, segment.dport), (src, segment.sport)))
        if isinstance(held, Connection):
            held.receive(segment, packet.uid)
            return None
        reason: DropReason | None
        if held is not None:
            reason = held.receive(segment, packet)
        else:
            reason = self.listen(segment, packet)
        return None if reason is None else ns.sim.drop(packet.uid, where, reason)

    def listen(self, segment: Segment, packet: Packet, iss: int | None = None) -> DropReason | None:
        """A segment without connection: for a listener, or refused."""
        _, dst = self.addresses(packet)
        listener = self._listener(dst, segment.dport, packet)
        if listener is None:
            self.send_reset(packet, segment)
            return DropReason.NO_SOCKET
        return listener.receive(segment, packet, iss)

    @staticmethod
    def addresses(packet: Packet) -> tuple[int, int]:
        """Source and destination of a packet."""
        return ipv4.addresses(packet.data)

    # -- errors --------------------------------------------------------------------------------------------------------

    def error(self, message: bytes, quoted: bytes) -> bool:
        """An ICMP error about a segment we sent (tcp_v4_err); True if somebody cares."""
        head = ipv4.parse(quoted)
        body = quoted[head.hlen : head.hlen + 8]
        if len(body) < 8:
            return False
        local = (head.src, int.from_bytes(body[:2], "big"))
        remote = (head.dst, int.from_bytes(body[2:4], "big"))
        seq = int.from_bytes(body[4:8], "big")
        held = self.pairs.get((local, remote))
        kind, code = message[0], message[1]
        if isinstance(held, Request):
            self._request_error(held, kind, code, seq)
            return True
        if not isinstance(held, Connection):
            return isinstance(held, TimeWait)
        number = unwrap(seq, held.tx.una)
        if not held.tx.una <= number <= held.tx.nxt:
            self.count("OutOfWindowIcmps")
            return False
        if kind == icmp.DEST_UNREACH and code == icmp.FRAG_NEEDED:
            held.when_free(held.mtu_reduced)
            return True
        self._connection_error(held, kind, code)
        return True

    def _request_error(self, request: Request, kind: int, code: int, seq: int) -> None:
        hard = kind == icmp.TIME_EXCEEDED or code in (icmp.NET_UNREACH, icmp.HOST_UNREACH)
        if seq != request.iss & _MASK:
            self.count("OutOfWindowIcmps")
        elif hard:
            request.drop()
            self.count("ListenDrops")

    @staticmethod
    def _connection_error(c: Connection, kind: int, code: int) -> None:
        """A connection that is not open yet fails; one that is remembers, in case it fails later."""
        if kind == icmp.DEST_UNREACH:
            errno = ICMP_ERRNO[code] if code < len(ICMP_ERRNO) else ""
        else:
            errno = {icmp.TIME_EXCEEDED: "EHOSTUNREACH", icmp.PARAMETER_PROBLEM: "EPROTO"}.get(kind, "")
        if not errno:
            return
        if c.state in (State.SYN_SENT, State.SYN_RECV) and not c.owned:
            c.fail(errno)
        else:
            c.soft_error = errno

    # -- segments without connection -----------------------------------------------------------------------------------

    def send_reset(self, packet: Packet, segment: Segment) -> None:
        """Refuse a segment (tcp_v4_send_reset; RFC 9293, 3.5.2)."""
        if segment.flags & RST or (packet.dst is not None and (packet.dst.broadcast or packet.dst.multicast)):
            return
        self.ns.snmp.tcp["OutRsts"] += 1
        src, dst = self.addresses(packet)
        length = len(segment.payload) + bool(segment.flags & SYN) + bool(segment.flags & FIN)
        seq, ack, flags = (segment.ack, 0, RST) if segment.flags & ACK else (0, segment.seq + length, RST | ACK)
        self.reply(packet, (dst, segment.dport), (src, segment.sport), seq, ack, flags, 0)

    def reset_for(self, c: Connection, seg: Incoming) -> None:
        """Refuse a segment that came for a connection."""
        if seg.flags & RST:
            return
        self.ns.snmp.tcp["OutRsts"] += 1
        seq, ack, flags = (seg.ack, 0, RST) if seg.flags & ACK else (0, seg.end, RST | ACK)
        self.send_bare(c.local, c.remote, seq, ack, flags, 0)

    def reply(
        self,
        packet: Packet,
        local: Address,
        remote: Address,
        seq: int,
        ack: int,
        flags: int,
        window: int,
        options: bytes = b"",
    ) -> None:
        """Answer a packet for nobody (ip_send_unicast_reply), with its type of service."""
        self.send_bare(local, remote, seq, ack, flags, window, options, packet.data[1], packet.uid)

    def send_bare(
        self,
        local: Address,
        remote: Address,
        seq: int,
        ack: int,
        flags: int,
        window: int,
        options: bytes = b"",
        tos: int = 0,
        cause: int = 0,
    ) -> None:
        """A segment without data from no connection: its identification is 0."""
        ns = self.ns
        way = ns.router.output(remote[0], local[0])
        if way.kind is ERROR:
            return
        data = tcp.segment(tcp_template(), local[0], remote[0], (local[1], remote[1]), seq, ack, flags, window, options)
        ns.snmp.tcp["OutSegs"] += 1
        ns.ipv4.send(PROTO_TCP, data, way, remote[0], ns.sim.born(cause), tos, df=True, ident=0)

    def advertised_mss(self, local: Address, remote: Address) -> int:
        """MSS for a SYN+ACK."""
        way = self.ns.router.output(remote[0], local[0])
        return min(max(way.mtu - 40, MIN_ADVMSS), MAX_PMTU - 40)
