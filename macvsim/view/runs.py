"""What a ladder shows, before it has a place: columns, and runs of packets from column to column."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from macvsim.dev.base import NetDevice
from macvsim.engine.journal import Place
from macvsim.net.namespace import Namespace
from macvsim.switch import SwitchPort
from macvsim.view.packets import packet_text
from macvsim.view.trail import Visit


@dataclass(frozen=True)
class Column:
    """Where packets pass: an interface of a holder, or a switch as a whole."""

    holder: str
    interface: str = ""


@dataclass
class Run:
    """A packet that passes several columns in one direction.

    stops : columns, each with the visit that brought the packet there
    ends : columns where it, or a copy, ended, and what there is to say; arrived : a program got it at the last stop
    """

    stops: list[tuple[Column, Visit]]
    ends: list[tuple[Column, str, bool]] = field(default_factory=list)
    arrived: bool = False

    @property
    def time(self) -> int:
        """When it left the first column."""
        _, visit = self.stops[min(1, len(self.stops) - 1)]
        return visit.time if len(self.stops) == 1 or visit.before is None else visit.before.time


class Runs:
    """Columns in order, and the runs, by time."""

    def __init__(self, visits: Sequence[Visit], by: str, remarks: dict[int, str] | None = None) -> None:
        self.by = by
        self._names: dict[object, str] = {}
        """Of namespaces and switches."""
        self.columns: list[Column] = []
        self.runs: list[Run] = []
        self._at: dict[int, tuple[Run, int]] = {}
        """Run and stop of each visit, by the visit's identity."""
        for number, visit in enumerate(visits):
            self._take(visit)
            if remarks and number in remarks:
                self._end(visit, remarks[number], False)
        self.runs = [run for run in self.runs if len(run.stops) > 1 or run.ends]

    def _take(self, visit: Visit) -> None:
        here = self._column(visit.place)
        before = visit.before if visit.before is not None and not visit.born else None
        run, stop = self._at.get(id(before), (None, 0))
        if here is not None:
            self._add_column(here, visit)
            if run is None:
                run, stop = self._begin(here, visit)
            elif run.stops[stop][0] != here:
                run, stop = self._go_on(run, stop, here, visit)
        if run is None:
            return
        self._at[id(visit)] = run, stop
        if visit.reason is not None:
            self._end(visit, visit.reason.name, visit.minor)
        elif visit.step == "local":
            run.arrived = True

    def _column(self, place: Place) -> Column | None:
        """The column of a place, if it has one."""
        if isinstance(place, SwitchPort):
            return Column(self._name(place.switch, place.switch.name))
        if isinstance(place, NetDevice):
            below = place.peer_device() or place.lower
            name = self._name(place.ns, place.ns.name, below)
            return Column(name, place.name if self.by == "interface" else "")
        if isinstance(place, Namespace) and self.by == "node" and place in self._names:
            return Column(self._names[place])
        return None

    def _name(self, owner: object, name: str, below: NetDevice | None = None) -> str:
        """What an owner of places is called: by its host too, if another one has the name."""
        if owner not in self._names:
            taken = self._names.values()
            while name in taken:
                name = f"{below.ns.name if below is not None else '…'}/{name}"
            self._names[owner] = name
        return self._names[owner]

    def _begin(self, here: Column, visit: Visit) -> tuple[Run, int]:
        run = Run([(here, visit)])
        self.runs.append(run)
        return run, 0

    def _go_on(self, run: Run, stop: int, here: Column, visit: Visit) -> tuple[Run, int]:
        """One column further: in the same run, unless a copy has gone on already or the direction changes."""
        at = run.stops[stop][0]
        turns = stop > 0 and self._side(run.stops[stop - 1][0], at) != self._side(at, here)
        if stop != len(run.stops) - 1 or turns:
            run = Run([(at, visit)])
            self.runs.append(run)
        run.stops.append((here, visit))
        return run, len(run.stops) - 1

    def _side(self, a: Column, b: Column) -> bool:
        return self.columns.index(a) < self.columns.index(b)

    def _add_column(self, here: Column, visit: Visit) -> None:
        """A new column stands behind the one that its first packet came from, where both are of one machine."""
        if here in self.columns:
            return
        before = visit.before
        while before is not None and self._column(before.place) is None:
            before = before.before
        near = None if before is None else self._column(before.place)
        within = near is not None and before is not None and _stacked(before.place, visit.place)
        self.columns.insert(self.columns.index(near) + 1 if within and near else len(self.columns), here)

    def _end(self, visit: Visit, words: str, minor: bool) -> None:
        run, stop = self._at.get(id(visit), (None, 0))
        if run is not None:
            run.ends.append((run.stops[stop][0], words, minor))


def _stacked(a: Place, b: Place) -> bool:
    """Both are devices, and not the two ends of a cable or of a way through a switch that was not looked at."""
    if not isinstance(a, NetDevice) or not isinstance(b, NetDevice):
        return False
    pair = a.peer_device() is b
    return pair or a.lower is b or b.lower is a or a.ns is b.ns or a.master is b or b.master is a


def vlans(runs: Iterable[Run]) -> list[int]:
    """Tags that occur, in order."""
    return sorted(
        {
            vid
            for run in runs
            for _, visit in run.stops
            if visit.frame is not None
            for vid in packet_text(visit.frame.wire).vlans[:1]
        }
    )
