"""Undoing what was not needed: the window as it was when losses were none (RFC 3522, RFC 3708; tcp_try_undo_recovery in
net/ipv4/tcp_input.c).
"""

from __future__ import annotations

from macvsim.net.tcp.retransmit import Retransmission
from macvsim.net.tcp.state import CaState


class Undo(Retransmission):
    """Ends of the states of congestion control: open again, where nothing was lost with the window as it was."""

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
