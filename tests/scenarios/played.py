"""The scenarios' lab documents, each played once for all tests."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from macvsim.labfile.load import load
from macvsim.labfile.play import Outcome, Player

SCENARIOS = Path(__file__).parents[2] / "scenarios"


@cache
def outcomes(name: str) -> list[Outcome]:
    """What became of every command of a lab document."""
    return list(Player(load(SCENARIOS / name)).play())
