"""How a benchmark is timed: CPU time of the measured phase, interleaved rounds, medians of per-round figures.

The machine's speed drifts by far more than the differences that matter, so no figure of one round is ever compared
with a figure of another: rounds run every bench once (A B C, A B C, ...), a ratio is taken inside its round, and the
median of those ratios is what is reported.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

Bench: TypeAlias = tuple[Callable[[int], None], Callable[[], int]]
"""A lab ready to run: `run(n)` does n pings (or events), `hops()` counts the frame-hops (or events) so far."""


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


def sample(case: Case) -> Sample:
    """Build the lab, let it resolve its addresses, then time `case.amount` pings.

    Building and warming up are not timed. Everybody gets the same garbage collector: enabled while timed, with what
    existed before moved out of its sight, so that each pays for its own garbage and for nobody else's.
    """
    run, hops = case.build()
    run(case.warm_up)
    gc.collect()
    gc.freeze()
    before = hops()
    started = time.process_time()
    run(case.amount)
    spent = time.process_time() - started
    gc.unfreeze()
    crossed = hops() - before
    return Sample(1e6 * spent / crossed, crossed / case.amount)


def interleave(cases: Sequence[Case], rounds: int) -> Mapping[tuple[str, str], list[Sample]]:
    """Every case once per round, in the given order; the samples by (thing, experiment), one per round."""
    samples: dict[tuple[str, str], list[Sample]] = {(case.thing, case.experiment): [] for case in cases}
    for _ in range(rounds):
        for case in cases:
            samples[case.thing, case.experiment].append(sample(case))
    return samples
