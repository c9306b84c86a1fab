"""A sweep of a thousand runs, one after the other and on all processors: `python -m benchmarks.sweeps [--runs N]`.

What is timed is the wall clock, processes' start included; the tables must be equal.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

from macvsim.sweeps import sweep

LAB = Path(__file__).parents[1] / "scenarios" / "exp2_two_vlans.md"
SETTINGS: dict[str, list[Any]] = {"links.loss": [0, "5%"], "sw1.policy": ["bare-metal", "wifi"]}


def timed(seeds: int, on: str) -> tuple[float, Any]:
    """Seconds, and the table."""
    began = time.perf_counter()
    table = sweep(LAB, SETTINGS, seeds=seeds, on=on)
    return time.perf_counter() - began, table


def main() -> None:
    """Print both times and their ratio."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.sweeps", description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--on", default="processes", help="a second engine to compare with serial")
    options = parser.parse_args()
    seeds = max(options.runs // 4, 1)
    serial, one = timed(seeds, "serial")
    other, two = timed(seeds, options.on)
    if one.records != two.records:
        raise SystemExit("the results differ")
    ratio = serial / other
    print(f"{len(one)} runs: serial {serial:.1f} s, {options.on} {other:.1f} s, speed-up {ratio:.2f}; results equal")


if __name__ == "__main__":
    main()
