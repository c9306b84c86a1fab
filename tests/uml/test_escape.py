"""The escape suite as it stands, without playing it: `python -m tests.uml.escape` does, in user-mode Linux."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from macvsim.labfile.load import load
from tests.uml.escape.labs import ATTACKS, KINDS, Attack
from tests.uml.escape.mutants import MUTANTS, Mutant

PACKAGE = Path(__file__).parents[2] / "macvsim"


def test_every_kind_has_three_labs() -> None:
    counts = Counter(attack.kind for attack in ATTACKS)
    assert sorted(counts) == sorted(KINDS)
    assert min(counts.values()) >= 3 and len(ATTACKS) >= 30
    assert len({attack.name for attack in ATTACKS}) == len(ATTACKS)


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_a_lab_can_be_read(attack: Attack, tmp_path: Path) -> None:
    path = tmp_path / "lab.md"
    path.write_text(attack.document)
    lab = load(path)
    assert len(lab.document.steps) == (1 if attack.exec else attack.commands)
    assert len(lab.front.spec.topology.nodes["host1"].exec) == len(attack.exec)  # type: ignore[union-attr]


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_mutant_changes_the_source(mutant: Mutant, tmp_path: Path) -> None:
    folder = tmp_path / "record" / "sandbox"
    folder.mkdir(parents=True)
    before = {}
    for path in (PACKAGE / "record" / "sandbox").glob("*.py"):
        before[path.name] = path.read_text()
        (folder / path.name).write_text(before[path.name])
    mutant.apply(tmp_path)
    changed = {name for name, text in before.items() if (folder / name).read_text() != text}
    assert changed == {name for name, _, _ in mutant.changes}
    for name in changed:
        compile((folder / name).read_text(), name, "exec")
    assert mutant.attack in [attack.name for attack in ATTACKS]
