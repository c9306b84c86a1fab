"""The congestion window's housekeeping: whether it is used, and what happens when it is not (RFC 7661's predecessor RFC
2861, as tcp_output.c has it).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from macvsim.engine.sim import SECOND, US
from macvsim.net.tcp.state import INFINITE_SSTHRESH, INIT_CWND

if TYPE_CHECKING:
    from macvsim.net.tcp.connection import Connection

GSO_MAX = 65536 - 321
"""Bytes the kernel hands to a device at once: 64 KiB without the largest headers (sk_gso_max_size)."""


class CongestionWindow:
    """`cwnd` and `ssthresh` in segments; what changes them is the congestion control's and the recovery's."""

    c: Connection

    def __init__(self) -> None:
        self.cwnd = INIT_CWND
        self.cwnd_count = 0
        self.ssthresh = INFINITE_SSTHRESH
        self._limited = False
        self._max_packets = 0
        self._usage_seq = 0
        self._cwnd_used = 0
        self._cwnd_stamp = 0

    def limited_by_cwnd(self) -> bool:
        """True if the congestion window was what held the sender back (tcp_is_cwnd_limited)."""
        return self._limited or (self.cwnd < self.ssthresh and self.cwnd < 2 * self._max_packets)

    def validate(self, limited: bool) -> None:
        """Remember whether the window is used; what is not used long enough is taken back (tcp_cwnd_validate)."""
        c = self.c
        tx = c.tx
        out = len(tx.rtx)
        if tx.una >= self._usage_seq or limited or (not self._limited and out > self._max_packets):
            self._limited, self._max_packets, self._usage_seq = limited, out, tx.nxt
        now = c.sim._now
        if self.limited_by_cwnd():
            self._cwnd_used = 0
            self._cwnd_stamp = now
            return
        self._cwnd_used = max(self._cwnd_used, out)
        if c.conf.tcp_slow_start_after_idle and now - self._cwnd_stamp >= c.rtt.rto:
            self._application_limited(now)

    def _application_limited(self, now: int) -> None:
        """tcp_cwnd_application_limited."""
        if self.c.recovery.is_open and not self.c.tx.no_space:
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

    def restart_after_idle(self) -> None:
        """The window shrinks for every timeout that nothing was sent (tcp_slow_start_after_idle_check)."""
        c = self.c
        tx = c.tx
        if not c.conf.tcp_slow_start_after_idle or tx.rtx or not tx.last_sent:
            return
        idle = c.sim._now - tx.last_sent
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

    # -- rates ---------------------------------------------------------------------------------------------------------

    def pacing_rate(self) -> int:
        """Bytes per second: a window and a fifth per round trip, two in slow start (tcp_update_pacing_rate)."""
        c = self.c
        share = 200 if self.cwnd < self.ssthresh // 2 else 120
        rate = c.mss_cache * (SECOND // US << 3) * share // 100 * max(self.cwnd, len(c.tx.rtx))
        return rate // c.rtt.srtt if c.rtt.srtt else rate

    def ack_delay_us(self) -> int:
        """How late pacing may make acknowledgements (hystart_ack_delay): at most 1 ms."""
        rate = self.pacing_rate()
        return min(1000, GSO_MAX * 4 * (SECOND // US) // rate) if rate else 0

    def burst_segments(self, mss: int) -> int:
        """Segments that may leave at once: what the rate gives in a millisecond, more on short ways (tcp_tso_segs)."""
        amount = (self.pacing_rate() >> 10) + (GSO_MAX >> min(self.c.rtt.min_us >> 9, 32))
        return max(min(amount, GSO_MAX) // mss, 2)
