"""Outputs of the collector with mistakes: a lab that can be built, or one line that names the file."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from random import Random

from macvsim.errors import MacvsimError, message
from tests.importing.collected import a_bit_of_everything, imported, output
from tests.soak.kinds import sources
from tests.soak.mutate import decoded, encoded, mutated, spoil

COUNT, ITEMS, SAMPLE = 20_000, 1, 15


@cache
def texts() -> tuple[str, ...]:
    """The collector's outputs of a simulated machine, and of machines that were recorded."""
    found = [a_bit_of_everything()]
    for archive in sources.archives()[:20]:
        states = [text for name, text in archive.items() if name.startswith("state-") and name.endswith(".json")]
        if states:
            found.append(output(json.loads(states[-1])))
    return tuple(found)


def make(dice: Random) -> bytes:
    text = dice.choice((texts()[0], dice.choice(texts())))
    if dice.random() < 0.3:
        return encoded(mutated(text, dice, texts()))
    lines = text.split("\n")
    tables = [number for number, line in enumerate(lines) if line.startswith("[{")]
    for _ in range(dice.randint(1, 4)):
        number = dice.choice(tables)
        table = json.loads(lines[number])
        spoil(table, dice)
        lines[number] = json.dumps(table, ensure_ascii=False)
    return encoded("\n".join(lines))


def play(data: bytes) -> Iterator[None]:
    try:
        imported(decoded(data))
    except MacvsimError as error:
        assert "\n" not in message(error), str(error)
    yield
