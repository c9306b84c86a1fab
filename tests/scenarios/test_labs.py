"""The lab documents: all are as checked, both languages alike, and a broken expectation is found and explained."""

from __future__ import annotations

from pathlib import Path

import pytest

from macvsim.labfile.commands import check_file
from macvsim.labfile.load import load
from macvsim.labfile.report import describe
from tests.scenarios.played import SCENARIOS, outcomes

LABS = sorted(SCENARIOS.glob("*.md"))


@pytest.mark.parametrize("path", LABS, ids=lambda path: path.name)
def test_prints_what_it_says(path: Path) -> None:
    found = outcomes(path.name)
    assert any(outcome.step.compared for outcome in found)
    assert [describe(path.name, outcome) for outcome in found if outcome.hunks] == []


@pytest.mark.parametrize("path", [path for path in LABS if ".zh." in path.name], ids=lambda path: path.name)
def test_both_languages_run_the_same(path: Path) -> None:
    ours, other = load(path), load(path.with_name(path.name.replace(".zh.", ".")))
    assert ours.front.spec == other.front.spec
    assert [(s.node, s.command, s.expected) for s in ours.document.steps] == [
        (s.node, s.command, s.expected) for s in other.document.steps
    ]


def test_every_lab_has_both_languages() -> None:
    names = {path.name for path in LABS}
    english = {name for name in names if ".zh." not in name}
    assert {name.replace(".md", ".zh.md") for name in english} == names - english


def test_a_broken_expectation_is_shown_at_its_line(tmp_path: Path) -> None:
    text = (SCENARIOS / "exp3_router.md").read_text()
    wanted = "64 bytes from 172.16.20.10: seq=1 ttl=63 time=0.717 ms"
    copy = tmp_path / "exp3.md"
    copy.write_text(text.replace(wanted, wanted.replace("63", "64")))
    line = text[: text.index(wanted)].count("\n") + 1
    said: list[str] = []
    assert not check_file(copy, said.append)
    assert f"{copy}:{line}: expected:\n    64 bytes from 172.16.20.10: seq=1 ttl=64 time" in "".join(said)


def test_a_lost_ping_is_explained_by_device_and_reason(tmp_path: Path) -> None:
    text = (SCENARIOS / "exp1_same_macvlan.md").read_text()
    broken = text.replace("policy: virtualbox-allow-all", "policy: virtualbox-deny")
    copy = tmp_path / "exp1.md"
    copy.write_text(broken)
    said: list[str] = []
    assert not check_file(copy, said.append)
    line = text[: text.index("64 bytes from")].count("\n") + 1
    printed = "".join(said)
    assert f"{copy}:{line}: expected:" in printed
    assert "why: c1 -> 172.16.10.3: ARP 172.16.10.3 is-at 02:42:ac:10:0a:03" in printed
    assert "ended at sw1:1 PORT_NO_MATCH: the virtual switch delivers only frames for MACs it was told of" in printed
    assert "try: set the policy of sw1:1 to one that allows promiscuous mode, such as virtualbox-allow-all" in printed
