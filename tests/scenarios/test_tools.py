"""The labs of single tools: each prints what it says, on both paths alike, and a page links it."""

from __future__ import annotations

from pathlib import Path

import pytest

from macvsim.labfile.report import describe
from macvsim.testing.plain import compare_files
from tests.scenarios.played import SCENARIOS, outcomes

LABS = sorted((SCENARIOS / "tools").glob("*.md"))
PAGE = SCENARIOS.parent / "docs" / "pages" / "labs.md"


@pytest.mark.parametrize("path", LABS, ids=lambda path: path.name)
def test_prints_what_it_says(path: Path) -> None:
    found = outcomes(f"tools/{path.name}")
    assert all(outcome.step.compared for outcome in found)
    assert [describe(path.name, outcome) for outcome in found if outcome.hunks] == []


@pytest.mark.slow
@pytest.mark.parametrize("path", LABS, ids=lambda path: path.name)
def test_is_equal_without_the_fast_path(path: Path) -> None:
    said: list[str] = []
    assert compare_files([path], said.append, said.append) == 0, "".join(said)


@pytest.mark.parametrize("path", LABS, ids=lambda path: path.name)
def test_asks_a_question_and_simulates_all_of_it(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    title = next(line for line in text.splitlines() if line.startswith("# "))
    assert title.endswith("?")
    assert "not simulated" not in text


def test_the_page_of_labs_links_each() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert [path.name for path in LABS if f"(../../scenarios/tools/{path.name})" not in text] == []
    assert len(LABS) >= 8
