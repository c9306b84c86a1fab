"""The ladder: who sent what when, a column for each interface, time running down."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from macvsim.errors import MacvsimError
from macvsim.view.packets import PacketText, packet_text
from macvsim.view.page import MARGIN
from macvsim.view.runs import Column, Run, Runs, vlans
from macvsim.view.scene import Area, Box, Cross, Scene, Text, Wire, Word, line_width, text
from macvsim.view.style import TYPES, tint
from macvsim.view.trail import Visit

CLOCK = 92.0
"""Width of the column of times."""
LEAST_COLUMN = 92.0
ROW = 36.0
REASON = 14.0
"""Height of a line that says why a packet ended."""
HEAD = 44.0
MOST_RUNS = 80


def ladder_scene(
    visits: Sequence[Visit], title: str, *, by: str = "interface", remarks: dict[int, str] | None = None
) -> Scene:
    """Packets as a ladder.

    by : a column for each ``interface``, or for each ``node``; remarks : what there is to say at visits, by number

    Raises
    ------
    MacvsimError : `by` is neither
    """
    if by not in ("interface", "node"):
        raise MacvsimError(f"by={by!r}: a ladder has a column for each 'interface' or for each 'node'")
    return _Ladder(Runs(visits, by, remarks), title).scene


class _Ladder:
    def __init__(self, runs: Runs, title: str) -> None:
        self.left_out = max(len(runs.runs) - MOST_RUNS, 0)
        self.runs = sorted(runs.runs[:MOST_RUNS], key=lambda run: run.time)
        self.tints = {vid: number for number, vid in enumerate(vlans(self.runs))}
        self.start = self.runs[0].time if self.runs else 0
        labels = [self._label(run) for run in self.runs]
        self.x: dict[Column, float] = {}
        x = MARGIN + CLOCK
        for here in runs.columns:
            name = max(TYPES["column"].width(here.holder), TYPES["muted"].width(here.interface))
            width = max(name + 18, LEAST_COLUMN)
            self.x[here] = x + width / 2
            x += width
        widest = max((line_width(label) for label in labels), default=0.0)
        width = max(x + MARGIN, MARGIN + CLOCK + widest + MARGIN, 2 * MARGIN + TYPES["heading"].width(title), 360.0)
        self.scene = Scene(width, 0.0, title, self._describe())
        self.scene.add(text(MARGIN, MARGIN + 14, title, "heading"))
        top = MARGIN + 30
        rows = sum(map(self._height, self.runs))
        head = HEAD if any(here.interface for here in runs.columns) else HEAD - 14
        self._heads(runs.columns, top, head, rows)
        y = top + head
        for run, label in zip(self.runs, labels, strict=True):
            y = self._row(run, label, y)
        if self.left_out:
            self.scene.add(text(MARGIN, y + 18, f"… {self.left_out} more", "muted"))
            y += 20
        self.scene.height = y + 8 + MARGIN

    def _describe(self) -> str:
        """The rows as sentences."""
        sentences = []
        for run in self.runs:
            said = " ".join(word.text for word in self._label(run))
            way = f"{_name(run.stops[0][0])} to {_name(run.stops[-1][0])}"
            ends = "".join(f", {words} at {_name(where)}" for where, words, _ in run.ends)
            sentences.append(f"{self._clock(run)}: {said}, {way}{ends}.")
        return " ".join(sentences)

    def _clock(self, run: Run) -> str:
        return f"{(run.time - self.start) / 1e6:.3f} ms"

    def _heads(self, columns: Sequence[Column], top: float, head: float, rows: float) -> None:
        for here in columns:
            x = self.x[here]
            self.scene.add(text(x, top + 12, here.holder, "column", "middle"))
            if here.interface:
                self.scene.add(text(x, top + 26, here.interface, "muted", "middle"))
            self.scene.add(Wire(((x, top + head - 10), (x, top + head + rows)), "lifeline"))

    def _label(self, run: Run) -> tuple[Word, ...]:
        """What a run carries; the tag it has anywhere on its way."""
        said = [one for one in (_said(visit) for _, visit in run.stops) if one is not None]
        if not said:
            return (Word("packet", "say-other"),)
        words = [Word(said[0].short, f"say-{said[0].kind}")]
        for vid in dict.fromkeys(one.vlans[0] for one in said if one.vlans):
            words.append(Word(f"VLAN {vid}", f"name-{tint(self.tints.get(vid))}"))
        return tuple(words)

    def _row(self, run: Run, label: tuple[Word, ...], y: float) -> float:
        scene, line = self.scene, y + 24
        scene.add(text(MARGIN, line + 4, self._clock(run), "clock"))
        xs = [self.x[here] for here, _ in run.stops]
        middle = (min(xs) + max(xs)) / 2
        half = line_width(label) / 2
        middle = min(max(middle, MARGIN + CLOCK + half), scene.width - MARGIN - half)
        scene.add(Box(Area(middle - half - 2, line - 17, 2 * half + 4, 12), "page"))
        scene.add(Text(middle, line - 7, label, "middle"))
        for number, (_, visit) in enumerate(run.stops[1:], 1):
            said = _said(visit)
            vid = said.vlans[0] if said is not None and said.vlans else None
            style = f"wire-{tint(self.tints.get(vid) if vid is not None else None)}"
            points = ((xs[number - 1], line), (xs[number], line))
            scene.add(Wire(points, style, arrow=number == len(xs) - 1))
        for x in xs[:-1]:
            scene.add(Box(Area(x - 2.5, line - 2.5, 5, 5), "dot", 2.5))
        if run.arrived:
            scene.add(Box(Area(xs[-1] - 4, line - 4, 8, 8), "arrived", 4))
        for reason, below, x, minor in self._ends(run):
            scene.add(Cross(x, line, "cross-muted" if minor else "cross", 4 if minor else 6))
            area = reason.area
            top = y + ROW - 6 + REASON * below
            scene.add(Box(Area(area.x - 2, top, area.width + 4, 12), "page"), replace(reason, y=top + 10))
        return y + self._height(run)

    def _ends(self, run: Run) -> Iterator[tuple[Text, int, float, bool]]:
        """Why a run's copies ended, in as few lines as there is room in: label, number of the line, x of the end."""
        rows: list[list[Area]] = []
        for where, words, minor in run.ends:
            style = "muted" if minor else "reason"
            half = TYPES[style].width(words) / 2
            x = min(max(self.x[where], MARGIN + CLOCK + half), self.scene.width - MARGIN - half)
            label = text(x, 0.0, words, style, "middle")
            room = label.area._replace(x=label.area.x - 4, width=label.area.width + 8)
            free = (number for number, row in enumerate(rows) if not any(room.overlaps(other) for other in row))
            number = next(free, len(rows))
            rows[number:] = [[*(rows[number] if number < len(rows) else []), room], *rows[number + 1 :]]
            yield label, number, self.x[where], minor

    def _height(self, run: Run) -> float:
        return ROW + REASON * max((number + 1 for _, number, _, _ in self._ends(run)), default=0)


def _name(here: Column) -> str:
    return f"{here.holder}:{here.interface}" if here.interface else here.holder


def _said(visit: Visit) -> PacketText | None:
    return None if visit.frame is None else packet_text(visit.frame.wire)


__all__ = ["ladder_scene"]
