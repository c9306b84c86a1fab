"""When packets are where on a page: simulated time stretched so that every step can be seen.

Steps that take no simulated time follow each other at walking pace; what happens at once on different wires is seen at
once; what waits for something (an address to be resolved) goes on when that has come.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from macvsim.explain import BYSTANDERS, BYSTANDERS6
from macvsim.journal import Place
from macvsim.net.namespace import Namespace
from macvsim.view.packets import packet_text
from macvsim.view.page import Layout
from macvsim.view.scene import Point
from macvsim.view.story import Story
from macvsim.view.trail import Visit
from macvsim.view.ways import Ways

PACE = 180.0
"""Units a second."""
LEAST, MOST = 0.25, 1.6
"""Seconds for one hop."""
REST = 0.12
"""Seconds that a packet stays at each device."""
PAUSE = 0.35
"""Seconds that a device takes where simulated time passes."""
MOST_LENGTH = 24.0
BEGIN = 0.6
HOLD = 4.0
"""Seconds in which the end is shown before all begins again."""


@dataclass
class Token:
    """One copy of a packet on its way.

    track : where it is at which second, in order; it rests between equal points; tags : from when it has which VLAN's
    tag (None: none); end : the reason, if it ended; minor : nobody minds
    """

    kind: str
    track: list[tuple[float, Point]]
    tags: list[tuple[float, int | None]] = field(default_factory=list)
    end: str = ""
    minor: bool = False

    @property
    def begins(self) -> float:
        return self.track[0][0]

    @property
    def ends(self) -> float:
        return self.track[-1][0]


@dataclass(frozen=True)
class Line:
    """Something said at a moment."""

    time: float
    kind: str
    text: str


@dataclass
class Timeline:
    """Everything that moves; seconds."""

    tokens: list[Token]
    lines: list[Line]
    length: float
    end: float
    """When the packet that decides has arrived or ended."""

    def within(self, most: float) -> Timeline:
        """The same in at most that time."""
        pace = min(most / self.length, 1.0)
        tokens = [
            replace(
                token,
                track=[(time * pace, point) for time, point in token.track],
                tags=[(time * pace, vid) for time, vid in token.tags],
            )
            for token in self.tokens
        ]
        lines = [replace(line, time=line.time * pace) for line in self.lines]
        return Timeline(tokens, lines, self.length * pace, self.end * pace)


def timeline(layout: Layout, story: Story) -> Timeline:
    """The story in seconds."""
    return _Stage(layout, story).timeline


def _scenes(story: Story) -> list[Visit]:
    """What is shown: up to the end, without questions asked again."""
    shown: list[Visit] = []
    asked: set[tuple[object, str]] = set()
    again: set[int] = set()
    for visit in story.visits:
        text = packet_text(visit.frame.wire) if visit.frame is not None else None
        if visit.born and text is not None and text.kind == "ask":
            if (visit.place, text.long) in asked:
                again.add(visit.uid)
            asked.add((visit.place, text.long))
        if visit.uid not in again:
            shown.append(visit)
        if visit is story.end:
            break
    return shown


class _Stage:
    def __init__(self, layout: Layout, story: Story) -> None:
        self.layout = layout
        self.ways = Ways(layout)
        self.visits = _scenes(story)
        self.at: dict[int, tuple[float, Point | None]] = {}
        """Second and place of each visit, by identity."""
        self.token: dict[int, Token] = {}
        self.tokens: list[Token] = []
        self.told: dict[int, Line] = {}
        for number, visit in enumerate(self.visits):
            self._play(visit, self.visits[:number])
        tokens = [token for token in self.tokens if len(token.track) > 1 or token.end]
        end = self.at[id(story.end)][0] if story.end is not None and id(story.end) in self.at else 0.0
        last = max((token.ends for token in tokens), default=end)
        lines = sorted(self.told.values(), key=lambda line: line.time)
        self.timeline = Timeline(tokens, lines, max(last, end) + HOLD, end).within(MOST_LENGTH)

    def _play(self, visit: Visit, earlier: Sequence[Visit]) -> None:
        before = visit.before
        begun, start = (BEGIN, None) if before is None else self.at.get(id(before), (BEGIN, None))
        way = self._way(before, visit)
        if before is not None and visit.time > before.time and not way:
            begun = self._enabled(visit, before, earlier, begun)
        if not way:
            self._stay(visit, before, begun, start)
            return
        begun += REST
        points = way if start is None else (start, *way)
        arrival = begun + min(max(_length(points) / PACE, LEAST), MOST)
        token = self._continue(visit, before, begun, points[0])
        if token.ends < begun:
            token.track.append((begun, points[0]))
        _walk(token, begun, arrival, points)
        said = packet_text(visit.frame.wire) if visit.frame is not None else None
        if said is not None:
            token.kind = said.kind
            token.tags.append((begun, said.vlans[0] if said.vlans else None))
            line = Line(begun, said.kind, f"{_sender(visit)}: {said.short}")
            self.told.setdefault(visit.uid, line)
        self.at[id(visit)] = arrival, points[-1]
        self.token[id(visit)] = token
        self._finish(visit, token)

    def _stay(self, visit: Visit, before: Visit | None, begun: float, start: Point | None) -> None:
        """A visit that moves nothing on the page."""
        self.at[id(visit)] = begun, start
        token = self.token.get(id(before)) if before is not None and not visit.born else None
        if token is None and visit.reason is not None and start is None:
            node = self.layout.topology.at(visit.place)
            if node is not None:
                area = self.layout.areas[node.id]
                start = (area.right - 8, area.y + 8)
        if token is None and visit.reason is not None and start is not None:
            token = Token("other", [(begun, start)])
            self.tokens.append(token)
        if token is not None:
            self.token[id(visit)] = token
            self._finish(visit, token)

    def _finish(self, visit: Visit, token: Token) -> None:
        if visit.reason is not None and (not token.end or token.minor):
            minor = visit.reason in BYSTANDERS or visit.reason in BYSTANDERS6
            if not token.end or not minor:
                token.end, token.minor = visit.reason.name, minor

    def _way(self, before: Visit | None, visit: Visit) -> tuple[Point, ...]:
        """The line from the last place that is on the page."""
        while before is not None and isinstance(before.place, Namespace):
            before = before.before
        a = self._node(before.place) if before is not None else None
        b = self._node(visit.place)
        if a is None or b is None or isinstance(visit.place, Namespace):
            return ()
        return self.ways.way(a, b)

    def _node(self, place: Place) -> str | None:
        node = self.layout.topology.at(place)
        return None if node is None else node.id

    def _enabled(self, visit: Visit, before: Visit, earlier: Sequence[Visit], begun: float) -> float:
        """When what a packet waited for had come: the last thing its namespace saw before it went on."""
        for other in reversed(earlier):
            if other.time < visit.time:
                break
            if other.uid != visit.uid and _owner(other.place) is _owner(visit.place):
                return max(begun, self.at[id(other)][0])
        return begun + PAUSE

    def _continue(self, visit: Visit, before: Visit | None, begun: float, start: Point) -> Token:
        """The token that goes on: the packet's own, unless a copy took that already."""
        token = self.token.get(id(before)) if before is not None and not visit.born else None
        if token is None or token.ends > begun + 1e-9 or token.end:
            token = Token("other", [(begun, start)])
            self.tokens.append(token)
        return token


def _walk(token: Token, begun: float, arrival: float, points: Sequence[Point]) -> None:
    """Let a token follow points at an even pace."""
    total = _length(points) or 1.0
    gone = 0.0
    for a, b in pairwise(points):
        gone += _length((a, b))
        if a != b:
            token.track.append((begun + (arrival - begun) * gone / total, b))


def _length(points: Iterable[Point]) -> float:
    total, last = 0.0, None
    for point in points:
        if last is not None:
            total += ((point[0] - last[0]) ** 2 + (point[1] - last[1]) ** 2) ** 0.5
        last = point
    return total


def _owner(place: Place) -> object:
    return getattr(place, "ns", place)


def _sender(visit: Visit) -> str:
    origin = visit
    while not origin.born and origin.before is not None:
        origin = origin.before
    return origin.place.label.partition(":")[0]


__all__ = ["Line", "Timeline", "Token", "timeline"]
