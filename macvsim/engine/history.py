"""The journal of a lab's configuration: every call that changed it, in order, as plain data that can be done again.

What belongs to a lab's Python API and changes something is marked `recorded` where it is defined.  Only the outermost
call is kept: what a method calls in turn, and what programs do while simulated time passes, follows from it.  Done
again on a new lab of the same seed, the calls make a lab that is equal to the last counter, as nothing else moves a
lab: see `macvsim.lab.Lab.copy`.

A change that came another way (an attribute set on a device, a process started with simpy) shows in the clock, the
turns of the queue or the generation, and then `History.checked` refuses rather than make a lab that is only similar.

A copy may set the counts that a command moved which seems to have only read (`Readings`), instead of running it again,
if the copy is then the same as the lab, object for object (`macvsim.record.copying`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import wraps
from itertools import chain, count
from typing import Any, NamedTuple, Protocol, TypeVar, cast
from weakref import ref

from macvsim.engine.budget import Meter
from macvsim.errors import MacvsimError

F = TypeVar("F", bound=Callable[..., Any])
R = TypeVar("R")
K = TypeVar("K")
V = TypeVar("V")


class Clock(Protocol):
    """The simulation (`macvsim.engine.sim.Sim`) as a history sees it: `_eid` counts the turns of its queue."""

    history: History | None
    generation: int
    meter: Meter

    _eid: count[int]

    @property
    def now(self) -> float: ...
    @property
    def traces(self) -> tuple[int, ...]: ...


class Simulated(Protocol):
    """Something that lives in a simulation."""

    @property
    def sim(self) -> Clock: ...


Reference = Mapping[str, str | int]
"""Where an object is found in a lab, such as ``{"host": "host1", "dev": "enp0s8"}`` (`macvsim.record.references`)."""


Touched = tuple[Reference, str]
"""An attribute, such as ``netfilter.conntrack``, of the object at a place."""


class Counts(NamedTuple):
    """Counts that every command moves: the next turn of the queue, and the latest process id of its machine."""

    turn: int
    pid: int


class Readings(NamedTuple):
    """Times in a row that a command seems to have only read.

    first : how often it ran before; times : how often it seems to have only read
    before, after : the counts before and after the last of these times; touched : as of `Skip`
    """

    first: int
    times: int
    before: Counts
    after: Counts
    touched: tuple[Touched, ...] = ()


class Skip(NamedTuple):
    """In the place of commands that only read: the counts that they left, with the process ids of each host.

    touched : attributes that were made because the commands asked for them
    """

    turn: int
    pids: Mapping[str, int]
    touched: tuple[Touched, ...]


class Unnamed(MacvsimError):
    """A value that cannot be written down."""


class Writer(Protocol):
    """What puts objects of a lab, and values, as data."""

    def reference(self, thing: object) -> Reference:
        """Where `thing` is found; raises `Unnamed`."""

    def encode(self, value: object) -> Any:
        """A value as JSON has it; raises `Unnamed`."""


def flat(options: Mapping[str, Any]) -> tuple[Any, ...]:
    """Arguments by name as one tuple: name, value, name, value, …"""
    return tuple(chain.from_iterable(options.items()))


@dataclass(frozen=True, slots=True)
class Call:
    """One call, as data.

    time : simulated ns at which it began; on : whose method it is, or the first argument of a function
    name : of the method; of a setting, the setting's; args, named : the other arguments (see `flat`)
    raises : name of the exception with which it ended; times : how often in a row the same was done
    """

    time: int
    on: Reference
    name: str
    args: tuple[Any, ...] = ()
    named: tuple[Any, ...] = ()
    raises: str = ""
    times: int = 1

    @property
    def options(self) -> dict[str, Any]:
        """The arguments by name."""
        return dict(zip(self.named[::2], self.named[1::2], strict=True))

    def repeats(self, other: Call) -> bool:
        """True if it does what `other` did, with the same outcome."""
        return replace(self, time=other.time, times=other.times) == other


class History:
    """The calls of one lab.

    calls : oldest first; busy : one is going on, so that further ones follow from it
    script : steps to a lab that is as this one was after the first `scripted` of the calls
    readings : of later commands that seem to have only read, by their index in `calls`
    inner : how many calls followed from others; calls that only let time pass do not count
    """

    def __init__(self, sim: Clock, writer: Writer) -> None:
        self.sim = sim
        self.calls: list[Call] = []
        self.busy = False
        self.script: list[Call | Skip] = []
        self.scripted = 0
        self.readings: dict[int, Readings] = {}
        self.inner = 0
        self.touched: list[tuple[object, str]] = []
        """Objects and attributes that the present call asked for, and that were made then."""
        self._writer = writer
        self._lost = ""
        self._held = ""
        self._opened: list[ref[object]] = []
        """Results of calls marked `opening`, as long as they are in use."""
        self._seen = self._mark()

    def _mark(self) -> tuple[int, int, str]:
        """What no change leaves as it was."""
        return int(self.sim.now), self.sim.generation, repr(self.sim._eid)

    @property
    def rest(self) -> list[Call]:
        """The calls that `script` does not have."""
        return self.calls[self.scripted :]

    def write_script(self, more: Sequence[Call | Skip]) -> None:
        """In later copies, the calls that `script` does not have are done like this."""
        self.script += more
        self.scripted = len(self.calls)
        self.readings = {}

    def go_on(self) -> None:
        """The counts were set as calls leave them that are not done."""
        self._seen = self._mark()

    def take_over(self, other: History) -> None:
        """The lab has come as far as another one, by the calls of that one."""
        self.calls, self.readings = list(other.calls), dict(other.readings)
        self.script, self.scripted = list(other.script), other.scripted
        self.sim.meter.total = other.sim.meter.total
        self._seen = self._mark()

    @contextmanager
    def held(self, why: str) -> Iterator[None]:
        """Calls are mistakes while the block runs."""
        was, self._held = self._held, why
        try:
            yield
        finally:
            self._held = was

    def lose(self, why: str) -> None:
        """Something happened that cannot be done again."""
        self._lost = self._lost or f"at {int(self.sim.now) / 1e9:g} s {why}"

    def checked(self) -> list[Call]:
        """All calls; `MacvsimError` if they do not tell all that was done to the lab."""
        self._notice()
        if self._lost:
            raise MacvsimError(f"this lab cannot be copied or saved: {self._lost}")
        return list(self.calls)

    def _notice(self) -> None:
        if self._mark() != self._seen:
            self.lose(
                "something was done to it that is not in its journal: use the methods of labs, hosts, containers, "
                "switches and cables, and commands"
            )

    def number(self, handle: object) -> int | None:
        """The how manieth (from 0) thing it is that calls marked `opening` have returned; None: it is none of them."""
        return next((number for number, one in enumerate(self._opened) if one() is handle), None)

    def perform(
        self,
        fn: Callable[..., R],
        target: object,
        args: tuple[Any, ...],
        options: dict[str, Any],
        *,
        keep: bool,
        goes_on: bool,
        types: bool,
    ) -> R:
        """Do an outermost call, and keep it; unless it `goes_on` with a run, its budget is a new one."""
        if self._held:
            raise MacvsimError(f"{fn.__name__} was called on a lab while {self._held}")
        if not goes_on:
            self.sim.meter.begin()
        if not self._lost:
            self._notice()
        if self._lost:
            return fn(target, *args, **options)
        call = self._call(fn.__name__, target, args, options)
        traces = (*self.sim.traces, self.inner) if types else None
        counts = self._counts(target) if types else None
        self.busy = True
        try:
            result = fn(target, *args, **options)
        except Exception as error:
            self._keep(call, type(error).__name__)
            raise
        except BaseException:
            self.lose(f"{fn.__name__} was interrupted")
            raise
        finally:
            self.busy = False
            self._seen = self._mark()
            touched, self.touched = self.touched, []
        self._keep(call, again=not keep)
        if counts is not None and call is not None and traces == (*self.sim.traces, self.inner):
            with suppress(Unnamed):
                places = tuple((self._writer.reference(holder), name) for holder, name in touched)
                self._read(counts, self._counts(target), places)
        if keep and not self._lost:
            self._opened.append(ref(result))
        return result

    def _counts(self, target: Any) -> Counts:
        return Counts(int(repr(self.sim._eid)[6:-1]), target.last_pid)  # count(N)

    def _read(self, before: Counts, after: Counts, touched: tuple[Touched, ...]) -> None:
        """The latest command seems to have only read."""
        at = len(self.calls) - 1
        first = self.calls[at].times - 1
        known = self.readings.get(at)
        if known is None:
            self.readings[at] = Readings(first, 1, before, after, touched)
        elif known.first + known.times == first:
            self.readings[at] = Readings(known.first, known.times + 1, before, after, known.touched + touched)

    def _call(self, name: str, target: object, args: tuple[Any, ...], options: dict[str, Any]) -> Call | None:
        """The call as data, taken before it can change its own arguments."""
        write = self._writer
        try:
            on = write.reference(target)
            words = tuple(write.encode(arg) for arg in args)
            named = flat({key: write.encode(arg) for key, arg in options.items()})
            return Call(int(self.sim.now), on, name, words, named)
        except Unnamed as error:
            self.lose(f"{name} was called with something that cannot be written down: {error}")
            return None

    def _keep(self, call: Call | None, raises: str = "", *, again: bool = True) -> None:
        if call is None:
            return
        if raises:
            call = replace(call, raises=raises)
        last = self.calls[-1] if self.calls else None
        if again and last is not None and len(self.calls) > self.scripted and call.repeats(last):
            self.calls[-1] = replace(last, times=last.times + 1)
        else:
            self.calls.append(call)


def recorded(fn: F) -> F:
    """A method, or a function of something simulated, that changes a lab: outermost calls are kept."""
    return _recorded(fn, keep=False)


def continuing(fn: F) -> F:
    """As `recorded`, for what goes on with the run of an earlier call, and uses up its budget."""
    return _recorded(fn, keep=False, goes_on=True)


def typed(fn: F) -> F:
    """As `recorded`, for a command, which may only read."""
    return _recorded(fn, keep=False, types=True)


def driving(fn: F) -> F:
    """As `recorded`, for what lets time pass and changes nothing by itself."""
    return _recorded(fn, keep=False, inner=0)


def opening(fn: F) -> F:
    """As `recorded`, for what returns something that has recorded methods itself and no place in the lab."""
    return _recorded(fn, keep=True)


def _recorded(fn: F, *, keep: bool, goes_on: bool = False, types: bool = False, inner: int = 1) -> F:
    @wraps(fn)
    def perform(target: Simulated, /, *args: Any, **options: Any) -> Any:
        history = target.sim.history
        if history is None:
            return fn(target, *args, **options)
        if history.busy:
            history.inner += inner
            return fn(target, *args, **options)
        return history.perform(fn, target, args, options, keep=keep, goes_on=goes_on, types=types)

    perform.is_recorded = True  # type: ignore[attr-defined]
    perform.is_opening = keep  # type: ignore[attr-defined]
    return cast(F, perform)


class Settings(dict[K, V]):
    """A mapping that belongs to a box, such as its files: what is written to it by hand is kept."""

    __slots__ = ("name", "owner")

    def __init__(self, owner: Simulated, name: str) -> None:
        super().__init__()
        self.owner = owner
        self.name = name

    @property
    def sim(self) -> Clock:
        return self.owner.sim

    @recorded
    def __setitem__(self, key: K, value: V) -> None:
        super().__setitem__(key, value)

    @recorded
    def __delitem__(self, key: K) -> None:
        super().__delitem__(key)

    @recorded
    def pop(self, key: K, *default: Any) -> Any:
        return super().pop(key, *default)

    @recorded
    def setdefault(self, key: K, default: V) -> V:
        return super().setdefault(key, default)

    @recorded
    def update(self, *others: Any, **more: Any) -> None:
        super().update(*others, **more)

    @recorded
    def clear(self) -> None:
        super().clear()


__all__ = ["Call", "Counts", "History", "Reference", "Settings", "Simulated", "Skip", "Unnamed", "Writer", "continuing",
           "driving", "flat", "opening", "recorded", "typed"]  # fmt: skip
