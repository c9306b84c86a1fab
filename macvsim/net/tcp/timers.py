"""The timers of a connection (net/ipv4/tcp_timer.c): one for retransmission, loss probes, reordering and window probes,
of which only one runs at a time.  `keepalive` has the other.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

from macvsim.engine.sim import SECOND, US
from macvsim.engine.wheel import Timer
from macvsim.net.tcp import patience
from macvsim.net.tcp.skb import Nagle
from macvsim.net.tcp.state import (
    RTO_INIT,
    RTO_MAX,
    RTO_MIN,
    TIMEOUT_MIN_TICKS,
    CaState,
    State,
)  # fmt: skip

if TYPE_CHECKING:
    from macvsim.net.tcp.connection import Connection

_RESOURCE_PROBE = SECOND // 2


class Pending(enum.Enum):
    """What the timer is set for (icsk_pending)."""

    RETRANSMIT = 1
    WINDOW_PROBE = 3
    LOSS_PROBE = 5
    REORDERING = 6


class Timers:
    """`retransmits` counts timeouts in a row, `probes` window or keep-alive probes without an answer."""

    def __init__(self, c: Connection) -> None:
        self.c = c
        self.pending: Pending | None = None
        self.retransmits = 0
        self.probes = 0
        self.due = 0
        """When the timer should fire (jiffies)."""
        self._timer = Timer(c.sim, self._fired)
        self._total_rto = 0

    # -- setting -------------------------------------------------------------------------------------------------------

    @property
    def is_probing_loss(self) -> bool:
        return self.pending is Pending.LOSS_PROBE

    def set(self, what: Pending, delay: int, most: int = RTO_MAX) -> None:
        """Set the timer, replacing what it was set for (inet_csk_reset_xmit_timer)."""
        c = self.c
        self.pending = what
        self.due = c.sim.jiffies + -(-min(delay, most) // c.sim.tick)
        self._timer.start_at(self.due)

    def clear(self) -> None:
        """Nothing is awaited."""
        self.pending = None

    def stop(self) -> None:
        """The connection is over."""
        self.pending = None
        self._timer.stop()

    def rearm(self) -> None:
        """Wait a retransmission timeout for what is under way (tcp_rearm_rto)."""
        c = self.c
        if not c.tx.rtx:
            self.clear()
            return
        delay = c.rtt.rto
        if self.pending in (Pending.REORDERING, Pending.LOSS_PROBE):
            delay = max(self._until_rto(), US)
        self.set(Pending.RETRANSMIT, delay)

    def _until_rto(self) -> int:
        """Time (ns) until the oldest segment under way times out (tcp_rto_delta_us)."""
        c = self.c
        return c.rtt.rto - (c.now_us - c.tx.rtx[0].sent_us) * US

    def after_ack(self) -> None:
        """Something was acknowledged: a loss probe, or the timeout anew (tcp_set_xmit_timer)."""
        if not self.schedule_probe(advancing=True):
            self.rearm()

    def schedule_probe(self, *, advancing: bool) -> bool:
        """Send a segment again after two round trips without news (tcp_schedule_loss_probe); True if it was set."""
        c = self.c
        rtt = c.rtt
        if c.conf.tcp_early_retrans not in (3, 4) or not c.tx.rtx or not c.sack_ok:
            return False
        if c.recovery.state not in (CaState.OPEN, CaState.CWR):
            return False
        delay = RTO_INIT
        if rtt.srtt:
            alone = RTO_MIN if len(c.tx.rtx) == 1 else TIMEOUT_MIN_TICKS * c.sim.tick
            delay = c.ticks_of_us((rtt.srtt >> 2) + alone // US) * c.sim.tick
        until = rtt.rto if advancing else self._until_rto()
        if until > 0:
            delay = min(delay, c.ticks_of_us(until // US) * c.sim.tick)
        self.set(Pending.LOSS_PROBE, delay)
        return True

    def check_probe(self) -> None:
        """Data waits, nothing is under way: the window is shut (tcp_check_probe_timer)."""
        if self.pending is None:
            self.set(Pending.WINDOW_PROBE, self._probe_base())

    def _probe_base(self) -> int:
        return max(self.c.rtt.rto, RTO_MIN)

    def probe_when(self, most: int = RTO_MAX) -> int:
        """The next window probe, twice as late as the last (tcp_probe0_when)."""
        return min(self._probe_base() << min(self.c.rtt.backoff, 30), most)

    def restart_probe(self) -> None:
        """The peer answered a probe: the window is still shut (tcp_ack_probe)."""
        self.set(Pending.WINDOW_PROBE, self.probe_when())

    # -- firing --------------------------------------------------------------------------------------------------------

    def _fired(self) -> None:
        """tcp_write_timer_handler."""
        c = self.c
        if c.owned:
            c.when_free(self._fired)
            return
        if c.is_over or self.pending is None:
            return
        if self.due > c.sim.jiffies:
            self._timer.start_at(self.due)
            return
        what = self.pending
        if what is Pending.REORDERING:
            c.recovery.reordering_timeout()
        elif what is Pending.LOSS_PROBE:
            self._probe_loss()
        elif what is Pending.RETRANSMIT:
            self.pending = None
            self._retransmit()
        else:
            self.pending = None
            self._probe_window()

    def _probe_loss(self) -> None:
        """tcp_send_loss_probe."""
        c = self.c
        tx = c.tx
        recovery = c.recovery
        if not recovery.probe_seq:
            recovery.probe_retrans = False
            sent = False
            if tx.queue and min(tx.queue[0].end, tx.queue[0].seq + c.current_mss()) <= tx.window_end:
                sent = bool(tx.transmit_queue(Nagle.OFF, probe=True))
            elif tx.rtx:
                last = tx.rtx[-1]
                sent = recovery.send_again(last)
                recovery.probe_retrans = sent
            if sent:
                recovery.probe_seq = tx.nxt
                c.count("TCPLossProbes")
                self.pending = None
        self.rearm()

    def _retransmit(self) -> None:
        """The retransmission timeout (tcp_retransmit_timer; RFC 6298, section 5)."""
        c = self.c
        tx, rtt = c.tx, c.rtt
        if not tx.rtx:
            return
        head = tx.rtx[0]
        handshake = c.state in (State.SYN_SENT, State.SYN_RECV)
        if not tx.wnd and not c.orphan and not handshake:
            if c.sim._now - max(c.last_heard, head.sent_us * US) > RTO_MAX:
                patience.write_error(c)
                return
            c.recovery.enter_loss()
            c.recovery.retransmit(head)
        else:
            c.count("TCPTimeouts")
            if patience.gives_up(c):
                return
            if not self.retransmits:
                self._count_failure()
            c.recovery.enter_loss()
            self.retransmits += 1
            self._total_rto += 1
            if not c.recovery.retransmit(tx.rtx[0]) and not c.out.in_host_queue(tx.rtx[0]):
                self.set(Pending.RETRANSMIT, _RESOURCE_PROBE)
                return
        if c.state is not State.SYN_SENT or self._total_rto > c.conf.tcp_syn_linear_timeouts:
            rtt.backoff += 1
            rtt.rto = min(rtt.rto << 1, RTO_MAX)
        self.set(Pending.RETRANSMIT, rtt.rto)

    def _count_failure(self) -> None:
        c = self.c
        kind = "Sack" if c.sack_ok else "Reno"
        if c.recovery.state is CaState.RECOVERY:
            c.count(f"TCP{kind}RecoveryFail")
        elif c.recovery.state is CaState.LOSS:
            c.count("TCPLossFailures")
        elif c.recovery.state is CaState.DISORDER or c.tx.sacked_out:
            c.count(f"TCP{kind}Failures")

    # -- window probes -------------------------------------------------------------------------------------------------

    def _probe_window(self) -> None:
        """The window is shut: does the peer still say so? (tcp_probe_timer, tcp_send_probe0)"""
        c = self.c
        tx = c.tx
        if tx.rtx or not tx.queue:
            self.probes = 0
            c.rtt.backoff = 0
            return
        most = c.conf.tcp_retries2
        if c.orphan:
            most = patience.orphan_retries(c, self.probe_when() < RTO_MAX)
        if self.probes >= most:
            patience.write_error(c)
            return
        self._wake_up_peer()
        if tx.rtx or not tx.queue:
            self.probes = 0
            c.rtt.backoff = 0
            return
        self.probes += 1
        if c.rtt.backoff < c.conf.tcp_retries2:
            c.rtt.backoff += 1
        self.set(Pending.WINDOW_PROBE, self.probe_when())

    def _wake_up_peer(self) -> None:
        """A probe: data if the window lets some go, else an old sequence number (tcp_write_wakeup)."""
        c = self.c
        tx = c.tx
        skb = tx.queue[0] if tx.queue else None
        if skb is not None and skb.seq < tx.window_end:
            tx.transmit_head(min(tx.window_end - skb.seq, c.current_mss()))
            return
        c.count("TCPWinProbe")
        c.out.probe()
