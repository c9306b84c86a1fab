"""A sweep of a thousand runs, one after the other and on all processors: `python -m benchmarks.sweeps [--runs N]`.

The wall clock is timed, the start of processes included; the tables must be equal. The start of a worker is the time to
the first result of two runs in two processes, without the time of a run.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from statistics import median
from typing import Any

from macvsim.sweeps import sweep
from macvsim.sweeps.engines import Processes
from macvsim.sweeps.plan import FileSubject, Plan

LAB = Path(__file__).parents[1] / "scenarios" / "exp2_two_vlans.md"
SETTINGS: dict[str, list[Any]] = {"links.loss": [0, "5%"], "sw1.policy": ["bare-metal", "wifi"]}


def timed(seeds: int, on: str) -> tuple[float, Any]:
    """Seconds, and the table."""
    began = time.perf_counter()
    table = sweep(LAB, SETTINGS, seeds=seeds, on=on)
    return time.perf_counter() - began, table


def started() -> float:
    """Seconds that the start of workers takes: median of some sweeps of two runs, less what a run takes."""
    plan = Plan(FileSubject.read(LAB), {}, range(2))
    one, other = plan.runs()
    plan.make(one)
    found = []
    for _ in range(7):
        began = time.perf_counter()
        plan.make(one)
        run = time.perf_counter() - began
        results = Processes(2).map(plan.make_all, [(one,), (other,)])
        began = time.perf_counter()
        next(results)
        found.append(time.perf_counter() - began - run)
        list(results)
    return median(found)


def main() -> None:
    """Print both times and their ratio."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.sweeps", description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--on", default="processes", help="a second engine to compare with serial")
    options = parser.parse_args()
    print(f"start of a worker: {started():.2f} s")
    seeds = max(options.runs // 4, 1)
    serial, one = timed(seeds, "serial")
    other, two = timed(seeds, options.on)
    if one.records != two.records:
        raise SystemExit("the results differ")
    ratio = serial / other
    print(f"{len(one)} runs: serial {serial:.1f} s, {options.on} {other:.1f} s, speed-up {ratio:.2f}; results equal")


if __name__ == "__main__":
    main()
