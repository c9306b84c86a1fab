"""Prose that hides its subject becomes less: tests/data/words.json has how much of it each room may still have."""

from __future__ import annotations

import json
import warnings
from pathlib import Path

import pytest

from tests import words


@pytest.mark.filterwarnings("default")
def test_the_counts_of_all_rooms_only_fall() -> None:
    found = [place for path in words.files() for place in words.places(path)]
    counts, allowed = words.counted(found), json.loads(words.COUNTS.read_text("utf-8"))
    risen = {room: count for room, count in counts.items() if count > allowed.get(room, 0)}
    lines = [str(place) for place in found if place.room in risen]
    more = ", ".join(f"{room} {allowed.get(room, 0)} -> {count}" for room, count in risen.items())
    assert not risen, (
        f"{more}: name the subject in what is new (all places of the room below); if files only moved between rooms, "
        "run: python -m tests.words --write\n" + "\n".join(lines)
    )
    if counts != allowed:
        fallen = sum(allowed.values()) - len(found)
        warnings.warn(
            f"{fallen} places fewer than tests/data/words.json has: python -m tests.words --write", stacklevel=1
        )


@pytest.mark.parametrize(
    ("sentence", "is_place"),
    [
        ("What a namespace has", True),
        ("Who sends at the nanosecond of a series' request keeps its place", True),
        ("**Whatever** is plugged in.", True),
        ("someone asks", True),
        ("What is macvlan?", False),
        ("Whole frames", False),
        ("Read it as it came.", True),
        ("A packet that somebody sent", True),
        ("The kernel drops those that have no listener", True),
        ("Those routes go", False),
        ("A kind such as macvlan", False),
        ("A mistake is told with its line", True),
    ],
)
def test_sentences(sentence: str, is_place: bool) -> None:
    assert words.is_place(sentence) is is_place


PYTHON = '''"""A module. What it is."""

# who asks
# and what answers
name = "what"  # somebody's name
said = f"{name}: hears. Who hears it"
'''
PAGE = """---
name: What
---
# What it is

- Who asks
- The kernel asks

| a | What b is |

```console
$ echo Who
```
"""


@pytest.mark.parametrize(
    ("name", "text", "lines"),
    [
        ("tests/a.py", PYTHON, [1, 3, 5]),
        ("macvsim/net/a.py", PYTHON, [1, 6, 3, 5]),
        ("docs/pages/a.md", PAGE, [4, 6, 9]),
    ],
)
def test_places_of_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, text: str, lines: list[int]
) -> None:
    path = tmp_path / name
    path.parent.mkdir(parents=True)
    path.write_text(text)
    monkeypatch.setattr("tests.words.ROOT", tmp_path)
    assert [place.line for place in words.places(Path(name))] == lines
    assert {place.room for place in words.places(Path(name))} == {
        "macvsim/net" if name.startswith("macvsim") else name.partition("/")[0]
    }
