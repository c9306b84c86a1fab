"""Labels of several words, and how much room they need."""

from __future__ import annotations

from collections.abc import Sequence

from macvsim.view.cells import LEADING, SIDE, Cell
from macvsim.view.scene import SPACE, Word, line_width

TOGETHER = 104.0
"""Up to this width a device's name and kind stand on one line."""


def flow(words: Sequence[Word], width: float) -> list[list[Word]]:
    """Words in lines of at most `width`; a line holds at least one, a reason has one of its own."""
    lines: list[list[Word]] = []
    for word in words:
        if lines and line_width(lines[-1]) + SPACE + word.width <= width and word.style != "reason":
            lines[-1].append(word)
        else:
            lines.append([word])
    return lines


def bar_width(cell: Cell) -> float:
    """The least width of a bar: no word is cut."""
    widest = max(word.width for word in cell.words)
    together = line_width(cell.words[:2])
    return max(widest, together if together <= TOGETHER else 0.0, cell.least) + 2 * SIDE


def bar_height(cell: Cell) -> float:
    """The height of a bar whose label is in lines."""
    return LEADING * len(cell.lines) + 7
