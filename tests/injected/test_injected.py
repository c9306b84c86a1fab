"""Frames, commands and socket calls by script: the simulated host does step by step what Linux 6.12 did.

Each script was played in a guest (`tests.injected.record`): what the host printed and sent, which counters moved, and
what its connection said of itself (TCP_INFO).  Steps that differ are kept in differs.json; the list may only shrink.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.injected.play import RECORD, compared, recorded
from tests.injected.scripts import SCRIPTS

pytestmark = pytest.mark.slow
DIFFERS = RECORD.with_name("differs.json")
KNOWN: dict[str, list[int]] = json.loads(Path(DIFFERS).read_text("utf-8"))


@pytest.mark.parametrize("name", sorted(recorded()))
def test_the_kernel_does_the_same(name: str) -> None:
    found = compared(name)
    news = [line for number, lines in found.items() if number not in KNOWN.get(name, ()) for line in lines]
    assert not news, "\n".join(news)
    assert sorted(found) == KNOWN.get(name, []), "steps that agree now: take them out of differs.json"


def test_the_scripts_are_those_that_were_recorded() -> None:
    assert {name: told["script"] for name, told in recorded().items()} == json.loads(json.dumps(SCRIPTS))
