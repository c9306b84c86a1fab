"""The journal of packets: what happened to each, kept as it comes and written out when somebody reads it.

The passage of a frame in one call from the queue is one entry: its time, the frame as it came and as it left, and a
script of stations that all frames of a flow share.  Captures keep the same entries.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from macvsim.engine.recording import Station

if TYPE_CHECKING:
    from macvsim.wire.frame import Frame


class Place(Protocol):
    """Something a packet can be at; `label` is what people read, like ``host1:enp0s8``."""

    @property
    def label(self) -> str: ...


class FormerPlace(NamedTuple):
    """A place that is gone."""

    label: str


class Record(NamedTuple):
    """One line of the journal: at `time` (ns) packet `uid` was at `where`; `step` says what happened to it there."""

    time: int
    uid: int
    where: Place
    step: str
    frame: Frame | None
    detail: Any


Passage = tuple[int, "Frame", "Frame", Sequence[Station]]
"""Time (ns), the frame as it came and as it left, and the stations it passed in between."""


STRIDE = 16
"""One entry in so many is measured, and stands for the others."""
OVERHEAD = 200
"""Bytes of memory that an entry takes besides its frame, about."""


class Scale:
    """An estimate of the bytes that entries take, as they come."""

    __slots__ = ("_seen", "octets")

    def __init__(self) -> None:
        self.octets = self._seen = 0

    def add(self, entries: Sequence[Passage | Record]) -> None:
        """Measure the entries that came since the last time; a frame that several in a row have counts once."""
        if self._seen > len(entries):  # they were written out
            self._seen = 0
        octets = 0
        for at in range(self._seen + STRIDE - 1, len(entries), STRIDE):
            frame, before = _frame(entries[at]), _frame(entries[at - 1])
            octets += OVERHEAD if frame is None or frame is before else OVERHEAD + len(frame.raw)
            self._seen = at + 1
        self.octets += octets * STRIDE


class Journal:
    """The records of every packet, oldest first; at most about `limit` records, and frames of about `octets` bytes (0:
    any number); the oldest half is forgotten beyond that.
    """

    UNCOMPARED = ("_entries", "_records")

    def __init__(self, limit: int, octets: int = 0) -> None:
        self._limit = limit
        self._most = octets
        self._scale = Scale()
        self.causes: dict[int, int] = {}
        self._records: list[Record] = []
        self._entries: list[Passage | Record] = []
        """Entries that came after `_records` were written."""
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
    def room(self) -> int:
        """For how many more records there is room."""
        return self._room

    @property
    def records(self) -> list[Record]:
        """All of it."""
        for entry in self._entries:
            self._records.extend(_written(entry))
        self._entries.clear()
        return self._records

    def compared(self) -> list[Record]:
        """All of it, for `macvsim.record.same`; what came as entries stays so."""
        return [*self._records, *chain.from_iterable(map(_written, self._entries))]

    def weigh(self) -> None:
        """Measure what has come since the last time, and forget the oldest half if it is too much."""
        self._scale.add(self._entries)
        if 0 < self._most < self._scale.octets:
            self._forget_half()

    def _forget_half(self) -> None:
        """The oldest half goes, of what was written or else of what was not."""
        oldest: list[Any] = self._records or self._entries
        for entry in oldest[: len(oldest) // 2]:
            self._room += 1 if isinstance(entry, Record) else len(entry[3])
        del oldest[: len(oldest) // 2]
        self._forget_causes()

    def note(self, record: Record) -> None:
        """Something happened to a packet."""
        self._entries.append(record)
        self._room -= 1
        if self._room < 0:
            self._forget()

    def passed(self, time: int, came: Frame, left: Frame, script: Sequence[Station]) -> None:
        """As `Log.passed`."""
        self._entries.append((time, came, left, script))
        self._room -= len(script)
        if self._room < 0:
            self._forget()

    def _forget(self) -> None:
        """The oldest half goes, as often as it takes; what is forgotten is not written out first."""
        half = self.limit // 2
        while half and self._room < 0:
            left = half - len(self._records)
            self._room += min(half, len(self._records))
            del self._records[:half]
            at = 0
            while left > 0:
                entry = self._entries[at]
                records = 1 if isinstance(entry, Record) else len(entry[3])
                self._room += min(left, records)
                if records > left:
                    self._records.extend(list(_written(entry))[left:])
                left -= records
                at += 1
            del self._entries[:at]
        self._forget_causes()

    def _forget_causes(self) -> None:
        """Packets of which nothing is left have no cause any more."""
        self._scale = Scale()
        uids = [record.uid for record in self._records]
        for entry in self._entries:
            uids += [entry.uid] if isinstance(entry, Record) else [entry[1].uid, entry[2].uid]
        oldest = min(uids, default=0)
        self.causes = {uid: cause for uid, cause in self.causes.items() if uid >= oldest}


def _frame(entry: Passage | Record) -> Frame | None:
    return entry.frame if isinstance(entry, Record) else entry[1]


def _written(entry: Passage | Record) -> Iterator[Record]:
    if isinstance(entry, Record):
        yield entry
        return
    time, came, left, script = entry
    for where, step, tag, detail, late, bare in script:
        frame = left if late else came
        yield Record(time, frame.uid, where, step, None if bare else frame.tagged(tag), detail)
