"""Where the cells of a machine stand: in layers, so that the space between two layers is free for wires."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, sqrt

from macvsim.view.boxes import GAP, furnish
from macvsim.view.cells import BETWEEN, IN_ONE_ROW, LEADING, RAIL, SIDE, Cell, Machine
from macvsim.view.labels import bar_height, bar_width, flow
from macvsim.view.scene import Area, Point, Word, line_width
from macvsim.view.topology import Edge

PAD = 12.0
"""Between a host's border and what is in it."""
HEAD = 30.0
"""A host's title line."""
LEAST_TITLE = 150.0
"""Width up to which a host's title stands on one line, however little it holds."""


@dataclass(frozen=True)
class Link:
    """The wire of an edge."""

    edge: Edge
    points: tuple[Point, ...]
    tint: str = "plain"


@dataclass
class Placed:
    """A machine with places, its left upper corner at the origin; `lines`: its title."""

    machine: Machine
    width: float
    height: float
    links: list[Link]
    lines: list[list[Word]]


def place(machine: Machine, title: list[Word]) -> Placed:
    """Give every cell of a machine its place."""
    return _Placing(machine, title).placed


class _Placing:
    """One machine's places: widths from the top down, then layers from the bottom up."""

    def __init__(self, machine: Machine, title: list[Word]) -> None:
        self.machine = machine
        self.lanes: dict[str, int] = {}
        """Number of the lane of each device that extra wires lead to."""
        for edge in machine.extra:
            if machine.cells[edge.a].node.inside != machine.cells[edge.b].node.inside or self._is_bar(edge.b):
                self.lanes.setdefault(edge.b, len(self.lanes))
        self.room = RAIL * len(self.lanes)
        """What the lanes take."""
        self.heights: list[float] = []
        self.floor: list[float] = []
        """y of the bottom of each layer."""
        self._assign()
        groups = [*map(self._width, machine.roots), *([self._grid_width(machine.loose)] if machine.loose else [])]
        inner = sum(groups) + BETWEEN * max(len(groups) - 1, 0)
        lines = flow(title, max(inner, LEAST_TITLE))
        width = max(inner, *map(line_width, lines))
        height = self._build(HEAD + LEADING * (len(lines) - 1) + self.room)
        left = PAD + self.room
        self._stand(left + (width - inner) / 2)
        self.placed = Placed(machine, left + width + PAD, height, [*self._links(), *self._extra(left)], lines)

    def _is_bar(self, node: str) -> bool:
        return self.machine.cells[node].node.inside == self.machine.host.id

    # -- sizes ---------------------------------------------------------------------------------------------------------

    def _width(self, cell: Cell) -> float:
        """Of a bar with all that stands on it."""
        return max(bar_width(cell), self._upper_width(cell))

    def _upper_width(self, cell: Cell) -> float:
        upper = [self._width(bar) for bar in cell.bars]
        if cell.boxes:
            upper.append(self._grid_width(cell.boxes))
        return sum(upper) + BETWEEN * (len(upper) - 1)

    def _grid_width(self, boxes: list[Cell]) -> float:
        """Of boxes in rows, all as wide as the widest, with a rail on their left where there is more than one row."""
        columns = _columns(len(boxes))
        rail = 2 * RAIL if len(boxes) > columns else 0.0
        return columns * (max(box.area.width for box in boxes) + BETWEEN) - BETWEEN + rail

    # -- layers --------------------------------------------------------------------------------------------------------

    def _assign(self) -> None:
        """Sizes of all cells, and their layers."""
        for cell in self.machine.cells.values():
            if cell.is_box:
                furnish(cell)
        for cell in self.machine.roots:
            self._raise(cell, 0)
        self._raise_boxes(self.machine.loose, 0)

    def _raise(self, cell: Cell, level: int) -> None:
        width = self._width(cell)
        cell.lines = flow(cell.words, width - 2 * SIDE)
        cell.area = Area(0, 0, width, bar_height(cell))
        self._set(cell, level)
        for bar in cell.bars:
            self._raise(bar, level + 1)
        self._raise_boxes(cell.boxes, level + 1)

    def _raise_boxes(self, boxes: list[Cell], level: int) -> None:
        for number, box in enumerate(boxes):
            self._set(box, level + number // _columns(len(boxes)))

    def _set(self, cell: Cell, level: int) -> None:
        cell.level = level
        self.heights += [0.0] * (level + 1 - len(self.heights))
        self.heights[level] = max(self.heights[level], cell.area.height)

    def _build(self, head: float) -> float:
        """Heights of the layers' floors; returns the whole height."""
        gap = GAP + self.room
        bottom = PAD + (self.room if self.machine.loose else 0)
        height = head + sum(self.heights) + gap * max(len(self.heights) - 1, 0) + bottom
        y = height - bottom
        for layer in self.heights:
            self.floor.append(y)
            y -= layer + gap
        return height

    # -- places --------------------------------------------------------------------------------------------------------

    def _stand(self, x: float) -> None:
        for cell in self.machine.roots:
            self._put(cell, x)
            x += cell.area.width + BETWEEN
        self._put_boxes(self.machine.loose, x)

    def _put(self, cell: Cell, x: float) -> None:
        """Give a bar its place, and center what stands on it."""
        cell.area = cell.area.moved(x, self.floor[cell.level] - cell.area.height)
        x += (cell.area.width - self._upper_width(cell)) / 2
        for bar in cell.bars:
            self._put(bar, x)
            x += bar.area.width + BETWEEN
        self._put_boxes(cell.boxes, x)

    def _put_boxes(self, boxes: list[Cell], x: float) -> None:
        columns, each = _columns(len(boxes)), max((box.area.width for box in boxes), default=0.0)
        x += 2 * RAIL if len(boxes) > columns else 0.0
        for number, box in enumerate(boxes):
            left, top = x + number % columns * (each + BETWEEN), self.floor[box.level] - box.area.height
            shift = left + (each - box.area.width) / 2
            box.area = Area(left, top, each, box.area.height)
            for one in box.everything():
                if one is not box:
                    one.area = one.area.moved(shift, top)

    # -- wires ---------------------------------------------------------------------------------------------------------

    def _links(self) -> list[Link]:
        """The wires of edges that the stacking shows: straight down, or by a rail where boxes are wrapped."""
        cells = self.machine.cells
        links = []
        for edge in self.machine.edges:
            if edge in self.machine.extra:
                continue
            a, b = cells[edge.a], cells[edge.b]
            upper, lower = (a, b) if a.area.bottom <= b.area.y else (b, a)
            box = cells.get(upper.node.inside)
            x, top = upper.area.middle, lower.area.y
            points: tuple[Point, ...] = ((x, upper.area.bottom), (x, top))
            if box is not None and box in lower.boxes and box.level > lower.level + 1:
                y = self.floor[box.level] + GAP + self.room - RAIL
                rail = min(one.area.x for one in lower.boxes) - RAIL
                points = ((x, upper.area.bottom), (x, y), (rail, y), (rail, top))
            links.append(Link(edge, points if upper is a else points[::-1], _tint(a, b)))
        return links

    def _extra(self, left: float) -> list[Link]:
        """The wires of the other edges: in the spaces between layers and along the left border, a lane for each
        target; where both ends are in one box, there is none.
        """
        links = []
        for edge in self.machine.extra:
            lane = self.lanes.get(edge.b)
            if lane is None:
                continue
            rail = left - RAIL * (lane + 1)
            (ax, ay, a_lane), (bx, by, b_lane) = self._exit(edge.a, lane), self._exit(edge.b, lane)
            way = [(ax, ay), (ax, a_lane), (bx, b_lane), (bx, by)]
            if a_lane != b_lane:
                way[2:2] = [(rail, a_lane), (rail, b_lane)]
            links.append(Link(edge, tuple(way), _tint(self.machine.cells[edge.b], self.machine.cells[edge.a])))
        return links

    def _exit(self, node: str, lane: int) -> tuple[float, float, float]:
        """Where an extra wire leaves a node, above a bar and below a box: x, y of the border, y of the lane."""
        cell = self.machine.cells[node]
        area = cell.area
        if self._is_bar(node):
            x = area.right - RAIL * (lane + 1) if area.width > RAIL * (lane + 2) else area.middle
            ceiling = self.floor[cell.level] - self.heights[cell.level]
            return x, area.y, ceiling - 5 - RAIL * lane
        floor = self.floor[self.machine.cells[cell.node.inside].level]
        return area.middle, area.bottom, floor + GAP + self.room - 5 - RAIL * lane


def _tint(a: Cell, b: Cell) -> str:
    """Of a wire between two devices: of the one that is in a VLAN."""
    return a.tint if a.tint != "plain" else b.tint


def _columns(count: int) -> int:
    """How many boxes stand side by side: wrapped into rows of even length."""
    if count <= IN_ONE_ROW:
        return max(count, 1)
    rows = ceil(count / ceil(sqrt(count) * 1.05))
    return ceil(count / rows)


__all__ = ["Link", "Placed", "place"]
