"""Segments on their way out: header fields, options, and the hand-over to IP (__tcp_transmit_skb, tcp_output.c)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from macvsim.net.dst import ERROR
from macvsim.net.tcp.skb import Skb
from macvsim.net.tcp.state import OOW_RATELIMIT, State
from macvsim.wire import tcp
from macvsim.wire.compose import tcp_template
from macvsim.wire.ipv4 import PROTO_TCP
from macvsim.wire.tcp import ACK, FIN, PSH, RST, SYN, Options

if TYPE_CHECKING:
    from macvsim.net.tcp.connection import Connection

_MAX_SYN_WINDOW = 0xFFFF


class Output:
    """Builds and sends the segments of one connection."""

    def __init__(self, c: Connection) -> None:
        self.c = c
        self._template = tcp_template()
        self._ident = c.dice.randrange(1, 0x10000)
        self._last_oow = -OOW_RATELIMIT
        self._sent = 0
        self._uid = 0

    # -- what is sent --------------------------------------------------------------------------------------------------

    def syn(self, skb: Skb) -> bool:
        """Our SYN."""
        skb.sent_us = self.c.now_us
        window = min(self.c.win.wnd, _MAX_SYN_WINDOW)
        is_sent = self._send(skb.seq, 0, SYN, window, self._syn_options())
        skb.uid = self._uid
        return is_sent

    def syn_ack(self) -> bool:
        """The second SYN of a simultaneous open (tcp_send_synack)."""
        c = self.c
        window = min(c.win.wnd, _MAX_SYN_WINDOW)
        return self._send(c.tx.una, c.rx.nxt, SYN | ACK, window, self._syn_options())

    def _syn_options(self) -> bytes:
        """All that we can do (tcp_syn_options)."""
        c, conf = self.c, self.c.conf
        options = Options(
            mss=c.advertised_mss(),
            wscale=c.win.scale if conf.tcp_window_scaling else None,
            sack_ok=bool(conf.tcp_sack),
            timestamps=(c.timestamp(), c.ts_recent) if conf.tcp_timestamps else None,
        )
        return tcp.encode_options(options)

    def data(self, skb: Skb) -> bool:
        """A segment under way, once more; False when there is no way to the peer."""
        if skb.syn:
            return self.syn(skb) if self.c.state is State.SYN_SENT else self.syn_ack()
        return self.burst([skb])

    def burst(self, pieces: list[Skb]) -> bool:
        """Segments that leave together, the last of several with PSH; False when there is no way to the peer."""
        c = self.c
        idle = not c.tx.in_flight
        now = c.now_us
        window, options, ack = c.win.advertise(), self._options(), c.rx.nxt
        last = pieces[-1]
        for skb in pieces:
            push = skb.psh or (skb is last and len(pieces) > 1)
            flags = ACK | (PSH if push else 0) | (FIN if skb.fin else 0)
            self._sent += 1
            skb.sent_us, skb.order = now, self._sent
            skb.delivered, skb.in_flight = c.tx.delivered, skb.end - c.tx.una
            shared = None
            if skb.shared:
                c.sim.shared.pop(skb.uid, None)
                shared = len(pieces) > 1
            if not self._send(skb.seq, ack, flags, window, options, skb.data, more=skb is not last, shared=shared):
                return False
            skb.uid = self._uid
        if last.data:
            if idle:
                c.cc.restarted()
            c.tx.last_sent = c.sim._now
            c.acks.data_sent()
        return True

    def send_ack(self) -> None:
        """A segment without data that acknowledges what came (tcp_send_ack)."""
        c = self.c
        if c.is_over:
            return
        self._send(c.tx.nxt, c.rx.nxt, ACK, c.win.advertise(), self._options())

    def probe(self, *, urgent: bool = False) -> None:
        """An acknowledgement the peer must answer: its sequence number is old (tcp_xmit_probe_skb)."""
        c = self.c
        seq = c.tx.una - (0 if urgent else 1)
        self._send(seq, c.rx.nxt, ACK, c.win.advertise(), self._options())

    def reset(self) -> None:
        """Tell the peer that the connection is no more (tcp_send_active_reset)."""
        c = self.c
        c.count_tcp("OutRsts")
        seq = c.tx.nxt if c.tx.nxt < c.tx.window_end or c.tx.nxt == c.tx.una else c.tx.window_end
        self._send(seq, c.rx.nxt, ACK | RST, c.win.advertise(), self._options())

    def challenge(self) -> None:
        """Somebody sent what a peer would not: the real one will know (RFC 5961; tcp_send_challenge_ack)."""
        now = self.c.sim._now
        if now - self._last_oow < OOW_RATELIMIT:
            self.c.count("TCPACKSkippedChallenge")
            return
        self._last_oow = now
        self.c.count("TCPChallengeACK")
        self.send_ack()

    def oow_limited(self, *, data: bool, counter: str) -> bool:
        """True if an acknowledgement of something unacceptable was sent a moment ago (tcp_oow_rate_limited)."""
        if data:
            return False
        now = self.c.sim._now
        if now - self._last_oow < OOW_RATELIMIT:
            self.c.count(counter)
            return True
        self._last_oow = now
        return False

    def in_host_queue(self, skb: Skb) -> bool:
        """The segment has not left yet: it waits for the next hop's MAC (skb_still_in_host_queue)."""
        entry = self.c.route().neighbour
        return entry is not None and any(packet.uid == skb.uid for packet in entry.queue)

    # -- how -----------------------------------------------------------------------------------------------------------

    def _options(self) -> bytes:
        """Timestamp, and SACK blocks if there are any (tcp_established_options)."""
        c = self.c
        stamps = (c.timestamp(), c.ts_recent) if c.ts_ok else None
        if not c.rx.has_blocks:
            return (
                b"" if stamps is None else b"\1\1\x08\x0a" + stamps[0].to_bytes(4, "big") + stamps[1].to_bytes(4, "big")
            )
        room = (tcp.MAX_OPTIONS - (tcp.TIMESTAMP_ROOM if stamps else 0) - 4) // 8
        blocks = tuple((left & 0xFFFFFFFF, right & 0xFFFFFFFF) for left, right in self.c.rx.blocks(room))
        return tcp.encode_options(Options(timestamps=stamps, sacks=blocks))

    def options_length(self) -> int:
        """Bytes of options a segment would have now."""
        return len(self._options()) if self.c.rx.has_blocks else (tcp.TIMESTAMP_ROOM if self.c.ts_ok else 0)

    def _send(
        self,
        seq: int,
        ack: int,
        flags: int,
        window: int,
        options: bytes,
        payload: bytes = b"",
        *,
        more: bool = False,
        shared: bool | None = None,
    ) -> bool:
        """Hand a segment over; False when there is no way.

        more : others leave with it; shared : see `Sim.shared`
        """
        c = self.c
        way = c.route()
        if way.kind is ERROR:
            c.ns.snmp.ip["OutNoRoutes"] += 1
            return False
        src, sport = c.local
        dst, dport = c.remote
        data = tcp.segment(self._template, src, dst, (sport, dport), seq, ack, flags, window, options, payload)
        if flags & ACK:
            c.rx.dsack = None
            c.acks.sent()
        length = len(payload) + bool(flags & SYN) + bool(flags & FIN)
        if not length or seq + length > c.tx.nxt:
            c.count_tcp("OutSegs")
        c.segs_out += 1
        if c.confirm_neighbour:
            c.confirm_neighbour = False
            if way.neighbour is not None:
                way.neighbour.confirmed = c.sim.jiffies
        ident = self._ident
        self._ident = ident + 1 & 0xFFFF
        self._uid = c.ns.sim.born()
        if shared is not None:
            c.sim.shared[self._uid] = shared
        c.ns.ipv4.send(PROTO_TCP, data, way, dst, self._uid, tos=c.tos, df=True, ident=ident)
        if c.owned and not more and not c.bottom_halves_off:
            c.sim.run_softirqs()
        return True
