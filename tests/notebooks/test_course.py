"""The course: a new run gives what is stored, and each exercise tells right from wrong."""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("nbclient")
pytest.importorskip("jupytext")
pytestmark = pytest.mark.slow

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
SOURCES = sorted(NOTEBOOKS.glob("[0-9][0-9]_*.md"))
NUMBERS = [source.name[:2] for source in SOURCES]


@pytest.fixture(autouse=True)
def _notebooks_on_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(NOTEBOOKS))


def answers(number: str) -> dict[str, Any]:
    found: dict[str, Any] = importlib.import_module(f"tests.notebooks.answers_{number}").ANSWERS
    return found


def test_the_course_is_whole() -> None:
    assert [f"{number:02}" for number in range(1, len(NUMBERS) + 1)] == NUMBERS
    assert [source.with_suffix(".ipynb").exists() for source in SOURCES] == [True] * len(SOURCES)


@pytest.mark.parametrize("source", SOURCES, ids=NUMBERS)
def test_a_new_run_gives_what_is_stored(source: Path) -> None:
    """If this fails after a change that is meant: make notebooks."""
    build = importlib.import_module("build")
    assert source.with_suffix(".ipynb").read_text("utf-8") == build.run(source)
    assert '"output_type": "error"' not in source.with_suffix(".ipynb").read_text("utf-8")


@pytest.mark.parametrize("number", NUMBERS)
def test_every_exercise_has_answers_to_be_tried(number: str) -> None:
    text = next(source for source in SOURCES if source.name.startswith(number)).read_text("utf-8")
    asked = re.findall(r"^(check_\d+_\d+)\(.*\.\.\..*\)$", text, re.MULTILINE)
    assert len(asked) >= 3
    assert asked == list(answers(number))
    assert "练习" in text and text.count("\n> ") >= len(asked)


@pytest.mark.parametrize(("number", "name"), [(number, name) for number in NUMBERS for name in answers(number)])
def test_right_is_accepted_and_wrong_is_not(number: str, name: str) -> None:
    check = getattr(importlib.import_module(f"checks_{number}"), name)
    good, bad = answers(number)[name]
    assert check(...).right is None
    verdict = check(good)
    assert verdict.right is True, verdict
    assert len(bad) >= 2
    for answer in bad:
        verdict = check(answer)
        assert verdict.right is False, (answer, verdict)
        assert "\n" not in verdict.english.strip() and verdict.chinese
        assert "Not yet" in verdict._repr_html_()
