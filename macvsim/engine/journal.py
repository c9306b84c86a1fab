"""The journal of packets: what happened to each, kept as it comes and written out when somebody reads it.

The passage of a frame in one call from the queue is one entry: its time, the frame as it came and as it left, and a
script of stations that all frames of a flow share.  Captures keep the same entries.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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


class Journal:
    """The records of every packet, oldest first; at most about `limit` records, the oldest half is forgotten beyond
    that.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
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
    def records(self) -> list[Record]:
        """All of it."""
        for entry in self._entries:
            self._records.extend(_written(entry))
        self._entries.clear()
        return self._records

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
        uids = [record.uid for record in self._records]
        for entry in self._entries:
            uids += [entry.uid] if isinstance(entry, Record) else [entry[1].uid, entry[2].uid]
        oldest = min(uids)
        self.causes = {uid: cause for uid, cause in self.causes.items() if uid >= oldest}


def _written(entry: Passage | Record) -> Iterator[Record]:
    if isinstance(entry, Record):
        yield entry
        return
    time, came, left, script = entry
    for where, step, tag, detail, late, bare in script:
        frame = left if late else came
        yield Record(time, frame.uid, where, step, None if bare else frame.tagged(tag), detail)
