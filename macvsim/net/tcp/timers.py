"""The timers of a connection (net/ipv4/tcp_timer.c): one for retransmission, loss probes, reordering and window probes,
of which only one runs at a time; one for keep-alive and the end of FIN-WAIT-2.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

from macvsim.net.tcp.send import Nagle
from macvsim.net.tcp.state import (
    RTO_INIT,
    RTO_MAX,
    RTO_MIN,
    TIMEOUT_MIN_TICKS,
    TIMEWAIT_LEN,
    CaState,
    State,
)  # fmt: skip
from macvsim.sim import SECOND, US, Timer

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
        self.keepalive_due = 0
        self._timer = Timer(c.sim, self._fired)
        self._keepalive = Timer(c.sim, self._keepalive_fired)
        self._total_rto = 0

    # -- setting -------------------------------------------------------------------------------------------------------

    @property
    def is_probing_loss(self) -> bool:
        return self.pending is Pending.LOSS_PROBE

    @property
    def keepalive_pending(self) -> bool:
        return self._keepalive.pending

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
        self._keepalive.stop()

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
                sent = recovery.retransmit(last)
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
                self._write_error()
                return
            c.recovery.enter_loss()
            c.recovery.retransmit(head)
        else:
            c.count("TCPTimeouts")
            if self._gives_up():
                return
            if not self.retransmits:
                self._count_failure()
            c.recovery.enter_loss()
            self.retransmits += 1
            self._total_rto += 1
            if not c.recovery.retransmit(tx.rtx[0]):
                self.set(Pending.RETRANSMIT, _RESOURCE_PROBE)
                return
            rtt.backoff += 1
        if c.state is not State.SYN_SENT or self._total_rto > c.conf.tcp_syn_linear_timeouts:
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

    def _gives_up(self) -> bool:
        """Too many timeouts (tcp_write_timeout); True when the connection is over."""
        c = self.c
        conf = c.conf
        if c.state in (State.SYN_SENT, State.SYN_RECV):
            most = conf.tcp_syn_retries
            limit = most + (conf.tcp_syn_linear_timeouts if c.state is State.SYN_SENT else 0)
            expired = self.retransmits >= limit or self._timed_out(most)
        else:
            most = conf.tcp_retries2
            if c.orphan:
                alive = c.rtt.rto < RTO_MAX
                most = self._orphan_retries(alive)
            expired = self._timed_out(most)
        if expired:
            self._write_error()
        return expired

    def _orphan_retries(self, alive: bool) -> int:
        """How patient a connection is that no program has any more (tcp_orphan_retries)."""
        retries = self.c.conf.tcp_orphan_retries
        if self.c.soft_error and not alive:
            retries = 0
        return 8 if not retries and alive else int(retries)

    def _timed_out(self, boundary: int) -> bool:
        """As long as `boundary` timeouts with backoff would take has passed (retransmits_timed_out)."""
        c = self.c
        if not self.retransmits:
            return False
        base = RTO_INIT if c.state in (State.SYN_SENT, State.SYN_RECV) else RTO_MIN
        doublings = (RTO_MAX // base).bit_length() - 1
        if boundary <= doublings:
            limit = ((2 << boundary) - 1) * base
        else:
            limit = ((2 << doublings) - 1) * base + (boundary - doublings) * RTO_MAX
        return c.sim._now // 1_000_000 - c.recovery.retrans_stamp_ms >= limit // 1_000_000

    def _write_error(self) -> None:
        """tcp_write_err."""
        self.c.count("TCPAbortOnTimeout")
        self.c.fail(self.c.soft_error or "ETIMEDOUT")

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
            most = self._orphan_retries(self.probe_when() < RTO_MAX)
        if self.probes >= most:
            self._write_error()
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
            size = min(tx.window_end - skb.seq, c.current_mss())
            skb.psh = True
            if size < len(skb.data):
                tx.queue.insert(1, skb.split(size))
                tx.wmem += c.skb_overhead
            tx.transmit_queue(Nagle.OFF, probe=True)
            return
        c.count("TCPWinProbe")
        c.out.probe()

    # -- keep-alive, FIN-WAIT-2 ----------------------------------------------------------------------------------------

    def keep_alive(self, delay: int) -> None:
        """Set the second timer (tcp_reset_keepalive_timer)."""
        self.keepalive_due = self.c.sim.jiffies + delay // self.c.sim.tick
        self._keepalive.start_at(self.keepalive_due)

    def no_keep_alive(self) -> None:
        self._keepalive.stop()

    def _keepalive_fired(self) -> None:
        """tcp_keepalive_timer."""
        c = self.c
        if c.owned:
            self.keep_alive(SECOND // 20)
            return
        if c.is_over:
            return
        if c.state is State.FIN_WAIT2 and c.orphan:
            rest = c.fin_time() - TIMEWAIT_LEN
            if rest > 0:
                c.enter_time_wait(State.FIN_WAIT2, rest)
            else:
                c.out.reset()
                c.over()
            return
        if c.socket is None or not c.socket.keepalive or c.state is State.SYN_SENT:
            return
        conf = c.conf
        self._check_alive(
            conf.tcp_keepalive_time * SECOND, conf.tcp_keepalive_intvl * SECOND, conf.tcp_keepalive_probes
        )

    def _check_alive(self, idle: int, interval: int, most: int) -> None:
        c = self.c
        if c.tx.rtx or c.tx.queue:
            self.keep_alive(idle)
            return
        silent = c.sim._now - max(c.last_heard, c.acks.last_received)
        if silent < idle:
            self.keep_alive(idle - silent)
            return
        if self.probes >= most:
            c.count("TCPAbortOnTimeout")
            c.out.reset()
            c.fail(c.soft_error or "ETIMEDOUT")
            return
        c.count("TCPKeepAlive")
        c.out.probe()
        self.probes += 1
        self.keep_alive(interval)
