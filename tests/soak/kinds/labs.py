"""Random labs (`tests.lab.random_labs`): an input is a seed."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from tests.lab.random_labs import Play

COUNT, ITEMS, SAMPLE = 10_000, 1, 4


def make(dice: Random) -> bytes:
    return str(dice.randrange(1 << 31)).encode()


def play(data: bytes) -> Iterator[None]:
    seed = int(data)
    one = Play(seed, fastpath=bool(seed % 3))
    yield from one.moves()
    yield
