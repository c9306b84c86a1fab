"""The send buffer of a connection: what programs wrote, in segments, and the memory it takes until it is acknowledged.

The queue holds segments as the kernel makes them (tcp_sendmsg): writes fill up the last segment that was not sent yet,
up to 64 KiB.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from typing import TYPE_CHECKING

from macvsim.net.tcp.cwnd import GSO_MAX, CongestionWindow
from macvsim.net.tcp.memory import per_segment
from macvsim.net.tcp.skb import Nagle, Skb
from macvsim.net.tcp.state import INIT_CWND, MSS_DEFAULT

if TYPE_CHECKING:
    from macvsim.net.tcp.connection import Connection

_FLUSH_EVERY = 16
"""After so many new segments a writing program looks at what came meanwhile."""


class SendBuffer(CongestionWindow, ABC):
    """What waits to be sent, and what is under way; sequence numbers are integers that do not wrap.

    una : oldest not acknowledged (SND.UNA); nxt : next to send (SND.NXT); write_seq : end of what programs wrote
    """

    def __init__(self, c: Connection, iss: int) -> None:
        super().__init__()
        self.c = c
        self.una = self.nxt = self.write_seq = self.pushed_seq = iss
        self.max_window = 0
        self.queue: deque[Skb] = deque()
        self.rtx: deque[Skb] = deque()
        """Under way, in order of sequence numbers."""
        self.sacked_out = self.lost_out = self.retrans_out = 0
        self.nagle = Nagle.NORMAL
        self.sndbuf: int = c.conf.tcp_wmem[1]
        self.sized = False
        """The program has chosen the size of the buffer (SOCK_SNDBUF_LOCK)."""
        self.wmem = 0
        self.no_space = False
        """A program waits for room in the send buffer."""

    @abstractmethod
    def push(self, nagle: Nagle | None = None, *, one: bool = False) -> None:
        """Send what may be sent."""

    # -- counts --------------------------------------------------------------------------------------------------------

    @property
    def in_flight(self) -> int:
        """Segments believed to be under way (tcp_packets_in_flight)."""
        return len(self.rtx) - self.sacked_out - self.lost_out + self.retrans_out

    @property
    def unsent(self) -> bool:
        return bool(self.queue)

    @property
    def room(self) -> bool:
        """True while the send buffer takes more (sk_stream_memory_free)."""
        return self.wmem < self.sndbuf

    # -- writing -------------------------------------------------------------------------------------------------------

    def write(self, data: bytes, *, shared: bool = False, more: bool = False) -> int:
        """Take what the buffer has room for, send what may be sent; bytes taken (tcp_sendmsg_locked).

        shared : the data is a file's (MSG_SPLICE_PAGES); more : there is more to come (MSG_MORE)
        """
        goal = self._size_goal()
        at = made = 0
        full = False
        while at < len(data):
            tail = self.queue[-1] if self.queue else None
            space = goal - len(tail.data) if tail is not None and not tail.fin else 0
            if tail is None or space <= 0:
                if not self.room:
                    full = True
                    break
                if made == _FLUSH_EVERY:
                    made = 0
                    if self.c.flush_backlog():
                        goal = self._size_goal()
                        continue
                made += 1
                tail = Skb(self.write_seq, b"", self.c.skb_overhead)
                self.wmem += self.c.skb_overhead
                self.queue.append(tail)
                self.restart_after_idle()
                space = goal
            part = data[at : at + space]
            tail.data += part
            tail.end += len(part)
            tail.shared = tail.shared or shared
            if not at:
                tail.psh = False
            self.wmem += len(part)
            self.write_seq += len(part)
            at += len(part)
            if at == len(data) or len(tail.data) < goal:
                continue
            if self._force_push():
                self._mark_push(tail)
                self.push(Nagle.PUSH)
            elif tail is self.queue[0]:
                self.push(Nagle.PUSH, one=True)
            goal = self._size_goal()
        self.no_space = self.no_space or full
        if at:
            self.flush(Nagle.PUSH if full else self.nagle, more=more and not full)
        return at

    def flush(self, nagle: Nagle, *, more: bool = False) -> None:
        """A program has written what it had: send it, but for a small end where `more` is to come (tcp_push)."""
        if not self.queue:
            return
        if not more or self._force_push():
            self._mark_push(self.queue[-1])
        self.push(Nagle.CORK if more else nagle)

    def _size_goal(self) -> int:
        """Bytes to gather in one segment, which is cut when it leaves (tcp_xmit_size_goal)."""
        mss = self.c.current_mss()
        return max(self.bound_to_half_window(GSO_MAX) // mss, 1) * mss

    def _force_push(self) -> bool:
        return self.write_seq > self.pushed_seq + (self.max_window >> 1)

    def _mark_push(self, skb: Skb) -> None:
        skb.psh = True
        self.pushed_seq = self.write_seq

    def finish(self) -> None:
        """Queue FIN, on the last segment that was not sent if there is one, and send (tcp_send_fin)."""
        c = self.c
        if self.queue:
            tail = self.queue[-1]
        else:
            tail = Skb(self.write_seq, b"", self.c.skb_overhead)
            self.queue.append(tail)
            self.wmem += c.skb_overhead
        tail.fin = True
        tail.end += 1
        self.write_seq += 1
        self.push(Nagle.OFF)

    # -- memory --------------------------------------------------------------------------------------------------------

    def acked(self, skb: Skb) -> None:
        """A segment left the queue of those under way: its memory is free."""
        self.wmem -= len(skb.data) + skb.overhead
        if skb.shared:
            self.c.sim.shared.pop(skb.uid, None)

    def give_up(self) -> None:
        """Nothing that is under way will be acknowledged any more: nobody asks what it costs."""
        for skb in self.rtx:
            if skb.shared:
                self.c.sim.shared.pop(skb.uid, None)

    def check_space(self) -> None:
        """A program that waits for room may write when a third of the buffer is free (tcp_check_space)."""
        if not self.no_space:
            return
        if self.in_flight < self.cwnd:
            self.expand_buffer()
        if self.sndbuf - self.wmem >= self.wmem >> 1:
            self.no_space = False
            self.c.report()

    def expand_buffer(self) -> None:
        """Twice the congestion window (tcp_sndbuf_expand), unless the program has chosen a size."""
        if self.sized:
            return
        segments = max(INIT_CWND, self.cwnd, self.c.recovery.reordering + 1)
        wanted = 2 * segments * per_segment(max(self.c.mss_clamp, self.c.mss_cache))
        self.sndbuf = max(self.sndbuf, min(wanted, self.c.conf.tcp_wmem[2]))

    def bound_to_half_window(self, size: int) -> int:
        """A segment is at most half the largest window the peer offered (tcp_bound_to_half_wnd)."""
        cutoff = self.max_window >> 1 if self.max_window > MSS_DEFAULT else self.max_window
        if cutoff and size > cutoff:
            return max(cutoff, 68 - self.c.header_len)
        return size
