"""Round-trip time and retransmission timeout (RFC 6298 as tcp_rtt_estimator has it)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from macvsim.engine.sim import SECOND, US
from macvsim.net.tcp.state import RTO_FALLBACK, RTO_INIT, RTO_MAX, RTO_MIN

if TYPE_CHECKING:
    from macvsim.net.tcp.connection import Connection

_MIN_RTT_WINDOW = 300 * SECOND


class RttEstimator:
    """`srtt` in 1/8 us, `mdev`, `rttvar` in 1/4 us, `rto` in ns (whole ticks), `backoff` doublings of it.

    The smallest trip of the last five minutes is `least`, None before the first.
    """

    def __init__(self, c: Connection) -> None:
        self.c = c
        self.srtt = 0
        self.mdev = 0
        self.rttvar = 0
        self.backoff = 0
        self.rto = RTO_INIT
        self.least: int | None = None
        self._mdev_max = 0
        self._seq = 0
        self._least_at = 0

    @property
    def min_us(self) -> int:
        """The smallest trip, very long if there was none (tcp_min_rtt)."""
        return 0xFFFFFFFF if self.least is None else self.least

    def sample(self, trip: int, latest: int, *, maybe_delayed: bool) -> None:
        """A round trip took `trip` us, that of the segment sent last `latest` (tcp_ack_update_rtt).

        maybe_delayed : the acknowledgement of a lone segment, which the peer may have put off
        """
        now = self.c.sim._now
        if not (maybe_delayed and latest > self.min_us):
            latest = latest or self.c.sim.tick // US
            if self.least is None or latest <= self.least or now - self._least_at > _MIN_RTT_WINDOW:
                self.least = latest
                self._least_at = now
        self._estimate(trip)
        self.rto = self.computed()
        self.backoff = 0

    def fall_back(self) -> None:
        """The handshake has measured no trip, for segments of it were sent again: be patient (tcp_init_metrics)."""
        self.mdev = self.rttvar = self._mdev_max = RTO_FALLBACK // US
        self.rto = RTO_FALLBACK

    def _estimate(self, trip: int) -> None:
        floor = RTO_MIN // US
        una = self.c.tx.una
        if not self.srtt:
            self.srtt = max(trip << 3, 1)
            self.mdev = trip << 1
            self.rttvar = self._mdev_max = max(self.mdev, floor)
            self._seq = self.c.tx.nxt
            return
        error = trip - (self.srtt >> 3)
        self.srtt = max(self.srtt + error, 1)
        if error < 0:
            error = -error - (self.mdev >> 2)
            if error > 0:
                error >>= 3
        else:
            error -= self.mdev >> 2
        self.mdev += error
        if self.mdev > self._mdev_max:
            self._mdev_max = self.mdev
            self.rttvar = max(self.rttvar, self._mdev_max)
        if una > self._seq:
            if self._mdev_max < self.rttvar:
                self.rttvar -= (self.rttvar - self._mdev_max) >> 2
            self._seq = self.c.tx.nxt
            self._mdev_max = floor

    def computed(self) -> int:
        """The timeout that follows from the estimate, without backoff (__tcp_set_rto)."""
        c = self.c
        return min(c.ticks_of_us((self.srtt >> 3) + self.rttvar) * c.sim.tick, RTO_MAX)
