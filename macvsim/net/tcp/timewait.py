"""What is left of a connection after its end: TIME-WAIT, and FIN-WAIT-2 without a program (tcp_minisocks.c)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from macvsim.engine.drop import DropReason
from macvsim.engine.wheel import Timer
from macvsim.net.tcp.state import OOW_RATELIMIT, TIMEWAIT_LEN, State
from macvsim.wire import tcp
from macvsim.wire.tcp import ACK, FIN, RST, SYN, Options, Segment

if TYPE_CHECKING:
    from macvsim.net.packet import Packet
    from macvsim.net.tcp.connection import Connection

_MASK = 0xFFFFFFFF
_HALF = 1 << 31
_ISN_GAP = 65535 + 2


class TimeWait:
    """Keeps a pair of addresses busy until late segments are gone; `substate` is TIME_WAIT or FIN_WAIT2."""

    def __init__(self, c: Connection, substate: State, time: int) -> None:
        self.layer = c.layer
        self.local = c.local
        self.remote = c.remote
        self.substate = substate
        self.dual = c.dual
        self._snd_nxt = c.tx.nxt
        self._rcv_nxt = c.rx.nxt
        self._window = c.win.wnd
        self._scale = c.win.scale
        self._ts_ok = c.ts_ok
        self._ts_recent = c.ts_recent
        self._ts_offset = c.ts_offset
        self._last_oow = -OOW_RATELIMIT
        self._timer = Timer(c.sim, self._over)
        self.due = 0
        self._schedule(time)

    @property
    def label(self) -> str:
        return self.layer.ns.name

    def _schedule(self, time: int) -> None:
        sim = self.layer.ns.sim
        self.due = sim.jiffies + -(-time // sim.tick)
        self._timer.start_at(self.due)

    def _over(self) -> None:
        self.layer.forget_pair(self.local, self.remote)

    def kill(self) -> None:
        """Gone before its time."""
        self._timer.stop()
        self._over()

    def receive(self, segment: Segment, packet: Packet) -> DropReason | None:
        """A segment for the pair (tcp_timewait_state_process)."""
        flags = segment.flags
        stamps = segment.options.timestamps
        old = self._ts_ok and stamps is not None and self._is_old(stamps[0]) and not flags & RST
        seq = (segment.seq - self._rcv_nxt + _HALF & _MASK) - _HALF
        length = len(segment.payload) + bool(flags & SYN) + bool(flags & FIN)
        if self.substate is State.FIN_WAIT2:
            return self._half_closed(segment, packet, seq, length, bool(old))
        if not old and not seq and (not length or flags & RST):
            if flags & RST:
                if not self.layer.ns.ipv4_conf.tcp_rfc1337:
                    self.kill()
                return DropReason.TCP_RESET
            self._schedule(TIMEWAIT_LEN)
            if stamps is not None:
                self._ts_recent = stamps[0]
            return None
        newer = seq > 0 or (
            self._ts_ok and stamps is not None and (stamps[0] - self._ts_recent & _MASK) - 1 < _HALF - 1
        )
        if flags & SYN and not flags & (RST | ACK) and not old and newer:
            return self._reopen(segment, packet)
        if old:
            self._count("PAWSEstab")
        if not flags & RST:
            if old or flags & ACK:
                self._schedule(TIMEWAIT_LEN)
            self._acknowledge(packet, limited=not length or bool(flags & SYN))
        return DropReason.TCP_OLD_SEQUENCE

    def _half_closed(self, segment: Segment, packet: Packet, seq: int, length: int, old: bool) -> DropReason | None:
        """We have closed, the peer has not yet."""
        flags = segment.flags
        inside = (seq + length >= 0 and seq < self._window) or (not length and seq == self._window)
        if old or not inside:
            self._acknowledge(packet, limited=not length or bool(flags & SYN))
            return DropReason.TCP_INVALID_SEQUENCE
        if flags & RST:
            self.kill()
            return DropReason.TCP_RESET
        if flags & SYN and seq >= 0:
            self.layer.send_reset(packet, segment)
            self.kill()
            return DropReason.TCP_INVALID_SYN
        if not flags & ACK or seq + length <= 0 or not length:
            return None
        if not flags & FIN or seq + length != 1:
            self.layer.send_reset(packet, segment)
            self.kill()
            return DropReason.TCP_ABORT_ON_DATA
        self.substate = State.TIME_WAIT
        self._rcv_nxt = self._rcv_nxt + 1
        if segment.options.timestamps is not None:
            self._ts_recent = segment.options.timestamps[0]
        self._schedule(TIMEWAIT_LEN)
        self._acknowledge(packet, limited=False)
        return None

    def _is_old(self, value: int) -> bool:
        behind = self._ts_recent - value & _MASK
        return 0 < behind < _HALF

    def _reopen(self, segment: Segment, packet: Packet) -> DropReason | None:
        """A new connection between the same addresses: the listener gets it, with a sequence number beyond ours."""
        self.kill()
        return self.layer.listen(segment, packet, iss=self._snd_nxt + _ISN_GAP)

    def _acknowledge(self, packet: Packet, *, limited: bool = True) -> None:
        """limited : not if one was sent a moment ago; data and FIN are always answered (tcp_oow_rate_limited)."""
        layer = self.layer
        now = layer.ns.sim._now
        if limited:
            if now - self._last_oow < OOW_RATELIMIT:
                self._count("TCPACKSkippedTimeWait")
                return
            self._last_oow = now
        options = b""
        if self._ts_ok:
            stamp = now // 1_000_000 + self._ts_offset & _MASK
            options = tcp.encode_options(Options(timestamps=(stamp, self._ts_recent)))
        window = self._window >> self._scale
        layer.reply(packet, self.local, self.remote, self._snd_nxt, self._rcv_nxt, ACK, window, options)

    def reusable(self) -> int | None:
        """Where a new connection of ours may start, if it may reuse the pair: a second must have passed
        (tcp_twsk_unique).
        """
        sim = self.layer.ns.sim
        waited = TIMEWAIT_LEN - (self.due * sim.tick - sim._now)
        if self._ts_ok and self.layer.ns.ipv4_conf.tcp_tw_reuse == 1 and waited > 1_000_000_000:
            return self._snd_nxt + _ISN_GAP
        return None

    def _count(self, name: str) -> None:
        ext = self.layer.ns.snmp.ext
        ext[name] = ext.get(name, 0) + 1
