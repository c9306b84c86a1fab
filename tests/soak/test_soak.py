"""Inputs that once failed, some random ones of every kind, and the driver itself: it finds what it has to find."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from tests.soak import pool, trial
from tests.soak.kinds import KINDS
from tests.soak.trial import CORPUS, attempt, corpus, generate, keep, reduced

pytestmark = pytest.mark.slow
FAILED = [path for name in KINDS for path in corpus(name)]


@pytest.mark.parametrize("path", FAILED, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_inputs_that_once_failed(path: Path) -> None:
    found = attempt(KINDS[path.parent.name], path.read_bytes())
    assert found is None, found.text


@pytest.mark.parametrize("name", KINDS)
def test_random_inputs(name: str) -> None:
    kind = KINDS[name]
    for number in range(kind.SAMPLE):
        found = attempt(kind, generate(name, kind, 0, number))
        assert found is None, f"input {number}: {found.text}"


def test_the_same_seed_makes_the_same_inputs() -> None:
    for name, kind in KINDS.items():
        assert generate(name, kind, 1, 2) == generate(name, kind, 1, 2) != generate(name, kind, 1, 3), name


def test_every_folder_of_the_corpus_is_of_a_kind() -> None:
    assert {path.name for path in CORPUS.iterdir()} <= set(KINDS)


class Faulty:
    """Inputs of ten lines, of which the sixth has a fault."""

    COUNT, ITEMS, SAMPLE = 8, 10, 0

    def __init__(self, fault: str) -> None:
        self.fault = fault
        self.kept: list[bytes] = []

    def make(self, dice: Random) -> bytes:
        return b"".join(b"line %d\n" % number for number in range(9)) + dice.randbytes(1)

    def play(self, data: bytes) -> Iterator[None]:
        for line in data.splitlines():
            if line == b"line 5":
                self._fail()
            yield

    def _fail(self) -> None:
        match self.fault:
            case "exception":
                raise KeyError("x")
            case "hang":
                while True:
                    pass
            case "crash":
                os._exit(3)
            case "growth":
                self.kept.append(bytes(range(256)) * 20_000)


def soaked(fault: str) -> pool.Report:
    return pool.soak("faulty", Faulty(fault), seed=0, inputs=20, jobs=2, minutes=1, say=lambda text: None)


@pytest.mark.parametrize(
    ("fault", "signature"), [("exception", "KeyError-soak"), ("hang", "Hang-soak"), ("crash", "Crash-0-")]
)
def test_a_fault_is_found(fault: str, signature: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial, "SECONDS", 0.02)
    report = soaked(fault)
    assert sum(report.repeated.values()) == 20
    assert all(found.startswith(signature) for found in report.findings)


def test_a_finding_is_made_small_and_kept(tmp_path: Path) -> None:
    kind = Faulty("exception")
    found = attempt(kind, kind.make(Random(1)))
    assert found is not None
    path = keep("faulty", reduced(kind, found), tmp_path)
    assert path.read_bytes() == b"line 5" and path.name == "KeyError-soak"


def test_memory_that_grows_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "BETWEEN", 0.0)
    assert len(soaked("growth").growing) == 2
    assert soaked("").growing == []
