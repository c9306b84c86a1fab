"""Random cases on the running kernel: nothing differs, and a bug put in on purpose is found and made small."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from macvsim.fidelity.replay.caselab import CaseLab
from macvsim.fidelity.replay.cases import Case, replay_cases
from macvsim.fidelity.verify.casedoc import as_document
from macvsim.fidelity.verify.inner import JOBS
from macvsim.fidelity.verify.randomcase import random_case
from macvsim.fidelity.verify.shrink import shrink

# unicast that is for none of macvlan's children goes to all of them too
BUG = """
from macvsim.dev.macvlan import MacvlanPort
from macvsim.wire.frame import PacketType

right = MacvlanPort.handle

def wrong(port, dev, frame, packet_type):
    found = right(port, dev, frame, packet_type)
    if not frame.raw[0] & 1 and frame.raw[:6] not in port.by_mac:
        for child in port.children:
            if child.up:
                child.netif_rx(frame, PacketType.OTHERHOST)
    return found

MacvlanPort.handle = wrong
"""


def verify(count: int, seed: int, before: str = "") -> subprocess.CompletedProcess[str]:
    """``macvsim verify --random``, with code that is run in the sandbox before."""
    code = (
        "import sys\nfrom macvsim.fidelity.verify.commands import verify_random\n"
        f"sys.exit(verify_random({count}, {seed}, sys.stdout.write, sys.stderr.write, {before!r}))\n"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=300, check=False)
    if ran.stdout.startswith("skipped:") or "there can be no sandbox here" in ran.stderr:
        pytest.skip(ran.stdout + ran.stderr.splitlines()[-1])
    return ran


@pytest.mark.kernel
def test_nothing_differs() -> None:
    ran = verify(3 * JOBS, 1_000_000)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert ran.stdout.rstrip().endswith("different 0")


@pytest.mark.slow
@pytest.mark.kernel
def test_a_bug_is_found_and_made_small(tmp_path: Path) -> None:
    ran = verify(1, 3, BUG)
    assert ran.returncode == 1, ran.stdout + ran.stderr
    assert "kernel" in ran.stdout and "simulated" in ran.stdout
    table = next(line for line in ran.stdout.splitlines() if line.startswith('{"cases"'))
    (case,) = json.loads(table)["cases"]
    assert len(case["stimuli"]) == 1
    assert len(case["topology"]["devs"]) < len(random_case(case["seed"])[0]["devs"])
    file = tmp_path / "case.json"
    file.write_text(table)
    assert replay_cases(file).is_equal  # without the bug
    document = ran.stdout.partition("as a lab for macvsim check:\n")[2].partition("random topologies")[0]
    path = tmp_path / "case.md"
    path.write_text(document)
    assert check(path).returncode == 0
    wrong = check(path, BUG)
    assert wrong.returncode == 1 and "case.md" in wrong.stdout, wrong.stderr


def check(path: Path, before: str = "") -> subprocess.CompletedProcess[str]:
    code = f"{before}\nfrom macvsim.cli import main\nmain(['check', {str(path)!r}])"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize("seed", [1, 2, 9])
def test_a_case_is_a_lab_too(tmp_path: Path, seed: int) -> None:
    topology, stimuli = random_case(seed)
    lab = CaseLab(topology)
    path = tmp_path / "case.md"
    path.write_text(as_document(Case(f"seed {seed}", topology, stimuli, [[lab.play(one)] for one in stimuli])))
    checked = check(path)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_the_same_seed_draws_the_same_case() -> None:
    assert random_case(7) == random_case(7)
    assert random_case(7) != random_case(8)


def test_what_does_not_matter_is_left_out() -> None:
    topology, stimuli = random_case(1)
    culprit = stimuli[5]

    def fails(topology: dict[str, object], stimuli: list[dict[str, object]]) -> bool:
        return culprit in stimuli

    smaller, left = shrink(topology, stimuli, fails)
    assert left == [culprit]
    assert len(smaller["devs"]) < len(topology["devs"])
    assert not smaller["mcast"] and not smaller["promisc"] and not smaller["down"]
