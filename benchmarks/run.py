"""Run the benchmarks: `python -m benchmarks [--quick] [--check]`. What `ratio` means: `benchmarks.report`.

It never fails because something is slow, unless `--check` asks it to.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks import naive_scapy, simpy_timeout
from benchmarks.measure import Case, interleave
from benchmarks.report import NAIVE, OURS, TIMEOUT, summarize, table, violations

LATEST = Path(__file__).with_name("latest.json")
ROUNDS = 15
QUICK_ROUNDS = 7
QUICK_SHARE = 4


def cases(quick: bool) -> list[Case]:
    """Who runs, in the order of a round; amounts give every phase about a tenth of a second (quick: a quarter)."""
    share = QUICK_SHARE if quick else 1
    found = [
        Case(TIMEOUT, "timeout", simpy_timeout.timeouts, 120_000 // share),
        Case(NAIVE, "experiment1", naive_scapy.experiment1, 60 // share),
        Case(NAIVE, "experiment3", naive_scapy.experiment3, 20 // share),
    ]
    try:
        from benchmarks import macvsim_labs
    except ImportError as error:
        print(f"{OURS}: not yet ({error})", file=sys.stderr)
    else:
        found += [
            Case(OURS, "experiment1", macvsim_labs.experiment1, 4_000 // share),
            Case(OURS, "experiment3", macvsim_labs.experiment3, 2_000 // share),
        ]
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print the table, write the JSON file; 1 only if `--check` was given and a limit does not hold."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="macvsim beside others")
    parser.add_argument("--quick", action="store_true", help="fewer, shorter rounds, for CI")
    parser.add_argument("--rounds", type=int, help=f"rounds to run (default {ROUNDS}, quick {QUICK_ROUNDS})")
    parser.add_argument("--output", type=Path, default=LATEST, help="default: latest.json beside this module")
    parser.add_argument("--check", action="store_true", help="exit with 1 when a limit does not hold")
    options = parser.parse_args(arguments)
    rounds = options.rounds if options.rounds is not None else QUICK_ROUNDS if options.quick else ROUNDS
    if rounds < 1:
        parser.error(f"--rounds {rounds}: at least one round is needed, seven or more for a figure worth quoting")

    results = summarize(interleave(cases(options.quick), rounds))
    print(table(results))
    options.output.write_text(json.dumps(results, indent=2) + "\n")
    broken = violations(results)
    for sentence in broken:
        print(f"limit: {sentence}")
    return 1 if options.check and broken else 0


if __name__ == "__main__":
    sys.exit(main())
