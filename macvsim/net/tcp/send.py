"""The sending half of a connection: what programs wrote, cut into segments, and which of them may go out now.

The queue holds segments as the kernel makes them (tcp_sendmsg): writes fill up the last segment that was not sent yet,
up to 64 KiB.  What may be sent leaves in one burst, cut to the peer's MSS: segmentation happens here, not in devices.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from macvsim.net.tcp.cwnd import GSO_MAX, CongestionWindow
from macvsim.net.tcp.skb import Nagle, Skb
from macvsim.net.tcp.state import INIT_CWND, MSS_DEFAULT, SND_PER_SEGMENT, CaState

if TYPE_CHECKING:
    from macvsim.net.tcp.connection import Connection

_WINDOW_DIVISOR = 3
"""A third of the window is worth sending (net.ipv4.tcp_tso_win_divisor)."""
_FLUSH_EVERY = 16
"""After so many new segments a writing program looks at what came meanwhile."""


class Sender(CongestionWindow):
    """What goes to the peer; sequence numbers are integers that do not wrap, windows in bytes, `cwnd` in segments.

    una : oldest not acknowledged (SND.UNA); nxt : next to send (SND.NXT); write_seq : end of what programs wrote
    """

    def __init__(self, c: Connection, iss: int) -> None:
        super().__init__()
        self.c = c
        self.una = self.nxt = self.write_seq = self.pushed_seq = iss
        self.wnd = 0
        self.max_window = 0
        self.wl1 = 0
        self.queue: deque[Skb] = deque()
        self.rtx: deque[Skb] = deque()
        """Under way, in order of sequence numbers."""
        self.sacked_out = self.lost_out = self.retrans_out = 0
        self.nagle = Nagle.NORMAL
        self.delivered = 0
        self.lost = 0
        self.sndbuf: int = c.conf.tcp_wmem[1]
        self.wmem = 0
        self.no_space = False
        """A program waits for room in the send buffer."""
        self.last_sent = 0
        """When data was last sent (ns)."""
        self.bytes_acked = 0
        self._small_end = iss
        self._usage_seq = iss
        self._written_us = 0

    # -- counts --------------------------------------------------------------------------------------------------------

    @property
    def in_flight(self) -> int:
        """Segments believed to be under way (tcp_packets_in_flight)."""
        return len(self.rtx) - self.sacked_out - self.lost_out + self.retrans_out

    @property
    def window_end(self) -> int:
        return self.una + self.wnd

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

    # -- sending -------------------------------------------------------------------------------------------------------

    def push(self, nagle: Nagle | None = None, *, one: bool = False) -> None:
        """Send what may be sent; where nothing is under way and the window is shut, probe it
        (__tcp_push_pending_frames).
        """
        if self.queue and not self.c.is_over:
            self.transmit_queue(self.nagle if nagle is None else nagle, one=one)
            if not one and self.queue and not self.rtx:
                self.c.timers.check_probe()

    def transmit_queue(self, nagle: Nagle, *, one: bool = False, probe: bool = False) -> int:
        """Send as windows and Nagle's rule permit; segments sent (tcp_write_xmit).

        one : not more than one burst; probe : one segment even if the congestion window is full
        """
        c = self.c
        mss = c.current_mss()
        most = self.burst_segments(mss)
        sent = 0
        limited = False
        while self.queue:
            skb = self.queue[0]
            room = self.cwnd - self.in_flight
            quota = min(max(self.cwnd >> 1, 1), room) if room > 0 else int(probe and not sent)
            if not quota or min(skb.end, skb.seq + mss) > self.window_end:
                break
            quota = min(quota, most)
            self._grow(skb, quota * mss - len(skb.data))
            if len(skb.data) <= mss:
                rule = nagle if len(self.queue) == 1 else Nagle.PUSH
                if len(skb.data) < mss and not skb.fin and not self._nagle_allows(rule):
                    break
            elif not (one or probe):
                wait, by_cwnd = self._should_defer(skb, most)
                if wait:
                    limited = by_cwnd
                    break
            limit = self._split_point(skb, mss, quota, nagle) if len(skb.data) > mss else mss
            if len(skb.data) > limit:
                self.queue.insert(1, skb.split(limit))
                self.wmem += c.skb_overhead
            pieces = skb.cut(mss)
            if not c.out.burst(pieces):
                break
            self._was_sent(pieces)
            if len(pieces[-1].data) < mss:
                self._small_end = pieces[-1].end
            sent += len(pieces)
            if one or probe:
                break
        limited = limited or self.in_flight >= self.cwnd
        if sent or limited:
            self.validate(limited)
        if sent:
            c.recovery.new_data_sent(sent)
            if not probe:
                c.timers.schedule_probe(advancing=False)
        return sent

    def _grow(self, skb: Skb, amount: int) -> None:
        """Fill a segment up with what follows it (tcp_grow_skb)."""
        if amount <= 0 or len(self.queue) < 2 or skb.fin:
            return
        after = self.queue[1]
        count = min(amount, len(after.data))
        skb.data += after.data[:count]
        skb.end += count
        skb.shared = skb.shared or after.shared
        after.data = after.data[count:]
        after.seq += count
        if not after.data:
            skb.end, skb.fin, skb.psh = after.end, after.fin, after.psh
            self.wmem -= after.overhead
            del self.queue[1]

    def _split_point(self, skb: Skb, mss: int, most: int, nagle: Nagle) -> int:
        """Bytes of a segment that may go now (tcp_mss_split_point)."""
        longest = mss * most
        window = self.window_end - skb.seq
        if longest <= window and len(self.queue) > 1:
            return longest
        needed = min(len(skb.data), window)
        if longest <= needed:
            return longest
        partial = needed % mss
        if partial and not self._nagle_allows(nagle):
            return needed - partial
        return needed

    def _should_defer(self, skb: Skb, most: int) -> tuple[bool, bool]:
        """Whether to wait for an acknowledgement that is about to come, to send more at once (tcp_tso_should_defer);
        and whether it is the congestion window that is too small.
        """
        c = self.c
        no = (False, False)
        now = c.now_us
        if c.recovery.state >= CaState.RECOVERY or now - self._written_us > 1000 or not self.rtx:
            return no
        window = self.window_end - skb.seq
        congestion = (self.cwnd - self.in_flight) * c.mss_cache
        limit = min(window, congestion)
        if limit >= most * c.mss_cache or (len(self.queue) > 1 and limit >= len(skb.data)):
            return no
        if limit >= min(self.wnd, self.cwnd * c.mss_cache) // _WINDOW_DIVISOR:
            return no
        trip = c.rtt.srtt >> 3
        if self.rtx[0].sent_us + trip - now > min(trip >> 1, 1000):
            return no
        if congestion < window:
            if congestion <= len(skb.data):
                return True, True
        elif window <= len(skb.data):
            return True, False
        return not skb.fin, False

    def _nagle_allows(self, nagle: Nagle) -> bool:
        """A small last segment goes if nothing small is under way (tcp_nagle_check, Minshall's variant)."""
        if nagle is Nagle.CORK:
            return False
        if nagle is not Nagle.NORMAL or not self.rtx:
            return True
        return not self.una < self._small_end <= self.nxt

    def _was_sent(self, pieces: list[Skb]) -> None:
        """New segments are under way (tcp_event_new_data_sent)."""
        c = self.c
        first = not self.rtx
        self.queue.popleft()
        self.rtx.extend(pieces)
        self.nxt = pieces[-1].end
        self._written_us = c.now_us
        if first or c.timers.is_probing_loss:
            c.timers.rearm()
        c.count("TCPOrigDataSent", len(pieces))

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
        """Twice the congestion window (tcp_sndbuf_expand)."""
        segments = max(INIT_CWND, self.cwnd, self.c.recovery.reordering + 1)
        self.sndbuf = max(self.sndbuf, min(2 * segments * SND_PER_SEGMENT, self.c.conf.tcp_wmem[2]))

    def bound_to_half_window(self, size: int) -> int:
        """A segment is at most half the largest window the peer offered (tcp_bound_to_half_wnd)."""
        cutoff = self.max_window >> 1 if self.max_window > MSS_DEFAULT else self.max_window
        if cutoff and size > cutoff:
            return max(cutoff, 68 - self.c.header_len)
        return size
