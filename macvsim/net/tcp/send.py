"""The sending half of a connection: what programs wrote, cut into segments, and which of them may go out now.

The queue holds segments as the kernel makes them (tcp_sendmsg): writes fill up the last segment that was not sent yet.
Segmentation offload is not simulated, so a segment never holds more than the peer's MSS.
"""

from __future__ import annotations

import enum
from collections import deque
from typing import TYPE_CHECKING

from macvsim.net.tcp.state import INFINITE_SSTHRESH, INIT_CWND, MSS_DEFAULT, SND_PER_SEGMENT
from macvsim.sim import SECOND, US

if TYPE_CHECKING:
    from macvsim.net.tcp.connection import Connection

_GSO_MAX = 65536
_FLUSH_EVERY = 16
"""After so many new segments a writing program looks at what came meanwhile."""


class Nagle(enum.Enum):
    """How eager sending is (TCP_NAGLE_*)."""

    NORMAL = enum.auto()
    """Small segments wait while others are under way."""
    OFF = enum.auto()
    PUSH = enum.auto()
    """Send the last segment, small or not."""


class Skb:
    """One segment to send or under way; `sent_us` is when it was last sent."""

    __slots__ = ("data", "delivered", "end", "ever_retrans", "fin", "lost", "psh", "retrans", "sacked", "sent_us",
                 "seq", "syn")  # fmt: skip

    def __init__(self, seq: int, data: bytes, *, syn: bool = False, fin: bool = False) -> None:
        self.seq = seq
        self.data = data
        self.end = seq + len(data) + syn + fin
        self.syn = syn
        self.fin = fin
        self.psh = False
        self.sacked = False
        self.lost = False
        self.retrans = False
        """Sent again, and that copy is believed to be under way."""
        self.ever_retrans = False
        self.sent_us = 0
        self.delivered = 0
        """Segments that were delivered when it was sent."""

    def split(self, size: int) -> Skb:
        """Keep the first `size` bytes; the rest as another segment (tcp_fragment)."""
        rest = Skb(self.seq + size, self.data[size:], fin=self.fin)
        rest.psh, rest.sacked, rest.lost = self.psh, self.sacked, self.lost
        rest.retrans, rest.ever_retrans = self.retrans, self.ever_retrans
        rest.sent_us, rest.delivered = self.sent_us, self.delivered
        self.data = self.data[:size]
        self.end = self.seq + size
        self.fin = self.psh = False
        return rest


