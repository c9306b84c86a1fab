"""Congestion control: CUBIC with HyStart (RFC 9438 as net/ipv4/tcp_cubic.c has it) and Reno (RFC 5681).

Windows are counted in segments.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from macvsim.engine.sim import MS, US
from macvsim.net.tcp.state import CaState

if TYPE_CHECKING:
    from macvsim.net.tcp.connection import Connection

_BETA = 717
_SCALE = 1024
_HZ_SHIFT = 10
_BIC_SCALE = 41
_RTT_SCALE = _BIC_SCALE * 10
_CUBE_FACTOR = (1 << (10 + 3 * _HZ_SHIFT)) // _RTT_SCALE
_BETA_SCALE = 8 * (_SCALE + _BETA) // 3 // (_SCALE - _BETA)
_HYSTART_FROM = 16
_HYSTART_SAMPLES = 8
_HYSTART_TRAIN_GAP = 2 * MS // US
_HYSTART_DELAY = (4 * MS // US, 16 * MS // US)


class Reno:
    """One more segment per round trip, half the window after a loss (tcp_reno_*)."""

    name = "reno"

    def __init__(self, c: Connection) -> None:
        self.c = c

    def ssthresh(self) -> int:
        """The threshold after a loss now."""
        return max(self.c.tx.cwnd >> 1, 2)

    def undo(self) -> int:
        """The window if the loss was none."""
        return max(self.c.tx.cwnd, self.c.recovery.prior_cwnd)

    def acknowledged(self, count: int) -> None:
        """`count` segments were acknowledged: open the window (tcp_reno_cong_avoid)."""
        tx = self.c.tx
        if tx.limited_by_cwnd():
            count = self.slow_start(count)
            if count:
                self.additive(tx.cwnd, count)

    def slow_start(self, count: int) -> int:
        """Grow by what was acknowledged, up to the threshold; what is left of `count` (tcp_slow_start)."""
        tx = self.c.tx
        if tx.cwnd >= tx.ssthresh:
            return count
        before = tx.cwnd
        tx.cwnd = min(before + count, tx.ssthresh)
        return count - (tx.cwnd - before)

    def additive(self, per: int, count: int) -> None:
        """One segment more for every `per` acknowledged (tcp_cong_avoid_ai)."""
        tx = self.c.tx
        if tx.cwnd_count >= per:
            tx.cwnd_count = 0
            tx.cwnd += 1
        tx.cwnd_count += count
        if tx.cwnd_count >= per:
            more, tx.cwnd_count = divmod(tx.cwnd_count, per)
            tx.cwnd += more

    def sampled(self, trip: int) -> None:
        """A round trip took `trip` us."""

    def entered(self, state: CaState) -> None:
        """Congestion control changes its state."""

    def restarted(self) -> None:
        """The first segment after a pause goes out (CA_EVENT_TX_START)."""


class Cubic(Reno):
    """The window is a cubic function of the time since the last loss."""

    name = "cubic"

    def __init__(self, c: Connection) -> None:
        super().__init__(c)
        self._reset()

    def _reset(self) -> None:
        self._per = 0
        self._last_max = 0
        self._last_cwnd = 0
        self._last_time = 0
        self._origin = 0
        self._k = 0
        self._delay_min = 0
        self._epoch = 0
        """Jiffies; 0: none."""
        self._acked = 0
        self._friendly = 0
        self._found = False
        self._train_reset()

    def ssthresh(self) -> int:
        cwnd = self.c.tx.cwnd
        self._epoch = 0
        shrinking = cwnd < self._last_max
        self._last_max = cwnd * (_SCALE + _BETA) // (2 * _SCALE) if shrinking else cwnd
        return max(cwnd * _BETA // _SCALE, 2)

    def acknowledged(self, count: int) -> None:
        tx = self.c.tx
        if not tx.limited_by_cwnd():
            return
        count = self.slow_start(count)
        if count:
            self._update(count)
            self.additive(self._per, count)

    def _update(self, count: int) -> None:
        """Acknowledged segments per segment of growth (bictcp_update)."""
        sim = self.c.sim
        cwnd, now, hz = self.c.tx.cwnd, sim.jiffies + 1, sim.hz
        self._acked += count
        if self._last_cwnd == cwnd and now - self._last_time <= hz // 32:
            return
        if not (self._epoch and now == self._last_time):
            self._last_cwnd, self._last_time = cwnd, now
            if not self._epoch:
                self._epoch, self._acked, self._friendly = now, count, cwnd
                self._k = _cube_root(_CUBE_FACTOR * max(self._last_max - cwnd, 0))
                self._origin = max(self._last_max, cwnd)
            t = now - self._epoch + self.c.ticks_of_us(self._delay_min)
            t = (t << _HZ_SHIFT) // hz
            offset = abs(t - self._k)
            delta = _RTT_SCALE * offset**3 >> 10 + 3 * _HZ_SHIFT
            target = self._origin - delta if t < self._k else self._origin + delta
            self._per = cwnd // (target - cwnd) if target > cwnd else 100 * cwnd
            if not self._last_max:
                self._per = min(self._per, 20)
        self._be_friendly(cwnd)
        self._per = max(self._per, 2)

    def _be_friendly(self, cwnd: int) -> None:
        """Not slower than Reno would be."""
        per = cwnd * _BETA_SCALE >> 3
        while self._acked > per:
            self._acked -= per
            self._friendly += 1
        if self._friendly > cwnd:
            self._per = min(self._per, cwnd // (self._friendly - cwnd))

    def sampled(self, trip: int) -> None:
        sim, tx = self.c.sim, self.c.tx
        if self._epoch and sim.jiffies + 1 - self._epoch < sim.hz:
            return
        delay = trip or 1
        if not self._delay_min or self._delay_min > delay:
            self._delay_min = delay
        if not self._found and tx.cwnd < tx.ssthresh:
            self._hystart(delay)

    def _train_reset(self) -> None:
        now = self.c.now_us
        self._round_start = self._last_ack = now
        self._round_end = self.c.tx.nxt
        self._round_delay = 0xFFFFFFFF
        self._samples = 0

    def _hystart(self, delay: int) -> None:
        """Leave slow start when acknowledgements come late or for half a round trip (hystart_update)."""
        tx = self.c.tx
        if tx.una > self._round_end:
            self._train_reset()
        if tx.cwnd < _HYSTART_FROM:
            return
        now = self.c.now_us
        if now - self._last_ack <= _HYSTART_TRAIN_GAP:
            self._last_ack = now
            if now - self._round_start > self._delay_min + tx.ack_delay_us() >> 1:
                self._leave("TCPHystartTrain")
        if self._found:
            return
        self._round_delay = min(self._round_delay, delay)
        if self._samples < _HYSTART_SAMPLES:
            self._samples += 1
        else:
            low, high = _HYSTART_DELAY
            if self._round_delay > self._delay_min + min(max(self._delay_min >> 3, low), high):
                self._leave("TCPHystartDelay")

    def _leave(self, counter: str) -> None:
        tx = self.c.tx
        self._found = True
        self.c.count(f"{counter}Detect")
        self.c.count(f"{counter}Cwnd", tx.cwnd)
        tx.ssthresh = tx.cwnd

    def entered(self, state: CaState) -> None:
        if state is CaState.LOSS:
            self._reset()

    def restarted(self) -> None:
        """The time of silence does not count (cubictcp_cwnd_event)."""
        sim = self.c.sim
        idle = sim.jiffies - self.c.tx.last_sent // sim.tick
        if self._epoch and idle > 0:
            self._epoch = min(self._epoch + idle, sim.jiffies + 1)


def _cube_root(value: int) -> int:
    """Integer cube root, rounded down."""
    root: int = round(value ** (1 / 3))
    while root**3 > value:
        root -= 1
    while (root + 1) ** 3 <= value:
        root += 1
    return root


CONTROLS: dict[str, type[Reno]] = {"reno": Reno, "cubic": Cubic}
"""By the names of net.ipv4.tcp_available_congestion_control."""
