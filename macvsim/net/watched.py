"""Trips where the journal or captures watch, so that records must come in order.

A request leaves by one call, and the rest of the trip starts at the end of the first cable, if nothing else at all is
due before the reply arrives: then there is nobody to look meanwhile, and nothing to catch up with.
"""

from __future__ import annotations

from collections.abc import Iterator
from heapq import heappush
from typing import TYPE_CHECKING

from macvsim.dev.path import COMING, GOING, HERE, LEAVING, Onward
from macvsim.engine.sim import SOFTIRQ
from macvsim.net.there_and_back import Found, ThereAndBack
from macvsim.wire import icmp
from macvsim.wire.frame import Frame

if TYPE_CHECKING:
    from macvsim.engine.drop import DropReason
    from macvsim.engine.journal import Log, Passage, Stations
    from macvsim.net.series import Asking
    from macvsim.net.snmp import Snmp

_NO_FRAME = -1
_ECHO = icmp.ECHO


class _Departed(Frame):
    """A request that has left; its bytes are put together when somebody wants to see them."""

    __slots__ = ("_ident", "_trip", "request")

    def __init__(self, trip: WatchedTrip, request: bytes, uid: int, ident: int) -> None:
        self.uid, self.tag, self.head = uid, trip.path.tag, trip.head
        self.request = request
        self._trip = trip
        self._ident = ident

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> bytes:
            if name != "raw":
                raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
            self.raw = self._trip.written(self.request, self._ident)
            return self.raw


class WatchedTrip(ThereAndBack):
    """Where somebody keeps what passes: from the end of the first cable on.

    hops : what arrives at the end of the first cable; it does not if that is unplugged (`Line.carries`)
    _changes : the stations that packets leave in another form
    told : what each log is told: how long after the start, the number of changes that the packet and the frame have had
    by then, and where that is
    """

    __slots__ = ("_changes", "_first", "_first_told", "_hop", "_last_left", "_left", "_logs", "_take", "_told",
                 "hops")  # fmt: skip

    def __init__(self, found: Found) -> None:
        super().__init__(found._replace(stations=found.stations[1:]))
        self._first = found.stations[0]
        self._first_told = [(log.passed, stations, stage == GOING) for log, stations, stage in self._first.told]
        """Who is told that they leave, where that is, and if it is the packet rather than a frame."""
        self._take = self.take
        self._left = self._last_left = 0
        """How many have left since that was settled, and when the last of them did."""
        first, tag = found.stations[1], self._first.tag
        assert first.by is not None
        self._hop = first.by
        self.hops = found.path.hops
        self._span -= first.since
        self._changes: list[Onward] = []
        self._told: dict[Log, list[tuple[int, int, int, Stations]]] = {}
        for onward in self._stations:
            before = len(self._changes)
            if onward.hop is not None and (onward.path is not None or onward.tag != tag):
                self._changes.append(onward)
                tag = onward.tag
            for log, told, stage in onward.told:
                packet = before if stage in (COMING, HERE) else len(self._changes)
                shown = packet if stage in (COMING, LEAVING) else _NO_FRAME
                self._told.setdefault(log, []).append((onward.since - first.since, packet, shown, told))
        self._logs = [(log, sum(len(one[3]) for one in told)) for log, told in self._told.items()]

    def start(self, request: bytes, uid: int) -> bool:
        """An echo request that must not be cut leaves; False: it has to do so the ordinary way."""
        sim, path, own = self._sim, self.path, self._own
        if not own or self.epoch != sim.epoch or len(request) != self._length or request[0] != _ECHO:
            return False
        if path.epoch != self.epoch and self._sender.find_path() is not path:
            return False
        self._last_left = now = sim._now
        if path.user is not None:
            path.user(now)
        own[0] = ident = own[0] % 0xFFFF + 1
        frame = _Departed(self, request, uid, ident)
        for passed, stations, is_packet in self._first_told:
            passed(now, uid, None if is_packet else frame, stations)
        if not self._left:
            sim.unsettled.append(self)
        self._left += 1
        heappush(sim._queue, (now + self._first.delay, SOFTIRQ, next(sim._eid), self._take, frame))
        return True

    def repeat(self, asking: Asking, request: bytes, most: int, snmp: Snmp) -> bool:
        """As `Trip.repeat`: never, as somebody watches each."""
        return False

    def settle(self) -> None:
        """As `Unsettled.settle`."""
        left, self._left = self._left, 0
        if left:
            for part in self._first.parts:
                part.passed(left, left * self._size, self._last_left)
        if self._flown:
            super().settle()

    def take(self, frame: _Departed) -> DropReason | None:
        """An echo request arrives at the end of the first cable."""
        sim = self._sim
        now, queue = sim._now, sim._queue
        until = now + self._span
        if (queue and queue[0][0] <= until) or sim.stepping or not self._set_out(frame.request, until):
            return self._hop.take(frame)
        self.begun = now - self._first.delay
        if self._users:
            self._tell_users()
        self._idents[0] = ident = self._idents[0] % 0xFFFF + 1
        uid = frame.uid if sim.journal is None else sim.born(frame.uid)
        journey = self, now, frame, ident, uid
        for log, stations in self._logs:
            log.travelled(journey, stations)
        return None

    def passages(self, log: Log, begun: int, frame: Frame, ident: int, uid: int) -> Iterator[Passage]:
        """As `macvsim.engine.journal.Route.passages`."""
        frames = [frame]
        for onward in self._changes:
            frames.append(self.leaving(onward, frames[-1], ident, uid))
        for after, packet, shown, stations in self._told[log]:
            yield begun + after, frames[packet].uid, None if shown == _NO_FRAME else frames[shown], stations
