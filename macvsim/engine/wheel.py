"""The order of what happens at one time, and the timer wheel that kernel timers go through (kernel/time/timer.c): never
early, and late by up to one eighth.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from macvsim.engine.sim import Sim

SOFTIRQ: Final = -2
"""Priority of calls in softirq context; simpy's own are 0 (URGENT) and 1 (NORMAL)."""
PROCESS: Final = 1
AFTER_ALL: Final = 2
"""Priority of the end of a run: everything that is due at that time has happened."""
NEVER: Final = 1 << 127
"""A time after every other."""
_BUCKET = attrgetter("_bucket")
_LEVEL_BITS = 4
_WHEEL_LEVELS = 9
_WHEEL_SHIFT = 3
_REACH = 63
"""Jiffies ahead that a level tells apart, counted in its own steps: one less than it has buckets."""
_LEVELS = [min(-(-bits // _WHEEL_SHIFT), _WHEEL_LEVELS - 1) for bits in range(64)]
"""Levels by how many bits it takes to say how often they reach as far."""


class TimerWheel:
    """Where timers of a simulation stand until they run out."""

    __slots__ = ("_due", "_sim", "_tick")

    def __init__(self, sim: Sim) -> None:
        self._sim = sim
        self._tick = sim.tick
        self._due: dict[int, dict[Timed, None]] = {}
        """By when they are run, timers in the order in which they were put in buckets."""

    def time(self, expires: int, clock: int | None = None) -> int:
        """When (ns) the timer wheel fires a timer that is due at jiffy `expires` and was set at jiffy `clock`, by
        default now (calc_wheel_index in kernel/time/timer.c).
        """
        return self.bucket(expires, self._sim.jiffies if clock is None else clock) >> _LEVEL_BITS

    def bucket(self, expires: int, clock: int) -> int:
        """Where the timer wheel puts a timer: when the bucket is run (ns), and in the last `_LEVEL_BITS` its level."""
        if expires < clock:
            expires = clock
        level = _LEVELS[((expires - clock) // _REACH).bit_length()]
        shift = level * _WHEEL_SHIFT
        return ((expires >> shift) + 1 << shift) * self._tick << _LEVEL_BITS | level

    def add(self, bucket: int, timer: Timed) -> None:
        """Put a timer first in a bucket, unless it is there (enqueue_timer)."""
        if bucket == timer._bucket:
            return
        sim = self._sim
        sim.unrepeatable()
        if timer._bucket:
            self.remove(timer)
        timer._bucket = bucket
        time = bucket >> _LEVEL_BITS
        due = self._due.get(time)
        if due is None:
            due = self._due[time] = {}
            sim.post(time - sim._now, SOFTIRQ, self._run, time)
        due[timer] = None

    def remove(self, timer: Timed) -> None:
        """Take a timer out of its bucket (detach_timer)."""
        due = self._due.get(timer._bucket >> _LEVEL_BITS)
        if due is not None:  # else the bucket is being run
            due.pop(timer, None)

    def _run(self, time: int) -> None:
        """All timers due: the highest level first, and in a bucket the one that was put there last (__run_timers)."""
        due = list(self._due.pop(time))
        if len(due) > 1:
            due.sort(key=_BUCKET)
            due.reverse()
        for timer in due:
            if timer._bucket >> _LEVEL_BITS == time:  # else it was stopped, moved, or has run
                timer._bucket = 0
                timer.expire()


class Timed:
    """Something with a kernel timer, which calls `expire` once; `start` again moves it (mod_timer)."""

    __slots__ = ("_bucket", "sim")

    def __init__(self, sim: Sim) -> None:
        self.sim = sim
        self._bucket = 0
        """Where it stands in the wheel; 0: nowhere."""

    @property
    def pending(self) -> bool:
        """It has been started and has not run out."""
        return self._bucket != 0

    def expire(self) -> None:
        """The timer has run out."""
        raise NotImplementedError

    def start(self, delay: int) -> None:
        """Expire `delay` jiffies from now, rounded up by the timer wheel."""
        sim = self.sim
        wheel, clock = sim.wheel, sim._now // sim.tick
        wheel.add(wheel.bucket(clock + delay, clock), self)

    def start_at(self, expires: int) -> None:
        """Expire when jiffies reach `expires`, rounded up by the timer wheel; a timer keeps its place in a bucket."""
        sim = self.sim
        sim.wheel.add(sim.wheel.bucket(expires, sim._now // sim.tick), self)

    def stop(self) -> None:
        """Do not expire."""
        if self._bucket:
            self.sim.wheel.remove(self)
            self._bucket = 0


class Timer(Timed):
    """A kernel timer that calls `fn`."""

    __slots__ = ("fn",)

    def __init__(self, sim: Sim, fn: Callable[[], None]) -> None:
        super().__init__(sim)
        self.fn = fn

    def expire(self) -> None:
        self.fn()
