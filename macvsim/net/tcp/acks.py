"""When to acknowledge: at once, delayed, or with the next data (RFC 1122, 4.2.3.2; net/ipv4/tcp_input.c).

A connection starts in quick-acknowledgement mode; once its program answers what it receives (ping-pong),
acknowledgements wait for the answers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from macvsim.engine.sim import MS, SECOND
from macvsim.engine.wheel import Timer
from macvsim.net.tcp.state import (
    ATO_MIN,
    DELACK_MAX,
    DELACK_MIN,
    FASTRETRANS_THRESH,
    MAX_QUICKACKS,
    MIN_MSS,
    MSS_DEFAULT,
)  # fmt: skip
from macvsim.wire.tcp import HLEN, PSH, SYN

if TYPE_CHECKING:
    from macvsim.net.tcp.connection import Connection
    from macvsim.net.tcp.incoming import Incoming

_REMNANT = PSH | SYN | 0x21
"""FIN, URG, SYN, PSH: what marks the end of a burst (TCP_REMNANT)."""
_GROW_FROM = 128
"""A segment with less data does not open the window further."""
_COMPRESS_MAX = 44
_COMPRESS_DELAY = MS


class AckPolicy:
    """What one side of a connection owes its peer; times in ns, `ato` the delay of acknowledgements."""

    def __init__(self, c: Connection) -> None:
        self.c = c
        self.scheduled = False
        self.now = False
        """The protocol wants one at once (ICSK_ACK_NOW)."""
        self.out_of_memory = False
        """There was no room for what came (ICSK_ACK_NOMEM)."""
        self.pushed = 0
        """Small segments that came since: 0, 1, or 2 for more (ICSK_ACK_PUSHED, ICSK_ACK_PUSHED2)."""
        self.quick = 0
        self.pingpong = False
        self.ato = 0
        self.last_received = 0
        self.rcv_mss = MIN_MSS
        self._last_size = 0
        self._timer = Timer(c.sim, self._due)
        self._timeout = 0
        self._compressed = 0
        self._compress_turn = 0
        self._duplicates = 0
        self._duplicates_at = -1

    def start(self) -> None:
        """The handshake is over: a first guess of the peer's segment size (tcp_initialize_rcv_mss)."""
        hint = min(self.c.advmss, self.c.mss_cache, self.c.win.wnd // 2, MSS_DEFAULT)
        self.rcv_mss = max(hint, MIN_MSS)

    # -- what came -----------------------------------------------------------------------------------------------------

    def data_received(self, seg: Incoming, size: int) -> None:
        """New data came in order, `size` bytes of it (tcp_event_data_recv)."""
        c = self.c
        self.scheduled = True
        self.measure(seg, size)
        c.win.measure_trip()
        now = c.sim._now
        if not self.ato:
            self.enter_quick(MAX_QUICKACKS)
            self.ato = ATO_MIN
        else:
            gap = c.whole_ticks(now) - c.whole_ticks(self.last_received)
            if gap <= ATO_MIN // 2:
                self.ato = (self.ato >> 1) + ATO_MIN // 2
            elif gap < self.ato:
                self.ato = min((self.ato >> 1) + gap, c.rtt.rto, DELACK_MAX)
            elif gap > c.rtt.rto:
                self.enter_quick(MAX_QUICKACKS)
        self.last_received = now
        if size >= _GROW_FROM:
            c.win.grow(size, seg.truesize if seg.is_linear else size)

    def measure(self, seg: Incoming, size: int) -> None:
        """The peer's segment size, for decisions about acknowledgements (tcp_measure_rcv_mss)."""
        c = self.c
        last, self._last_size = self._last_size, 0
        if size >= self.rcv_mss:
            if size != self.rcv_mss:
                c.win.measured(size, seg.truesize)
            self.rcv_mss = min(size, c.advmss)
            if seg.flags & PSH:
                self.pushed = max(self.pushed, 1)
            return
        length = size + seg.hlen
        if length >= MSS_DEFAULT + HLEN or (length >= MIN_MSS + HLEN and not seg.flags & _REMNANT):
            length -= c.header_len
            self._last_size = length
            if length == last:
                self.rcv_mss = length
                return
        self.pushed = min(self.pushed + 1, 2)

    def enter_quick(self, most: int) -> None:
        """Acknowledge the next segments at once (tcp_incr_quickack)."""
        count = self.c.win.wnd // (2 * self.rcv_mss) or 2
        self.quick = max(self.quick, min(count, most))

    def force_quick(self) -> None:
        """Something is wrong on the way: acknowledge at once, ping-pong or not (tcp_enter_quickack_mode)."""
        self.enter_quick(MAX_QUICKACKS)
        self.pingpong = False
        self.ato = ATO_MIN

    @property
    def quick_mode(self) -> bool:
        return bool(self.quick) and not self.pingpong

    # -- what is done about it -----------------------------------------------------------------------------------------

    def decide(self) -> None:
        """A segment was processed: acknowledge now, or set the timer (tcp_ack_snd_check)."""
        c = self.c
        if not self.scheduled:
            return
        nxt = c.rx.nxt
        big = nxt - c.win.wup > self.rcv_mss and (nxt == c.rx.copied or c.win.choose() >= c.win.wnd)
        if big or self.quick_mode or self.now:
            if c.owned:
                c.ack_deferred = True
            else:
                c.out.send_ack()
        elif not c.rx.out_of_order:
            self._delay()
        elif not c.sack_ok or self._compressed >= _COMPRESS_MAX:
            c.out.send_ack()
        else:
            self._compress()

    def _compress(self) -> None:
        """Out of order: after three, acknowledgements are gathered for a moment (__tcp_ack_snd_check)."""
        c = self.c
        if self._duplicates_at != c.rx.nxt:
            self._duplicates_at = c.rx.nxt
            self._duplicates = 0
        if self._duplicates < FASTRETRANS_THRESH:
            self._duplicates += 1
            c.out.send_ack()
            return
        self._compressed += 1
        if self._compressed > 1:
            return
        trip = c.win.rtt_us
        if c.rtt.srtt and c.rtt.srtt < trip:
            trip = c.rtt.srtt
        delay = min(_COMPRESS_DELAY, trip * 125 // 20)
        turn = self._compress_turn
        c.sim.call_later(delay, self._compress_due, turn)

    def flush(self) -> None:
        """Send what was gathered: more blocks came than fit (tcp_sack_compress_send_ack)."""
        if self._compressed:
            self._compressed -= 1
            self.c.out.send_ack()

    def _compress_due(self, turn: int) -> None:
        if turn == self._compress_turn and self._compressed:
            self._compressed -= 1  # the first is no duplicate
            self.c.when_free(self.c.out.send_ack)

    def _delay(self) -> None:
        """Set the timer for a delayed acknowledgement (tcp_send_delayed_ack)."""
        c = self.c
        sim = c.sim
        ato = self.ato
        if ato > DELACK_MIN:
            most = DELACK_MAX if self.pingpong or self.pushed else SECOND // 2
            if c.rtt.srtt:
                most = min(most, max(c.ticks_of_us(c.rtt.srtt >> 3) * sim.tick, DELACK_MIN))
            ato = min(ato, most)
        ticks = min(ato, DELACK_MAX) // sim.tick
        due = sim.jiffies + ticks
        if self._timer.pending:
            if self._timeout <= sim.jiffies + (ticks >> 2):
                c.out.send_ack()
                return
            due = min(due, self._timeout)
        self._timeout = due
        self._timer.start_at(due)

    def _due(self) -> None:
        """The timer is up (tcp_delack_timer_handler)."""
        c = self.c
        if c.owned:
            c.count("DelayedACKLocked")
            c.when_free(self._due)
            return
        if c.is_over or not self.scheduled:
            return
        if not self.pingpong:
            self.ato = min(self.ato << 1, c.rtt.rto)
        else:
            self.pingpong = False
            self.ato = ATO_MIN
        c.out.send_ack()
        c.count("DelayedACKs")

    def data_sent(self) -> None:
        """We send data: an answer, if it comes soon after what was received (tcp_event_data_sent)."""
        now = self.c.sim._now
        if self.c.whole_ticks(now) - self.c.whole_ticks(self.last_received) < self.ato:
            self.pingpong = True

    def sent(self) -> None:
        """An acknowledgement has gone out (tcp_event_ack_sent)."""
        if self._compressed:
            self.c.count("TCPAckCompressed", self._compressed)
            self._compressed = 0
            self._compress_turn += 1
        if self.quick:
            count = 1 if self.scheduled else 0
            if count >= self.quick:
                self.quick = 0
                self.ato = ATO_MIN
            else:
                self.quick -= count
        self.clear()

    def clear(self) -> None:
        """Nothing is owed any more."""
        self.scheduled = self.now = self.out_of_memory = False
        self.pushed = 0
        self._timer.stop()

    def read(self, copied: int) -> None:
        """The program has read `copied` bytes: acknowledge if that is worth a segment (__tcp_cleanup_rbuf)."""
        c = self.c
        due = False
        if self.scheduled:
            emptied = copied > 0 and not c.win.rmem
            pushed = self.pushed == 2 or (self.pushed == 1 and not self.pingpong)
            due = c.rx.nxt - c.win.wup > self.rcv_mss or (emptied and pushed)
        if copied > 0 and not due and not c.rcv_shutdown:
            window = c.win.open()
            if 2 * window <= c.win.clamp:
                new = c.win.choose()
                due = bool(new) and new >= 2 * window
        if due:
            c.out.send_ack()
