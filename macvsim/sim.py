"""The simulation: clock, dice, packet identities, journal, and the one place where packets end.

`Sim` is a `simpy.Environment`, so processes, timeouts and ``run(until=…)`` work as simpy documents them.  Packets do
not travel as simpy events: they are light calls in a calendar (time -> calls in order), which stands for softirq
context.  At equal times the calendar runs before simpy's queue, which stands for process context, as in the kernel.

Kernel timers go through the timer wheel (kernel/time/timer.c): they never fire early, and late by up to one eighth.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from heapq import heappop, heappush
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import simpy
from simpy.core import EmptySchedule, Infinity, StopSimulation

if TYPE_CHECKING:
    from macvsim.drop import DropReason
    from macvsim.wire.frame import Frame

US = 1_000
MS = 1_000_000
SECOND = 1_000_000_000

_WHEEL_LEVELS = 9
_WHEEL_SHIFT = 3
_WHEEL_SIZE = 64


class Place(Protocol):
    """Something a packet can be at; `label` is what people read, like ``host1:enp0s8``."""

    @property
    def label(self) -> str: ...


class Record(NamedTuple):
    """One line of the journal: at `time` (ns) packet `uid` was at `where`; `step` says what happened to it there."""

    time: int
    uid: int
    where: Place
    step: str
    frame: Frame | None
    detail: Any


class Journal:
    """What happened to every packet, oldest first; at most about `limit` records, the oldest half is forgotten beyond
    that.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.records: list[Record] = []
        self.causes: dict[int, int] = {}

    def append(self, record: Record) -> None:
        self.records.append(record)
        if len(self.records) > self.limit:
            del self.records[: self.limit // 2]
            oldest = min(record.uid for record in self.records)
            self.causes = {uid: cause for uid, cause in self.causes.items() if uid >= oldest}


class Timer:
    """A kernel timer that calls `fn` once; `start` again moves it (mod_timer)."""

    __slots__ = ("_bucket", "_sim", "_turn", "fn", "pending")

    def __init__(self, sim: Sim, fn: Callable[[], None]) -> None:
        self._sim = sim
        self._turn = 0
        self._bucket = (0, 0)
        self.fn = fn
        self.pending = False

    def start(self, delay: int) -> None:
        """Fire `delay` jiffies from now, rounded up by the timer wheel."""
        sim = self._sim
        self.start_at(sim.jiffies + delay)

    def start_at(self, expires: int) -> None:
        """Fire when jiffies reach `expires`, rounded up by the timer wheel; a timer stays where it is in its bucket."""
        bucket = self._sim.wheel_bucket(expires, self._sim.jiffies)
        if self.pending and bucket == self._bucket:
            return
        self._turn += 1
        self._bucket = bucket
        self.pending = True
        self._sim.wheel_add(bucket, self, self._turn)

    def stop(self) -> None:
        """Do not fire."""
        self._turn += 1
        self.pending = False

    def fire(self, turn: int) -> None:
        """The wheel has turned to where `start` number `turn` put the timer."""
        if turn == self._turn:
            self.pending = False
            self.fn()


class Sim(simpy.Environment):
    """Clock (integer nanoseconds), random streams, packet identities, journal and drop sink of one lab.

    Parameters
    ----------
    seed : everything random derives from it, one independent stream per name
    journal : how many journal records to keep, 0 for none
    hz : kernel ticks per second (CONFIG_HZ); Debian and Ubuntu use 250
    """

    def __init__(self, seed: int = 0, *, journal: int = 400_000, hz: int = 250) -> None:
        super().__init__(initial_time=0)
        self._now: int
        self.seed = seed
        self.hz = hz
        self.tick = SECOND // hz
        self.journal: Journal | None = Journal(journal) if journal else None
        self.drops: dict[tuple[Place, DropReason], int] = {}
        self.device_watchers: list[Callable[[Any], None]] = []
        """Called with every device that enters a namespace, such as captures of a whole lab."""
        self.program_watchers: list[Callable[[Any], None]] = []
        """Called with every program of `macvsim.apps` that starts."""
        self._times: list[int] = []
        self._slots: dict[int, list[tuple[Callable[..., Any], tuple[Any, ...]]]] = {}
        self._wheel: dict[int, dict[int, list[tuple[Timer, int]]]] = {}
        self._in_softirq = False
        self._last_uid = 0
        self._streams: dict[str, random.Random] = {}

    # -- clock ---------------------------------------------------------------------------------------------------------

    def call_at(self, time: int, fn: Callable[..., Any], *args: Any) -> None:
        """Call ``fn(*args)`` at `time` (ns), after everything already due then; never before now."""
        slot = self._slots.get(time)
        if slot is None:
            if time < self._now:
                raise ValueError(f"call_at({time}): the clock already shows {self._now}")
            self._slots[time] = [(fn, args)]
            heappush(self._times, time)
        else:
            slot.append((fn, args))

    def call_later(self, delay: int, fn: Callable[..., Any], *args: Any) -> None:
        """Call ``fn(*args)`` `delay` ns from now."""
        self.call_at(int(self._now) + delay, fn, *args)

    def call_in_process(self, delay: int, fn: Callable[[], Any]) -> None:
        """Call ``fn()`` `delay` ns from now in process context, as a kernel thread runs."""
        event = self.timeout(delay)
        event.callbacks.append(lambda _: fn())

    def recall(self, fn: Callable[..., Any]) -> list[tuple[Any, ...]]:
        """Take back every call of `fn` that is still to be made; returns their arguments in order of time."""
        taken = []
        for time in sorted(self._slots):
            taken += [args for other, args in self._slots[time] if other == fn]
            self._slots[time][:] = [call for call in self._slots[time] if call[0] != fn]
        return taken

    @property
    def jiffies(self) -> int:
        """Kernel ticks since the start."""
        return int(self._now) // self.tick

    def wheel_time(self, expires: int, clock: int | None = None) -> int:
        """When (ns) the timer wheel fires a timer that is due at jiffy `expires` and was set at jiffy `clock`, by
        default now (calc_wheel_index in kernel/time/timer.c).
        """
        return self.wheel_bucket(expires, self.jiffies if clock is None else clock)[0]

    def wheel_bucket(self, expires: int, clock: int) -> tuple[int, int]:
        """Where the timer wheel puts a timer: when the bucket is run (ns), and its level."""
        delta = max(expires - clock, 0)
        level = 0
        while level < _WHEEL_LEVELS - 1 and delta >= (_WHEEL_SIZE - 1) << (level * _WHEEL_SHIFT):
            level += 1
        shift = level * _WHEEL_SHIFT
        return ((max(expires, clock) >> shift) + 1 << shift) * self.tick, level

    def wheel_add(self, bucket: tuple[int, int], timer: Timer, turn: int) -> None:
        """Put a timer first in a bucket (enqueue_timer)."""
        time, level = bucket
        levels = self._wheel.get(time)
        if levels is None:
            levels = self._wheel[time] = {}
            self.call_at(time, self._run_wheel, time)
        levels.setdefault(level, []).append((timer, turn))

    def _run_wheel(self, time: int) -> None:
        """All timers due: the highest level first, and in a bucket the one that was put there last (__run_timers)."""
        levels = self._wheel.pop(time)
        for level in sorted(levels, reverse=True):
            for timer, turn in reversed(levels[level]):
                timer.fire(turn)

    def seconds_to_jiffies(self, seconds: float) -> int:
        """Kernel ticks in a time in seconds."""
        return round(seconds * self.hz)

    def peek(self) -> float:
        """Time of the next event of either kind; infinity when there is none."""
        queued = self._queue[0][0] if self._queue else Infinity
        return min(self._times[0], queued) if self._times else queued

    def step(self) -> None:
        """Everything due at the next calendar time, or one simpy event; `EmptySchedule` when nothing is left."""
        if self._times and not (self._queue and self._queue[0][0] < self._times[0]):
            self._run_calendar(self._times[0], once=True)
        else:
            super().step()

    def run(self, until: Any = None) -> Any:
        """As `simpy.Environment.run`.

        until : a time in ns (everything due then still happens), an event (its value is returned, or raised), or None:
            until nothing is left
        """
        stop = Infinity
        if isinstance(until, simpy.Event):
            if until.processed:
                return until.value
            until.callbacks.append(StopSimulation.callback)
        elif until is not None:
            stop = int(until)
            if stop < self._now:
                raise ValueError(f"until ({stop}) must not be before the current time ({self._now})")
        queue = self._queue
        try:
            while True:
                if self._times:
                    self._run_calendar(stop)
                if not queue or queue[0][0] > stop:
                    if self._times and self._times[0] <= stop:
                        continue
                    break
                super().step()
        except StopSimulation as stopped:
            return stopped.args[0]
        if isinstance(until, simpy.Event):
            raise RuntimeError(f"nothing is left to happen, but the awaited event has not: {until.__class__.__name__}")
        if until is not None:
            self._now = int(stop)
        return None

    def _run_calendar(self, stop: float, *, once: bool = False) -> None:
        """Make the calendar's calls up to `stop`, or up to the next simpy event if that comes first."""
        times, slots, queue = self._times, self._slots, self._queue
        self._in_softirq = True
        while times:
            time = times[0]
            if time > stop or (queue and queue[0][0] < time):
                break
            self._now = time
            calls = iter(slots[time])
            try:
                for fn, args in calls:  # the list grows while it is read: calls made for this very moment
                    fn(*args)
            except BaseException:
                slots[time] = list(calls)
                self._in_softirq = False
                raise
            heappop(times)
            del slots[time]
            if once:
                break
        self._in_softirq = False

    def run_softirqs(self) -> None:
        """What a program has set off happens before it goes on (local_bh_enable): the calls due at this very moment.

        Only in process context; a softirq does not run others.
        """
        if not self._in_softirq:
            self._run_calendar(self._now)

    # -- dice ----------------------------------------------------------------------------------------------------------

    def rng(self, name: str) -> random.Random:
        """The random stream of one named thing; adding another thing moves nobody else's numbers."""
        stream = self._streams.get(name)
        if stream is None:
            stream = self._streams[name] = random.Random(f"{self.seed}/{name}")
        return stream

    # -- packets: identity, journal, end -------------------------------------------------------------------------------

    def born(self, cause: int = 0) -> int:
        """Identity of a new packet; `cause` is the packet that made somebody send it (0: a program did)."""
        self._last_uid += 1
        if self.journal is not None and cause:
            self.journal.causes[self._last_uid] = cause
        return self._last_uid

    def note(self, uid: int, where: Place, step: str, frame: Frame | None = None, detail: Any = None) -> None:
        """Write to the journal, if there is one."""
        if self.journal is not None:
            self.journal.append(Record(int(self._now), uid, where, step, frame, detail))

    def drop(self, uid: int, where: Place, reason: DropReason, frame: Frame | None = None) -> DropReason:
        """The one sink (kfree_skb_reason): counts, journals, and returns the reason."""
        key = (where, reason)
        self.drops[key] = self.drops.get(key, 0) + 1
        if self.journal is not None:
            self.journal.append(Record(int(self._now), uid, where, "drop", frame, reason))
        return reason


__all__ = ["MS", "SECOND", "US", "EmptySchedule", "Journal", "Place", "Record", "Sim", "Timer"]
