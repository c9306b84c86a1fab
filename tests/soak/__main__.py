"""``python -m tests.soak [KIND…]``: random inputs of every kind; none may end in an exception or a hang, memory stays.

An input that fails is made small and kept in tests/soak/corpus/KIND/, which the tests play again.  The exit status is 1
if an input failed or memory grew.  The same seed plays the same inputs; ``--minutes`` ends a kind early.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

from tests.soak.kinds import KINDS
from tests.soak.pool import Report, soak
from tests.soak.trial import CORPUS, attempt, keep

MIB = 1 << 20


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("kinds", nargs="*", metavar="KIND", help=f"of {', '.join(KINDS)}; without, all of them")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--count", type=int, help="items of each kind, instead of the whole amount")
    parser.add_argument("--minutes", type=float, default=1e9, help="most minutes of each kind")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--corpus", type=Path, default=CORPUS, help="folder for inputs that fail")
    parser.add_argument("--play", type=Path, metavar="FILE", help="play one input of KIND, and show how it fails")
    options = parser.parse_args()
    if unknown := [name for name in options.kinds if name not in KINDS]:
        parser.error(f"there is no kind {unknown[0]}: name some of {', '.join(KINDS)}")
    if options.play is not None:
        found = attempt(KINDS[options.kinds[0]], options.play.read_bytes())
        print(found.text if found else "it ends well")
        return int(found is not None)
    failed = False
    print(f"{'kind':12}{'inputs':>8}{'items':>10}{'findings':>10}{'CPU s':>8}{'clock s':>9}  memory", flush=True)
    for name in options.kinds or KINDS:
        kind, began = KINDS[name], time.monotonic()
        inputs = -(-(options.count or kind.COUNT) // kind.ITEMS)
        report = soak(
            name, kind, seed=options.seed, inputs=inputs, jobs=options.jobs, minutes=options.minutes, say=_say
        )
        for found in report.findings.values():
            keep(name, found, options.corpus)
        failed |= bool(report.findings or report.growing)
        print(_row(name, report, time.monotonic() - began), flush=True)
    return int(failed)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _row(name: str, report: Report, seconds: float) -> str:
    memory = ", ".join(f"{looks[len(looks) // 2] // MIB} to {looks[-1] // MIB} MB" for looks in report.memory if looks)
    grows = f", grows by {max(report.growing) // MIB} MB" if report.growing else ""
    return (
        f"{name:12}{report.inputs:8}{report.items:10}{len(report.findings):10}{report.seconds:8.0f}{seconds:9.0f}"
        f"  {memory}{grows}"
    )


if __name__ == "__main__":
    sys.exit(main())
