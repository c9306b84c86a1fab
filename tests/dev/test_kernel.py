"""Frames through bridges, macvlans and veths, as a live kernel was seen to handle them (data/README.md)."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from pathlib import Path

import pytest

from macvsim.dev.macvlan import Macvlan
from macvsim.errors import ScenarioError
from macvsim.fidelity.replay.cases import Case, differences, load_cases, replay_cases

DATA = Path(__file__).parent / "data"
TABLE = DATA / "kernel-truth-table.json.gz"
RANDOM = DATA / "kernel-random-cases.json.gz"
CHUNK = 50
TOPOLOGIES = {case.name: case for case in load_cases(TABLE)}
CASES = load_cases(RANDOM)


def test_all_are_there() -> None:
    assert (len(TOPOLOGIES), sum(len(case.stimuli) for case in TOPOLOGIES.values())) == (63, 4672)
    assert (len(CASES), sum(len(case.stimuli) for case in CASES)) == (500, 10015)


@pytest.mark.rule("1.1", "1.6", "2.3g", "2.3u", "2.3s", "2.4b", "2.4w", "2.5", "2.7", "4.3", how="recorded")
@pytest.mark.parametrize("name", TOPOLOGIES)
def test_truth_table(name: str) -> None:
    """Every row of one topology: who sees the frame, as what, and whether its protocols get it."""
    assert differences(TOPOLOGIES[name]) == []


@pytest.mark.rule("2.1", "2.3g", "2.3u", "2.4b", "2.4w", "2.9a", "4.2", "4.3", how="recorded")
@pytest.mark.parametrize("first", range(0, len(CASES), CHUNK))
def test_random_cases(first: int) -> None:
    """Random topologies, loop-free, with devices going up and down, moving MACs, new children, and port switches."""
    assert [text for case in CASES[first : first + CHUNK] for text in differences(case)] == []


@pytest.fixture
def some(tmp_path: Path) -> Path:
    """The first three random cases as a file of their own, not compressed."""
    document = json.loads(gzip.decompress(RANDOM.read_bytes()))
    path = tmp_path / "some.json"
    path.write_text(json.dumps({**document, "cases": document["cases"][:3]}))
    return path


def command(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "macvsim", "replay", "--cases", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
    )


def test_command_line(some: Path) -> None:
    ran = command(some)
    stimuli = sum(len(case.stimuli) for case in CASES[:3])
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout == f"some cases 3/3 stimuli {stimuli}/{stimuli}\n"
    assert json.loads(command("--json", some).stdout)[0]["stimuli_equal"] == stimuli


def test_a_difference_is_seen(some: Path) -> None:
    """A changed expectation, and a simulator that gives unknown unicast to a child, are told apart from the kernel."""
    document = json.loads(some.read_text())
    document["cases"][1]["expect"][0] = {"x:y": ["H", ""]}
    some.write_text(json.dumps(document))
    ran = command("--diff", some)
    assert ran.returncode == 1
    assert '"x:y"' in ran.stdout


def test_an_injected_bug_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Macvlan, "listens", lambda self, group: True)
    assert any(differences(case) for case in CASES[:100])


@pytest.mark.parametrize("text", ["", "[]", '{"rows": []}', '{"cases": [{}]}', "\x1f\x8b"])
def test_other_files(tmp_path: Path, text: str) -> None:
    path = tmp_path / "other.json"
    path.write_text(text, encoding="latin-1")
    with pytest.raises(ScenarioError, match="not a table of cases"):
        replay_cases(path)


def test_unknown_devices_and_commands() -> None:
    for topology, stimuli in (
        ({"devs": [{"kind": "tun", "ns": "a", "name": "t0"}]}, []),
        ({"devs": []}, [{"op": "up", "ns": "a", "dev": "x"}]),
        ({"devs": [{"kind": "bridge", "ns": "a", "name": "b"}]}, [{"op": "fly", "ns": "a", "dev": "b"}]),
    ):
        with pytest.raises(ScenarioError):
            differences(Case("x", topology, stimuli, [[] for _ in stimuli]))
