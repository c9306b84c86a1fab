"""A pytest plugin for the processes that `measure` and `trial` start; it acts by environment variables.

`MEMORY` limits the address space, so that a mutant without end does not take the machine's memory.  After `DEADLINE`
seconds no further test is started.  With `DATA`, every test is a coverage context of its own, named by its node id; the
coverage data go to `DATA`, the durations beside it.
"""

from __future__ import annotations

import json
import os
import resource
import time
from collections.abc import Generator
from pathlib import Path

import coverage
import pytest

DATA, SOURCES, MEMORY, DEADLINE = "MUTANTS_DATA", "MUTANTS_SOURCES", "MUTANTS_MEMORY", "MUTANTS_DEADLINE"
SECONDS = "seconds.json"
"""Beside the coverage data: seconds of each test that passed, by node id."""


class Measurement:
    """Coverage of one run of the tests, a context a test."""

    def __init__(self, data: Path, sources: list[str]) -> None:
        self.data = data
        self.seconds: dict[str, float] = {}
        self._failed: set[str] = set()
        self.coverage = coverage.Coverage(
            data_file=str(data), include=[f"{source}/*" for source in sources], config_file=False, messages=False
        )
        self.coverage.start()

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        self.coverage.switch_context(item.nodeid)
        try:
            return (yield)
        finally:
            self.coverage.switch_context("")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.seconds[report.nodeid] = self.seconds.get(report.nodeid, 0.0) + report.duration
        if not report.passed:
            self._failed.add(report.nodeid)

    def pytest_sessionfinish(self) -> None:
        self.coverage.stop()
        self.coverage.save()
        passed = {name: round(took, 4) for name, took in self.seconds.items() if name not in self._failed}
        (self.data.parent / SECONDS).write_text(json.dumps(passed, indent=0), "utf-8")


class Deadline:
    """Stops the session between two tests once its time is up."""

    def __init__(self, seconds: float) -> None:
        self.end = time.monotonic() + seconds

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_teardown(self, item: pytest.Item) -> None:
        if time.monotonic() > self.end:
            item.session.shouldstop = "time is up"


def pytest_configure(config: pytest.Config) -> None:
    if MEMORY in os.environ:
        limit = int(os.environ[MEMORY])
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    if DEADLINE in os.environ:
        config.pluginmanager.register(Deadline(float(os.environ[DEADLINE])))
    if DATA in os.environ:
        config.pluginmanager.register(Measurement(Path(os.environ[DATA]), os.environ[SOURCES].split(os.pathsep)))
