"""The catalogue: failures that people reported, as labs; each says which verdict, reason, place and fix it expects."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from macvsim.labfile.load import load
from macvsim.labfile.play import Player
from macvsim.why.ask import why
from macvsim.why.data import as_data
from macvsim.why.question import works
from tests.why.byhand import mended

pytestmark = pytest.mark.slow

FOLDER = Path(__file__).parents[2] / "scenarios" / "failures"
NAMES = sorted(path.stem for path in FOLDER.glob("*.md"))
_ROW = re.compile(r"\| (lost|refused) \| (\w+) \| (\S+) \| `([^:]+): (.+)` \|")


def test_it_is_whole() -> None:
    assert [int(name[:2]) for name in NAMES] == list(range(1, 16))
    for name in NAMES:
        text = (FOLDER / f"{name}.md").read_text()
        assert re.search(r"Reported as .*#\d+", text), name


@pytest.mark.parametrize("name", NAMES)
def test_verdict_reason_and_fixes(name: str, tmp_path: Path) -> None:
    """The expected fix is among those printed, and each of them, made by hand, works."""
    text = (FOLDER / f"{name}.md").read_text()
    row = _ROW.search(text)
    assert row is not None
    answer = why(FOLDER / f"{name}.md")
    data = as_data(answer)
    assert (data["verdict"], data["reason"], data["where"]) == (row[1], row[2], row[3])
    assert (row[4], row[5]) in [(edit["on"], edit["do"]) for fix in data["fixes"] for edit in fix["edits"]]
    for fix in data["fixes"]:
        path = tmp_path / f"{name}.md"
        path.write_text(mended(text, data, fix))
        outcomes = list(Player(load(path)).play())
        changed = [edit["do"] for edit in fix["edits"] if edit.get("line") == data["line"]]
        wanted = changed[0] if changed else data["command"]
        assert any(works(outcome) for outcome in outcomes if outcome.step.command == wanted), fix
