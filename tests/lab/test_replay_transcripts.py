"""The transcripts of real dockerd 26.1.5 and the tools, played again: every answer."""

from __future__ import annotations

import gzip
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from macvsim.fidelity.replay.transcript_play import TranscriptComparison, replay_transcript

TRANSCRIPTS = Path(__file__).parents[1] / "data" / "transcripts"
NAMES = sorted(path.name.removesuffix(".txt.gz") for path in TRANSCRIPTS.glob("*.txt.gz"))
WHOLE = "40-subif-internal-ipam-modes-mac"
DIFFERENT = {  # how many answers of docker and of the other tools may differ
    "10-network-create-errors-dockerd26.1.5": (2, 0),  # quotation marks of a name with a space were not recorded
    "20-seed-section2-and-lifecycle": (5, 0),  # names that Docker asks of a name server outside; how late a probe was
    "30-seed-section3-vlan-router-iptables": (0, 3),  # commands that were not recorded; times; order of a hash table
    WHOLE: (0, 0),
    "50-ipvlan-multinet-shim-parent-modes": (0, 0),
    "60-compose-ipv6-host3docker-ping-iproute2": (0, 6),  # times; a command that was not recorded
    "70-iptables-nft": (0, 1),  # nft list ruleset
}


def unpack(name: str, folder: Path) -> Path:
    """A transcript as a text file, with what lies beside it."""
    path = folder / f"{name}.txt"
    path.write_bytes(gzip.decompress((TRANSCRIPTS / f"{name}.txt.gz").read_bytes()))
    shutil.copytree(TRANSCRIPTS / "compose", folder / "compose")
    return path


@pytest.fixture
def played(request: pytest.FixtureRequest, tmp_path: Path) -> TranscriptComparison:
    return replay_transcript(unpack(request.param, tmp_path))


@pytest.mark.parametrize("played", sorted(DIFFERENT), indirect=True)
def test_no_further_difference(played: TranscriptComparison) -> None:
    docker, others = DIFFERENT[played.name]
    assert played.count(docker=True, equal=False) <= docker, played.diff()
    assert played.count(docker=False, equal=False) <= others, played.diff()


@pytest.mark.slow
def test_command_line(tmp_path: Path) -> None:
    """One line for a file, JSON on request, exit status 0 if everything is equal, 1 if anything differs."""
    path = unpack(WHOLE, tmp_path)
    command = [sys.executable, "-m", "macvsim", "replay", "--transcript"]
    ran = subprocess.run([*command, path], capture_output=True, text=True, check=True)
    assert ran.stdout == f"{WHOLE} docker 82/82 others 7/7 not-simulated 0\n"
    changed = path.with_name("changed.txt")
    changed.write_text(path.read_text().replace("default via 172.16.36.1", "default via 172.16.36.2"))
    ran = subprocess.run([*command, "--json", changed], capture_output=True, text=True, check=False)
    assert ran.returncode == 1
    (counts,) = json.loads(ran.stdout)
    assert (counts["transcript"], counts["docker_equal"], counts["docker_total"]) == ("changed", 81, 82)
    ran = subprocess.run([*command, "--diff", changed], capture_output=True, text=True, check=False)
    assert "[host1] docker exec m1 ip route" in ran.stdout
    assert "-default via 172.16.36.2 dev eth0 \n" in ran.stdout
    assert "+default via 172.16.36.1 dev eth0 \n" in ran.stdout
    missing = subprocess.run([*command, "no-such-file"], capture_output=True, text=True, check=False)
    assert missing.returncode == 2
    assert "no-such-file" in missing.stderr
