"""Every program survives random command lines, and a refused one has changed nothing (`tests.soak.kinds.lines`)."""

from __future__ import annotations

from random import Random

import pytest

from tests.soak.kinds.lines import TOOLS, of_tool, play

pytestmark = pytest.mark.slow
TIMES = 3


@pytest.mark.parametrize("name", TOOLS)
def test_random_lines(name: str) -> None:
    for number in range(TIMES):
        for _ in play(of_tool(name, Random(f"{name} {number}"))):
            pass
