"""Whole processes: pings, commands and tests of new ones, beside processes that only import simpy or run an empty test;
and one of PyPy that stays.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

import simpy

from benchmarks import macvsim_labs
from benchmarks.measure import Absent, Bench, children

ROOT = Path(__file__).parents[1]
PYPY = "pypy3"
WARM_UP = 600_000
"""Pings until PyPy has compiled what it will: what neighbours do once in twenty pings takes longest."""


TYPED = """
from macvsim import Lab
lab = Lab()
switch = lab.switch("sw1")
boxes = []
for number in (1, 2):
    host = lab.host(f"host{number}", nic="enp0s8", switch=switch)
    host.docker.network_create("mac1", driver="macvlan", subnet="172.16.10.0/24", parent="enp0s8")
    boxes.append(host.docker.run(f"c{number}", network="mac1", ip=f"172.16.10.{number + 1}"))
assert boxes[0].sh("ping -c 1 172.16.10.3")
"""
TESTS = {
    "LAB.md": "",
    "test_lab.py": """
import pytest

@pytest.mark.macvsim("LAB.md")
def test_lab(macvsim):
    assert macvsim.ping("c1", "172.16.10.3").lost("PORT_NO_MATCH")
""",
    "test_empty.py": "def test_empty():\n    pass\n",
}
"""The files of tests; LAB.md is that of the README."""


@cache
def _folder() -> tempfile.TemporaryDirectory[str]:
    """A folder with the files."""
    folder = tempfile.TemporaryDirectory()
    lab = re.search(r"````markdown\n(.*?)````", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)
    assert lab is not None
    for name, text in TESTS.items():
        Path(folder.name, name).write_text(text or lab[1], "utf-8")
    return folder


def _started(code: str) -> Bench:
    return _processes("-c", code, cwd=ROOT)


def _processes(*words: str, cwd: Path, bytecode: bool = True) -> Bench:
    """New interpreters with these words; bytecode : they may keep the bytecode of what they compile."""
    started, env = 0, {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "" if bytecode else "1"}

    def run(processes: int) -> None:
        nonlocal started
        for _ in range(processes):
            subprocess.run([sys.executable, *words], cwd=cwd, env=env, check=True, stdout=subprocess.DEVNULL)
            started += 1

    return Bench(run, lambda: started, children)


def first_ping() -> Bench:
    """A new process builds experiment 1, and its first ping is answered."""
    return _started("from benchmarks import macvsim_labs; macvsim_labs.experiment1().run(1)")


def first_typed_ping() -> Bench:
    """A new process builds the same lab with a journal, and the first ``ping`` typed in it is answered."""
    return _started(TYPED)


def command(name: str) -> Bench:
    """``macvsim NAME`` of the README's lab."""
    return _processes("-m", "macvsim", name, "LAB.md", cwd=Path(_folder().name))


def tests(name: str, *, bytecode: bool = True) -> Bench:
    """pytest with a file of tests."""
    return _processes("-m", "pytest", "-q", "-p", "no:cacheprovider", name, cwd=Path(_folder().name), bytecode=bytecode)


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
