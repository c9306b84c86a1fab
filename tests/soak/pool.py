"""Inputs are played in worker processes, which are watched: a stuck worker is ended, and memory may not grow.

A worker plays every N-th input.  It reports findings and its memory; each item moves a counter in shared memory.  If
the counter stands still, the worker hangs in code that no signal interrupts: it is killed, the input is a finding, and
another worker goes on with the next input.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import resource
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkProcess
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path
from typing import Any

from tests.soak.trial import Finding, Kind, attempt, generate, reduced

STUCK = 10.0
"""Seconds of processor time without an item after which a worker hangs."""
MEMORY = 3 << 30
"""Bytes of address space that a worker may have: more is a MemoryError."""
BETWEEN = 5.0
"""Seconds of processor time between two looks at the memory."""
GROWTH = 12 << 20
"""Bytes that a worker may grow in the second half of its time."""
_FORK = multiprocessing.get_context("fork")


@dataclass
class Report:
    """The results of the inputs of a kind.

    inputs, items : played; findings : by signature, the first of each; repeated : how often each was found
    memory : of each worker, resident bytes at each look; seconds : of processor time
    """

    inputs: int = 0
    items: int = 0
    seconds: float = 0.0
    findings: dict[str, Finding] = field(default_factory=dict)
    repeated: dict[str, int] = field(default_factory=dict)
    memory: list[list[int]] = field(default_factory=list)

    def note(self, found: Finding) -> bool:
        """Count a finding; True if it is the first of its signature."""
        self.repeated[found.signature] = self.repeated.get(found.signature, 0) + 1
        return self.findings.setdefault(found.signature, found) is found

    @property
    def growing(self) -> list[int]:
        """Bytes by which workers grew in the second half of their time, if that is too much."""
        return [grown for looks in self.memory if (grown := growth(looks)) > GROWTH]


def growth(looks: list[int]) -> int:
    """Bytes between the third quarter's mean and the last's, twice: caches have filled up before."""
    quarter = len(looks) // 4
    if quarter < 2:
        return 0
    third, last = looks[-2 * quarter : -quarter], looks[-quarter:]
    return 2 * (sum(last) - sum(third)) // quarter


def resident() -> int:
    """Bytes of memory that the process has, after a collection."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


@dataclass
class _Worker:
    process: ForkProcess
    connection: Connection
    counter: Synchronized[int]
    stride: int
    number: int = 0
    counted: int = -1
    since: float = 0.0


def soak(
    name: str, kind: Kind, *, seed: int, inputs: int, jobs: int, minutes: float, say: Callable[[str], object]
) -> Report:
    """Play inputs of a kind on `jobs` processes; after so many minutes no further input begins."""
    report, end = Report(), time.monotonic() + minutes * 60
    workers = [_start(name, kind, seed, range(job, inputs, jobs), end) for job in range(jobs)]
    while workers:
        ready = wait([worker.connection for worker in workers], timeout=1.0)
        for worker in list(workers):
            if worker.connection in ready:
                try:
                    message = worker.connection.recv()
                except EOFError:
                    message = ("crashed",)
                if not _take(report, worker, message, say):
                    workers.remove(worker)
                    worker.process.join()
                    if message[0] == "crashed":
                        _lose(report, worker, name, kind, seed, "Crash", say)
                        workers.append(_start(name, kind, seed, _rest(worker, inputs), end))
            elif _is_stuck(worker):
                worker.process.kill()
                worker.process.join()
                workers.remove(worker)
                _lose(report, worker, name, kind, seed, "Stuck", say)
                workers.append(_start(name, kind, seed, _rest(worker, inputs), end))
    return report


def _rest(worker: _Worker, inputs: int) -> range:
    return range(worker.number + worker.stride, inputs, worker.stride)


def _take(report: Report, worker: _Worker, message: tuple[Any, ...], say: Callable[[str], object]) -> bool:
    """A message of a worker; False if it is the last."""
    match message:
        case ("begins", number):
            worker.number = number
        case ("played", items):
            report.inputs += 1
            report.items += items
        case ("found", Finding() as found):
            if report.note(found):
                say(f"input {worker.number}: {found.signature}\n{found.text}")
        case ("ended", memory, seconds):
            report.memory.append(memory)
            report.seconds += seconds
            return False
        case _:
            return False
    return True


def _is_stuck(worker: _Worker) -> bool:
    try:
        times = Path(f"/proc/{worker.process.pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    except OSError:  # it has ended
        return False
    used = sum(map(int, times)) / os.sysconf("SC_CLK_TCK")
    if worker.counter.value != worker.counted:
        worker.counted, worker.since = worker.counter.value, used
    return used - worker.since > STUCK


def _lose(
    report: Report, worker: _Worker, name: str, kind: Kind, seed: int, how: str, say: Callable[[str], object]
) -> None:
    """The input on which a worker was lost is a finding, as it is."""
    found = Finding(generate(name, kind, seed, worker.number), f"{how}-{seed}-{worker.number}", "")
    report.note(found)
    say(f"input {worker.number}: {found.signature}")


def _start(name: str, kind: Kind, seed: int, numbers: range, end: float) -> _Worker:
    here, there = _FORK.Pipe(duplex=False)
    counter = _FORK.Value("Q", 0)
    process = _FORK.Process(target=_work, args=(name, kind, seed, numbers, end, there, counter), daemon=True)
    process.start()
    there.close()
    return _Worker(process, here, counter, numbers.step, numbers.start)


def _work(
    name: str, kind: Kind, seed: int, numbers: range, end: float, to: Connection, counter: Synchronized[int]
) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    looks: list[int] = []
    seen: set[str] = set()
    looked = -BETWEEN

    def tick() -> None:
        counter.value += 1

    for number in numbers:
        if time.monotonic() > end:
            break
        to.send(("begins", number))
        before = counter.value
        found = attempt(kind, generate(name, kind, seed, number), tick)
        to.send(("played", counter.value - before))
        if found is not None:
            if found.signature not in seen:
                found = reduced(kind, found, tick)
            seen.add(found.signature)
            to.send(("found", found))
        if time.process_time() - looked > BETWEEN:
            looks.append(resident())
            looked = time.process_time()
    to.send(("ended", looks, time.process_time()))
