"""The sending half of a connection: which segments of the send buffer may go out now.

What may be sent leaves in one burst, cut to the peer's MSS: segmentation happens here, not in devices.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from macvsim.net.tcp.sendbuffer import SendBuffer
from macvsim.net.tcp.skb import Nagle, Skb
from macvsim.net.tcp.state import CaState

if TYPE_CHECKING:
    from macvsim.net.tcp.connection import Connection

_WINDOW_DIVISOR = 3
"""A third of the window is worth sending (net.ipv4.tcp_tso_win_divisor)."""


class Sender(SendBuffer):
    """What goes to the peer; windows in bytes, `cwnd` in segments."""

    def __init__(self, c: Connection, iss: int) -> None:
        super().__init__(c, iss)
        self.wnd = 0
        self.wl1 = 0
        self.delivered = 0
        self.lost = 0
        self.last_sent = 0
        """When data was last sent (ns)."""
        self.bytes_acked = 0
        self._small_end = iss
        self._usage_seq = iss
        self._written_us = 0

    @property
    def window_end(self) -> int:
        return self.una + self.wnd

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
            if not quota:
                break
            quota = min(quota, most)
            self._grow(skb, quota * mss - len(skb.data))
            if min(skb.end, skb.seq + mss) > self.window_end:
                break
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

    def transmit_head(self, size: int) -> None:
        """Send up to `size` bytes of the first segment, whatever Nagle's rule says (tcp_write_wakeup)."""
        skb = self.queue[0]
        skb.psh = True
        if size < len(skb.data):
            self.queue.insert(1, skb.split(size))
            self.wmem += self.c.skb_overhead
            skb.psh = True
        if self.c.out.burst([skb]):
            self._was_sent([skb])

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
