"""The search: candidates are tried on labs played anew; those that make the ping work, and break none, are fixes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

TRIALS = 160
"""How many sets of edits are tried."""
MOST = 3
"""How many sets are put together."""
ENOUGH = 3
"""How many that work are shown."""
DEEPER = 5
"""What each further set costs in rank: what one set alone may do is tried before."""
AFTER_THE_FIRST = 24
"""How many more are tried once one works."""

E = TypeVar("E")


@dataclass(frozen=True)
class Seen(Generic[E]):
    """What a trial came to.

    answered : the ping works; harmless : and every other one that worked before still does
    place : where the packet ended otherwise; more : sets of edits that this ending calls for, with their ranks
    also : lines of further pings that work now
    """

    answered: bool
    harmless: bool = True
    place: str = ""
    more: Callable[[], Sequence[tuple[int, tuple[E, ...]]]] = tuple
    also: tuple[int, ...] = ()


class Trial(Protocol[E]):
    """A lab that can be played again with edits made before the ping."""

    def play(self, edits: tuple[E, ...]) -> Seen[E] | None:
        """Play it; None: one of the edits cannot be made."""


@dataclass(frozen=True)
class Fix(Generic[E]):
    """Edits that were tried and work; `also`: lines of other pings that they mend."""

    edits: tuple[E, ...]
    also: tuple[int, ...] = ()


def search(
    trial: Trial[E],
    first: Sequence[tuple[int, tuple[E, ...]]],
    place: str,
    trials: int = TRIALS,
    tell: Callable[[int], None] | None = None,
) -> tuple[list[Fix[E]], int]:
    """Fixes, the shortest first, and how many sets were tried.

    Where a set moves the place at which the packet ends, what that place calls for is tried on top of it.

    first : what the ending at `place` calls for; trials : how many are tried at most
    tell : called with the number of each trial, before it
    """
    waiting = [(1, rank, number, edits) for number, (rank, edits) in enumerate(first)]
    known = {place}
    fixes: list[tuple[int, Fix[E]]] = []
    tried, last = 0, trials
    while waiting and tried < last and len(fixes) < ENOUGH:
        parts, rank, _, edits = waiting.pop(0)
        if any(set(fix.edits) <= set(edits) for _, fix in fixes):
            continue
        tried += 1
        if tell is not None:
            tell(tried)
        seen = trial.play(edits)
        if seen is None:
            continue
        if seen.answered:
            if seen.harmless:
                fixes.append((rank, Fix(edits, seen.also)))
                last = min(last, tried + AFTER_THE_FIRST)
                waiting = [one for one in waiting if one[0] <= parts and one[1] <= rank + 1]
            continue
        if seen.place in known or parts >= MOST or fixes:
            continue
        known.add(seen.place)
        start = len(waiting)
        waiting += [
            (parts + 1, rank, start + number, (*edits, *more))
            for number, (rank, more) in enumerate(seen.more())
            if not set(more) & set(edits)
        ]
        waiting.sort(key=lambda one: (DEEPER * (one[0] - 1) + one[1], one[2]))
    return [fix for _, fix in sorted(fixes, key=lambda one: (len(one[1].edits), one[0]))], tried
