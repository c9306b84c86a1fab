"""Random cases on the running kernel and in the simulation, one after the other or on several processors."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from typing import Any

from macvsim.fidelity.replay.caselab import Observation
from macvsim.fidelity.replay.cases import Case, differences
from macvsim.fidelity.verify.casedoc import as_document
from macvsim.fidelity.verify.livecase import LiveCase
from macvsim.fidelity.verify.randomcase import random_case
from macvsim.fidelity.verify.shrink import shrink
from macvsim.fidelity.verify.taps import Taps

PATIENCE = ((0.001, 0.015), (0.006, 0.15), (0.02, 0.5), (0.02, 0.5))
"""Seconds of silence after a frame, and around a change, of the first try and of each that follows a difference.

macvlan hands broadcasts on from a kernel thread, which may be late, and filters groups by a hash of 256 values salted
with an address in the kernel: each try is a topology of its own, and what any of them shows is what the kernel does, as
in recordings (``alt``).
"""

Spec = dict[str, Any]
CHUNK = 10
"""Cases that a process plays before it is given others."""


@dataclass(frozen=True)
class Trial:
    """One seed: how many stimuli it has, how often it was tried, what differs, and the failing case made small."""

    seed: int
    stimuli: int
    tries: int
    wrong: list[str] = field(default_factory=list)
    small: Case | None = None


def observe(topology: Spec, stimuli: list[Spec], taps: Taps, patience: tuple[float, float]) -> list[Observation]:
    """What the kernel shows."""
    step, quiet = patience
    live = LiveCase(topology, taps, step=step, quiet=quiet)
    try:
        return live.run(stimuli)
    finally:
        live.close()


def compare(
    name: str, topology: Spec, stimuli: list[Spec], taps: Taps, patience: tuple[tuple[float, float], ...] = PATIENCE
) -> tuple[Case, list[str], int]:
    """The case as the kernel has it, what the simulation does otherwise, and how many tries that took."""
    expected: list[list[Observation]] = [[] for _ in stimuli]
    wrong: list[str] = []
    case = Case(name, topology, stimuli, expected)
    for tries, one in enumerate(patience, 1):
        for shown, answers in zip(observe(topology, stimuli, taps, one), expected, strict=True):
            if shown not in answers:
                answers.append(shown)
        wrong = differences(case)
        if not wrong:
            return case, wrong, tries
    return case, wrong, len(patience)


def trial(seed: int, taps: Taps) -> Trial:
    """Play the case of a seed both ways; a difference is made small."""
    topology, stimuli = random_case(seed)
    _, wrong, tries = compare(f"seed {seed}", topology, stimuli, taps)
    if not wrong:
        return Trial(seed, len(stimuli), tries)

    def differs(topology: Spec, stimuli: list[Spec]) -> bool:
        return bool(compare("", topology, stimuli, taps, PATIENCE[:2])[1])

    smaller = shrink(topology, stimuli, differs)
    case, still_wrong, _ = compare(f"seed {seed}, made small", *smaller, taps)
    return Trial(seed, len(stimuli), tries, still_wrong or wrong, case)


def trials(seeds: range) -> list[Trial]:
    """Play the cases of seeds one after the other."""
    taps = Taps()
    try:
        return [trial(seed, taps) for seed in seeds]
    finally:
        taps.close()


def as_table(seed: int, case: Case) -> Spec:
    """A case with what the kernel showed, for ``macvsim replay --cases``."""
    alt = {str(number): others[1:] for number, others in enumerate(case.expected) if len(others) > 1}
    one: Spec = {
        "seed": seed,
        "topology": case.topology,
        "stimuli": case.stimuli,
        "expect": [answers[0] for answers in case.expected],
    }
    return {"cases": [{**one, "alt": alt} if alt else one]}


def spread(seeds: range, jobs: int) -> Iterator[Trial]:
    """Play the cases of all seeds, several at a time (most of the time nothing happens), in their order."""
    parts = [seeds[start : start + CHUNK] for start in range(0, len(seeds), CHUNK)]
    with ProcessPoolExecutor(jobs, get_context("fork")) as pool:
        for part in pool.map(trials, parts):
            yield from part


def run_differential(seeds: range, jobs: int, write: Callable[[str], None]) -> bool:
    """Print what differs, and one line that sums up; True if nothing does."""
    stimuli = again = 0
    bad: list[Trial] = []
    for one in spread(seeds, jobs):
        stimuli += one.stimuli
        again += one.tries > 1
        if one.wrong:
            bad.append(one)
            write("\n".join(one.wrong).replace("    recorded ", "    kernel   ") + "\n")
        if one.small is not None:
            write("as a file for macvsim replay --cases:\n" + json.dumps(as_table(one.seed, one.small)) + "\n")
            write("as a lab for macvsim check:\n" + as_document(one.small))
    write(
        f"random topologies {len(seeds)} (seeds {seeds.start} to {seeds.stop - 1}), stimuli {stimuli}, "
        f"tried again {again}, different {len(bad)}\n"
    )
    return not bad


__all__ = ["Trial", "compare", "run_differential", "spread", "trials"]
