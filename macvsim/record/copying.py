"""Copies of a lab: its calls are done again on a new lab, but for commands that only read, of which the counts are set.

Whether a command only read is proved, not supposed: the first copy that leaves it out is compared with the lab, object
for object.  If anything differs, the first time of each command is done too, and the rest compared again; if that
differs, every command runs again in this copy and in later ones.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from operator import attrgetter
from typing import Any, Protocol, TypeVar

from macvsim.engine.history import Call, History, Readings, Reference, Skip, Touched
from macvsim.engine.sim import Sim
from macvsim.record.same import difference

FEWEST = 8
"""Commands that seem to have only read, below which they run again: to compare takes longer."""


class Copied(Protocol):
    """A lab (`macvsim.lab.Lab`)."""

    sim: Sim
    history: History

    def repeat(self, calls: Iterable[Call]) -> None:
        """Do calls again."""

    def find(self, place: Reference) -> Any:
        """The object at a place."""


C = TypeVar("C", bound=Copied)


def copy_of(lab: C, new: Callable[[], C]) -> C:
    """A copy of `lab`, made from a `new` one; `MacvsimError` if calls do not tell all that was done to it."""
    history = lab.history
    history.checked()
    if _is_worthwhile(history):
        lab.sim.flush()
        for readings in (history.readings, _repeats(history)):
            shorter = list(_without(history, readings))
            copy = _play(history, new(), [*history.script, *shorter])
            copy.sim.flush()
            if not difference(lab, copy):
                history.write_script(shorter)
                copy.history.take_over(history)
                return copy
        history.write_script(history.rest)
    return _play(history, new(), [*history.script, *history.rest])


def _is_worthwhile(history: History) -> bool:
    """To compare takes about as long as half of the calls; other interpreters do not show what a program holds."""
    readings = sum(one.times for one in history.readings.values())
    return sys.implementation.name == "cpython" and readings >= max(FEWEST, len(history.script) // 2)


def _play(history: History, lab: C, script: Iterable[Call | Skip]) -> C:
    """Bring a new lab as far as the one with this history."""
    for step in script:
        if isinstance(step, Call):
            lab.repeat([step])
        else:
            for place, name in step.touched:
                attrgetter(name)(lab.find(place))
            lab.sim.skip(step.turn)
            for host, pid in step.pids.items():
                lab.find({"host": host}).last_pid = pid
            lab.history.go_on()
    lab.history.take_over(history)
    return lab


def _repeats(history: History) -> dict[int, Readings]:
    """The readings but for the first time of each command: that may have made something, if only on demand."""
    found: dict[int, Readings] = {}
    seen: set[tuple[str, ...]] = set()
    for at, read in history.readings.items():
        call = history.calls[at]
        name = repr(call.on), repr(call.args), repr(call.named)
        if name in seen:
            found[at] = read
        elif read.times > 1:
            found[at] = read._replace(first=read.first + 1, times=read.times - 1)
        seen.add(name)
    return found


def _without(history: History, readings: Mapping[int, Readings]) -> Iterator[Call | Skip]:
    """The calls that have no script yet, but for these readings; the last of several in a row stays, as its end waits
    in the queue.
    """
    pids: dict[str, int] = {}
    touched: list[Touched] = []
    last: tuple[Call, Readings] | None = None

    def rest() -> Iterator[Call | Skip]:
        if last is not None:
            call, read = last
            if pids or read.times > 1:
                pids[str(call.on["host"])] = read.before.pid
                yield Skip(read.before.turn, dict(pids), (*touched, *read.touched))
            yield replace(call, times=1)
            pids.clear()
            touched.clear()

    for at, call in enumerate(history.rest, history.scripted):
        read = readings.get(at)
        first, times = (call.times, 0) if read is None else (read.first, read.times)
        if first:
            yield from rest()
            last = None
            yield replace(call, times=first)
        if read is not None:
            if last is not None:
                pids[str(last[0].on["host"])] = last[1].after.pid
                touched += last[1].touched
            last = call, read
            if call.times > first + times:
                yield from rest()
                last = None
                yield replace(call, times=call.times - first - times)
    yield from rest()


__all__ = ["copy_of"]
