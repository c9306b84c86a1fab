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
        self.limit = limit
        self.causes: dict[int, int] = {}
        self._records: list[Record] = []
        self._passages: list[Passage] = []
        """What has come since `_records` were written."""
        self._unwritten = 0
        """Stations in them."""

    @property
    def records(self) -> list[Record]:
        """All of it."""
        for passage in self._passages:
            self._records.extend(_written(passage))
        self._passages.clear()
        self._unwritten = 0
        return self._records

    def passed(self, time: int, uid: int, frame: Frame | None, stations: Stations) -> None:
        """A packet has passed `stations`."""
        self._passages.append((time, uid, frame, stations))
        self._unwritten += len(stations)
        if self._unwritten + len(self._records) > self.limit:
            self._forget()

    def _forget(self) -> None:
        """The oldest half goes, as often as it takes; what is forgotten is not written out first."""
        half = self.limit // 2
        while half and self._unwritten + len(self._records) > self.limit:
            left = half - len(self._records)
            del self._records[:half]
            at = 0
            while left > 0:
                stations = self._passages[at][3]
                if len(stations) > left:
                    self._records.extend(list(_written(self._passages[at]))[left:])
                left -= len(stations)
                self._unwritten -= len(stations)
                at += 1
            del self._passages[:at]
        oldest = min([*(record.uid for record in self._records), *(uid for _, uid, _, _ in self._passages)])
        self.causes = {uid: cause for uid, cause in self.causes.items() if uid >= oldest}


def _written(passage: Passage) -> Iterator[Record]:
    time, uid, frame, stations = passage
    for where, step, tag, detail in stations:
        yield Record(time, uid, where, step, None if frame is None else form(frame, tag), detail)
