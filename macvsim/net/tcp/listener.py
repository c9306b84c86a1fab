"""Listening: connection requests, the handshake's passive side, and the queue for accept() (inet_connection_sock.c,
tcp_minisocks.c).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from macvsim.engine.drop import DropReason
from macvsim.engine.sim import US
from macvsim.engine.wheel import Timer
from macvsim.net.tcp.connection import Address, Connection
from macvsim.net.tcp.state import (
    OOW_RATELIMIT,
    RMEM_MAX,
    RTO_INIT,
    RTO_MAX,
    State,
)  # fmt: skip
from macvsim.net.tcp.window import initial_window
from macvsim.wire import tcp
from macvsim.wire.tcp import ACK, FIN, RST, SYN, TIMESTAMP_ROOM, Options, Segment

if TYPE_CHECKING:
    from macvsim.net.packet import Packet
    from macvsim.net.tcp.contracts import Owner
    from macvsim.net.tcp.layer import TcpLayer

_MASK = 0xFFFFFFFF
_HALF = 1 << 31


class Listener:
    """A listening socket's side in the kernel.

    accepted : connections that are established and wait for accept(), at most `backlog` + 1
    """

    def __init__(self, layer: TcpLayer, socket: Owner, backlog: int) -> None:
        self.layer = layer
        self.socket = socket
        self.backlog = backlog
        self.requests: list[Request] = []
        self.accepted: list[Connection] = []

    @property
    def is_full(self) -> bool:
        return len(self.accepted) > self.backlog

    def receive(self, segment: Segment, packet: Packet, iss: int | None = None) -> DropReason | None:
        """A segment for the port that belongs to no connection (tcp_rcv_state_process in LISTEN, tcp_conn_request)."""
        flags = segment.flags
        layer = self.layer
        if flags & ACK:
            layer.send_reset(packet, segment)
            return DropReason.TCP_FLAGS
        if flags & (RST | FIN) or not flags & SYN:
            return DropReason.TCP_FLAGS
        assert packet.dst is not None
        if packet.dst.broadcast or packet.dst.multicast:
            return DropReason.TCP_FLAGS
        if self.is_full:
            layer.count("ListenOverflows")
            layer.count("ListenDrops")
            return DropReason.TCP_LISTEN_OVERFLOW
        Request(self, segment, packet, iss)
        return None

    def close(self) -> None:
        """No more requests; those not accepted yet are reset (inet_csk_listen_stop)."""
        for request in list(self.requests):
            request.drop()
        for c in self.accepted:
            if not c.is_over:
                c.out.reset()
                c.fail("ECONNRESET")
        self.accepted.clear()


class Request:
    """Half a connection: SYN received, SYN+ACK sent (struct tcp_request_sock)."""

    def __init__(self, listener: Listener, segment: Segment, packet: Packet, iss: int | None) -> None:
        self.listener = listener
        self.layer = listener.layer
        layer = self.layer
        src, dst = layer.addresses(packet)
        self.local: Address = (dst, segment.dport)
        self.remote: Address = (src, segment.sport)
        self.options = segment.options
        self.rcv_isn = segment.seq
        self.iss = layer.initial_sequence(self.local, self.remote) if iss is None else iss
        self.ts_recent = segment.options.timestamps[0] if segment.options.timestamps else 0
        self.retransmits = 0
        self._timeouts = 0
        self._acked = False
        self._sent_us = layer.ns.sim._now // US
        self._last_oow = -OOW_RATELIMIT
        conf = layer.ns.ipv4_conf
        self._ts_ok = segment.options.timestamps is not None and bool(conf.tcp_timestamps)
        self._wscale_ok = segment.options.wscale is not None and bool(conf.tcp_window_scaling)
        mss = layer.advertised_mss(self.local, self.remote)
        self.mss = min(mss, listener.socket.user_mss or mss)
        room = self.mss - (TIMESTAMP_ROOM if self._ts_ok else 0)
        rcvbuf = listener.socket.buffers[1] if listener.socket.sized else conf.tcp_rmem[1]
        self.window, self.scale = initial_window(
            rcvbuf >> 1,
            room,
            conf.tcp_rmem[2],
            RMEM_MAX,
            scaling=self._wscale_ok,
        )
        self._timer = Timer(layer.ns.sim, self._resend)
        layer.pairs[(self.local, self.remote)] = self
        listener.requests.append(self)
        self._answer()
        self._schedule(RTO_INIT)

    def _schedule(self, time: int) -> None:
        sim = self.layer.ns.sim
        self.due = sim.jiffies + time // sim.tick
        self._timer.start_at(self.due)

    @property
    def label(self) -> str:
        return self.layer.ns.name

    def drop(self) -> None:
        """Forget the request."""
        self._timer.stop()
        self.layer.forget_pair(self.local, self.remote)
        if self in self.listener.requests:
            self.listener.requests.remove(self)

    def _answer(self) -> None:
        """Send SYN+ACK (tcp_v4_send_synack)."""
        layer = self.layer
        conf = layer.ns.ipv4_conf
        options = Options(
            mss=self.mss,
            wscale=self.scale if self._wscale_ok else None,
            sack_ok=self.options.sack_ok and bool(conf.tcp_sack),
            timestamps=(self._stamp(), self.ts_recent) if self._ts_ok else None,
        )
        window = min(self.window, 0xFFFF)
        layer.send_bare(
            self.local, self.remote, self.iss, self.rcv_isn + 1, SYN | ACK, window, tcp.encode_options(options)
        )

    def _stamp(self) -> int:
        """The clock of timestamps."""
        layer = self.layer
        return layer.ns.sim._now // 1_000_000 + layer.timestamp_offset(self.local[0], self.remote[0]) & _MASK

    def _resend(self) -> None:
        """No answer: once more, five times at most (reqsk_timer_handler)."""
        layer = self.layer
        layer.count("TCPTimeouts")
        if self._timeouts >= layer.ns.ipv4_conf.tcp_synack_retries:
            self.drop()
            return
        if not self._acked:
            self._send_again()
        self._timeouts += 1
        self._schedule(min(RTO_INIT << self._timeouts, RTO_MAX))

    def _send_again(self) -> None:
        self.retransmits += 1
        self.layer.ns.snmp.tcp["RetransSegs"] += 1
        self.layer.count("TCPSynRetrans")
        self._answer()

    def receive(self, segment: Segment, packet: Packet) -> DropReason | None:
        """What should be the third segment of the handshake (tcp_check_req)."""
        layer = self.layer
        flags = segment.flags
        seq = (segment.seq - self.rcv_isn + _HALF & _MASK) - _HALF
        length = len(segment.payload) + bool(flags & SYN) + bool(flags & FIN)
        stamps = segment.options.timestamps
        old = stamps is not None and self._ts_ok and 0 < (self.ts_recent - stamps[0] & _MASK) < _HALF
        if not seq and flags & (SYN | ACK | RST | FIN) == SYN and not old:
            if not self._limited():
                self._send_again()
            return None
        if flags & ACK and segment.ack != (self.iss + 1) & _MASK:
            layer.send_reset(packet, segment)
            return DropReason.TCP_INVALID_ACK_SEQUENCE
        if old or not seq + length >= 1 or seq > 1 + self.window:
            if not flags & RST and ((length and not flags & SYN) or not self._limited()):
                self._acknowledge(packet)
            if old:
                layer.count("PAWSEstab")
            return DropReason.TCP_INVALID_SEQUENCE
        if flags & RST or (flags & SYN and seq):
            layer.ns.snmp.tcp["AttemptFails"] += 1
            layer.count("EmbryonicRsts")
            self.drop()
            if not flags & RST:
                layer.send_reset(packet, segment)
            return DropReason.TCP_RESET
        if not flags & ACK:
            return DropReason.TCP_FLAGS
        return self._establish(segment, packet)

    def _acknowledge(self, packet: Packet) -> None:
        """Tell what is expected (tcp_v4_reqsk_send_ack)."""
        layer = self.layer
        options = b""
        if self.ts_recent:
            options = tcp.encode_options(Options(timestamps=(self._stamp(), self.ts_recent)))
        window = self.window >> self.scale
        layer.reply(packet, self.local, self.remote, self.iss + 1, self.rcv_isn + 1, ACK, window, options)

    def _limited(self) -> bool:
        now = self.layer.ns.sim._now
        if now - self._last_oow < OOW_RATELIMIT:
            self.layer.count("TCPACKSkippedSynRecv")
            return True
        self._last_oow = now
        return False

    def _establish(self, segment: Segment, packet: Packet) -> DropReason | None:
        """The handshake is complete: a connection for accept() (tcp_v4_syn_recv_sock, tcp_child_process)."""
        listener, layer = self.listener, self.layer
        if listener.is_full:
            layer.count("ListenOverflows")
            layer.count("ListenDrops")
            self._acked = True
            return DropReason.TCP_LISTEN_OVERFLOW
        self.drop()
        c = self._child(segment)
        layer.add(c)
        layer.ns.snmp.tcp["PassiveOpens"] += 1
        listener.accepted.append(c)
        c.receive(segment, packet.uid)
        if c.state is not State.SYN_RECV:
            listener.socket.notify()
        return None

    def _child(self, segment: Segment) -> Connection:
        """The connection, in SYN-RECEIVED."""
        layer = self.layer
        c = Connection(layer, self.local, self.remote, self.iss + 1)
        c.dual = self.listener.socket.dual
        c.take_options(self.listener.socket)
        c.agree(self.options)
        c.win.wnd = c.win.ssthresh = self.window
        c.win.scale = self.scale
        c.win.clamp = 0xFFFF << self.scale
        c.rx.nxt = c.rx.copied = c.win.wup = self.rcv_isn + 1
        c.tx.wnd = c.tx.max_window = segment.window << c.snd_wscale
        c.tx.wl1 = self.rcv_isn
        c.advmss = self.mss
        c.sync_mss(c.route().mtu)
        c.acks.start()
        c.state = State.SYN_RECV
        if not self.retransmits:
            trip = c.now_us - self._sent_us
            c.rtt.sample(trip, trip, maybe_delayed=False)
        c.recovery.total_retrans = self.retransmits
        if self._timeouts:
            c.recovery.undo_marker = self.iss
        return c
