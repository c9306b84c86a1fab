"""The recordings of a real kernel, played again: every frame at every interface, every output, every table."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from macvsim.replay.records import load, save
from macvsim.replay.runner import replay_folder

RECORDS = Path(__file__).parents[1] / "data" / "oracle"
NAMES = sorted(path.name.removesuffix(".tar.xz") for path in RECORDS.glob("*.tar.xz"))
COUNTERS = ("ip -s link", "cat /proc/net/dev", "-j -d -s link")
# Tables that the recorder's own README says differ from one recording to the next.
RANDOM = {
    "140-ipv6-macvlan": (*COUNTERS, "/proc/net/vlan/", "bridge fdb", "-j fdb", "ip -6 route"),
    "201-docker-seed-exp1": COUNTERS,
    "202-docker-seed-exp23": COUNTERS,
}
# Tables that differ: Docker's name server listens on port 53 itself, and busybox ping does not ask servers of the host.
KNOWN = {
    **dict.fromkeys(("201-docker-seed-exp1", "202-docker-seed-exp23", "203-docker-network-create"), ("iptables-save",)),
    "204-docker-ipam": COUNTERS,
}


@pytest.mark.parametrize("name", NAMES)
def test_equal(name: str) -> None:
    result = replay_folder(RECORDS / f"{name}.tar.xz")
    assert (result.frames_equal, result.commands_equal) == (result.frames_total, result.commands_total), result.diff()
    accepted = RANDOM.get(name, ()) + KNOWN.get(name, ())
    different = [table for table in result.tables if not table.is_equal]
    unexpected = [table for table in different if not any(part in table.head for part in accepted)]
    assert not unexpected, "\n".join([unexpected[0].head, *unexpected[0].differences()])


def test_command_line() -> None:
    """One line for a record, JSON on request, exit status 1 if anything differs, 2 for what is no record."""
    command = [sys.executable, "-m", "macvsim", "replay"]
    record = RECORDS / "010-seed-same-macvlan.tar.xz"
    ran = subprocess.run([*command, "--json", record], capture_output=True, text=True, check=True)
    (counts,) = json.loads(ran.stdout)
    assert counts["scenario"] == "010-seed-same-macvlan"
    for what, total in (("frames", 160), ("commands", 41), ("tables", 190)):
        assert counts[f"{what}_equal"] == counts[f"{what}_total"] == total
    missing = subprocess.run([*command, "no-such-folder"], capture_output=True, text=True, check=False)
    assert missing.returncode == 2
    assert "Traceback" not in missing.stderr
    assert "no-such-folder" in missing.stderr
    (no_archive := RECORDS / "README.md").read_bytes()
    ran = subprocess.run([*command, no_archive], capture_output=True, text=True, check=False)
    assert ran.returncode == 2
    assert "Traceback" not in ran.stderr


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("frames.jsonl", "0242ac100a03", "0242ac100a04"),
        ("commands.json", "2 received", "1 received"),
        ("state-final.txt", "172.16.10.3 dev", "172.16.10.4 dev"),
        ("state-final.json", "172.16.10.3", "172.16.10.4"),
    ],
)
def test_a_difference_is_seen(tmp_path: Path, file: str, old: str, new: str) -> None:
    """A record with one byte of one frame, output or table changed is not equal any more."""
    save(load(RECORDS / "010-seed-same-macvlan.tar.xz"), tmp_path / "changed")
    changed = tmp_path / "changed" / file
    text = changed.read_text()
    assert old in text
    changed.write_text(text.replace(old, new, 1))
    result = replay_folder(tmp_path / "changed")
    assert not result.is_equal
    assert result.diff()
    shutil.rmtree(tmp_path / "changed")
