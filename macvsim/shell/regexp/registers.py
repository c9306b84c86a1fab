"""Texts of the groups of a regular expression, as ``regexec`` of the GNU C library keeps them (regex(3))."""

from __future__ import annotations

from macvsim.shell.regexp.program import Node

_UNSET = (-1, -1)


class Registers:
    """Spans of the groups while a way through a program is walked."""

    def __init__(self, groups: int) -> None:
        self.spans = [_UNSET] * (groups + 1)
        self._kept = list(self.spans)

    def walk(self, node: Node, at: int) -> None:
        """Pass a node at a place of the text."""
        if node.opens:
            self.spans[node.opens] = (at, -1)
        elif node.closes:
            start = self.spans[node.closes][0]
            if start == at and node.optional and self._kept[node.closes] != _UNSET:
                self.spans = list(self._kept)  # an empty repetition more, as in (a?)*, changes nothing
                return
            self.spans[node.closes] = (start, at)
            if start < at:
                self._kept = list(self.spans)
