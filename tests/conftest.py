"""Markers of all tests: how much of the suite runs, and which rules of the reference a test checks.

Three markers stand at a test or a module (``pytestmark``), because a reader sees there what the test needs:

kernel : the test makes namespaces on the running kernel, or boots one
browser : the test runs Node, Pyodide or Chromium
slow : the test costs more than `SLOW` seconds of CPU, or the tests of the module together more than `SLOW_MODULE`

``fast`` is given here, to every test that has none of the three; ``make check`` runs what has it. So a new test is fast
until it is marked. The run itself finds what to mark: it measures the CPU time of each test, which differs less than
the clock's on a busy machine, and ends with the names of tests and modules that cost more without the marker.

``make check ARGS=tests/unit`` and ``make test ARGS="-k vlan -x"`` run fewer; the last ``-m``, ``-n`` or ``--dist``
counts. Tests run in several processes at the same time: a test writes only below ``tmp_path`` and takes a port that the
system gives.

``rule`` names rules of the reference; with --fidelity the results of these tests become macvsim's fidelity table.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Generator, Iterable
from pathlib import Path
from zlib import crc32

import pytest

SLOW = 5.0
SLOW_MODULE = 8.0
RESULTS = pytest.StashKey[dict[str, dict[str, object]]]()
STARTED = pytest.StashKey[float]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--share", metavar="K/N", help="of the tests those whose names fall into share K of N (from 0)")
    parser.addoption("--fidelity", type=Path, metavar="FILE", help="write what the tests of rules found to this file")


def pytest_configure(config: pytest.Config) -> None:
    text = "rule(*ids, how='text', name=''): checks rules of macvsim/fidelity/rules.txt, against recordings or a text"
    config.addinivalue_line("markers", text)
    config.stash[RESULTS] = {}
    if config.getoption("--fidelity") and config.getoption("numprocesses", None):
        raise pytest.UsageError("--fidelity writes what one process found: run it without -n")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    share = config.getoption("--share")
    if share:
        number, of = map(int, share.split("/"))
        items[:] = [item for item in items if crc32(item.nodeid.encode()) % of == number % of]
    for item in items:
        if not any(item.get_closest_marker(name) for name in ("kernel", "browser", "slow")):
            item.add_marker("fast")


def _cpu() -> float:
    """Seconds of CPU that this process and the children it waited for have used."""
    return sum(os.times()[:4])


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> None:
    item.stash[STARTED] = _cpu()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    costs: Counter[str] = Counter()
    for report in terminalreporter.getreports(""):
        if report.when == "teardown" and "fast" in report.keywords:
            seconds = dict(report.user_properties)["cpu"]
            costs[report.nodeid] = seconds
            costs[report.nodeid.partition("::")[0]] += seconds
    limits = {name: SLOW if "::" in name else SLOW_MODULE for name in costs}
    unmarked = [f"{seconds:.1f} s  {name}" for name, seconds in costs.most_common() if seconds > limits[name]]
    if unmarked:
        terminalreporter.section("costs much CPU without the marker slow (tests/conftest.py)")
        terminalreporter.write_line("\n".join(unmarked))


def _name(item: pytest.Item) -> str:
    """``FOLDER/FILE.TEST``."""
    return f"{item.path.parent.name}/{item.path.stem}.{getattr(item, 'originalname', item.name)}"


def checks_of(items: Iterable[pytest.Item]) -> dict[str, tuple[str, set[str]]]:
    """How and which rules are checked, by the name under which the table has it: a test's, or a recording's."""
    found: dict[str, tuple[str, set[str]]] = {}
    for item in items:
        for mark in item.iter_markers("rule"):
            how = mark.kwargs.get("how", "text")
            name = mark.kwargs.get("name") or _name(item)
            found.setdefault(name, (how, set()))[1].update(mark.args)
    return found


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.when == "teardown":
        report.user_properties.append(("cpu", _cpu() - item.stash[STARTED]))
    if report.when == "call" or report.failed:
        for name, (how, rules) in checks_of([item]).items():
            result = item.config.stash[RESULTS].setdefault(name, {"how": how, "rules": sorted(rules), "agrees": True})
            result["agrees"] = bool(result["agrees"]) and report.passed
    return report


def pytest_sessionfinish(session: pytest.Session) -> None:
    path = session.config.getoption("--fidelity")
    if path is not None:
        results = dict(sorted(session.config.stash[RESULTS].items()))
        lines = (f"{json.dumps(name)}: {json.dumps(result)}" for name, result in results.items())
        path.write_text("{\n" + ",\n".join(lines) + "\n}\n", "utf-8")
