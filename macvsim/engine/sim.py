"""The simulation: clock, dice, packet identities, journal, and the one place where packets end.

`Sim` is a `simpy.Environment`, so processes, timeouts and ``run(until=…)`` work as simpy documents them.  Packets do
not travel as simpy events: they are light calls in simpy's queue, of a priority before all its own, which stands for
softirq context.  simpy's events stand for process context: at equal times they come after, as in the kernel.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from heapq import heapify, heappop, heappush
from itertools import count
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import simpy
from simpy.core import EmptySchedule, StopSimulation
from simpy.events import NORMAL, Event, EventPriority

from macvsim.engine.backlog import Backlog
from macvsim.engine.history import recorded
from macvsim.engine.journal import Journal, Place, Record, Station, Stations
from macvsim.engine.streams import Dice
from macvsim.engine.waiting import AFTER_ALL, NEVER, PROCESS, SOFTIRQ, WaitingLine
from macvsim.engine.wheel import TimerWheel

if TYPE_CHECKING:
    from macvsim.engine.drop import DropReason
    from macvsim.engine.history import History
    from macvsim.wire.frame import Frame

US = 1_000
MS = 1_000_000
SECOND = 1_000_000_000

_TIME_AND_TURN = itemgetter(0, 2)

ALARMS = 1 << 62
"""A turn after all that are not alarms of programs."""
CROWD = 8
"""As `Sim.crowd`."""


def spread(call: tuple[Callable[..., Any], tuple[Any, ...]]) -> None:
    """Make a call that is given as function and arguments."""
    fn, args = call
    fn(*args)


def _happen(event: simpy.Event) -> None:
    """An event happens: its callbacks are called, and a failure that nobody handles is raised (Environment.step)."""
    callbacks, event.callbacks = event.callbacks, None  # type: ignore[assignment]
    try:
        for callback in callbacks:
            callback(event)
    except StopSimulation:
        event.callbacks = callbacks[callbacks.index(callback) + 1 :]
        event.env.schedule(event, EventPriority(-1))
        raise
    if not event._ok and not hasattr(event, "_defused"):
        raise type(event._value)(*event._value.args) from event._value


def _stop(_: None) -> None:
    raise StopSimulation(None)


class Sim(simpy.Environment, Dice, Backlog):
    """Clock (integer nanoseconds), random streams, packet identities, journal and drop sink of one lab.

    Parameters
    ----------
    seed : everything random derives from it, one independent stream per name
    journal : how many journal records to keep, 0 for none
    hz : kernel ticks per second (CONFIG_HZ); Debian and Ubuntu use 250
    """

    def __init__(self, seed: int = 0, *, journal: int = 400_000, hz: int = 250) -> None:
        simpy.Environment.__init__(self, initial_time=0)
        Dice.__init__(self, seed)
        Backlog.__init__(self)
        self._now: int
        self.hz = hz
        self.tick = SECOND // hz
        self.journal: Journal | None = Journal(journal) if journal else None
        self.history: History | None = None
        """Where calls that change something are kept; None outside a lab."""
        self._drops: dict[tuple[Place, DropReason], int] = {}
        self.device_watchers: list[Callable[[Any], None]] = []
        """Called with every device that enters a namespace, such as captures of a whole lab."""
        self.program_watchers: list[Callable[[Any], None]] = []
        """Called with every program of `macvsim.apps` that starts."""
        self._queue: list[Any]
        self._lines: dict[int, WaitingLine] = {}
        """Of alarms, by how long they are set for."""
        self.wheel = TimerWheel(self)
        self._context = PROCESS
        self._turn = 0
        """Priority of the call that runs, and its turn among those of the same time and priority."""
        self.horizon = 0
        """Until when (ns) time is going to pass without anybody looking: to the end of a run that has one."""
        self.withdrawn: set[int] = set()
        """Turns of calls in the queue that will do nothing."""
        self.known: dict[bytes, tuple[Any, ...]] = {}
        """Entries of all neighbour tables by IPv4 address, 4 bytes (dev/broadcast.py)."""
        self.uids = count(1)
        """Identities of packets; who keeps a journal takes them from `born`."""
        self.shared: dict[int, bool] = {}
        """TCP segments under way with data of a file: whether each was cut from a larger one (net/tcp/memory.py)."""
        self.epoch = 0
        """Counts changes of the configuration: what was learnt from frames in an earlier epoch holds no longer
        (dev/path.py).
        """
        self.still = False
        """What is done now changes nothing; see `unchanged`."""
        self.stepping = False
        """Somebody may look after every single call."""
        self.learns = True
        """False: nothing is ever learnt: every frame goes the long way and routes are looked up for every packet, with
        the same outcome.
        """
        self.crowd = CROWD
        """Calls in the queue from which on many programs are taken to run."""
        self.patience = 10
        """Echo requests on one way before a trip is looked for (net/trip.py): finding one costs as much as six save."""

    @property
    def sim(self) -> Sim:
        """Itself, as of everything in it."""
        return self

    # -- clock ---------------------------------------------------------------------------------------------------------

    def call_at(self, time: int, fn: Callable[..., Any], *args: Any) -> None:
        """Call ``fn(*args)`` at `time` (ns), after everything already due then; never before now."""
        if time < self._now:
            raise ValueError(f"call_at({time}): the clock already shows {self._now}")
        heappush(self._queue, (time, SOFTIRQ, next(self._eid), spread, (fn, args)))

    def post(self, delay: int, priority: int, fn: Callable[[Any], Any], arg: Any) -> None:
        """The least a call costs: ``fn(arg)`` in `delay` ns, as SOFTIRQ or PROCESS."""
        heappush(self._queue, (self._now + delay, priority, next(self._eid), fn, arg))

    def put(self, time: int, priority: int, turn: float, fn: Callable[[Any], Any], arg: Any) -> None:
        """``fn(arg)`` at `time`, at a place in the queue that was kept free."""
        heappush(self._queue, (time, priority, turn, fn, arg))

    def call_later(self, delay: int, fn: Callable[..., Any], *args: Any) -> None:
        """Call ``fn(*args)`` `delay` ns from now."""
        self.call_at(self._now + delay, fn, *args)

    def call_in_process(self, delay: int, fn: Callable[..., Any], *args: Any) -> None:
        """Call ``fn(*args)`` `delay` ns from now in process context, as a program or a kernel thread runs."""
        heappush(self._queue, (self._now + delay, PROCESS, next(self._eid), spread, (fn, args)))

    def alarms(self) -> int:
        """One more program sets alarms, with turns from this one on: at equal times they come after everything else in
        process context, in the order in which programs asked for this.
        """
        return ALARMS + (next(self._eid) << 24)

    def wait_in_line(self, delay: int, turn: int, fn: Callable[[int], Any]) -> None:
        """``fn(turn)`` in `delay` ns, in process context, where there are many (waiting.py)."""
        line = self._lines.get(delay)
        if line is None:
            line = self._lines[delay] = WaitingLine(self._queue)
        time = self._now + delay
        if line and turn < line[-1][2] and time == line[-1][0]:
            heappush(self._queue, (time, PROCESS, turn, fn, turn))
            return
        line.append((time, PROCESS, turn, line.serve, fn))
        if len(line) == 1:
            heappush(self._queue, line[0])

    def schedule(self, event: simpy.Event, priority: int = NORMAL, delay: int = 0) -> None:  # type: ignore[override]
        """As `simpy.Environment.schedule`."""
        heappush(self._queue, (self._now + delay, priority, next(self._eid), _happen, event))

    def recall(self, wanted: Callable[[Callable[[Any], Any]], bool]) -> list[Any]:
        """Take back every call of a function that is `wanted` and still to be made; returns their arguments in order of
        time.
        """
        taken = sorted((entry for entry in self._queue if wanted(entry[3])), key=_TIME_AND_TURN)
        self._queue[:] = [entry for entry in self._queue if not wanted(entry[3])]
        heapify(self._queue)
        return [entry[4] for entry in taken]

    def take_back(self, turn: int) -> None:
        """Take one call back, by its place in the queue."""
        self._queue[:] = [entry for entry in self._queue if entry[2] != turn]
        heapify(self._queue)

    def withdraw(self, turn: int) -> None:
        """A call in the queue, by its turn there, will do nothing any more: the queue has it no longer than the run
        goes on.
        """
        self.withdrawn.add(turn)

    def is_over(self, time: int, context: int, turn: int) -> bool:
        """True if a call with this place in the queue would have been made before the one that runs now."""
        return (time, context, turn) < (self._now, self._context, self._turn)

    def part_floods(self) -> None:
        """Frames that cross several cables by one call get one each (switch/flood.py)."""
        for flood in [
            entry[3].__self__ for entry in self._queue if hasattr(getattr(entry[3], "__self__", None), "part")
        ]:
            flood.part()

    @property
    def jiffies(self) -> int:
        """Kernel ticks since the start."""
        return self._now // self.tick

    @recorded
    def step(self) -> None:
        """The next call or event; `EmptySchedule` when nothing is left."""
        if not self._queue:
            raise EmptySchedule
        self._now, self._context, self._turn, fn, arg = heappop(self._queue)
        self.stepping = True
        try:
            fn(arg)
        finally:
            self.stepping = False
            self._stand_still()

    @recorded
    def run(self, until: Any = None) -> Any:
        """As `simpy.Environment.run`.

        until : a time in ns (everything due then still happens), an event (its value is returned, or raised), or None:
            until nothing is left
        """
        end, self.horizon = None, 0
        if isinstance(until, simpy.Event):
            if until.processed:
                return until.value
            until.callbacks.append(StopSimulation.callback)
            self.horizon = NEVER
        elif until is not None:
            if until < self._now:
                raise ValueError(f"until ({until}) must not be before the current time ({self._now})")
            end = (int(until), AFTER_ALL, next(self._eid), _stop, None)
            heappush(self._queue, end)
            self.horizon = int(until)
        queue, pop = self._queue, heappop
        try:
            while queue:
                self._now, self._context, self._turn, fn, arg = pop(queue)
                fn(arg)
        except StopSimulation as stopped:
            return stopped.args[0]
        except BaseException:
            if end is not None and end in queue:
                queue.remove(end)
                heapify(queue)
            raise
        finally:
            self._stand_still()
        if isinstance(until, simpy.Event):
            raise RuntimeError(f"nothing is left to happen, but the awaited event has not: {until.__class__.__name__}")
        return None

    def _stand_still(self) -> None:
        """Time does not pass any more: everything is what it is now."""
        self.horizon = 0
        self.catch_up()
        if self.withdrawn:
            self._queue[:] = [entry for entry in self._queue if entry[2] not in self.withdrawn]
            heapify(self._queue)
            self.withdrawn.clear()
        self._context = PROCESS

    def run_softirqs(self) -> None:
        """What a program has set off happens before it goes on (local_bh_enable): the calls due at this very moment.

        Only in process context; a softirq does not run others.
        """
        queue = self._queue
        if self._context == SOFTIRQ:
            return
        turn, self._context = self._turn, SOFTIRQ
        try:
            while queue and queue[0][0] == self._now and queue[0][1] == SOFTIRQ:
                _, _, self._turn, fn, arg = heappop(queue)
                fn(arg)
        finally:
            self._context, self._turn = PROCESS, turn

    def change(self) -> None:
        """The configuration changes: a new epoch begins."""
        if self.still:
            return
        if self.trips:
            self.catch_up()
        self.epoch += 1

    @contextmanager
    def unchanged(self) -> Iterator[None]:
        """What is done inside makes something that was there all the time, as far as anybody can tell: no epoch ends
        and no history has it.
        """
        history, was = self.history, self.still
        busy = history is not None and history.busy
        self.still = True
        if history is not None:
            history.busy = True
        try:
            yield
        finally:
            self.still = was
            if history is not None:
                history.busy = busy

    # -- packets: identity, journal, end -------------------------------------------------------------------------------

    def born(self, cause: int = 0) -> int:
        """Identity of a new packet; `cause` is the packet that made somebody send it (0: a program did).

        Where no journal is kept, an answer has the identity of what it answers.
        """
        if self.journal is None:
            return cause or next(self.uids)
        uid = next(self.uids)
        if cause:
            self.journal.causes[uid] = cause
        return uid

    def tell(self, uid: int, stations: Stations) -> None:
        """The journal, which there is, hears that a packet has passed `stations` now."""
        assert self.journal is not None
        self.journal.passed(self._now, uid, None, stations)

    def note(self, uid: int, where: Place, step: str, frame: Frame | None = None, detail: Any = None) -> None:
        """Write to the journal, if there is one."""
        if self.journal is not None:
            self.journal.passed(self._now, uid, frame, (Station(where, step, None, detail),))

    @property
    def drops(self) -> dict[tuple[Place, DropReason], int]:
        """How many packets ended where and why, up to date."""
        self.settle()
        return self._drops

    def dropped(self, where: Place, reason: DropReason, packets: int) -> None:
        """Count packets that ended before, while no journal was kept."""
        if packets:
            key = (where, reason)
            self._drops[key] = self._drops.get(key, 0) + packets

    def drop(self, uid: int, where: Place, reason: DropReason, frame: Frame | None = None) -> DropReason:
        """The one sink (kfree_skb_reason): counts, journals, and returns the reason."""
        key = (where, reason)
        self._drops[key] = self._drops.get(key, 0) + 1
        if self.journal is not None:
            self.journal.passed(self._now, uid, frame, (Station(where, "drop", None, reason),))
        return reason


__all__ = ["MS", "PROCESS", "SECOND", "SOFTIRQ", "US", "EmptySchedule", "Event", "Journal", "Place", "Record", "Sim"]
