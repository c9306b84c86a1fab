"""Run the benchmarks: `python -m benchmarks [--quick] [--check]`. What `ratio` means: `benchmarks.report`.

It never fails because something is slow, unless `--check` asks it to.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from benchmarks import (
    capture_files,
    copies,
    growth,
    kernel,
    macvsim_labs,
    naive_scapy,
    ns3,
    nspy,
    processes,
    scale,
    simpy_timeout,
)
from benchmarks.goals import (
    BUILT,
    CAPTURED,
    COPIED,
    COPIED_FIRST,
    COPIED_READ,
    EMPTY_TEST,
    FIRST_PING,
    IMPORT_SIMPY,
    JOURNALLED,
    KERNEL,
    NAIVE,
    NS3_CSMA,
    NS3_SIMPLE,
    NSPY,
    OURS,
    PCAP,
    PCAPNG,
    PYPY,
    RUN,
    SCALE,
    SWEPT,
    TEST,
    TIMEOUT,
    TYPED_PING,
    WHY,
    WRPCAP,
)
from benchmarks.install import install
from benchmarks.measure import Case, interleave
from benchmarks.plot import plot
from benchmarks.report import summarize, table, violations

LATEST = Path(__file__).with_name("latest.json")
ROUNDS = 15
QUICK_ROUNDS = 7
QUICK_SHARE = 4


def cases(quick: bool) -> list[Case]:
    """Who runs, in the order of a round; amounts give every phase about a tenth of a second (quick: a quarter)."""
    share = QUICK_SHARE if quick else 1
    labs = {"experiment1": (macvsim_labs.experiment1, 4_000), "experiment3": (macvsim_labs.experiment3, 2_000)}
    found = [
        Case(TIMEOUT, "timeout", simpy_timeout.timeouts, 120_000 // share),
        Case(NAIVE, "experiment1", naive_scapy.experiment1, 60 // share),
        Case(NAIVE, "experiment3", naive_scapy.experiment3, 20 // share),
    ]
    for name, (lab, pings) in labs.items():
        found += [
            Case(OURS, name, lab, pings // share),
            Case(CAPTURED, name, macvsim_labs.captured(lab), pings // share),
            Case(JOURNALLED, name, macvsim_labs.journalled(lab), pings // share),
        ]
    found += [
        Case(NSPY, "experiment1", nspy.experiment1, 4_000 // share),
        Case(NSPY, "experiment3", nspy.experiment3, 2_000 // share),
    ]
    for thing, device in ((NS3_CSMA, "csma"), (NS3_SIMPLE, "simple")):
        found += [
            Case(thing, "experiment1", ns3.experiment1(device), 10_000 // share, warm_up=0),
            Case(thing, "experiment3", ns3.experiment3(device), 5_000 // share, warm_up=0),
            Case(thing, "100-containers", ns3.containers(device, 4, 100), 500 // share, warm_up=0),
            Case(thing, "1000-cold", ns3.containers(device, 20, 1_000), 10, warm_up=0),
        ]
    return [
        *found,
        Case(BUILT, "built", processes.built, 20, warm_up=1),
        Case(KERNEL, "built", kernel.experiment1, 2, warm_up=0),
        Case(PYPY, "experiment1", processes.pypy_experiment1, 8_000 // share),
        Case(IMPORT_SIMPY, "process", processes.import_simpy, 1, warm_up=0),
        Case(FIRST_PING, "process", processes.first_ping, 1, warm_up=0),
        Case(TYPED_PING, "process", processes.first_typed_ping, 1, warm_up=0),
        Case(RUN, "process", partial(processes.command, "run"), 1, warm_up=0),
        Case(WHY, "process", partial(processes.command, "why"), 1, warm_up=0),
        *(
            Case(thing, experiment, partial(processes.tests, file, bytecode=experiment == "pytest"), 1, warm_up=0)
            for experiment in ("pytest", "pytest-uncompiled")
            for thing, file in ((EMPTY_TEST, "test_empty.py"), (TEST, "test_lab.py"))
        ),
        Case(PCAP, "capture-file", capture_files.pcap, 1_600),
        Case(PCAPNG, "capture-file", capture_files.pcapng, 1_600),
        Case(WRPCAP, "capture-file", capture_files.scapy_wrpcap, 80 // share),
        Case(COPIED, "copies", copies.copied, 20 // share),
        Case(COPIED_READ, "copies", copies.copied_after_reading, 20 // share),
        Case(COPIED_FIRST, "copies", copies.first_copy_after_reading, 1, warm_up=0),
        Case(SWEPT, "sweep", copies.swept, 12 // share),
        Case(SCALE, "100-containers", scale.steady, 500 // share, warm_up=0),
        Case(SCALE, "1000-cold", scale.cold, 10, warm_up=0),
    ]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print the table, write the JSON file; 1 only if `--check` was given and a limit does not hold."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="macvsim beside others")
    parser.add_argument("--quick", action="store_true", help="fewer, shorter rounds, for CI")
    parser.add_argument("--rounds", type=int, help=f"rounds to run (default {ROUNDS}, quick {QUICK_ROUNDS})")
    parser.add_argument("--output", type=Path, default=LATEST, help="default: latest.json beside this module")
    parser.add_argument("--check", action="store_true", help="exit with 1 when a limit does not hold")
    parser.add_argument("--skip-growth", action="store_true", help="leave out the labs of up to 10,000 containers")
    parser.add_argument("--install", action="store_true", help="install what contenders need, where that can be done")
    options = parser.parse_args(arguments)
    if options.install:
        install()
    rounds = options.rounds if options.rounds is not None else QUICK_ROUNDS if options.quick else ROUNDS
    if rounds < 1:
        parser.error(f"--rounds {rounds}: at least one round is needed, seven or more for a figure worth quoting")

    results = summarize(interleave(cases(options.quick), rounds))
    if not options.skip_growth:
        results[OURS]["goals"] += growth.figures(options.quick)
    print(table(results))
    options.output.write_text(json.dumps(results, indent=2) + "\n")
    plot(results[OURS]["goals"], options.output.with_suffix(".svg"))
    broken = violations(results)
    for sentence in broken:
        print(f"limit: {sentence}")
    return 1 if options.check and broken else 0
