"""What a picture is made of: boxes, texts, wires and marks at fixed places, in drawing order.

Lengths are SVG user units (px), x to the right and y down.  Layouts make scenes; `macvsim.view.svg` and
`macvsim.view.mpl` draw them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from macvsim.view.style import TYPES

Point = tuple[float, float]


class Area(NamedTuple):
    """A rectangle by its left upper corner and its size."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        return self.x + self.width

    @property
    def bottom(self) -> float:
        return self.y + self.height

    @property
    def middle(self) -> float:
        """x of the middle."""
        return self.x + self.width / 2

    def moved(self, dx: float, dy: float) -> Area:
        return Area(self.x + dx, self.y + dy, self.width, self.height)

    def overlaps(self, other: Area, slack: float = 0.01) -> bool:
        """True if both have more than a border in common."""
        return (
            self.x < other.right - slack
            and other.x < self.right - slack
            and self.y < other.bottom - slack
            and other.y < self.bottom - slack
        )

    def contains(self, other: Area, slack: float = 0.01) -> bool:
        return (
            self.x <= other.x + slack
            and self.y <= other.y + slack
            and other.right <= self.right + slack
            and other.bottom <= self.bottom + slack
        )


NOWHERE = Area(0.0, 0.0, 0.0, 0.0)
"""Of what has no place yet."""


@dataclass(frozen=True)
class Box:
    """A rectangle with round corners; `title` is what a pointer held over it shows."""

    area: Area
    style: str
    radius: float = 0.0
    title: str = ""


class Word(NamedTuple):
    """Text in one style."""

    text: str
    style: str

    @property
    def width(self) -> float:
        return TYPES[self.style].width(self.text)


SPACE = 7.0
"""Between words of a line."""


def line_width(words: Sequence[Word]) -> float:
    """Width of words side by side."""
    return sum(word.width for word in words) + SPACE * (len(words) - 1)


@dataclass(frozen=True)
class Text:
    """One line of words; `anchor` says which part of it is at x: ``start``, ``middle`` or ``end``; y is the
    baseline.
    """

    x: float
    y: float
    words: tuple[Word, ...]
    anchor: str = "start"

    @property
    def text(self) -> str:
        return " ".join(word.text for word in self.words)

    @property
    def area(self) -> Area:
        """What it covers at most."""
        kinds = [TYPES[word.style] for word in self.words]
        ascent, descent = max(kind.ascent for kind in kinds), max(kind.descent for kind in kinds)
        width = line_width(self.words)
        left = self.x - {"start": 0.0, "middle": width / 2, "end": width}[self.anchor]
        return Area(left, self.y - ascent, width, ascent + descent)


def text(x: float, y: float, words: str, style: str, anchor: str = "start") -> Text:
    """A line in one style."""
    return Text(x, y, (Word(words, style),), anchor)


@dataclass(frozen=True)
class Wire:
    """A line through points; with `arrow` it has a head at its end."""

    points: tuple[Point, ...]
    style: str
    arrow: bool = False
    title: str = ""


ARROW = 7.0
"""Length of an arrow's head."""


def arrow_triangle(points: Sequence[Point]) -> tuple[Point, Point, Point]:
    """The head at the end of a line, along its last part."""
    (x0, y0), (x1, y1) = points[-2:]
    length = ((x1 - x0) ** 2 + (y1 - y0) ** 2) ** 0.5 or 1.0
    ux, uy = (x1 - x0) / length * ARROW, (y1 - y0) / length * ARROW
    return (x1, y1), (x1 - ux - uy / 2, y1 - uy + ux / 2), (x1 - ux + uy / 2, y1 - uy - ux / 2)


@dataclass(frozen=True)
class Cross:
    """Where something ended."""

    x: float
    y: float
    style: str = "cross"
    size: float = 6.0


Item = Box | Text | Wire | Cross


@dataclass
class Scene:
    """A picture.

    title, description : what it shows, for those who do not see it
    """

    width: float
    height: float
    title: str
    description: str = ""
    items: list[Item] = field(default_factory=list)

    def add(self, *items: Item) -> None:
        self.items += items

    def texts(self) -> Sequence[Text]:
        return [item for item in self.items if isinstance(item, Text)]


def extent(item: Item) -> Area:
    """What an item covers, its stroke left out."""
    if isinstance(item, Cross):
        return Area(item.x - item.size, item.y - item.size, 2 * item.size, 2 * item.size)
    if isinstance(item, Wire):
        xs, ys = zip(*item.points, strict=True)
        return Area(min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys))
    return item.area
