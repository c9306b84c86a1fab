"""Sets of nodes as states, made when a text first reaches them (K. Thompson; Aho, Sethi and Ullman 3.7).

A state is a dict from a character to the next state, so following a text costs one look-up a character.  Assertions
need the character behind a place: a state says with `matched` whether a match ended *before* the character that led
to it; the end of the text is the character ``""``.
"""

from __future__ import annotations

from macvsim.shell.regexp.program import ALWAYS, EDGE, CharTest, Program, kind_of

_MOST_SIZE = 200_000
"""How many nodes and transitions the states of an automaton hold together before all are forgotten."""


class Automaton:
    """A program, forwards or backwards.

    backward : from the goal to the first node, over a text from its end; floating : a match may begin at any place
    """

    def __init__(self, program: Program, *, backward: bool = False, floating: bool = False) -> None:
        count = len(program.nodes) + 1
        self._ways: list[list[tuple[int, int]]] = [[] for _ in range(count)]
        self._tests: list[list[tuple[CharTest, int]]] = [[] for _ in range(count)]
        for at, node in enumerate(program.nodes):
            for way in node.ways:
                start, end = (at + way, at) if backward else (at, at + way)
                if node.test is not None:
                    self._tests[start].append((node.test, end))
                else:
                    self._ways[start].append((end, node.mask))
                    if node.back:  # any text may stand here: Backtracking looks closer
                        self._tests[at].append((_anything, at))
        self._first, self.goal = (count - 1, 0) if backward else (0, count - 1)
        self._backward = backward
        self._floating = floating
        self._asserts = any(node.mask != ALWAYS for node in program.nodes)
        self._states: dict[tuple[tuple[int, ...], int, bool], State] = {}
        self._size = 0

    def start(self, before: str) -> State:
        """The state in which a text is begun, `before` being what it is begun behind."""
        return self._state((self._first,), self._kind(before), matched=False)

    def next(self, state: State, char: str) -> State:
        """The state after a character; ``""`` : after the end of the text."""
        kind = self._kind(char)
        closure = self.closure(state, kind)
        found = [end for node in closure for test, end in self._tests[node] if test(char)] if char else []
        if self._floating:
            found.append(self._first)
        self._size += 1
        return self._state(tuple(sorted(set(found))), kind, matched=self.goal in closure)

    def closure(self, state: State, kind: int) -> dict[int, None]:
        """All nodes that a state stands at before something of a kind, in the order in which they are reached."""
        known = state.closures.get(kind)
        if known is not None:
            return known
        place = 1 << (kind * 4 + state.before if self._backward else state.before * 4 + kind)
        found = dict.fromkeys(state.nodes)
        waiting = list(state.nodes)
        while waiting:
            for end, mask in self._ways[waiting.pop()]:
                if end not in found and mask & place:
                    found[end] = None
                    waiting.append(end)
        state.closures[kind] = found
        self._size += len(found)
        return found

    def closure_before(self, state: State, char: str) -> dict[int, None]:
        """As `closure`, before a character."""
        return self.closure(state, self._kind(char))

    def _kind(self, char: str) -> int:
        return kind_of(char) if self._asserts else EDGE

    def _state(self, nodes: tuple[int, ...], before: int, *, matched: bool) -> State:
        key = (nodes, before, matched)
        state = self._states.get(key)
        if state is None:
            if self._size > _MOST_SIZE:
                for old in self._states.values():
                    old.clear()
                    old.closures.clear()
                self._states.clear()
                self._size = 0
            self._size += len(nodes)
            state = self._states[key] = State(self, nodes, before, matched=matched)
        return state


def _anything(_: str) -> bool:
    return True


class State(dict[str, "State"]):
    """Where an automaton stands.

    nodes : of the program; closures : the nodes they lead to, by the kind of the character that follows
    before : kind of the character it came by; matched : a match ended before that character
    """

    __slots__ = ("_automaton", "before", "closures", "matched", "nodes")

    def __init__(self, automaton: Automaton, nodes: tuple[int, ...], before: int, *, matched: bool) -> None:
        super().__init__()
        self._automaton = automaton
        self.nodes = nodes
        self.closures: dict[int, dict[int, None]] = {}
        self.before = before
        self.matched = matched

    def __missing__(self, char: str) -> State:
        state = self[char] = self._automaton.next(self, char)
        return state
