"""``python -m tests.mutants``: how many single-line mutants of macvsim the tests notice, and which ones they do not.

The exit status is 1 if mutants survived that equivalent.json does not name.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from fnmatch import fnmatch
from pathlib import Path
from queue import SimpleQueue

from tests.mutants import warm
from tests.mutants.measure import Measurement, collected, covering, measure
from tests.mutants.mutation import Mutant, mutants
from tests.mutants.tree import Tree
from tests.mutants.trial import Fate, Outcome, run

ROOT = Path(__file__).parents[2]
EQUIVALENT = Path(__file__).with_name("equivalent.json")
ROOMS = ("dev", "switch", "net", "docker")
MEASURED = (*ROOMS, "fastpath")
Trial = tuple[Mutant, list[tuple[str, float]]]
"""A mutant, and the tests that execute it with their seconds."""


def files(root: Path, rooms: Sequence[str], left_out: Sequence[str]) -> list[Path]:
    """Python files of rooms, sorted, but for those that match a pattern (from macvsim/, ``net/flow.py``)."""
    found = [path for room in rooms for path in sorted((root / "macvsim" / room).rglob("*.py"))]
    return [
        path
        for path in found
        if not any(fnmatch(path.relative_to(root / "macvsim").as_posix(), pattern) for pattern in left_out)
    ]


def sample(root: Path, paths: Sequence[Path], count: int, seed: int) -> list[Mutant]:
    """`count` mutants of the files, at most one a line, all by the seed."""
    everything = [mutant for path in paths for mutant in mutants(path, root)]
    random.Random(seed).shuffle(everything)
    chosen: dict[tuple[str, int], Mutant] = {}
    for mutant in everything:
        if len(chosen) == count:
            break
        if (mutant.path, mutant.line) not in chosen and mutant.compiles((root / mutant.path).read_bytes()):
            chosen[mutant.path, mutant.line] = mutant
    return list(chosen.values())


def known_equivalents(root: Path, path: Path = EQUIVALENT) -> dict[tuple[str, str, str, str], str]:
    """Reasons by file, function, old text and new text; ValueError if an entry fits no line of the tree any more."""
    found: dict[tuple[str, str, str, str], str] = {}
    for entry in json.loads(path.read_text("utf-8")):
        file = root / entry["file"]
        text = " ".join(file.read_text("utf-8").split()) if file.is_file() else ""
        if " ".join(entry["old"].split()) not in text:
            raise ValueError(f"{path.name}: {entry['file']} has no line {entry['old']!r}; take the entry out")
        found[entry["file"], entry["function"], entry["old"], entry["new"]] = entry["reason"]
    return found


def everything(
    tree: Tree, trials: Sequence[Trial], jobs: int, seconds: float, log: Path
) -> Iterator[tuple[int, Outcome]]:
    """Outcomes with their numbers: first of changed functions, in forks of one process; then of all other changes."""
    left = dict(enumerate(trials))
    for number, outcome in warm.play(tree, trials, jobs, seconds, log):
        del left[number]
        yield number, outcome
    there = collected(tree.root)
    rest = [(mutant, [one for one in tests if one[0] in there]) for mutant, tests in left.values()]
    yield from zip(left, outcomes(tree, rest, jobs, seconds), strict=True)


def outcomes(tree: Tree, trials: Sequence[Trial], jobs: int, seconds: float) -> Iterator[Outcome]:
    """The outcome of mutants with these tests, in their order; each job breaks a copy of its own."""
    with ExitStack() as stack:
        roots: SimpleQueue[Path] = SimpleQueue()
        for _ in range(jobs):
            roots.put(stack.enter_context(tree.copy()))
        pool = stack.enter_context(ThreadPoolExecutor(jobs))

        def play(trial: Trial) -> Outcome:
            root = roots.get()
            try:
                return run(*trial, root, seconds)
            finally:
                roots.put(root)

        yield from pool.map(play, trials)


def report(root: Path, found: Sequence[Outcome], equivalent: dict[tuple[str, str, str, str], str]) -> int:
    """Print survivors with what was changed, and the figures; returns the number of survivors nobody judged."""
    count: Counter[str] = Counter()
    for outcome in found:
        mutant, fate = outcome.mutant, outcome.fate.value
        source = (root / mutant.path).read_bytes()
        reason = equivalent.get((mutant.path, mutant.function, *mutant.changed(source)), "")
        if reason and outcome.fate in (Fate.SURVIVED, Fate.UNCOVERED):
            fate = "equivalent"
        count[fate] += 1
        if outcome.fate in (Fate.SURVIVED, Fate.UNCOVERED, Fate.TIMEOUT):
            ran = f"{outcome.ran} of {outcome.covering} tests that execute it" if outcome.covering else "no test"
            print(f"\n{fate} ({mutant.kind}; {ran}): {mutant.path}:{mutant.line} {mutant.function}")
            print(mutant.diff(source).partition("\n")[2])
            if reason:
                print(f"  {reason}")
    rated = len(found) - count["equivalent"]
    killed, ended = (f"{100 * n / rated:.1f} %" if rated else "none" for n in (count["killed"], count["timeout"]))
    names = ("killed", "timeout", "survived", "not covered", "equivalent")
    fates = ", ".join(f"{count[name]} {name}" for name in names)
    print(f"\n{len(found)} mutants: {fates}; killed: {killed}, out of time: {ended}")
    return count["survived"] + count["not covered"]


def main() -> int:
    """Measure, choose, try, report."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__.partition("\n")[0])
    parser.add_argument("--count", type=int, default=300, help="how many mutants (300)")
    parser.add_argument("--seed", type=int, default=0, help="which ones (0)")
    parser.add_argument("--rooms", nargs="+", choices=MEASURED, default=ROOMS, help="folders of macvsim")
    parser.add_argument("--leave-out", nargs="+", default=(), metavar="PATTERN", help="files, such as net/flow.py")
    parser.add_argument("--tests", nargs="+", default=("tests",), metavar="PATH", help="the tests that are measured")
    parser.add_argument("--jobs", type=int, default=2, help="how many at a time (2)")
    parser.add_argument("--limit", type=float, default=60, metavar="SECONDS", help="of one mutant's tests (60)")
    parser.add_argument(
        "--measured", nargs="+", default=(), metavar="NAME", help="measurements in build/mutants, of other versions too"
    )
    parser.add_argument(
        "--also", nargs="+", default=(), metavar="TEST", help="tests that are run first for every mutant"
    )
    parser.add_argument("--list", action="store_true", help="show the mutants, run none")
    given = parser.parse_args()
    chosen = sample(ROOT, files(ROOT, given.rooms, given.leave_out), given.count, given.seed)
    if given.list:
        for mutant in chosen:
            print(mutant.diff((ROOT / mutant.path).read_bytes()))
        return 0
    equivalent = known_equivalents(ROOT)
    tree = Tree(ROOT)
    build = ROOT / "build" / "mutants"
    known = [Measurement(build / name) for name in given.measured]
    measurements = known or [measure(tree, MEASURED, given.tests, build)]
    also = [(test, 0.0) for test in given.also]
    trials = [(mutant, [*also, *covering(measurements, mutant, ROOT)]) for mutant in chosen]
    found: dict[int, Outcome] = {}
    for number, outcome in everything(tree, trials, given.jobs, given.limit, build / "log"):
        found[number] = outcome
        mutant = outcome.mutant
        place = f"{mutant.path}:{mutant.line}"
        print(f"{number + 1}/{len(chosen)} {outcome.fate.value} {place} {outcome.by}", file=sys.stderr, flush=True)
    return 1 if report(ROOT, [found[number] for number in sorted(found)], equivalent) else 0


if __name__ == "__main__":
    sys.exit(main())
