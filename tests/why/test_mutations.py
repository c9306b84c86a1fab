"""Working labs with one thing broken, at random: the answer names it, and a fix that it prints, made by hand, works."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from macvsim.errors import MacvsimError
from macvsim.labfile.load import load
from macvsim.labfile.play import Player
from macvsim.why.ask import why
from macvsim.why.data import as_data
from macvsim.why.question import works
from tests.why.breaking import Mutation, draw, mutations
from tests.why.byhand import mended
from tests.why.labs import LABS, LabText

SEED = 5
WANTED = 100
MOST_MISSED = 5


def test_unbroken_they_work(tmp_path: Path) -> None:
    for make in LABS:
        path = tmp_path / f"{make.__name__}.md"
        path.write_text(make().text)
        assert why(path).step is None, make.__name__


def _broken(text: LabText, mutation: Mutation, path: Path) -> int:
    """Write a lab with a mutation; the line of its last ping if that fails, else 0."""
    changed = text.copy()
    mutation.change(changed)
    path.write_text(changed.text)
    try:
        last = list(Player(load(path)).play())[-1]
    except MacvsimError:
        return 0  # no lab at all any more
    return 0 if works(last) else last.step.line


@pytest.mark.slow
def test_of_a_hundred_random_mutations_95_are_explained_and_mended(tmp_path: Path) -> None:
    rng = random.Random(SEED)
    pool = [(text := make(), mutations(text, tmp_path / "lab.md")) for make in LABS]
    path, by_hand = tmp_path / "broken.md", tmp_path / "mended.md"
    missed, done = [], 0
    while done < WANTED:
        text, found = rng.choice(pool)
        mutation = draw(rng, found)
        line = _broken(text, mutation, path)
        if not line:
            continue
        done += 1
        data = as_data(why(path, str(line)))
        said = json.dumps([data["sentence"], data["hint"], data["fixes"], data["culprits"], data["refused"]])
        if not data["fixes"] or not any(name in said for name in mutation.names):
            missed.append((text.name, mutation.kind, mutation.names, data["sentence"]))
        for fix in data["fixes"]:
            by_hand.write_text(mended(path.read_text(), data, fix))
            assert works(list(Player(load(by_hand)).play())[-1]), (text.name, mutation.kind, fix)
    assert len(missed) <= MOST_MISSED, "\n".join(map(str, missed))
