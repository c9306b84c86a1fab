"""Frames through bridges, macvlans and veths, as a live kernel was seen to handle them."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from macvsim.wire.frame import PacketType
from tests.dev.kernel_lab import LETTERS, KernelLab

DATA = Path(__file__).parent / "data"
STALE_FILTER = pytest.mark.xfail(
    strict=True,
    reason="macvlan passthru+nopromisc: the kernel hashes groups, and sees the parent's late",
)


def load(name: str) -> Any:
    with gzip.open(DATA / name) as file:
        return json.load(file)


TABLE = load("kernel-truth-table.json.gz")
CASES = load("kernel-random-cases.json.gz")["cases"]
STALE = "macvlan/passthru+nopromisc/parent_promisc=0,childA_promisc=1"
CHUNK = 50


def letters(result: dict[str, Any]) -> dict[str, Any]:
    """A result of the truth table in the form of the random cases."""
    if "errno" in result or "send_errno" in result:
        return {key: value for key, value in result.items() if key != "error"}
    return {
        dev: ["".join(LETTERS[PacketType[name]] for name in seen.get(where, ())) for where in ("all", "stack")]
        for dev, seen in sorted(result.items())
    }


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=STALE_FILTER if name == STALE else ()) for name in TABLE["topologies"]]
)
def test_truth_table(name: str) -> None:
    """Every row of one topology: who sees the frame, as what, and whether its protocols get it."""
    lab = KernelLab(TABLE["topologies"][name])
    rows = sorted((row for row in TABLE["rows"] if row["topo"] == name), key=lambda row: row["seq"])
    assert rows
    wrong = []
    for row in rows:
        seen = lab.play(row["seq"] + 1, row["stimulus"])
        expected = [letters(row["result"]), *map(letters, row.get("alt", ()))]
        if seen not in expected:
            wrong.append((row.get("step"), row["stimulus"], expected, seen))
    assert wrong == []


def differences(case: dict[str, Any]) -> list[Any]:
    """Stimuli of a random case after which the devices saw something else than the kernel's."""
    lab = KernelLab(case["topology"])
    wrong = []
    for number, (stimulus, expected) in enumerate(zip(case["stimuli"], case["expect"], strict=True)):
        seen = lab.play(number + 1, stimulus)
        if seen not in [expected, *case["alt"].get(str(number), ())]:
            wrong.append((case["seed"], number, stimulus, expected, seen))
    return wrong


STALE_SEEDS = (17,)


@pytest.mark.parametrize("first", range(0, len(CASES), CHUNK))
def test_random_cases(first: int) -> None:
    """Random topologies, loop-free, with devices going up and down, moving MACs, new children, and port switches."""
    cases = [case for case in CASES[first : first + CHUNK] if case["seed"] not in STALE_SEEDS]
    assert [difference for case in cases for difference in differences(case)] == []


@STALE_FILTER
@pytest.mark.parametrize("seed", STALE_SEEDS)
def test_random_cases_with_stale_filter(seed: int) -> None:
    assert [difference for case in CASES if case["seed"] == seed for difference in differences(case)] == []
