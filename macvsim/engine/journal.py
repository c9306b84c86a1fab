"""The journal of packets: what happened to each, kept as it comes and written out when somebody reads it.

On its way through stacked devices a frame passes the same places again and again.  Such a passage is one entry, its
time and frame beside a script of stations that all frames of that way share; captures keep passages as well.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, Protocol

from macvsim.wire.frame import OUTGOING, Frame, PacketType


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


class Station(NamedTuple):
    """One place of a passage; `tag` is what the frame has there (None: as it is).

    On devices `step` is ``receive``, with the packet type as `detail`, or ``xmit``.
    """

    where: Any
    step: str
    tag: int | None = None
    detail: Any = None


Stations = Sequence[Station]
Passage = tuple[int, int, Frame | None, Stations]
"""Time (ns), uid, the frame where there is one, and where it passed at that moment, in order."""


class Log(Protocol):
    """What keeps passages: the journal, or a capture."""

    def passed(self, time: int, uid: int, frame: Frame | None, stations: Stations) -> None:
        """A packet has passed `stations`."""

    def travelled(self, journey: Journey, stations: int) -> None:
        """A packet and its answer have passed so many stations of this log."""


class Route(Protocol):
    """A way that packets go, whose passages are written out when somebody reads them."""

    def passages(self, log: Log, begun: int, frame: Frame, ident: int, uid: int) -> Iterator[Passage]:
        """Those of one `Journey` in one log, in order."""


Journey = tuple[Route, int, Frame, int, int]
"""Somebody's way: when that began, the frame then, and identification and uid of the answer.  A plain tuple, like
passages, is made at least cost.
"""


def spelled_out(entries: Sequence[Passage | Journey], log: Log) -> Iterator[Passage]:
    """All passages that a log was told of."""
    for entry in entries:
        if len(entry) == 4:
            yield entry
        else:
            route, begun, frame, ident, uid = entry
            yield from route.passages(log, begun, frame, ident, uid)


class LogTap:
    """A tap that keeps what one device sees in a log.  Learned paths do not call it: they tell the log themselves."""

    def __init__(self, dev: Any, log: Log) -> None:
        self.dev = dev
        self.log = log

    def __call__(self, packet_type: PacketType, frame: Frame) -> None:
        """A frame comes in or goes out here."""
        step = "xmit" if packet_type is OUTGOING else "receive"
        self.log.passed(self.dev.sim._now, frame.uid, frame, (Station(self.dev, step, None, packet_type),))


def form(frame: Frame, tag: int | None) -> Frame:
    """A frame as it was where it had this tag."""
    return frame if tag is None or tag == frame.tag else Frame(frame.raw, frame.uid, tag)


class Journal:
    """What happened to every packet, oldest first; at most about `limit` records, the oldest half is forgotten beyond
    that.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self.causes: dict[int, int] = {}
        self._records: list[Record] = []
        self._entries: list[Passage | Journey] = []
        """What has come since `_records` were written."""
        self._room = limit
        """For how many more records."""

    @property
    def limit(self) -> int:
        """How many records are kept at most; may be changed at any time."""
        return self._limit

    @limit.setter
    def limit(self, limit: int) -> None:
        self._room += limit - self._limit
        self._limit = limit

    @property
    def records(self) -> list[Record]:
        """All of it."""
        for passage in spelled_out(self._entries, self):
            self._records.extend(_written(passage))
        self._entries.clear()
        return self._records

    def passed(self, time: int, uid: int, frame: Frame | None, stations: Stations) -> None:
        """A packet has passed `stations`."""
        self._entries.append((time, uid, frame, stations))
        self._room -= len(stations)
        if self._room < 0:
            self._forget()

    def travelled(self, journey: Journey, stations: int) -> None:
        """A packet and its answer have passed so many stations."""
        if self._room < stations:
            for passage in spelled_out([journey], self):
                self.passed(*passage)
            return
        self._entries.append(journey)
        self._room -= stations

    def _forget(self) -> None:
        """The oldest half goes, as often as it takes; what is forgotten is not written out first."""
        half = self.limit // 2
        passages = list(spelled_out(self._entries, self))
        while half and self._room < 0:
            left = half - len(self._records)
            self._room += min(half, len(self._records))
            del self._records[:half]
            at = 0
            while left > 0:
                stations = passages[at][3]
                self._room += min(left, len(stations))
                if len(stations) > left:
                    self._records.extend(list(_written(passages[at]))[left:])
                left -= len(stations)
                at += 1
            del passages[:at]
        self._entries = list(passages)
        oldest = min([*(record.uid for record in self._records), *(uid for _, uid, _, _ in passages)])
        self.causes = {uid: cause for uid, cause in self.causes.items() if uid >= oldest}


def _written(passage: Passage) -> Iterator[Record]:
    time, uid, frame, stations = passage
    for where, step, tag, detail in stations:
        yield Record(time, uid, where, step, None if frame is None else form(frame, tag), detail)
