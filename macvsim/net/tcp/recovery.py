"""What a sender does about losses: fast recovery, proportional rate reduction, timeouts, undoing what was not needed
(RFC 6675, RFC 6937, RFC 5682, RFC 3522; tcp_fastretrans_alert in net/ipv4/tcp_input.c).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from macvsim.net.tcp.scoreboard import AckNews, Scoreboard
from macvsim.net.tcp.send import Nagle, Skb
from macvsim.net.tcp.state import INFINITE_SSTHRESH, RTO_MAX, TIMEOUT_MIN_TICKS, CaState, State
from macvsim.net.tcp.timers import Pending
from macvsim.sim import US

if TYPE_CHECKING:
    from macvsim.net.tcp.connection import Connection


class Recovery:
    """State of congestion control and loss recovery.

    high_seq : SND.NXT when the state was entered; it ends when that is acknowledged
    probe_seq : SND.NXT when a loss probe was sent, 0 for none
    """

    def __init__(self, c: Connection) -> None:
        self.c = c
        self.board = Scoreboard(c)
        self.state = CaState.OPEN
        self.high_seq = c.tx.nxt
        self.undo_marker = 0
        self.undo_retrans = 0
        self.prior_ssthresh = 0
        self.prior_cwnd = 0
        self.probe_seq = 0
        self.probe_retrans = False
        self.retrans_stamp_ms = 0
        """When the first segment was sent again (ms), 0 for none."""
        self.total_retrans = 0
        self._prr_delivered = 0
        self._prr_out = 0
        self._frto = False
        self._send_new = False
        self._send_lost = False

    # -- questions -----------------------------------------------------------------------------------------------------

    def _is(self, state: CaState) -> bool:
        return self.state is state

    @property
    def is_open(self) -> bool:
        return self.state is CaState.OPEN

    @property
    def in_reduction(self) -> bool:
        """True while the window is being reduced (tcp_in_cwnd_reduction)."""
        return self.state in (CaState.CWR, CaState.RECOVERY)

    @property
    def reordering(self) -> int:
        return self.board.reordering

    # -- changes of state ----------------------------------------------------------------------------------------------

    def _set(self, state: CaState) -> None:
        self.c.cc.entered(state)
        self.state = state

    def _init_undo(self) -> None:
        tx = self.c.tx
        self.undo_marker = tx.una
        self.undo_retrans = tx.retrans_out or -1

    def _init_reduction(self) -> None:
        """tcp_init_cwnd_reduction."""
        tx = self.c.tx
        self.high_seq = tx.nxt
        self.probe_seq = 0
        tx.cwnd_count = 0
        self.prior_cwnd = tx.cwnd
        self._prr_delivered = self._prr_out = 0
        tx.ssthresh = self.c.cc.ssthresh()

    def _end_reduction(self) -> None:
        """tcp_end_cwnd_reduction."""
        tx = self.c.tx
        if tx.ssthresh < INFINITE_SSTHRESH and (self.state is CaState.CWR or self.undo_marker):
            tx.cwnd = tx.ssthresh
            tx.stamp()

    def _reduce(self, delivered: int, lost: int, advanced: bool) -> None:
        """Proportional rate reduction (tcp_cwnd_reduction)."""
        tx = self.c.tx
        if delivered <= 0 or not self.prior_cwnd:
            return
        self._prr_delivered += delivered
        delta = tx.ssthresh - tx.in_flight
        if delta < 0:
            count = (tx.ssthresh * self._prr_delivered + self.prior_cwnd - 1) // self.prior_cwnd - self._prr_out
        else:
            count = max(self._prr_delivered - self._prr_out, delivered)
            if advanced and not lost:
                count += 1
            count = min(delta, count)
        count = max(count, 0 if self._prr_out else 1)
        tx.cwnd = tx.in_flight + count

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
        if tx.rtx and tx.rtx[0].sacked:
            self._reneging()
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
            tx.sacked_out = min(tx.sacked_out + 1, len(tx.rtx) - tx.lost_out)
            tx.delivered += 1

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

    # -- undoing -------------------------------------------------------------------------------------------------------

    def _delayed(self) -> bool:
        """The acknowledged segment was the first copy: its timestamp says so (Eifel, tcp_packet_delayed)."""
        echo = self.c.echo
        return bool(self.retrans_stamp_ms) and echo is not None and self.c.echo_before(echo, self.retrans_stamp_ms)

    def _may_undo(self) -> bool:
        return bool(self.undo_marker) and (not self.undo_retrans or self._delayed())

    def _undo(self, unmark: bool) -> None:
        """The window as it was (tcp_undo_cwnd_reduction)."""
        tx = self.c.tx
        if unmark:
            self.board.unmark_lost()
        if self.prior_ssthresh:
            tx.cwnd = self.c.cc.undo()
            tx.ssthresh = max(tx.ssthresh, self.prior_ssthresh)
        tx.stamp()
        self.undo_marker = 0
        self.board.rack_advanced = True

    def _holds_reno(self) -> bool:
        """Without SACK, stay until something newer is acknowledged (tcp_is_non_sack_preventing_reopen)."""
        tx = self.c.tx
        if tx.una != self.high_seq or self.c.sack_ok:
            return False
        self.retrans_stamp_ms = 0
        return True

    def _try_undo_recovery(self) -> bool:
        if self._may_undo():
            self.c.count("TCPLossUndo" if self.state is CaState.LOSS else "TCPFullUndo")
            self._undo(False)
        else:
            self.board.persist(-1)
        if self._holds_reno():
            return True
        self._set(CaState.OPEN)
        return False

    def _try_undo_loss(self, spurious: bool) -> bool:
        c = self.c
        if not spurious and not self._may_undo():
            return False
        self._undo(True)
        c.count("TCPLossUndo")
        if spurious:
            c.count("TCPSpuriousRTOs")
        c.timers.retransmits = 0
        if self._holds_reno():
            return True
        if spurious or c.sack_ok:
            self._set(CaState.OPEN)
        return True

    def _try_undo_partial(self, prior_una: int) -> bool:
        c = self.c
        if not (self.undo_marker and self._delayed()):
            return False
        self.board.check_reordering(prior_una)
        if c.tx.retrans_out:
            return True
        if not self._any_retrans():
            self.retrans_stamp_ms = 0
        self._undo(True)
        c.count("TCPPartialUndo")
        self._keep_open()
        return False

    def _try_undo_dsack(self) -> bool:
        if not self.undo_marker or self.undo_retrans:
            return False
        self.board.persist(1)
        self._undo(False)
        self.c.count("TCPDSACKUndo")
        return True

    def _any_retrans(self) -> bool:
        tx = self.c.tx
        return bool(tx.retrans_out) or (bool(tx.rtx) and tx.rtx[0].ever_retrans)

    def _try_open(self) -> None:
        if not self._any_retrans():
            self.retrans_stamp_ms = 0
        if self.state is not CaState.CWR:
            self._keep_open()

    def _keep_open(self) -> None:
        tx = self.c.tx
        state = CaState.DISORDER if tx.sacked_out + tx.lost_out or self._any_retrans() else CaState.OPEN
        if self.state is not state:
            self._set(state)
            self.high_seq = tx.nxt

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

    def control(self, delivered: int, lost: int, news: AckNews) -> None:
        """The congestion window after an acknowledgement (tcp_cong_control)."""
        if self.in_reduction:
            self._reduce(delivered, lost, news.advanced)
            return
        reordered = self.board.reordering > self.c.conf.tcp_reordering
        if news.forward if reordered else news.data_acked:
            self.c.cc.acknowledged(delivered)
            self.c.tx.stamp()

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

    def new_data_sent(self, count: int) -> None:
        if self.in_reduction:
            self._prr_out += count

    def retransmit_lost(self) -> None:
        """Send what is lost again, as the window permits (tcp_xmit_retransmit_queue)."""
        c = self.c
        tx = c.tx
        rearm = False
        for skb in list(tx.rtx):
            if tx.cwnd - tx.in_flight <= 0 or tx.retrans_out >= tx.lost_out:
                break
            if not skb.lost or skb.sacked or skb.retrans:
                continue
            if not self.retransmit(skb):
                return
            c.count("TCPSlowStartRetrans" if self.state is CaState.LOSS else "TCPFastRetrans")
            if self.in_reduction:
                self._prr_out += 1
            if tx.rtx and skb is tx.rtx[0] and c.timers.pending is not Pending.REORDERING:
                rearm = True
        if rearm:
            c.timers.set(Pending.RETRANSMIT, c.rtt.rto)

    def retransmit(self, skb: Skb) -> bool:
        """Send a segment again (tcp_retransmit_skb); False when there is no way, or no room at the peer."""
        c = self.c
        tx = c.tx
        if not skb.syn:
            mss = c.current_mss()
            room = tx.window_end - skb.seq
            if room <= 0:
                if skb.seq != tx.una:
                    return False
                room = mss
            size = min(mss, room)
            if len(skb.data) > size:
                self.board.fragment(skb, size)
            elif len(skb.data) < mss:
                self._collapse(skb, mss)
        c.count_tcp("RetransSegs")
        if skb.syn:
            c.count("TCPSynRetrans")
        self.total_retrans += 1
        if not c.out.data(skb):
            c.count("TCPRetransFail")
            skb.ever_retrans = True
            return False
        if not skb.retrans:
            tx.retrans_out += 1
        skb.retrans = skb.ever_retrans = True
        if not self.retrans_stamp_ms:
            self.retrans_stamp_ms = c.now_us // 1000
        self.undo_retrans = max(self.undo_retrans, 0) + 1
        return True

    def _collapse(self, skb: Skb, mss: int) -> None:
        """Small segments go again as one (tcp_retrans_try_collapse)."""
        c = self.c
        tx = c.tx
        at = tx.rtx.index(skb) + 1
        while at < len(tx.rtx):
            other = tx.rtx[at]
            fits = len(skb.data) + len(other.data) <= mss and other.end <= tx.window_end
            if skb.fin or other.sacked or skb.sacked or not fits:
                return
            skb.data += other.data
            skb.end, skb.fin, skb.psh = other.end, other.fin, skb.psh or other.psh
            skb.ever_retrans = skb.ever_retrans or other.ever_retrans
            tx.lost_out -= other.lost
            tx.retrans_out -= other.retrans
            tx.wmem -= other.overhead
            del tx.rtx[at]

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
