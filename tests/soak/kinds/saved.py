"""Saved labs with mistakes: one line that names the file, or a lab that plays."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from macvsim.errors import BudgetExceeded, MacvsimError, message
from macvsim.labfile.load import load
from macvsim.labfile.play import Player
from tests.lab.random_labs import Play
from tests.soak.kinds import documents, sources
from tests.soak.mutate import encoded, mutated, spoil

COUNT, ITEMS, SAMPLE = 20_000, 1, 40
_CALLS = 12


@cache
def texts() -> tuple[str, ...]:
    """Saved labs: of some documents, and of random labs as they are built."""
    with TemporaryDirectory() as folder:
        path, made = Path(folder, "lab.md"), []
        for text in (documents.TEXT, *sources.documents()[:8]):
            path.write_text(text, "utf-8")
            player = Player(load(path))
            for _ in player.play():
                pass
            made.append(_text(player.lab, path))
        made += [_text(Play(seed, fastpath=True).lab, path) for seed in range(4)]
    return tuple(made)


def _text(lab: object, path: Path) -> str:
    lab.save(path.with_name("lab.json"))  # type: ignore[attr-defined]
    return path.with_name("lab.json").read_text("utf-8")


def make(dice: Random) -> bytes:
    text = dice.choice(texts())
    if dice.random() < 0.3:
        return encoded(mutated(text, dice, texts()))
    data = json.loads(text)
    del data["end"]
    calls = data["calls"]
    first = next((n for n, call in enumerate(calls) if call["call"] in ("sh", "ping")), len(calls))
    data["calls"] = calls[:first] + [call for call in calls[first:] if dice.random() < 0.5][:_CALLS]
    for _ in range(dice.choice((1, 1, 2, 4))):
        spoil(data if dice.random() < 0.1 else data["calls"], dice)
    return encoded("\n".join([*json.dumps(data, ensure_ascii=False, indent=0).split("\n"), ""]))


def play(data: bytes) -> Iterator[None]:
    with TemporaryDirectory() as folder:
        path = Path(folder, "lab.json")
        path.write_bytes(data)
        try:
            player = Player(load(path, sources.LIMITS))
            yield
            for _ in player.play():
                yield
        except BudgetExceeded:
            pass
        except MacvsimError as error:
            assert str(error).startswith(str(path)) and "\n" not in message(error), str(error)
    yield
