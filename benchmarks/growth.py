"""How the cost of a lab grows with its containers: CPU time, memory, and the largest lab that is asked for.

`python -m benchmarks.growth --containers N --hosts H --vlans V --pings M` measures one lab and prints what it took.
"""

from __future__ import annotations

import argparse
import gc
import math
import time
import tracemalloc
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import Any

from benchmarks.progress import progress
from benchmarks.scale import SLICES, Plan, ScaleLab

SIZES = (100, 1_000, 10_000)
HOSTS = 20
PINGS = 10
LARGE = Plan(10_000, 100, vlans=100)
ROUNDS = 7
EXPONENT, EXPONENT_AIM = 1.25, 1.10
BUILT_KB, BUILT_AIM = 8.0, 2.5
PINGED_KB, PINGED_AIM = 14.0, 5.0


@dataclass(frozen=True, slots=True)
class Cost:
    """CPU seconds of one plan: to build it, and of all its pings; frames that crossed wires."""

    build: float
    run: float
    hops: int


def cost(plan: Plan, pings: int) -> Cost:
    """Build and ping once, with a progress bar when it takes long."""
    gc.collect()
    started = time.process_time()
    with progress(f"building {plan.containers:,} containers on {plan.hosts} hosts", plan.containers) as advance:
        lab = ScaleLab(plan, advance)
    built = time.process_time()
    gc.collect()
    gc.freeze()
    resumed, before = time.process_time(), lab.hops
    with progress(f"{plan.containers:,} containers ping {pings} times", SLICES) as advance:
        lab.ping(pings, advance)
    run = time.process_time() - resumed
    gc.unfreeze()
    return Cost(built - started, run, lab.hops - before)


def exponents(rounds: int) -> tuple[float, list[float]]:
    """Of CPU time over the number of containers: from the smallest size to the largest, and of each step."""
    samples = [[cost(Plan(size, HOSTS), PINGS).run for size in SIZES] for _ in range(rounds)]

    def exponent(small: int, large: int) -> float:
        decades = math.log(SIZES[large] / SIZES[small])
        return median(math.log(sample[large] / sample[small]) / decades for sample in samples)

    return exponent(0, len(SIZES) - 1), [exponent(a, b) for a, b in pairwise(range(len(SIZES)))]


def memory(plan: Plan, pings: int) -> tuple[float, float]:
    """kB per container when the lab is built, and when every one has pinged (Python's own count)."""
    ScaleLab(Plan(plan.hosts, plan.hosts)).ping(1)  # what is loaded and composed once
    gc.collect()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    with progress(f"building {plan.containers:,} containers, counting bytes", plan.containers) as advance:
        lab = ScaleLab(plan, advance)
    gc.collect()
    built = tracemalloc.get_traced_memory()[0]
    with progress(f"{plan.containers:,} containers ping, counting bytes", SLICES) as advance:
        lab.ping(pings, advance)
    gc.collect()
    pinged = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    return (built - before) / plan.containers / 1000, (pinged - before) / plan.containers / 1000


def figures(quick: bool) -> list[dict[str, Any]]:
    """The goals of growth and memory, as `benchmarks.report` has them; the last is the lab that must come to an end."""
    whole, steps = exponents(1 if quick else ROUNDS)
    built, pinged = memory(Plan(1_000, HOSTS), PINGS)
    large = cost(LARGE, PINGS)
    return [
        _bound(f"exponent of CPU, steps {', '.join(f'{step:.2f}' for step in steps)}", whole, EXPONENT, EXPONENT_AIM),
        _bound("kB per container, built", built, BUILT_KB, BUILT_AIM),
        _bound("kB per container, 10 pings later", pinged, PINGED_KB, PINGED_AIM),
        {
            "what": f"10,000 containers, 100 hosts: CPU s (built {large.build:.1f})",
            "experiment": "growth",
            "measured": round(large.run, 1),
            "required": "to finish",
            "aim": 0,
            "holds": True,
        },
    ]


def _bound(what: str, measured: float, most: float, aim: float) -> dict[str, Any]:
    holds = measured <= most
    return {
        "what": what, "experiment": "growth", "measured": round(measured, 3), "required": f"at most {most:g}",
        "aim": aim, "holds": holds,
    }  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure one lab."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.growth", description="one lab of many containers")
    parser.add_argument("--containers", type=int, default=LARGE.containers)
    parser.add_argument("--hosts", type=int, default=LARGE.hosts)
    parser.add_argument("--vlans", type=int, default=LARGE.vlans, help="0: one untagged network")
    parser.add_argument("--pings", type=int, default=PINGS, help="per container")
    options = parser.parse_args(arguments)
    plan = Plan(options.containers, options.hosts, options.vlans)
    took = cost(plan, options.pings)
    pings = plan.containers * options.pings
    print(
        f"{plan.containers:,} containers on {plan.hosts} hosts, {plan.networks} networks, {options.pings} pings each\n"
        f"built in {took.build:.1f} s of CPU ({1e6 * took.build / plan.containers:.0f} us per container)\n"
        f"pinged in {took.run:.1f} s of CPU ({1e6 * took.run / pings:.1f} us per ping); {took.hops:,} frame-hops"
    )


if __name__ == "__main__":
    main()
