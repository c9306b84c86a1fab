"""News of ``macvsim why`` go by the wall clock: they are for terminals, and stay out of what is kept."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from macvsim.why import command
from macvsim.why.ask import Answer


class Stream(io.StringIO):
    """A text stream that is a terminal, or none."""

    def __init__(self, terminal: bool) -> None:
        super().__init__()
        self.terminal = terminal

    def isatty(self) -> bool:
        return self.terminal


@pytest.mark.parametrize(("out", "err", "shown"), [(True, True, True), (False, True, False), (True, False, False)])
def test_news_are_for_terminals(monkeypatch: pytest.MonkeyPatch, out: bool, err: bool, shown: bool) -> None:
    def slow(path: Path, asked: str, notes: Callable[[int], None] | None, budget: Mapping[str, int] | None) -> Answer:
        if notes is not None:
            notes(7)
        return Answer("lab.md", None)

    monkeypatch.setattr(command, "PATIENCE", -1.0)
    monkeypatch.setattr(command, "why", slow)
    monkeypatch.setattr(command, "as_text", lambda answer: "the answer\n")
    monkeypatch.setattr(command, "coloured", lambda text: text)
    monkeypatch.setattr(sys, "stdout", Stream(out))
    monkeypatch.setattr(sys, "stderr", told := Stream(err))
    answers: list[str] = []
    command.why_file(Path("lab.md"), answers.append)
    assert answers == ["the answer\n"]
    assert ("trying edits: 7" in told.getvalue()) is shown and bool(told.getvalue()) is shown
