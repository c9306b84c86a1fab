"""Back-references: the one search that tries one way after another, bounded by `MOST_STEPS`."""

from __future__ import annotations

from macvsim.errors import Effect, NotSimulated
from macvsim.shell.regexp.program import Program, kind_of

MOST_STEPS = 200_000
"""How many steps the search of one text may take; about a second."""

Spans = tuple[tuple[int, int], ...]


class Backtracking:
    """The search of one text; fold : a back-reference matches whatever the case."""

    def __init__(self, program: Program, text: str, *, fold: bool) -> None:
        self._nodes = program.nodes
        self._asked = sorted({node.back for node in program.nodes if node.back})
        self._unset: Spans = ((-1, -1),) * (program.groups + 1)
        self._text = text
        self._fold = fold
        self._steps = 0

    def longest(self, start: int) -> tuple[int, list[tuple[int, int]]] | None:
        """End and groups of the longest match that starts at a place; None if there is no match.

        A way that meets another one (same node, place and groups that are asked for) ends there, so only
        back-references cost more than the text is long.
        """
        best: tuple[int, Spans] | None = None
        seen: set[tuple[int, int, Spans]] = set()
        waiting: list[tuple[int, int, Spans]] = [(0, start, self._unset)]
        while waiting:
            node, at, spans = waiting.pop()
            key = (node, at, tuple(spans[group] for group in self._asked))
            if key in seen:
                continue
            seen.add(key)
            self._steps += 1
            if self._steps > MOST_STEPS:
                raise NotSimulated("a back-reference that needs so many steps", Effect.NONE)
            if node < len(self._nodes):
                waiting += self._ways(node, at, spans)
            elif best is None or at > best[0]:
                best = (at, spans)
        return None if best is None else (best[0], list(best[1]))

    def _ways(self, number: int, at: int, spans: Spans) -> list[tuple[int, int, Spans]]:
        """Where the search may go on from a node, the preferred way last."""
        node, text = self._nodes[number], self._text
        if node.test is not None:
            return [(number + 1, at + 1, spans)] if at < len(text) and node.test(text[at]) else []
        if node.back:
            start, end = spans[node.back]
            taken, there = text[start:end], text[at : at + end - start]
            same = there == taken or (self._fold and there.lower() == taken.lower())
            return [(number + 1, at + len(taken), spans)] if end >= 0 and same else []
        if not node.mask & 1 << (kind_of(text[at - 1 : at] if at else "") * 4 + kind_of(text[at : at + 1])):
            return []
        if node.opens:
            spans = (*spans[: node.opens], (at, -1), *spans[node.opens + 1 :])
        elif node.closes:
            spans = (*spans[: node.closes], (spans[node.closes][0], at), *spans[node.closes + 1 :])
        return [(number + way, at, spans) for way in reversed(node.ways)]
