"""The journal of a lab's configuration: every call that changed it, in order, as plain data that can be done again.

What belongs to a lab's Python API and changes something is marked `recorded` where it is defined.  Only the outermost
call is kept: what a method calls in turn, and what programs do while simulated time passes, follows from it.  Done
again on a new lab of the same seed, the calls make a lab that is equal to the last counter, as nothing else moves a
lab: see `macvsim.lab.Lab.copy`.

A change that came another way (an attribute set on a device, a process started with simpy) shows in the clock, the
turns of the queue or the generation, and then `History.checked` refuses rather than make a lab that is only similar.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import wraps
from itertools import chain
from typing import Any, Protocol, TypeVar, cast
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

    @property
    def _eid(self) -> Iterator[int]: ...
    @property
    def now(self) -> float: ...


class Simulated(Protocol):
    """Something that lives in a simulation."""

    @property
    def sim(self) -> Clock: ...


Reference = Mapping[str, str | int]
"""Where an object is found in a lab, such as ``{"host": "host1", "dev": "enp0s8"}`` (`macvsim.record.references`)."""


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
    """

    def __init__(self, sim: Clock, writer: Writer) -> None:
        self.sim = sim
        self.calls: list[Call] = []
        self.busy = False
        self._writer = writer
        self._lost = ""
        self._opened: list[ref[object]] = []
        """Results of calls marked `opening`, as long as they are in use."""
        self._seen = self._mark()

    def _mark(self) -> tuple[int, int, str]:
        """What no change leaves as it was."""
        return int(self.sim.now), self.sim.generation, repr(self.sim._eid)

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
    ) -> R:
        """Do an outermost call, and keep it; unless it `goes_on` with a run, its budget is a new one."""
        if not goes_on:
            self.sim.meter.begin()
        if not self._lost:
            self._notice()
        if self._lost:
            return fn(target, *args, **options)
        call = self._call(fn.__name__, target, args, options)
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
        self._keep(call, again=not keep)
        if keep and not self._lost:
            self._opened.append(ref(result))
        return result

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
        if again and last is not None and call.repeats(last):
            self.calls[-1] = replace(last, times=last.times + 1)
        else:
            self.calls.append(call)


def recorded(fn: F) -> F:
    """A method, or a function of something simulated, that changes a lab: outermost calls are kept."""
    return _recorded(fn, keep=False)


def continuing(fn: F) -> F:
    """As `recorded`, for what goes on with the run of an earlier call, and uses up its budget."""
    return _recorded(fn, keep=False, goes_on=True)


def opening(fn: F) -> F:
    """As `recorded`, for what returns something that has recorded methods itself and no place in the lab."""
    return _recorded(fn, keep=True)


def _recorded(fn: F, *, keep: bool, goes_on: bool = False) -> F:
    @wraps(fn)
    def perform(target: Simulated, /, *args: Any, **options: Any) -> Any:
        history = target.sim.history
        if history is None or history.busy:
            return fn(target, *args, **options)
        return history.perform(fn, target, args, options, keep=keep, goes_on=goes_on)

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


__all__ = ["Call", "History", "Reference", "Settings", "Simulated", "Unnamed", "Writer", "continuing", "flat",
           "opening", "recorded"]  # fmt: skip
