"""When packets are where on a page: simulated time stretched so that every step can be seen.

Steps that take no simulated time follow each other at walking pace; what happens at once on different wires is seen at
once; what waits for something (an address to be resolved) goes on when that has come.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from macvsim.engine.journal import Place
from macvsim.net.namespace import Namespace
from macvsim.view.packets import packet_text
from macvsim.view.page import Layout
from macvsim.view.scene import Point
from macvsim.view.story import Story
from macvsim.view.trail import Visit, owner
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

    def die(self, reason: str, *, minor: bool) -> None:
        """It ends where it is; what matters more is said."""
        if not self.end or (self.minor and not minor):
            self.end, self.minor = reason, minor


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


def _shown(story: Story) -> list[Visit]:
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
    """Lets the visits happen one after the other."""

    def __init__(self, layout: Layout, story: Story) -> None:
        self.layout = layout
        self.story = story
        self.ways = Ways(layout)
        self.happened: list[Visit] = []
        self.at: dict[Visit, tuple[float, Point | None]] = {}
        """When and where on the page each visit happened."""
        self.token: dict[Visit, Token] = {}
        self.tokens: list[Token] = []
        self.told: dict[int, Line] = {}
        for visit in _shown(story):
            self._play(visit)
            self.happened.append(visit)
        tokens = [token for token in self.tokens if len(token.track) > 1 or token.end]
        end = self.at[story.end][0] if story.end in self.at else 0.0
        last = max((token.ends for token in tokens), default=end)
        lines = sorted(self.told.values(), key=lambda line: line.time)
        self.timeline = Timeline(tokens, lines, max(last, end) + HOLD, end).within(MOST_LENGTH)

    def _play(self, visit: Visit) -> None:
        before = visit.before
        begun, start = (BEGIN, None) if before is None else self.at.get(before, (BEGIN, None))
        way = self._way(visit)
        if before is not None and visit.time > before.time and (visit.step == "xmit" or not way):
            begun = self._enabled(visit, begun)
        if way:
            self._move(visit, way, begun, start)
        else:
            self._stay(visit, begun, start)
        if visit in self.token and visit.reason is not None:
            self.token[visit].die(visit.reason.name, minor=visit.minor and visit is not self.story.end)

    def _move(self, visit: Visit, way: tuple[Point, ...], begun: float, start: Point | None) -> None:
        begun += REST
        points = way if start is None else (start, *way)
        arrival = begun + min(max(_length(points) / PACE, LEAST), MOST)
        token = self._continue(visit, begun, points[0])
        if token.ends < begun:
            token.track.append((begun, points[0]))
        _walk(token, begun, arrival, points)
        self.at[visit], self.token[visit] = (arrival, points[-1]), token
        if visit.frame is not None:
            said = packet_text(visit.frame.wire)
            token.kind = said.kind
            token.tags.append((begun, said.vlans[0] if said.vlans else None))
            self.told.setdefault(visit.uid, Line(begun, said.kind, f"{_sender(visit)}: {said.short}"))

    def _stay(self, visit: Visit, begun: float, start: Point | None) -> None:
        """A visit that moves nothing on the page; a packet that ends before it has moved is seen all the same."""
        token = self.token.get(visit.before) if visit.before is not None and not visit.born else None
        if token is None and visit.reason is not None:
            start = start or self._corner(visit.place)
            if start is not None:
                token = Token("other", [(begun, start)])
                self.tokens.append(token)
        self.at[visit] = begun, start
        if token is not None:
            self.token[visit] = token

    def _corner(self, place: Place) -> Point | None:
        node = self.layout.topology.at(place)
        if node is None:
            return None
        area = self.layout.areas[node.id]
        return area.right - 8, area.y + 8

    def _way(self, visit: Visit) -> tuple[Point, ...]:
        """The line from the last place that is on the page; namespaces are where their devices are."""
        before = visit.before
        while before is not None and isinstance(before.place, Namespace):
            before = before.before
        if before is None or isinstance(visit.place, Namespace):
            return ()
        a, b = self.layout.topology.at(before.place), self.layout.topology.at(visit.place)
        return self.ways.way(a.id, b.id) if a is not None and b is not None else ()

    def _enabled(self, visit: Visit, begun: float) -> float:
        """When what a packet waited for had come: the last thing its namespace saw before it went on."""
        for other in reversed(self.happened):
            if other.time < visit.time:
                break
            if other.uid != visit.uid and owner(other.place) is owner(visit.place):
                return max(begun, self.at[other][0])
        return begun + PAUSE

    def _continue(self, visit: Visit, begun: float, start: Point) -> Token:
        """The token that goes on: the packet's own, unless a copy took that already."""
        token = self.token.get(visit.before) if visit.before is not None and not visit.born else None
        if token is None or token.ends > begun or token.end:
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


def _sender(visit: Visit) -> str:
    origin = visit
    while not origin.born and origin.before is not None:
        origin = origin.before
    return origin.place.label.partition(":")[0]


__all__ = ["Line", "Timeline", "Token", "timeline"]
