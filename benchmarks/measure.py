"""How a benchmark is timed: CPU time of the measured phase, interleaved rounds, medians of per-round figures.

The machine's speed drifts by far more than the differences that matter, so no figure of one round is ever compared
with a figure of another: rounds run every bench once (A B C, A B C, ...), a ratio is taken inside its round, and the
median of those ratios is what is reported.
"""

from __future__ import annotations

import gc
import resource
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from macvsim.engine.budget import LIMITS, Budget

UNLIMITED = Budget().with_limits({one.name: 0 for one in LIMITS})
"""For labs whose captures grow from round to round; all others have the default budget, as users have."""


class Absent(Exception):
    """What a contender needs is not on this machine; the text says what, and how to get it."""


class Bench(NamedTuple):
    """Something ready to run.

    run : does so many pings (or events, frames, processes); hops : counts the frame-hops (or events, ...) so far
    clock : CPU seconds that `run` takes are the difference of two readings; by default this process's own
    """

    run: Callable[[int], None]
    hops: Callable[[], int]
    clock: Callable[[], float] = time.process_time


@dataclass(frozen=True, slots=True)
class Case:
    """One object in one experiment: how to build it afresh, and how many pings (or events) to time."""

    thing: str
    experiment: str
    build: Callable[[], Bench]
    amount: int
    warm_up: int = 2


@dataclass(frozen=True, slots=True)
class Sample:
    """One timed phase: microseconds of CPU per frame-hop, and frame-hops per ping."""

    us_per_hop: float
    hops_per_ping: float


Samples = Mapping[tuple[str, str], Sequence[Sample]]
"""By thing and experiment, one per round."""


def children() -> float:
    """The clock of benches that start processes: CPU seconds of those that have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def sample(case: Case) -> Sample:
    """Build the lab, let it resolve its addresses, then time `case.amount` pings.

    Building and warming up are not timed. Everybody gets the same garbage collector: enabled while timed, with what
    existed before moved out of its sight, so that each pays for its own garbage and for nobody else's.
    """
    run, hops, clock = case.build()
    if case.warm_up:
        run(case.warm_up)
    gc.collect()
    gc.freeze()
    before = hops()
    started = clock()
    run(case.amount)
    spent = clock() - started
    gc.unfreeze()
    crossed = hops() - before
    return Sample(1e6 * spent / crossed, crossed / case.amount)


def interleave(cases: Sequence[Case], rounds: int) -> dict[tuple[str, str], list[Sample]]:
    """Every case once per round, in the given order; who is absent is named once, and left out."""
    samples: dict[tuple[str, str], list[Sample]] = {}
    absent: set[Case] = set()
    for _ in range(rounds):
        for case in cases:
            if case in absent:
                continue
            try:
                samples.setdefault((case.thing, case.experiment), []).append(sample(case))
            except Absent as reason:
                absent.add(case)
                samples.pop((case.thing, case.experiment))
                print(f"left out: {case.thing} {case.experiment}: {reason}", file=sys.stderr)
    return samples
