"""Where the cells of a machine stand: in storeys, so that the space between two storeys is free for wires."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, sqrt

from macvsim.view.cells import BETWEEN, IN_ONE_ROW, LEADING, RAIL, SIDE, TITLE, Cell, Machine
from macvsim.view.scene import SPACE, Area, Point, Word, line_width
from macvsim.view.topology import Edge

GAP = 16.0
"""Between storeys."""
PAD = 12.0
"""Between a host's border and what is in it."""
INSET = 6.0
"""Between a box's border and what is in it."""
HEAD = 30.0
"""A host's title line."""


@dataclass(frozen=True)
class Link:
    """The wire of an edge."""

    edge: Edge
    points: tuple[Point, ...]
    tint: str = "plain"


@dataclass
class Placed:
    """A machine with places, its left upper corner at the origin."""

    machine: Machine
    width: float
    height: float
    links: list[Link]
    lines: list[list[Word]]
    """The title."""


def place(machine: Machine, title: list[Word]) -> Placed:
    """Give every cell of a machine its place."""
    return _Placing(machine, title).placed


def flow(words: Sequence[Word], width: float) -> list[list[Word]]:
    """Words in lines of at most `width`; a line holds at least one."""
    lines: list[list[Word]] = []
    for word in words:
        if lines and line_width(lines[-1]) + SPACE + word.width <= width and word.style != "reason":
            lines[-1].append(word)
        else:
            lines.append([word])
    return lines


def _columns(count: int) -> int:
    """How many boxes stand side by side: wrapped into rows of even length."""
    if count <= IN_ONE_ROW:
        return max(count, 1)
    rows = ceil(count / ceil(sqrt(count) * 1.05))
    return ceil(count / rows)


