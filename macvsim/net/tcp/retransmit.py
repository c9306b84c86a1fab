"""Sending segments again (tcp_retransmit_skb in net/ipv4/tcp_output.c)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from macvsim.net.tcp.reduction import Reduction
from macvsim.net.tcp.skb import Skb
from macvsim.net.tcp.state import CaState
from macvsim.net.tcp.timers import Pending

if TYPE_CHECKING:
    from macvsim.net.tcp.connection import Connection


class Retransmission(Reduction):
    """`retrans_stamp_ms` is when the first segment was sent again, 0 for none."""

    def __init__(self, c: Connection) -> None:
        super().__init__(c)
        self.retrans_stamp_ms = 0
        self.total_retrans = 0

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
        """Send a segment again and count it as under way (tcp_retransmit_skb); False as of `send_again`."""
        if not self.send_again(skb):
            return False
        if not skb.retrans:
            self.c.tx.retrans_out += 1
        skb.retrans = True
        if not self.retrans_stamp_ms:
            self.retrans_stamp_ms = self.c.now_us // 1000
        self.undo_retrans = max(self.undo_retrans, 0) + 1
        return True

    def send_again(self, skb: Skb) -> bool:
        """Send a segment again (__tcp_retransmit_skb); False when there is no way, no room at the peer, or no need."""
        c = self.c
        tx = c.tx
        if c.out.in_host_queue(skb):
            c.count("TCPSpuriousRtxHostQueues")
            return False
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
        skb.ever_retrans = True
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
