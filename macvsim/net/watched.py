"""Trips where the journal or captures watch, so that records must come in order.

Such a trip starts at the end of the first cable, and only when nothing else at all is due before the reply arrives:
then there is nobody to look meanwhile, and nothing to catch up with.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from macvsim.dev.path import COMING, HERE, LEAVING, Onward
from macvsim.net.there_and_back import MESSAGE, Found, ThereAndBack
from macvsim.wire.frame import Frame

if TYPE_CHECKING:
    from macvsim.drop import DropReason
    from macvsim.journal import Log, Passage, Stations

_NO_FRAME = -1


class WatchedTrip(ThereAndBack):
    """Where somebody keeps what passes: from the end of the first cable on.

    hops : what arrives at the end of the first cable; it does not if that is unplugged (`Line.carries`)
    changes : the stations that packets leave in another form
    told : what each log is told: how long after the start, the number of changes that the packet and the frame have had
    by then, and where that is
    """

    __slots__ = ("_hop", "_logs", "changes", "hops", "told")

    def __init__(self, found: Found) -> None:
        super().__init__(found._replace(stations=found.stations[1:]))
        first, tag = found.stations[1], found.stations[0].onward.tag
        assert first.hop is not None
        self._hop = first.hop
        self.hops = found.path.hops
        self._span -= first.after
        self.changes: list[Onward] = []
        self.told: dict[Log, list[tuple[int, int, int, Stations]]] = {}
        for _, after, onward in self._stations:
            before = len(self.changes)
            if onward.hop is not None and (onward.path is not None or onward.tag != tag):
                self.changes.append(onward)
                tag = onward.tag
            for log, told, stage in onward.told:
                packet = before if stage in (COMING, HERE) else len(self.changes)
                shown = packet if stage in (COMING, LEAVING) else _NO_FRAME
                self.told.setdefault(log, []).append((after - first.after, packet, shown, told))
        self._logs = [(log, sum(len(one[3]) for one in told)) for log, told in self.told.items()]

    def start(self, request: bytes, uid: int) -> bool:
        """It does not start yet."""
        return False

    def take(self, frame: Frame) -> DropReason | None:
        """An echo request arrives at the end of the first cable."""
        sim = self._sim
        now, queue = sim._now, sim._queue
        until = now + self._span
        if (queue and queue[0][0] <= until) or sim.stepping or not self._set_out(frame.raw[MESSAGE:], until):
            return self._hop.take(frame)
        self._begun = now - self._stations[0].after
        if self._users:
            self._tell_users()
        self._idents[0] = ident = self._idents[0] % 0xFFFF + 1
        journey = WatchedJourney(self, now, frame, ident, sim.born(frame.uid))
        for log, stations in self._logs:
            log.travelled(journey, stations)
        return None


class WatchedJourney:
    """One watched trip: begun : when `frame` was at the end of the first cable; ident, uid : of the answer."""

    __slots__ = ("_begun", "_frame", "_ident", "_trip", "_uid")

    def __init__(self, trip: WatchedTrip, begun: int, frame: Frame, ident: int, uid: int) -> None:
        self._trip = trip
        self._begun = begun
        self._frame = frame
        self._ident = ident
        self._uid = uid

    def passages(self, log: Log) -> Iterator[Passage]:
        """As `macvsim.journal.Journey.passages`."""
        frames = [self._frame]
        for onward in self._trip.changes:
            frames.append(self._trip.leaving(onward, frames[-1], self._ident, self._uid))
        for after, packet, shown, stations in self._trip.told[log]:
            yield self._begun + after, frames[packet].uid, None if shown == _NO_FRAME else frames[shown], stations
