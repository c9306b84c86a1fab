"""The trial of a mutant: the tests that execute it, run in a copy of the tree."""

from __future__ import annotations

import enum
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.mutants.measure import PYTEST, tree_environment
from tests.mutants.mutation import Mutant
from tests.mutants.plugin import DEADLINE, MEMORY

MEMORY_LIMIT = 4 << 30
_FIRST = 6
"""Tests that are run before the others: most mutants fall to one of them, and no other test's module is imported."""
_FAILED = re.compile(r"^(?:FAILED|ERROR) (\S+)", re.MULTILINE)
_PASSED = re.compile(r"\b(\d+) passed")


class Fate(enum.Enum):
    """How a mutant ended."""

    KILLED = "killed"
    SURVIVED = "survived"
    TIMEOUT = "timeout"
    """A test did not end: it went on after the time in which no further test was started."""
    UNCOVERED = "not covered"
    """No test executes it, so none was run."""


@dataclass(frozen=True)
class Outcome:
    """The end of one mutant: the test that failed, if one did, and how many of the tests that execute it were run."""

    mutant: Mutant
    fate: Fate
    by: str = ""
    ran: int = 0
    covering: int = 0


def choose(tests: Sequence[tuple[str, float]], seconds: float) -> list[str]:
    """The first of the tests, as many as fit into the time limit by their measured durations; one at least."""
    chosen: list[str] = []
    left = seconds
    for test, took in tests:
        left -= took
        if chosen and left < 0:
            break
        chosen.append(test)
    return chosen


def run(
    mutant: Mutant, tests: Sequence[tuple[str, float]], root: Path, seconds: float, starting: float | None = None
) -> Outcome:
    """Break the copy at `root`, run the tests until one fails or the time is up, and mend the copy.

    seconds : after them the tests are ended; starting : after them (None: half of `seconds`) no further test starts
    """
    if not tests:
        return Outcome(mutant, Fate.UNCOVERED)
    chosen = choose(tests, seconds)
    path = root / mutant.path
    source = path.read_bytes()
    path.write_bytes(mutant.apply(source))
    ran, begun = 0, time.monotonic()
    try:
        for batch in filter(None, (chosen[:_FIRST], chosen[_FIRST:])):
            past = time.monotonic() - begun
            still = (seconds / 2 if starting is None else starting) - past
            if ran and still < 0:
                break
            status, output = _pytest(batch, root, seconds - past, still)
            if status is None:
                return Outcome(mutant, Fate.TIMEOUT, "", len(chosen), len(tests))
            found, passed = _FAILED.search(output), _PASSED.search(output)
            if status != 0 and (status != pytest.ExitCode.INTERRUPTED or found):
                return Outcome(mutant, Fate.KILLED, found[1] if found else f"pytest: {status}", len(chosen), len(tests))
            ran += int(passed[1]) if passed else 0
    finally:
        path.write_bytes(source)
    return Outcome(mutant, Fate.SURVIVED, "", ran, len(tests))


def _pytest(tests: Sequence[str], root: Path, seconds: float, starting: float) -> tuple[int | None, str]:
    """Exit status (None: out of time) and output; whatever the tests started ends with them."""
    names = root / ".mutants-tests"
    names.write_text("\n".join(tests), "utf-8")
    process = subprocess.Popen(
        [sys.executable, "-m", "pytest", *PYTEST, "-x", "--tb=no", f"@{names}"],
        cwd=root,
        env=tree_environment(root) | {MEMORY: str(MEMORY_LIMIT), DEADLINE: str(starting)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    )
    try:
        output, _ = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        return None, ""
    return process.returncode, output