class _Placing:
    """One machine's places: widths from the top down, storeys, then x and y from the bottom up."""

    def __init__(self, machine: Machine, title: list[Word]) -> None:
        self.machine = machine
        self.lanes: dict[str, int] = {}
        """Number of the lane of each device that extra wires lead to."""
        for edge in machine.extra:
            if machine.cells[edge.a].node.inside != machine.cells[edge.b].node.inside or self._is_bar(edge.b):
                self.lanes.setdefault(edge.b, len(self.lanes))
        self.gap = GAP + RAIL * len(self.lanes)
        self.heights: list[float] = []
        for cell in machine.cells.values():
            if cell.is_box:
                self._furnish(cell)
        for cell in machine.roots:
            self._raise(cell, 0)
        for number, cell in enumerate(machine.loose):
            self._set(cell, number // _columns(len(machine.loose)))
        left = PAD + RAIL * len(self.lanes)
        inner = sum(map(self._width, machine.roots)) + BETWEEN * (len(machine.roots) - 1 + bool(machine.loose))
        inner += self._grid_width(machine.loose)
        lines = flow(title, max(inner, 150.0))
        head = HEAD + LEADING * (len(lines) - 1) + RAIL * len(self.lanes)
        inner = max(inner, *map(line_width, lines)) if lines else inner
        bottom = PAD + (RAIL * len(self.lanes) if machine.loose else 0)
        floors = sum(self.heights) + self.gap * max(len(self.heights) - 1, 0)
        self.floor: list[float] = []
        """y of the bottom of each storey."""
        height = head + floors + bottom
        y = height - bottom
        for storey in self.heights:
            self.floor.append(y)
            y -= storey + self.gap
        taken = sum(map(self._width, machine.roots)) + BETWEEN * (len(machine.roots) - 1 + bool(machine.loose))
        x = left + (inner - taken - self._grid_width(machine.loose)) / 2
        for cell in machine.roots:
            self._put(cell, x)
            x += self._width(cell) + BETWEEN
        self._put_grid(machine.loose, x)
        links = [*self._links(), *self._extra(left)]
        self.placed = Placed(machine, left + inner + PAD, height, links, lines)

    def _is_bar(self, node: str) -> bool:
        return self.machine.cells[node].node.inside == self.machine.host.id

    # -- sizes ---------------------------------------------------------------------------------------------------------

    def _furnish(self, box: Cell) -> None:
        """Place the devices in a box, relative to it."""
        inner = _Storeys(box.content)
        titles = max(line_width(line) for line in flow(box.words, 0)) + 2 * SIDE
        width = max(titles, inner.width + 2 * INSET, box.least)
        box.lines = flow(box.words, width - 2 * SIDE)
        head = TITLE + LEADING * (len(box.lines) - 1) + (0 if box.content else 3)
        box.area = Area(0, 0, width, head + inner.height + (INSET if box.content else 0))
        inner.move((width - inner.width) / 2, head)

    def _width(self, cell: Cell) -> float:
        """Of a cell with all that stands on it."""
        if cell.is_box:
            return cell.area.width
        return max(_bar_width(cell), self._upper_width(cell))

    def _upper_width(self, cell: Cell) -> float:
        upper = [self._width(bar) for bar in cell.bars]
        if cell.boxes:
            upper.append(self._grid_width(cell.boxes))
        return sum(upper) + BETWEEN * (len(upper) - 1)

    def _grid_width(self, boxes: list[Cell]) -> float:
        if not boxes:
            return 0.0
        columns = _columns(len(boxes))
        lane = 2 * RAIL if len(boxes) > columns else 0.0
        return columns * (max(box.area.width for box in boxes) + BETWEEN) - BETWEEN + lane

    # -- storeys -------------------------------------------------------------------------------------------------------

    def _raise(self, cell: Cell, level: int) -> None:
        """Put a bar and what stands on it in their storeys."""
        width = self._width(cell)
        cell.lines = flow(cell.words, width - 2 * SIDE)
        cell.area = Area(0, 0, width, bar_height(cell))
        self._set(cell, level)
        for bar in cell.bars:
            self._raise(bar, level + 1)
        for number, box in enumerate(cell.boxes):
            self._set(box, level + 1 + number // _columns(len(cell.boxes)))

    def _set(self, cell: Cell, level: int) -> None:
        cell.level = level
        self.heights += [0.0] * (level + 1 - len(self.heights))
        self.heights[level] = max(self.heights[level], cell.area.height)

    def _put(self, cell: Cell, x: float) -> None:
        """Give a bar its place, and center what stands on it."""
        cell.area = Area(x, self.floor[cell.level] - cell.area.height, cell.area.width, cell.area.height)
        x += (cell.area.width - self._upper_width(cell)) / 2
        for bar in cell.bars:
            self._put(bar, x)
            x += self._width(bar) + BETWEEN
        self._put_grid(cell.boxes, x)

    def _put_grid(self, boxes: list[Cell], x: float) -> None:
        if not boxes:
            return
        columns, each = _columns(len(boxes)), max(box.area.width for box in boxes)
        x += 2 * RAIL if len(boxes) > columns else 0.0
        for number, box in enumerate(boxes):
            left = x + number % columns * (each + BETWEEN)
            shift = (each - box.area.width) / 2
            area = box.area
            box.area = Area(left, self.floor[box.level] - area.height, each, area.height)
            for cell in box.content:
                for one in cell.everything():
                    one.area = one.area.moved(left + shift, box.area.y)

    # -- wires ---------------------------------------------------------------------------------------------------------

    def _links(self) -> list[Link]:
        """The wires of edges that the stacking shows: straight down, or by a rail where boxes are wrapped."""
        cells, links = self.machine.cells, []
        shown = [edge for edge in self.machine.edges if edge not in self.machine.extra]
        for edge in shown:
            a, b = cells[edge.a], cells[edge.b]
            upper, lower = (a, b) if a.area.bottom <= b.area.y else (b, a)
            box = cells.get(upper.node.inside)
            colour = a.tint if a.tint != "plain" else b.tint
            x, top = upper.area.middle, lower.area.y
            if box is None or box is cells.get(lower.node.inside) or box.level == lower.level + 1:
                points: tuple[Point, ...] = ((x, upper.area.bottom), (x, top))
            else:
                grid = lower.boxes
                y = self.floor[box.level] + self.gap - RAIL
                rail = min(one.area.x for one in grid) - RAIL
                points = ((x, upper.area.bottom), (x, y), (rail, y), (rail, top))
            links.append(Link(edge, points if upper is a else points[::-1], colour))
        return links

    def _extra(self, left: float) -> list[Link]:
        """The wires of the other edges: in the spaces between storeys and along the left border, a lane for each
        target."""
        links = []
        for edge in self.machine.extra:
            lane = self.lanes.get(edge.b)
            if lane is None:
                continue
            rail = left - RAIL * (lane + 1)
            (ax, ay, ag), (bx, by, bg) = self._exit(edge.a, lane), self._exit(edge.b, lane)
            way = [(ax, ay), (ax, ag), (bx, bg), (bx, by)]
            if ag != bg:
                way[2:2] = [(rail, ag), (rail, bg)]
            cells = self.machine.cells
            colour = cells[edge.b].tint if cells[edge.b].tint != "plain" else cells[edge.a].tint
            links.append(Link(edge, tuple(way), colour))
        return links

    def _exit(self, node: str, lane: int) -> tuple[float, float, float]:
        """Where an extra wire leaves a node: x, y of the border, y of the lane."""
        cell = self.machine.cells[node]
        area = cell.area
        if self._is_bar(node):
            x = area.right - RAIL * (lane + 1) if area.width > RAIL * (lane + 2) else area.middle
            above = self.floor[cell.level] - self.heights[cell.level]
            return x, area.y, above - 5 - RAIL * lane
        below = self.floor[self.machine.cells[cell.node.inside].level]
        return area.middle, area.bottom, below + self.gap - 5 - RAIL * lane


class _Storeys:
    """The devices in a box, stacked by themselves."""

    def __init__(self, roots: list[Cell]) -> None:
        self.roots = roots
        self.levels: list[list[Cell]] = []
        for cell in roots:
            self._collect(cell, 0)
        self.width = sum(map(self._width, roots)) + BETWEEN * (len(roots) - 1) if roots else 0.0
        for row in self.levels:
            for cell in row:
                cell.lines = flow(cell.words, self._width(cell) - 2 * SIDE)
        self.heights = [max(bar_height(cell) for cell in row) for row in self.levels]
        self.height = sum(self.heights) + GAP * max(len(self.heights) - 1, 0)

    def _collect(self, cell: Cell, level: int) -> None:
        self.levels += [[] for _ in range(level + 1 - len(self.levels))]
        self.levels[level].append(cell)
        cell.level = level
        for bar in cell.bars:
            self._collect(bar, level + 1)

    def _width(self, cell: Cell) -> float:
        upper = sum(map(self._width, cell.bars)) + BETWEEN * max(len(cell.bars) - 1, 0)
        return max(_bar_width(cell), upper)

    def move(self, x: float, y: float) -> None:
        """Give the devices their places, the left upper corner at (x, y)."""
        floors = []
        bottom = y + self.height
        for height in self.heights:
            floors.append(bottom)
            bottom -= height + GAP
        for cell in self.roots:
            self._put(cell, x, floors)
            x += self._width(cell) + BETWEEN

    def _put(self, cell: Cell, x: float, floors: list[float]) -> None:
        width, height = self._width(cell), bar_height(cell)
        cell.area = Area(x, floors[cell.level] - height, width, height)
        for bar in cell.bars:
            self._put(bar, x, floors)
            x += self._width(bar) + BETWEEN


def _bar_width(cell: Cell) -> float:
    """Of a bar by its own label: no word is cut, and short words share a line."""
    widest = max(word.width for word in cell.words)
    together = cell.words[0].width + SPACE + cell.words[1].width if len(cell.words) > 1 else 0.0
    return max(widest, together if together <= 104 else 0.0, cell.least) + 2 * SIDE


def bar_height(cell: Cell) -> float:
    return LEADING * len(cell.lines) + 7


__all__ = ["GAP", "Link", "Placed", "bar_height", "flow", "place"]
