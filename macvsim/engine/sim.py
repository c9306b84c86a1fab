"""The simulation: clock, random streams, packet identities, journal, and the one place where packets end.

`Sim` is a `simpy.Environment`, so processes, timeouts and ``run(until=…)`` work as simpy documents them.  Packets do
not travel as simpy events: they are light calls in simpy's queue, of a priority before all its own, which stands for
softirq context.  simpy's events stand for process context: at equal times they come after, as in the kernel.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from heapq import heapify, heappop, heappush
from itertools import count
from operator import itemgetter
from random import Random
from typing import TYPE_CHECKING, Any

import simpy
from simpy.core import EmptySchedule, StopSimulation
from simpy.events import NORMAL, Event, EventPriority

from macvsim.engine.budget import CHUNK, Budget, Meter, RunHalted
from macvsim.engine.history import History, driving
from macvsim.engine.journal import FormerPlace, Journal, Place, Record
from macvsim.engine.recording import Counter, Lagging, Recorder, Station
from macvsim.engine.streams import RandomStreams
from macvsim.engine.unsimulated import Marks
from macvsim.engine.wheel import AFTER_ALL, PROCESS, SOFTIRQ, TimerWheel
from macvsim.errors import BudgetExceeded, MacvsimError

if TYPE_CHECKING:
    from macvsim.engine.drop import DropReason
    from macvsim.wire.frame import Frame

US = 1_000
MS = 1_000_000
SECOND = 1_000_000_000

_TURNS = range(1, CHUNK + 1)
_SAMPLE = 4096
"""Calls from which a report tells what loops."""
_HALT = -3
"""Priority of the end of a run in the middle of an instant."""
_TIME_AND_TURN = itemgetter(0, 2)
_Take = Callable[[Any], Any]
Sampled = tuple[Callable[..., Any], Any]
"""A call from the queue: its function and argument."""

ALARMS = 1 << 62
"""A turn after all that are not alarms of programs."""


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


def _halt(meter: Meter) -> None:
    if meter.halted is not None:
        raise meter.halted


class NothingLeft(RuntimeError):
    """Nothing is left to happen, but the awaited event has not (simpy raises ``RuntimeError``)."""


class Sim(simpy.Environment, RandomStreams):
    """Clock (integer nanoseconds), random streams, packet identities, journal and drop sink of one lab.

    Parameters
    ----------
    seed : everything random derives from it, one independent stream per name
    journal : how many journal records to keep, 0 for none
    hz : kernel ticks per second (CONFIG_HZ); Debian and Ubuntu use 250
    budget : the most that one run may use
    """

    UNCOMPARED = ("generation", "history", "lagging")

    def __init__(self, seed: int = 0, *, journal: int = 400_000, hz: int = 250, budget: Budget | None = None) -> None:
        simpy.Environment.__init__(self, initial_time=0)
        RandomStreams.__init__(self, seed)
        self._now: int
        if not 1 <= hz <= SECOND:
            raise MacvsimError(f"hz={hz}: a kernel has 1 to {SECOND:,} ticks in a second, such as 250")
        self.hz = hz
        self.tick = SECOND // hz
        self.unsimulated = Marks()
        """Commands that would have changed the network, and are not simulated."""
        self.meter = Meter(budget or Budget())
        """Counts what the present run uses of its budget."""
        self.diagnose: Callable[[Sequence[Sampled], int], str] | None = None
        """Says what loops, from calls of a stopped run and the time (ns) that they took."""
        self.journal: Journal | None = Journal(journal, self.meter.budget.journal) if journal else None
        self.history: History | None = None
        """Where calls that change something are kept; None outside a lab."""
        self._drops: dict[tuple[Place, DropReason], int] = {}
        self.device_watchers: list[Callable[[Any], None]] = []
        """Called with every device that enters a namespace, such as captures of a whole lab."""
        self.program_watchers: list[Callable[[Any], None]] = []
        """Called with every program of `macvsim.apps` that starts."""
        self._queue: list[Any]
        self.wheel = TimerWheel(self)
        self._context = PROCESS
        """Priority of the call that runs."""
        self.uids = count(1)
        """Identities of packets; with a journal they are taken from `born`."""
        self.shared: dict[int, bool] = {}
        """TCP segments under way with data of a file: whether each was cut from a larger one (net/tcp/memory.py)."""
        self.crafted: dict[int, None] = {}
        """Frames of packet sockets, the latest of them: their data stands in their head (net/tcp/memory.py)."""
        self.generation = 0
        """Counts changes of the configuration that may alter how a frame is handled."""
        self.is_unchanged = False
        """What is done now changes nothing; see `unchanged`."""
        self.recorder: Recorder | None = None
        """Hears of all that is done to one frame (engine/recording.py)."""
        self.ingress: Callable[[_Take], _Take] = _itself
        """Wraps the entry point of each station; a flow table may stand in front of it."""
        self.hear: Callable[[Any, Frame, Any, Any], bool] | None = None
        """Hands a broadcast to macvlan devices, and is False where that is left to `MacvlanPort.broadcast`."""
        self.watch_neighbour: Callable[[Any], None] | None = None
        """Called with each neighbour entry that is new or dead."""
        self.lagging: dict[Lagging, None] = {}
        """Entries with counts that the next `flush` adds up."""

    @property
    def sim(self) -> Sim:
        """Itself, as of everything in it."""
        return self

    # -- clock ---------------------------------------------------------------------------------------------------------

    def call_at(self, time: int, fn: Callable[..., Any], *args: Any) -> None:
        """Call ``fn(*args)`` at `time` (ns), after everything already due then; never before now."""
        if time < self._now:
            raise ValueError(f"call_at({time}): the clock already shows {self._now}")
        self.post(time - self._now, SOFTIRQ, spread, (fn, args))

    def post(self, delay: int, priority: int, fn: Callable[[Any], Any], arg: Any) -> None:
        """The least a call costs: ``fn(arg)`` in `delay` ns, as SOFTIRQ or PROCESS."""
        heappush(self._queue, (self._now + delay, priority, next(self._eid), fn, arg))

    def post_alarm(self, delay: int, turn: int, fn: Callable[[int], Any]) -> None:
        """``fn(turn)`` in `delay` ns in process context, by a turn that `alarms` gave."""
        heappush(self._queue, (self._now + delay, PROCESS, turn, fn, turn))

    def call_later(self, delay: int, fn: Callable[..., Any], *args: Any) -> None:
        """Call ``fn(*args)`` `delay` ns from now."""
        self.call_at(self._now + delay, fn, *args)

    def call_in_process(self, delay: int, fn: Callable[..., Any], *args: Any) -> None:
        """Call ``fn(*args)`` `delay` ns from now in process context, as a program or a kernel thread runs."""
        self.post(delay, PROCESS, spread, (fn, args))

    def alarms(self) -> int:
        """One more program sets alarms, with turns from this one on: at equal times they come after everything else in
        process context, in the order in which programs asked for this.
        """
        return ALARMS + (next(self._eid) << 24)

    def schedule(self, event: simpy.Event, priority: int = NORMAL, delay: int = 0) -> None:  # type: ignore[override]
        """As `simpy.Environment.schedule`."""
        self.post(delay, priority, _happen, event)

    def recall(self, fn: Callable[[Any], Any]) -> list[Any]:
        """Take back every call of `fn` that is still to be made; returns their arguments in order of time."""
        taken = sorted((entry for entry in self._queue if entry[3] is fn), key=_TIME_AND_TURN)
        self._queue[:] = [entry for entry in self._queue if entry[3] is not fn]
        heapify(self._queue)
        return [entry[4] for entry in taken]

    @property
    def scheduled(self) -> int:
        """How many calls are still to be made."""
        return len(self._queue)

    @property
    def jiffies(self) -> int:
        """Kernel ticks since the start."""
        return self._now // self.tick

    @driving
    def step(self) -> None:
        """The next call or event; `EmptySchedule` when nothing is left."""
        if not self._queue:
            raise EmptySchedule
        self._now, self._context, _, fn, arg = heappop(self._queue)
        try:
            fn(arg)
        finally:
            self._context = PROCESS

    @driving
    def run(self, until: Any = None, most: int | None = None) -> Any:
        """As `simpy.Environment.run`.

        until : a time in ns (everything due then still happens), an event (its value is returned, or raised), or None:
            until nothing is left
        most : ns after which it returns None, although the awaited event has not happened
        """
        end = None
        if most is not None and most < 0:
            raise MacvsimError(f"a wait of {most} ns: time only goes forward")
        if isinstance(until, simpy.Event):
            if until.processed:
                return until.value
            until.callbacks.append(StopSimulation.callback)
            if most is not None:
                end = (self._now + most, AFTER_ALL, next(self._eid), _stop, None)
                heappush(self._queue, end)
        elif until is not None:
            if until < self._now:
                raise ValueError(f"until ({until}) must not be before the current time ({self._now})")
            end = (int(until), AFTER_ALL, next(self._eid), _stop, None)
            heappush(self._queue, end)
        queue, pop, meter, done = self._queue, heappop, self.meter, 0
        if self.history is None:
            meter.begin()
        try:
            while queue:
                for done in _TURNS:  # noqa: B007  (counted when the run ends)
                    self._now, self._context, _, fn, arg = pop(queue)
                    fn(arg)
                    if not queue:
                        break
                done = self._look(done)
        except StopSimulation as stopped:
            if most is not None:
                self._withdraw(until, end)
            return stopped.args[0]
        except RunHalted as halted:
            self._withdraw(until, end)
            raise self._exceeded(halted) from None
        except BaseException:
            self._withdraw(until, end)
            raise
        finally:
            self._context = PROCESS
            meter.events += done
        if isinstance(until, simpy.Event):
            raise NothingLeft(f"nothing is left to happen, but the awaited event has not: {until.__class__.__name__}")
        return None

    def _look(self, done: int) -> int:
        """After so many calls: `RunHalted` if the budget is used up; else 0."""
        halted = self.meter.look(done, self._now, len(self._queue))
        if halted is not None:
            raise halted
        if self.journal is not None:
            self.journal.weigh()
        return 0

    def _withdraw(self, until: Any, end: Any) -> None:
        """A run ends before its time: what would have ended it is taken back."""
        if end is not None and end in self._queue:
            self._queue.remove(end)
            heapify(self._queue)
        if isinstance(until, simpy.Event) and until.callbacks and StopSimulation.callback in until.callbacks:
            until.callbacks.remove(StopSimulation.callback)

    def _exceeded(self, halted: RunHalted) -> BudgetExceeded:
        """The exception of a run that is stopped; events that loop are watched for some time, for the report."""
        meter, name, said = self.meter, halted.name, halted.said
        if name == "cpu" and self.history is not None:
            self.history.lose(f"a run was stopped after {meter.budget.cpu} s of processor time")
        if not said and self.diagnose is not None:
            said = self.diagnose(*self._sample())
        for entry in self._queue:  # processes that ended likewise
            if entry[3] is _happen and isinstance(entry[4]._value, RunHalted):
                entry[4].defused = True
        return meter.budget.exceeded(name, said)

    def _sample(self) -> tuple[list[Sampled], int]:
        """Some further calls from the queue, and how much time (ns) they took."""
        queue, began = self._queue, self._now
        calls: list[Sampled] = []
        self.meter.halted = None
        while queue and len(calls) < _SAMPLE:
            self._now, self._context, _, fn, arg = heappop(queue)
            calls.append((fn, arg))
            try:
                fn(arg)
            except (StopSimulation, RunHalted):
                break
        return calls, self._now - began

    def mark_made(self, holder: object, name: str) -> None:
        """An attribute of a holder, which is None if it has no name in the lab, was made because it was asked for."""
        if self.history is not None and self.history.busy:
            self.history.touched.append((holder, name))

    def skip(self, turn: int) -> None:
        """The next turn of the queue is this one."""
        self._eid = count(turn)

    @property
    def traces(self) -> tuple[int, ...]:
        """Numbers that nearly every change moves, and hardly any command that only reads."""
        room = 0 if self.journal is None else self.journal.room
        return self._now, self.generation, len(self._queue), self.draws, int(repr(self.uids)[6:-1]), room

    def run_softirqs(self) -> None:
        """What a program has set off happens before it goes on (local_bh_enable): the calls due at this very moment.

        Only in process context; a softirq does not run others.
        """
        queue = self._queue
        if self._context == SOFTIRQ:
            return
        self.unrepeatable()
        done, now = 0, self._now
        self._context = SOFTIRQ
        try:
            while queue and queue[0][0] == now and queue[0][1] == SOFTIRQ:
                _, _, _, fn, arg = heappop(queue)
                fn(arg)
                done += 1
                if done >= CHUNK:
                    over, done = self._is_over(done), 0
                    if over:
                        break
        finally:
            self._context = PROCESS
            self.meter.events += done

    def _is_over(self, done: int) -> bool:
        """After so many calls inside of one: True if the budget is used up; the run ends once the program waits."""
        meter = self.meter
        if meter.halted is None:
            meter.halted = meter.look(done, self._now, len(self._queue))
            if meter.halted is not None:
                heappush(self._queue, (self._now, _HALT, next(self._eid), _halt, meter))
        return meter.halted is not None

    def change(self) -> None:
        """The configuration changes: a new generation begins."""
        if not self.is_unchanged:
            self.generation += 1

    def unrepeatable(self) -> None:
        """The steps from here on are taken anew for each frame, see `Recorder.forbid`."""
        if self.recorder is not None:
            self.recorder.forbid()

    def flush(self) -> None:
        """Bring every counter up to date; call this before a public counter is read."""
        lagging, self.lagging = self.lagging, {}
        for one in lagging:
            one.flush()

    @contextmanager
    def unchanged(self) -> Iterator[None]:
        """The code inside makes something that seems to have been there all the time: no
        generation ends and no history has it.
        """
        history, was = self.history, self.is_unchanged
        busy = history is not None and history.busy
        self.is_unchanged = True
        if history is not None:
            history.busy = True
        try:
            yield
        finally:
            self.is_unchanged = was
            if history is not None:
                history.busy = busy

    def rng(self, name: str) -> Random:
        """As `RandomStreams.rng`; what is drawn for one frame is not drawn again for the next."""
        self.unrepeatable()
        return super().rng(name)

    # -- packets: identity, journal, end -------------------------------------------------------------------------------

    def born(self, cause: int = 0) -> int:
        """Identity of a new packet; `cause` is the packet that made somebody send it (0: a program did).

        Where no journal is kept, an answer has the identity of what it answers.
        """
        if self.recorder is not None:
            self.recorder.born()
        if self.journal is None:
            return cause or next(self.uids)
        uid = next(self.uids)
        if cause:
            self.journal.causes[uid] = cause
        return uid

    def count(self, counter: Counter, what: Any, octets: int = 0) -> None:
        """One packet more: `what` says which of the counters in `counter`."""
        counter.count(what, 1, octets, self._now)
        if self.recorder is not None:
            self.recorder.counted(counter, what, octets)

    def note(self, uid: int, where: Place, step: str, frame: Frame | None = None, detail: Any = None) -> None:
        """Write to the journal, if there is one."""
        journal = self.journal
        if journal is not None:
            journal.note(Record(self._now, uid, where, step, frame, detail))
            if self.recorder is not None:
                tag = None if frame is None else frame.tag
                self.recorder.noted(journal, Station(where, step, tag, detail, False, frame is None), frame, uid)

    @property
    def drops(self) -> dict[tuple[Place, DropReason], int]:
        """How many packets ended where and why, up to date."""
        self.flush()
        return self._drops

    def dropped(self, where: Place, reason: DropReason, packets: int) -> None:
        """Count packets that ended before."""
        if packets:
            key = (where, reason)
            self._drops[key] = self._drops.get(key, 0) + packets

    def retire(self, where: Place) -> None:
        """A place is gone: the counts of its drops stay, under its label."""
        self.flush()
        for reason in [reason for place, reason in self._drops if place is where]:
            packets = self._drops.pop((where, reason))
            self.dropped(FormerPlace(where.label), reason, packets)

    def drop(self, uid: int, where: Place, reason: DropReason, frame: Frame | None = None) -> DropReason:
        """The one sink (kfree_skb_reason): counts, journals, and returns the reason."""
        self.unrepeatable()
        key = (where, reason)
        self._drops[key] = self._drops.get(key, 0) + 1
        if self.journal is not None:
            self.journal.note(Record(self._now, uid, where, "drop", frame, reason))
        return reason


def _itself(plain: _Take) -> _Take:
    return plain


__all__ = ["MS", "PROCESS", "SECOND", "SOFTIRQ", "US", "EmptySchedule", "Event", "Journal", "Place", "Record", "Sim"]
