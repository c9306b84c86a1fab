"""Searching texts: the leftmost match, of those the longest one, with its groups as GNU's ``regexec`` says them.

Several ways may lead to the longest match: the groups come from the first one (an earlier alternative before a later
one, another repetition before none).  (POSIX.1-2017 asks for the longest first group instead; no GNU program does it.)
Time grows with the text, and not faster, but for back-references, whose search is bounded (`NotSimulated`).
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property, lru_cache

from macvsim.shell.regexp.automaton import Automaton, State
from macvsim.shell.regexp.backtrack import Backtracking
from macvsim.shell.regexp.parser import program
from macvsim.shell.regexp.program import Program
from macvsim.shell.regexp.registers import Registers
from macvsim.shell.regexp.syntax import Syntax

_PATIENCE = 16
"""How many characters are followed before it is asked whether a match can still end."""


class Match:
    """A part of a text that matches, from `start` to `end`."""

    def __init__(self, pattern: Pattern, text: str, start: int, end: int, spans: list[tuple[int, int]] | None) -> None:
        self.text = text
        self.start = start
        self.end = end
        self._pattern = pattern
        self._spans = spans

    def __getitem__(self, group: int) -> str:
        """Text of a group, or of the whole match for 0; empty if the group took part in no way."""
        start, end = self.span(group)
        return self.text[start:end]

    def span(self, group: int) -> tuple[int, int]:
        """Start and end of a group; (-1, -1) if it took part in no way."""
        if not group:
            return self.start, self.end
        if self._spans is None:
            self._spans = self._pattern.spans(self.text, self.start, self.end)
        return self._spans[group]


class Pattern:
    """A regular expression; `groups` it has, `warnings` grep gives."""

    def __init__(self, parsed: Program, text: str | None, *, fold: bool) -> None:
        self.groups = parsed.groups
        self.warnings = parsed.warnings
        self._program = parsed
        self._text = text
        self._fold = fold
        self._back = any(node.back for node in parsed.nodes)

    def test(self, text: str) -> bool:
        """True if a match is somewhere in the text."""
        if self._text is not None:
            return self._text in text
        state = self._anywhere.start("")
        for char in text:
            state = state[char]
            if state.matched:
                break
        else:
            state = state[""]
        return state.matched and (not self._back or self.search(text) is not None)

    def search(self, text: str) -> Match | None:
        """The first match."""
        return next(self.matches(text), None)

    def match(self, text: str) -> Match | None:
        """The match at the start of the text."""
        if self._text is not None and not text.startswith(self._text):
            return None
        return self._match(text, 0, self._backtracking(text), [])

    def matches(self, text: str) -> Iterator[Match]:
        """All matches, from left to right; none is empty right behind another one."""
        at, backtracking = -1, self._backtracking(text)
        states = [] if self._text is not None else self._states(text)
        for start in self._starts(text, states):
            if start < at:
                continue
            match = self._match(text, start, backtracking, states)
            if match is not None and match.end > at:
                yield match
                at = match.end

    def spans(self, text: str, start: int, end: int) -> list[tuple[int, int]]:
        """Start and end of every group for a match without back-references."""
        backwards = self._backwards
        states = [backwards.start(text[end : end + 1])]
        for at in range(end - 1, start - 1, -1):
            states.append(states[-1][text[at]])
        states.reverse()
        registers = Registers(self.groups)
        nodes, node, at = self._program.nodes, 0, start
        taken: dict[int, int] = {}
        while node < len(nodes):
            one = nodes[node]
            if one.test is not None:
                node, at = node + 1, at + 1
                taken.clear()
                continue
            registers.walk(one, at)
            if len(one.ways) == 1:
                node += one.ways[0]
                continue
            alive = backwards.closure_before(states[at - start], text[at - 1 : at] if at else "")
            ways = [node + way for way in one.ways if node + way in alive]
            turn = taken[node] = taken.get(node, -1) + 1
            node = ways[turn % len(ways)]  # the next one if this place was passed without a character, as in (a*)*
        return registers.spans

    def _backtracking(self, text: str) -> Backtracking | None:
        return Backtracking(self._program, text, fold=self._fold) if self._back else None

    def _match(self, text: str, start: int, backtracking: Backtracking | None, states: list[State]) -> Match | None:
        """The longest match that starts at a place; `states` tell when none that is longer can come."""
        if self._text is not None:
            return Match(self, text, start, start + len(self._text), None)
        if backtracking is not None:
            found = backtracking.longest(start)
            return None if found is None else Match(self, text, start, found[0], found[1])
        end, look = -1, start + _PATIENCE
        state = self._forwards.start(text[start - 1 : start] if start else "")
        for at in range(start, len(text)):
            state = state[text[at]]
            if state.matched:
                end = at
            if not state.nodes:
                break
            if at == look:
                look += _PATIENCE
                if states and not self._may_end(text, at + 1, state, states):
                    break
        else:
            if state[""].matched:
                end = len(text)
        return Match(self, text, start, end, None) if end >= 0 else None

    def _states(self, text: str) -> list[State]:
        """States of the way back, one for each place of the text, from left to right."""
        state = self._from_end.start("")
        states = [state]
        for char in reversed(text):
            state = state[char]
            states.append(state)
        states.reverse()
        return states

    def _starts(self, text: str, states: list[State]) -> Iterator[int]:
        """Places where a match may start, from left to right."""
        if self._text is not None:
            at = text.find(self._text)
            while at >= 0:
                yield at
                at = text.find(self._text, at + 1)
            return
        if states[0][""].matched:
            yield 0
        for at, state in enumerate(states, 1):
            if state.matched:
                yield at

    def _may_end(self, text: str, at: int, state: State, states: list[State]) -> bool:
        """True if a match that was followed to a place has an end there or behind it."""
        ahead = self._forwards.closure_before(state, text[at : at + 1])
        return not ahead.keys().isdisjoint(self._from_end.closure_before(states[at], text[at - 1 : at]))

    @cached_property
    def _anywhere(self) -> Automaton:
        return Automaton(self._program, floating=True)

    @cached_property
    def _forwards(self) -> Automaton:
        return Automaton(self._program)

    @cached_property
    def _backwards(self) -> Automaton:
        return Automaton(self._program, backward=True)

    @cached_property
    def _from_end(self) -> Automaton:
        return Automaton(self._program, backward=True, floating=True)


@lru_cache(maxsize=256)
def compiled(
    *sources: str,
    syntax: Syntax | None,
    fold: bool = False,
    words: bool = False,
    whole: bool = False,
    lines: bool = False,
) -> Pattern:
    """The pattern of one or more expressions, of which one has to match; no `syntax`: they are plain texts.

    fold : letters match whatever their case; words, whole : only a whole word, or line; lines : the text may have
    several lines, and ``^`` and ``$`` stand at each of them
    """
    parsed = program(sources, syntax, fold=fold, words=words, whole=whole, lines=lines)
    plain = len(sources) == 1 and not (fold or words or whole) and (syntax is None or sources[0].isalnum())
    return Pattern(parsed, sources[0] if plain else None, fold=fold)
