"""Tests say which rules of the reference they check; with --fidelity their results become macvsim's fidelity table."""

from __future__ import annotations

import json
from collections.abc import Generator, Iterable
from pathlib import Path

import pytest

RESULTS = pytest.StashKey[dict[str, dict[str, object]]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--fidelity", type=Path, metavar="FILE", help="write what the tests of rules found to this file")


def pytest_configure(config: pytest.Config) -> None:
    text = "rule(*ids, how='text', name=''): checks rules of macvsim/fidelity/rules.txt, against recordings or a text"
    config.addinivalue_line("markers", text)
    config.stash[RESULTS] = {}


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
