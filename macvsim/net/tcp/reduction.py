"""States of congestion control, and how the window shrinks (RFC 6937; tcp_cwnd_reduction in net/ipv4/tcp_input.c)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from macvsim.net.tcp.scoreboard import AckNews, Scoreboard
from macvsim.net.tcp.state import INFINITE_SSTHRESH, CaState

if TYPE_CHECKING:
    from macvsim.net.tcp.connection import Connection


class Reduction:
    """State of congestion control.

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
        self._prr_delivered = 0
        self._prr_out = 0

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

    def control(self, delivered: int, lost: int, news: AckNews) -> None:
        """The congestion window after an acknowledgement (tcp_cong_control)."""
        if self.in_reduction:
            self._reduce(delivered, lost, news.advanced)
            return
        reordered = self.board.reordering > self.c.conf.tcp_reordering
        if news.forward if reordered else news.data_acked:
            self.c.cc.acknowledged(delivered)
            self.c.tx.stamp()

    def new_data_sent(self, count: int) -> None:
        if self.in_reduction:
            self._prr_out += count