class Sender:
    """What goes to the peer; sequence numbers are integers that do not wrap, windows in bytes, `cwnd` in segments.

    una : oldest not acknowledged (SND.UNA); nxt : next to send (SND.NXT); write_seq : end of what programs wrote
    """

    def __init__(self, c: Connection, iss: int) -> None:
        self.c = c
        self.una = self.nxt = self.write_seq = self.pushed_seq = iss
        self.wnd = 0
        self.max_window = 0
        self.wl1 = 0
        self.queue: deque[Skb] = deque()
        self.rtx: deque[Skb] = deque()
        """Under way, in order of sequence numbers."""
        self.sacked_out = self.lost_out = self.retrans_out = 0
        self.cwnd = INIT_CWND
        self.cwnd_count = 0
        self.ssthresh = INFINITE_SSTHRESH
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
        self._limited = False
        self._max_packets = 0
        self._usage_seq = iss
        self._cwnd_used = 0
        self._cwnd_stamp = 0

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

    def cost(self, skb: Skb) -> int:
        """Memory booked for a segment."""
        return len(skb.data) + self.c.skb_overhead

    # -- writing -------------------------------------------------------------------------------------------------------

    def write(self, data: bytes) -> int:
        """Take what the buffer has room for, send what may be sent; bytes taken (tcp_sendmsg_locked)."""
        mss = self.c.current_mss()
        at = made = 0
        full = False
        while at < len(data):
            tail = self.queue[-1] if self.queue else None
            space = mss - len(tail.data) if tail is not None and not tail.fin else 0
            if tail is None or space <= 0:
                if not self.room:
                    full = True
                    break
                if made == _FLUSH_EVERY:
                    made = 0
                    if self.c.flush_backlog():
                        mss = self.c.current_mss()
                        continue
                made += 1
                tail = Skb(self.write_seq, b"")
                self.wmem += self.c.skb_overhead
                self.queue.append(tail)
                self._restart_after_idle()
                space = mss
            part = data[at : at + space]
            tail.data += part
            tail.end += len(part)
            if not at:
                tail.psh = False
            self.wmem += len(part)
            self.write_seq += len(part)
            at += len(part)
            if at == len(data) or len(tail.data) < mss:
                continue
            if self._force_push():
                self._mark_push(tail)
                self.push(Nagle.PUSH)
            elif tail is self.queue[0]:
                self.push(Nagle.PUSH, one=True)
            mss = self.c.current_mss()
        self.no_space = self.no_space or full
        if at and self.queue:
            self._mark_push(self.queue[-1])
            self.push(Nagle.PUSH if full else self.nagle)
        return at

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
            tail = Skb(self.write_seq, b"")
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

        one : not more than one; probe : one even if the congestion window is full
        """
        c = self.c
        mss = c.current_mss()
        sent = 0
        while self.queue:
            skb = self.queue[0]
            if self.in_flight >= self.cwnd and not (probe and not sent):
                break
            if min(skb.end, skb.seq + mss) > self.window_end:
                break
            last = len(self.queue) == 1
            small = len(skb.data) < mss
            if last and small and not skb.fin and not self._nagle_allows(nagle):
                break
            if len(skb.data) > mss:
                rest = skb.split(mss)
                self.queue.insert(1, rest)
                self.wmem += c.skb_overhead
            if not c.out.data(skb):
                break
            self._was_sent(skb)
            if len(skb.data) < mss:
                self._small_end = skb.end
            sent += 1
            if one or probe:
                break
        limited = self.in_flight >= self.cwnd
        if sent or limited:
            self._validate_cwnd(limited)
        if sent:
            c.recovery.new_data_sent(sent)
            if not probe:
                c.timers.schedule_probe(advancing=False)
        return sent

    def _nagle_allows(self, nagle: Nagle) -> bool:
        """A small last segment goes if nothing small is under way (tcp_nagle_check, Minshall's variant)."""
        if nagle is not Nagle.NORMAL or not self.rtx:
            return True
        return not self.una < self._small_end <= self.nxt

    def _was_sent(self, skb: Skb) -> None:
        """A new segment is under way (tcp_event_new_data_sent)."""
        c = self.c
        first = not self.rtx
        self.queue.popleft()
        self.rtx.append(skb)
        self.nxt = skb.end
        if first or c.timers.is_probing_loss:
            c.timers.rearm()
        c.count("TCPOrigDataSent")

    def acked(self, skb: Skb) -> None:
        """A segment left the queue of those under way: its memory is free."""
        self.wmem -= self.cost(skb)

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

    # -- the congestion window -----------------------------------------------------------------------------------------

    def limited_by_cwnd(self) -> bool:
        """True if the congestion window was what held the sender back (tcp_is_cwnd_limited)."""
        return self._limited or (self.cwnd < self.ssthresh and self.cwnd < 2 * self._max_packets)

    def _validate_cwnd(self, limited: bool) -> None:
        """Remember whether the window is used; what is not used long enough is taken back (tcp_cwnd_validate)."""
        c = self.c
        out = len(self.rtx)
        if self.una >= self._usage_seq or limited or (not self._limited and out > self._max_packets):
            self._limited, self._max_packets, self._usage_seq = limited, out, self.nxt
        now = c.sim._now
        if self.limited_by_cwnd():
            self._cwnd_used = 0
            self._cwnd_stamp = now
            return
        self._cwnd_used = max(self._cwnd_used, out)
        if c.conf.tcp_slow_start_after_idle and now - self._cwnd_stamp >= c.rtt.rto:
            self._application_limited(now)

    def _application_limited(self, now: int) -> None:
        """tcp_cwnd_application_limited (RFC 2861)."""
        if self.c.recovery.is_open and not self.no_space:
            used = max(self._cwnd_used, INIT_CWND)
            if used < self.cwnd:
                self.ssthresh = self.current_ssthresh()
                self.cwnd = (self.cwnd + used) >> 1
            self._cwnd_used = 0
        self._cwnd_stamp = now

    def current_ssthresh(self) -> int:
        """The threshold, not below three quarters of the window (tcp_current_ssthresh)."""
        if self.c.recovery.in_reduction:
            return self.ssthresh
        return max(self.ssthresh, (self.cwnd >> 1) + (self.cwnd >> 2))

    def _restart_after_idle(self) -> None:
        """The window shrinks for every timeout that nothing was sent (tcp_slow_start_after_idle_check)."""
        c = self.c
        if not c.conf.tcp_slow_start_after_idle or self.rtx or not self.last_sent:
            return
        idle = c.sim._now - self.last_sent
        if idle <= c.rtt.rto:
            return
        restart = min(INIT_CWND, self.cwnd)
        self.ssthresh = self.current_ssthresh()
        idle -= c.rtt.rto
        while idle > 0 and self.cwnd > restart:
            self.cwnd >>= 1
            idle -= c.rtt.rto
        self.cwnd = max(self.cwnd, restart)
        self._cwnd_stamp = c.sim._now
        self._cwnd_used = 0

    def stamp(self) -> None:
        """The window was changed for a reason; its age starts anew."""
        self._cwnd_stamp = self.c.sim._now

    def ack_delay_us(self) -> int:
        """How late pacing may make acknowledgements (hystart_ack_delay): at most 1 ms."""
        rate = self.pacing_rate()
        return min(1000, _GSO_MAX * 4 * (SECOND // US) // rate) if rate else 0

    def pacing_rate(self) -> int:
        """Bytes per second: a window and a fifth per round trip, two in slow start (tcp_update_pacing_rate)."""
        c = self.c
        share = 200 if self.cwnd < self.ssthresh // 2 else 120
        rate = c.mss_cache * (SECOND // US << 3) * share // 100 * max(self.cwnd, len(self.rtx))
        return rate // c.rtt.srtt if c.rtt.srtt else rate

    def bound_to_half_window(self, size: int) -> int:
        """A segment is at most half the largest window the peer offered (tcp_bound_to_half_wnd)."""
        cutoff = self.max_window >> 1 if self.max_window > MSS_DEFAULT else self.max_window
        if cutoff and size > cutoff:
            return max(cutoff, 68 - self.c.header_len)
        return size
