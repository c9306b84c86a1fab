"""Whole processes: a new one up to its first answered ping, beside one that only imports simpy; and one of PyPy that
stays.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import simpy

from benchmarks import macvsim_labs
from benchmarks.measure import Absent, Bench, children

ROOT = Path(__file__).parents[1]
PYPY = "pypy3"
WARM_UP = 600_000
"""Pings until PyPy has compiled what it will: what neighbours do once in twenty pings takes longest."""


def _started(code: str) -> Bench:
    started = 0

    def run(processes: int) -> None:
        nonlocal started
        for _ in range(processes):
            subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
            started += 1

    return Bench(run, lambda: started, children)


def first_ping() -> Bench:
    """A new process builds experiment 1, and its first ping is answered."""
    return _started("from benchmarks import macvsim_labs; macvsim_labs.experiment1().run(1)")


def built() -> Bench:
    """Experiment 1 built anew in this process, and its first ping."""
    done = 0

    def run(times: int) -> None:
        nonlocal done
        for _ in range(times):
            macvsim_labs.experiment1().run(1)
            done += 1

    return Bench(run, lambda: done)


def import_simpy() -> Bench:
    """A new process imports simpy."""
    return _started("import simpy")


class Worker:
    """A process of another interpreter with experiment 1: it is told numbers of pings, and says CPU seconds and
    frame-hops.
    """

    def __init__(self, python: str) -> None:
        self._python = python
        packages = Path(simpy.__file__).parents[1]
        self._process = subprocess.Popen(
            [python, "-m", "benchmarks.worker"],
            cwd=ROOT,
            env={"PYTHONPATH": f"{ROOT}:{packages}"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.seconds = 0.0
        self.hops = 0
        self.run(WARM_UP)

    def run(self, pings: int) -> None:
        """So many pings."""
        to, back = self._process.stdin, self._process.stdout
        assert to is not None and back is not None
        to.write(f"{pings}\n")
        to.flush()
        answer = back.readline().split()
        if len(answer) != 2:
            raise RuntimeError(f"the worker of {self._python} ended with status {self._process.wait()}")
        self.seconds, self.hops = float(answer[0]), int(answer[1])


@cache
def _pypy() -> Worker:
    """Started once: it takes a while to become fast."""
    if shutil.which(PYPY) is None:
        raise Absent(f"there is no {PYPY} (on Debian and Ubuntu: apt install {PYPY})")
    return Worker(PYPY)


def pypy_experiment1() -> Bench:
    """Experiment 1 on PyPy, long after its start."""
    worker = _pypy()
    return Bench(worker.run, lambda: worker.hops, lambda: worker.seconds)
