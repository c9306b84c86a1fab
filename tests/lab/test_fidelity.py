"""The fidelity table is what the tests found."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from macvsim.fidelity.table import as_markdown, rows, summary
from tests.conftest import checks_of

ROOT = Path(__file__).parents[2]
RESULTS = json.loads((ROOT / "macvsim" / "fidelity" / "results.json").read_text())
CURRENT = "make fidelity-table writes it anew"


def test_it_is_current(request: pytest.FixtureRequest) -> None:
    """Every test of a rule that is run here stands in it, with the rules it names now."""
    found = checks_of(request.session.items)
    for name, (how, rules) in found.items():
        assert RESULTS.get(name, {}).get("how") == how, f"{name} is not in the table: {CURRENT}"
        assert RESULTS[name]["rules"] == sorted(rules), f"{name} checks other rules now: {CURRENT}"


def test_no_test_in_it_is_gone() -> None:
    archives = ROOT / "tests" / "data" / "oracle"
    sources = {f"{path.parent.name}/{path.stem}": path.read_text() for path in (ROOT / "tests").glob("*/test_*.py")}
    for name, result in RESULTS.items():
        module, _, test = name.partition(".")
        there = f"def {test}(" in sources.get(module, "") or (archives / f"{name}.tar.xz").is_file()
        assert there, f"{name} is gone: {CURRENT}"
        assert result["agrees"], f"{name} differed: {CURRENT}"


def test_every_rule_a_test_names_is_one() -> None:
    known = {row.rule for row in rows()}
    assert {rule for result in RESULTS.values() for rule in result["rules"]} <= known


def test_the_conformance_cases_agree() -> None:
    cases = [row for row in rows() if row.is_case]
    assert len(cases) == 58
    assert [row.rule for row in cases if row.verdict != "agree"] == []


def test_documents_have_it() -> None:
    table = rows()
    assert (ROOT / "docs" / "fidelity.md").read_text() == as_markdown(table), CURRENT
    assert summary(table) in " ".join((ROOT / "README.md").read_text().split()), f"README: {summary(table)}"


def test_command_line() -> None:
    command = [sys.executable, "-m", "macvsim", "fidelity"]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "T01   " in text
    assert text.endswith(summary(rows()) + "\n")
    ran = subprocess.run([*command, "--json", "T03", "2.4b"], capture_output=True, text=True, check=True)
    rule, case = json.loads(ran.stdout)
    assert (rule["rule"], case["rule"]) == ("2.4b", "T03")
    assert rule["function"] == "drivers/net/macvlan.c:macvlan_queue_xmit"
    assert rule["verdict"] == "agree"
    assert {"name": "conformance/test_macvlan.test_T03_bridge_siblings", "how": "text", "agrees": True} in case["tests"]
