"""The nondeterministic automaton of a regular expression (K. Thompson, CACM 11:6, 1968).

A `Fragment` is a list of nodes that name each other by distance, so that fragments are joined and repeated as lists.
Where several ways leave a node, the preferred one comes first, in the order in which GNU's ``regexec`` takes them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from macvsim.errors import Effect, NotSimulated

CharTest = Callable[[str], bool]

EDGE, LINE_END, WORD, OTHER = range(4)
"""One side of a place in a text: its edge, a newline, a character of a word, or another one."""
ALWAYS = 0xFFFF
MOST_NODES = 50_000


def kind_of(char: str) -> int:
    """Kind of a character, or of the edge of the text, to an assertion beside it."""
    if char.isalnum() or char == "_":
        return WORD
    return LINE_END if char == "\n" else OTHER if char else EDGE


def places(left: tuple[int, ...], right: tuple[int, ...]) -> int:
    """Mask of places: one of `left` before, one of `right` behind."""
    return sum(1 << (before * 4 + behind) for before in left for behind in right)


_ANY, _NO_WORD = (EDGE, LINE_END, WORD, OTHER), (EDGE, LINE_END, OTHER)
ASSERTIONS = {
    "^": places((EDGE,), _ANY),
    "$": places(_ANY, (EDGE,)),
    "\\`": places((EDGE,), _ANY),
    "\\'": places(_ANY, (EDGE,)),
    "\\<": places(_NO_WORD, (WORD,)),
    "\\>": places((WORD,), _NO_WORD),
    "\\b": places((WORD,), _NO_WORD) | places(_NO_WORD, (WORD,)),
    "\\B": places((WORD,), (WORD,)) | places(_NO_WORD, _NO_WORD),
}
LINES = {"^": places((EDGE, LINE_END), _ANY), "$": places(_ANY, (EDGE, LINE_END))}
"""``^`` and ``$`` where they stand at every line of the text."""
WHOLE_WORD = (places(_NO_WORD, _ANY), places(_ANY, _NO_WORD))
"""Before and behind a match of ``grep -w``."""


class Node(NamedTuple):
    """One node: with a `test` it takes one character and goes on to the next node.

    ways : distances to the nodes that follow, preferred first; mask : places where it may be passed (`places`)
    opens, closes : number of a group; optional : the group it closes need not match; back : number of a group whose
    text is taken again
    """

    test: CharTest | None = None
    ways: tuple[int, ...] = (1,)
    mask: int = ALWAYS
    opens: int = 0
    closes: int = 0
    optional: bool = False
    back: int = 0


Fragment = list[Node]


def group(body: Fragment, number: int) -> Fragment:
    return [Node(opens=number), *body, Node(closes=number)]


def either(first: Fragment, second: Fragment) -> Fragment:
    """Alternatives; an empty one is taken last, as ``regexec`` does."""
    ways = (1, len(first) + 2) if first else (2, 1)
    return [Node(ways=ways), *first, Node(ways=(len(second) + 1,)), *second]


def repeated(atom: Fragment, least: int, most: int | None) -> Fragment:
    """An atom `least` to `most` times; without end if `most` is None."""
    if len(atom) * max(least, most or 1) > MOST_NODES:
        raise NotSimulated("an interval that repeats so much", Effect.NONE)
    again = [node._replace(optional=False) if node.optional else node for node in atom]
    required = (atom + again * (least - 1)) if least else []
    if not atom or most == least:
        return required
    extra = list(again if least else atom)
    if extra[0].opens and extra[0].opens == extra[-1].closes:
        extra[-1] = extra[-1]._replace(optional=True)
    if most is None:
        return [*required, Node(ways=(1, len(atom) + 2)), *extra, Node(ways=(-len(atom) - 1,))]
    more = most - least  # ((a?a)?a)?, as regcomp builds it
    ahead = [Node(ways=(1, count * (len(atom) + 1))) for count in range(more, 0, -1)]
    return [*required, *ahead, *extra, *again * (more - 1)]


class Program(NamedTuple):
    """A whole expression; the node behind the last one is the goal.

    groups : how many it has; warnings : grep prints them and goes on
    """

    nodes: Fragment
    groups: int
    warnings: tuple[str, ...] = ()
