"""Shell scripts, and programs of awk, sed and grep in them: whatever they are, they end with a status.

The first line of an input is the command that runs the script, the file `t`.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from random import Random

from macvsim.errors import BudgetExceeded
from macvsim.machine.host import BUSYBOX, DEBIAN
from tests.soak.kinds import sources
from tests.soak.mutate import decoded, encoded, mutated
from tests.spec.snippets import all_specs
from tests.unit.shell_lab import make_box

COUNT, ITEMS, SAMPLE = 20_000, 1, 150


@cache
def snippets() -> tuple[tuple[str, str], ...]:
    """The command and text of every snippet of the specification."""
    return tuple((f"{spec.section} {spec.command}", text) for spec in all_specs() for text in spec.snippets.values())


@cache
def files() -> dict[str, str]:
    """The input files of the snippets."""
    return {name: text for spec in all_specs() for name, text in spec.files.items()}


@cache
def _texts() -> tuple[str, ...]:
    return tuple(text for _, text in snippets())


def make(dice: Random) -> bytes:
    command, text = dice.choice(snippets())
    return encoded(f"{command}\n{mutated(text, dice, _texts(), 4)}")


def play(data: bytes) -> Iterator[None]:
    first, _, text = decoded(data).partition("\n")
    section, _, command = first.partition(" ")
    box = make_box(BUSYBOX if section == "busybox" else DEBIAN, budget=sources.BUDGET)
    for name, content in {**files(), "t": text}.items():
        box.files[f"/spec/{name}"] = content
    try:
        result = box.sh(f"cd /spec; {command}", variables={"LANG": "C.UTF-8"})
    except BudgetExceeded:
        pass
    else:
        assert 0 <= result.code <= 255, result.code
    yield
