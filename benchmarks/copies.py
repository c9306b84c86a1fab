"""Copies of a lab with experiment 1, after no command and after many that only read; and runs of a sweep."""

from __future__ import annotations

from functools import cache
from itertools import islice
from pathlib import Path

from benchmarks import macvsim_labs
from benchmarks.measure import Bench
from macvsim import Lab
from macvsim.sweeps.plan import FileSubject, Plan

COMMANDS = 1_000
READING = ("ip addr", "ip route", "ip neigh", "docker ps", "cat /proc/net/dev", "ss -tan", "bridge link", "ls /")
LAB = Path(__file__).parents[1] / "scenarios" / "exp2_two_vlans.md"


def _lab(commands: int) -> Lab:
    """Experiment 1 with a ping, and so many commands."""
    lab = Lab(seed=0)
    macvsim_labs.experiment1(lab).run(1)
    lab.run(2)
    hosts = list(lab.hosts.values())
    for number in range(commands):
        hosts[number % 2].sh(READING[number // 2 % len(READING)])
    return lab


_kept = cache(_lab)


def _copies(lab: Lab) -> Bench:
    done = 0

    def run(copies: int) -> None:
        nonlocal done
        for _ in range(copies):
            lab.copy()
            done += 1

    return Bench(run, lambda: done)


def copied() -> Bench:
    """Copies after no command."""
    return _copies(_kept(0))


def copied_after_reading() -> Bench:
    """Copies after many commands that only read."""
    return _copies(_kept(COMMANDS))


def first_copy_after_reading() -> Bench:
    """The same, the first copy of each lab, which is compared with it."""
    return _copies(_lab(COMMANDS))


def swept() -> Bench:
    """Runs of a sweep over experiment 2, in this process."""
    plan = Plan(FileSubject.read(LAB), {"links.loss": [0, "5%"], "sw1.policy": ["bare-metal", "wifi"]}, range(1_000))
    runs = iter(plan.runs())
    done = 0

    def run(times: int) -> None:
        nonlocal done
        done += len(plan.make_all(islice(runs, times)))

    return Bench(run, lambda: done)
