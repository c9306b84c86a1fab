"""The recordings of a real kernel, played again: every frame at every interface, every output, every table."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from macvsim.fidelity.replay.records import load, save
from macvsim.fidelity.replay.runner import replay_folder

pytestmark = pytest.mark.slow

RECORDS = Path(__file__).parents[1] / "data" / "oracle"
NAMES = sorted(path.name.removesuffix(".tar.xz") for path in RECORDS.glob("*.tar.xz"))
COUNTERS = ("ip -s link", "cat /proc/net/dev", "-j -d -s link")
IPV6 = (*COUNTERS, "/proc/net/vlan/", "bridge fdb", "-j fdb", "ip -6 route")
# Tables that the recorder's own README says differ from one recording to the next.
RANDOM = {
    **dict.fromkeys(("140-ipv6-macvlan", "771-ipv6-dad", "772-ipv6-ipvlan-macvlan-vlan", "965-ping6-mtu-probe"), IPV6),
    "201-docker-seed-exp1": COUNTERS,
    "202-docker-seed-exp23": COUNTERS,
    "975-reap-tcp-option-linkdown": COUNTERS,  # of reports about multicast listeners, sent after random delays
}
# Tables that differ: Docker's name server listens on port 53 itself, and busybox ping does not ask servers of the host.
KNOWN = {
    **dict.fromkeys(("201-docker-seed-exp1", "202-docker-seed-exp23", "203-docker-network-create"), ("iptables-save",)),
    "204-docker-ipam": COUNTERS,
}
RULES = """
010 0.1 2.3u 2.4b 7.2 11.4
020 2.2 3.2 7.8 1.2
021 0.2 8.5 8.7 8.2
022 8.2 8.5
023 9.2 9.3 9.4 9.5
030 3.4
031 3.1 11.5
032 3.4
040 2.6 2.4w 2.4b 2.4h
041 2.3g 2.6 2.9m
042 2.8p 2.9
044 1.1 2.3g 2.5 2.7
045 1.4 2.3u 2.9a
046 2.9 2.9m 11.5
050 2.4h 2.11s 7.6
060 5.1 5.2 5.5 5.6
061 5.3 5.5 5.6
062 5.4
070 3.3 3.5
071 1.5
073 4.5
074 4.1 4.2 4.2a
080 3.5 8.9 8.9p
090 8.5 8.6 8.7
091 7.8 8.4 8.6 8.7 8.13
100 7.2 7.3 7.8
101 7.5 7.6a 7.7
102 7.2 7.3 7.5
110 8.8 8.8h
120 2.10 3.6 8.13l 11.3
121 2.8 6.1p
130 1.6 2.4b 4.3
140 10.1 10.2 10.3 10.4
150 7.8 8.12
161 9.3 9.4 9.4c
201 0.1
202 0.2
204 11.1
601 5.2 5.5
603 5.1 10.3
610 7.1 7.6 7.6a 7.6p
615 8.2 8.3 8.11 8.13a
616 8.8 8.8h
700 2.3g 2.6 2.9m 2.12
701 2.3s
702 2.8p
703 3.2 3.7
704 3.3
712 8.8 8.8h
720 7.4 7.6a
722 7.6 7.6a 7.6p 7.9
741 2.9 2.9a 2.10
750 5.2 5.3 5.4 5.5 5.6
760 9.2
762 9.2 9.3
763 4.3 4.6 4.5
771 10.1 10.6
772 10.2 10.3
781 8.12 8.4
792 8.11 8.12
793 2.11s 8.12 8.13
794 2.11 9.2 9.3 3.6
810 2.4b 3.2
812 9.3 9.4
813 7.6p 7.6
820 2.3u 4.2 7.3 7.5 7.7
821 2.4b 2.4h 4.3 4.5
822 2.4b 3.3
830 8.9p 9.2 9.3 9.4
"""
"""What each recording exercises, by its number."""
BY_NUMBER = {line.split()[0]: line.split()[1:] for line in RULES.strip().splitlines()}
RECORDINGS = [
    pytest.param(name, marks=pytest.mark.rule(*BY_NUMBER[name[:3]], how="recorded", name=name))
    if name[:3] in BY_NUMBER
    else name
    for name in NAMES
]


@pytest.mark.parametrize("fastpath", ["1", "0"], ids=["fast", "plain"])
@pytest.mark.parametrize("name", RECORDINGS)
def test_equal(name: str, fastpath: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MACVSIM_FASTPATH", fastpath)
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
