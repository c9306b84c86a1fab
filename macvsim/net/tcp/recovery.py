"""What a sender does about losses: fast recovery, proportional rate reduction, timeouts, undoing what was not needed
(RFC 6675, RFC 6937, RFC 5682, RFC 3522; tcp_fastretrans_alert in net/ipv4/tcp_input.c).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from macvsim.engine.sim import US
from macvsim.net.tcp.scoreboard import AckNews
from macvsim.net.tcp.skb import Nagle
from macvsim.net.tcp.state import RTO_MAX, TIMEOUT_MIN_TICKS, CaState, State
from macvsim.net.tcp.timers import Pending
from macvsim.net.tcp.undo import Undo

if TYPE_CHECKING:
    from macvsim.net.tcp.connection import Connection


class Recovery(Undo):
    """What acknowledgements and timeouts mean for what is under way."""

    def __init__(self, c: Connection) -> None:
        super().__init__(c)
        self.probe_retrans = False
        self._frto = False
        self._send_new = False
        self._send_lost = False

    def _is(self, state: CaState) -> bool:
        return self.state is state

    def _enter_recovery(self) -> None:
        """tcp_enter_recovery."""
        c = self.c
        c.count("TCPSackRecovery" if c.sack_ok else "TCPRenoRecovery")
        self.prior_ssthresh = 0
        self._init_undo()
        if not self.in_reduction:
            self.prior_ssthresh = c.tx.current_ssthresh()
            self._init_reduction()
        self._set(CaState.RECOVERY)

    def enter_loss(self) -> None:
        """The retransmission timer fired (tcp_enter_loss)."""
        c = self.c
        tx, board = c.tx, self.board
        before = self.state
        fresh = before < CaState.RECOVERY
        self._mark_for_timeout()
        if (
            before <= CaState.DISORDER
            or self.high_seq <= tx.una
            or (before is CaState.LOSS and not c.timers.retransmits)
        ):
            self.prior_ssthresh = tx.current_ssthresh()
            self.prior_cwnd = tx.cwnd
            tx.ssthresh = c.cc.ssthresh()
            self._init_undo()
        tx.cwnd = tx.in_flight + 1
        tx.cwnd_count = 0
        tx.stamp()
        if before <= CaState.DISORDER and tx.sacked_out >= board.reordering:
            board.reordering = min(board.reordering, c.conf.tcp_reordering)
        self._set(CaState.LOSS)
        self.high_seq = tx.nxt
        self.probe_seq = 0
        self._frto = bool(c.conf.tcp_frto) and (fresh or bool(c.timers.retransmits))

    def _mark_for_timeout(self) -> None:
        """All that is under way and not surely newer than what was timed is lost (tcp_timeout_mark_lost)."""
        c = self.c
        tx, board = c.tx, self.board
        if not tx.rtx:
            return
        head = tx.rtx[0]
        reneged = head.sacked
        if reneged:
            c.count("TCPSACKReneging")
            tx.sacked_out = 0
            for skb in tx.rtx:
                skb.sacked = False
        elif not c.sack_ok:
            tx.sacked_out = 0
        for skb in tx.rtx:
            if skb is not head and not reneged and c.sack_ok and not board.overdue(skb):
                continue
            board.mark_lost(skb)

    # -- an acknowledgement --------------------------------------------------------------------------------------------

    def acknowledged(self, news: AckNews, prior_una: int, duplicate: bool) -> None:
        """tcp_fastretrans_alert."""
        c = self.c
        tx = c.tx
        self._send_new = self._send_lost = False
        if news.advanced and tx.rtx and tx.rtx[0].sacked:
            self._reneging()
            news.set_timer = False
            return
        if self.state is CaState.OPEN:
            self.retrans_stamp_ms = 0
        elif tx.una >= self.high_seq:
            if self.state is CaState.CWR:
                if tx.una != self.high_seq:
                    self._end_reduction()
                    self._set(CaState.OPEN)
            elif self.state is CaState.RECOVERY:
                if not c.sack_ok:
                    tx.sacked_out = 0
                if self._try_undo_recovery():
                    return
                self._end_reduction()
        if self._process(news, prior_una, duplicate):
            self._send_lost = True

    def _process(self, news: AckNews, prior_una: int, duplicate: bool) -> bool:
        """What each state makes of it; True where lost segments should be sent again now."""
        if self.state is CaState.RECOVERY:
            if not news.advanced:
                self._count_reno_duplicate(duplicate)
            elif self._try_undo_partial(prior_una):
                return False
            if self._try_undo_dsack():
                self._try_open()
            self._identify(news)
            if not self._is(CaState.RECOVERY):
                if not self.c.tx.lost_out:
                    return False
                self._enter_recovery()
            return True
        if self.state is CaState.LOSS:
            self._in_loss(news, duplicate)
            lost = self._send_lost
            self._identify(news)
            if not (self.is_open or news.lost_retrans):
                return lost
        if not self.c.sack_ok:
            if news.advanced:
                self.c.tx.sacked_out = 0
            self._count_reno_duplicate(duplicate)
        if self.state <= CaState.DISORDER:
            self._try_undo_dsack()
        self._identify(news)
        if not self._should_recover():
            self._try_open()
            return self._send_lost
        self._enter_recovery()
        return True

    def _should_recover(self) -> bool:
        """tcp_time_to_recover."""
        tx = self.c.tx
        return bool(tx.lost_out) or (not self.c.sack_ok and tx.sacked_out >= self.board.reordering)

    def _count_reno_duplicate(self, duplicate: bool) -> None:
        """Without SACK a repeated acknowledgement means that some segment arrived (tcp_add_reno_sack)."""
        tx = self.c.tx
        if duplicate and not self.c.sack_ok:
            before = tx.sacked_out
            tx.sacked_out += 1
            self.board.limit_reno(0)
            tx.delivered += max(tx.sacked_out - before, 0)

    def _identify(self, news: AckNews) -> None:
        """Find what is lost (tcp_identify_packet_loss)."""
        c = self.c
        tx = c.tx
        if not tx.rtx:
            return
        if not c.sack_ok:
            head = tx.rtx[0]
            recovering = self.state in (CaState.RECOVERY, CaState.LOSS)
            if (self.state < CaState.RECOVERY and tx.sacked_out >= self.board.reordering) or (
                recovering and news.advanced
            ):
                self.board.mark_lost(head)
            return
        before = tx.retrans_out
        if self._rack_mark():
            news.set_timer = False
        if before > tx.retrans_out:
            news.lost_retrans = True

    def _rack_mark(self) -> bool:
        """tcp_rack_mark_lost; True if the reordering timer was set."""
        c = self.c
        board = self.board
        if not board.rack_advanced:
            return False
        board.rack_advanced = False
        wait = board.rack_detect()
        if wait:
            ticks = c.ticks_of_us(wait + TIMEOUT_MIN_TICKS * c.sim.tick // US)
            c.timers.set(Pending.REORDERING, ticks * c.sim.tick, c.rtt.rto)
        return bool(wait)

    def reordering_timeout(self) -> None:
        """What might have been late is lost (tcp_rack_reo_timeout)."""
        c = self.c
        tx = c.tx
        before, lost = tx.in_flight, tx.lost
        self.board.rack_detect()
        if before != tx.in_flight:
            if self.state is not CaState.RECOVERY:
                self._enter_recovery()
                self._reduce(1, tx.lost - lost, False)
            self.retransmit_lost()
        if c.timers.pending is not Pending.RETRANSMIT:
            c.timers.rearm()

    def _reneging(self) -> None:
        """The peer forgot what it had said it had: as good as a timeout, soon (tcp_check_sack_reneging)."""
        c = self.c
        delay = max(c.ticks_of_us(c.rtt.srtt >> 4) * c.sim.tick, 10_000_000)
        c.timers.set(Pending.RETRANSMIT, delay, RTO_MAX)

    def _in_loss(self, news: AckNews, duplicate: bool) -> None:
        """After a timeout; perhaps it was too early (tcp_process_loss, F-RTO)."""
        c = self.c
        tx = c.tx
        recovered = tx.una >= self.high_seq
        if news.advanced and self._try_undo_loss(False):
            return
        if self._frto:
            if news.orig_sacked and self._try_undo_loss(True):
                return
            if tx.nxt > self.high_seq:
                if news.data_sacked or duplicate:
                    self._frto = False
            elif news.advanced and not recovered:
                self.high_seq = tx.nxt
                if tx.queue and tx.window_end > tx.nxt:
                    self._send_new = True
                    return
                self._frto = False
        if recovered:
            self._try_undo_recovery()
            return
        if not c.sack_ok:
            if tx.nxt > self.high_seq and duplicate:
                self._count_reno_duplicate(duplicate)
            elif news.advanced:
                tx.sacked_out = 0
        self._send_lost = True

    # -- loss probes ---------------------------------------------------------------------------------------------------

    def probe_acknowledged(self, ack: int, news: AckNews) -> None:
        """An acknowledgement after a loss probe: was there a loss? (tcp_process_tlp_ack)"""
        if ack < self.probe_seq:
            return
        if not self.probe_retrans or news.dsack_of_probe:
            self.probe_seq = 0
        elif ack > self.probe_seq:
            self._init_reduction()
            self._set(CaState.CWR)
            self._end_reduction()
            self._keep_open()
            self.c.count("TCPLossProbeRecovery")
        elif not (news.advanced or news.not_duplicate or news.data_sacked):
            self.probe_seq = 0

    # -- sending -------------------------------------------------------------------------------------------------------

    def send(self) -> None:
        """What the acknowledgement lets go out (tcp_xmit_recovery)."""
        c = self.c
        if c.state is State.SYN_SENT:
            return
        if self._send_new:
            c.tx.push(Nagle.OFF)
            if c.tx.nxt > self.high_seq:
                return
            self._frto = False
        if self._send_new or self._send_lost:
            self.retransmit_lost()
        self._send_new = self._send_lost = False

    def mtu_reduced(self, mss: int) -> None:
        """Segments that are too long now are lost; the window stays (tcp_simple_retransmit)."""
        c = self.c
        tx = c.tx
        before = tx.lost_out
        for skb in list(tx.rtx):
            if len(skb.data) > mss:
                self.board.mark_lost(skb)
        if before == tx.lost_out:
            return
        if self.state is not CaState.LOSS:
            self.high_seq = tx.nxt
            tx.ssthresh = tx.current_ssthresh()
            self.prior_ssthresh = 0
            self.undo_marker = 0
            self._set(CaState.LOSS)
        self.retransmit_lost()
