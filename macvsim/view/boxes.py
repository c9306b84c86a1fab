"""Containers and namespaces: their devices, stacked in a box under its title."""

from __future__ import annotations

from macvsim.view.cells import BETWEEN, LEADING, SIDE, TITLE, Cell
from macvsim.view.labels import bar_height, bar_width, flow
from macvsim.view.scene import Area

GAP = 16.0
"""Between layers."""
INSET = 6.0
"""Between a box's border and what is in it."""


def furnish(box: Cell) -> None:
    """Give a box its size, and its devices their places, relative to its left upper corner."""
    inner = _Stack(box.content)
    title = max(word.width for word in box.words) + 2 * SIDE
    width = max(title, inner.width + 2 * INSET, box.least)
    box.lines = flow(box.words, width - 2 * SIDE)
    head = TITLE + LEADING * (len(box.lines) - 1) + (0 if box.content else 3)
    box.area = Area(0, 0, width, head + inner.height + (INSET if box.content else 0))
    inner.stand((width - inner.width) / 2, head)


class _Stack:
    """Bars on bars."""

    def __init__(self, roots: list[Cell]) -> None:
        self.roots = roots
        self.layers: list[list[Cell]] = []
        for cell in roots:
            self._collect(cell, 0)
        self.width = sum(map(_width, roots)) + BETWEEN * max(len(roots) - 1, 0)
        self.heights = [max(map(bar_height, layer)) for layer in self.layers]
        self.height = sum(self.heights) + GAP * max(len(self.heights) - 1, 0)

    def _collect(self, cell: Cell, level: int) -> None:
        self.layers += [[] for _ in range(level + 1 - len(self.layers))]
        self.layers[level].append(cell)
        cell.level = level
        cell.lines = flow(cell.words, _width(cell) - 2 * SIDE)
        for bar in cell.bars:
            self._collect(bar, level + 1)

    def stand(self, x: float, y: float) -> None:
        """Give every bar its place, the left upper corner of all at (x, y)."""
        floors = []
        bottom = y + self.height
        for height in self.heights:
            floors.append(bottom)
            bottom -= height + GAP
        self._stand(self.roots, x, floors)

    def _stand(self, cells: list[Cell], x: float, floors: list[float]) -> None:
        for cell in cells:
            width, height = _width(cell), bar_height(cell)
            cell.area = Area(x, floors[cell.level] - height, width, height)
            self._stand(cell.bars, x, floors)
            x += width + BETWEEN


def _width(cell: Cell) -> float:
    """Of a bar with all that stands on it."""
    upper = sum(map(_width, cell.bars)) + BETWEEN * max(len(cell.bars) - 1, 0)
    return max(bar_width(cell), upper)
