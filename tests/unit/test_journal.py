"""The journal forgets as if every record were written when it comes, whenever it is read."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest

from macvsim.engine.journal import Journal, Record
from macvsim.engine.recording import Station
from macvsim.wire.frame import Frame


class Spot:
    """A place."""

    def __init__(self, label: str) -> None:
        self.label = label


PLACES = [Spot(name) for name in "abcdefg"]


class Eager:
    """The rules of the journal, followed at once."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.records: list[Record] = []
        self.causes: dict[int, int] = {}

    def passed(self, time: int, came: Frame, left: Frame, script: Sequence[Station]) -> None:
        for where, step, tag, detail, late, bare in script:
            frame = left if late else came
            shown = None if bare else frame if tag is None else Frame(frame.raw, frame.uid, tag)
            self.records.append(Record(time, frame.uid, where, step, shown, detail))
            if len(self.records) > self.limit:
                del self.records[: self.limit // 2]
                oldest = min(record.uid for record in self.records)
                self.causes = {child: cause for child, cause in self.causes.items() if child >= oldest}


@pytest.mark.parametrize("seed", range(20))
def test_forgets_the_oldest_half(seed: int) -> None:
    dice = random.Random(seed)
    limit = dice.choice([2, 3, 5, 8, 13, 40])
    journal, eager = Journal(limit), Eager(limit)
    for time in range(200):
        uid = time // 3
        if dice.random() < 0.5:
            journal.causes[uid] = eager.causes[uid] = uid - 1
        frame = Frame(bytes([time]) * 20, uid, dice.choice([0, 0x81000064]))
        stations = [Station(PLACES[n], "receive", dice.choice([None, 0, 7]), n) for n in range(dice.randrange(1, 6))]
        journal.passed(time, frame, frame, stations)
        eager.passed(time, frame, frame, stations)
        if dice.random() < 0.1:
            assert shown(journal.records) == shown(eager.records)
            assert journal.causes == eager.causes
    assert shown(journal.records) == shown(eager.records)
    assert journal.causes == eager.causes


def shown(records: list[Record]) -> list[tuple[object, ...]]:
    return [(r.time, r.uid, r.where, r.step, r.frame and (r.frame.raw, r.frame.tag), r.detail) for r in records]
