"""A capture of the whole lab, opened by tshark: no malformed frame, no wrong checksum, names and times as simulated."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from macvsim import Lab, MacvsimError
from macvsim.engine.drop import DropReason

sys.path.insert(0, str(Path(__file__).parents[2] / "scenarios"))
CHECKS = ("ip.check_checksum:TRUE", "udp.check_checksum:TRUE", "tcp.check_checksum:TRUE")


def routed() -> Lab:
    from exp2_two_vlans import build

    lab = Lab(seed=0)
    build(lab)
    host3 = lab.host("host3", switch="sw1")
    host3.vlan("enp0s8", 100, ip="172.16.10.1/24")
    host3.vlan("enp0s8", 200, ip="172.16.20.1/24")
    host3.sysctl["net.ipv4.ip_forward"] = 1
    return lab


def tshark(path: Path, *options: str) -> list[str]:
    command = ["tshark", "-n", "-r", str(path), *options]
    for check in CHECKS:
        command += ["-o", check]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()


@pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")
def test_tshark_finds_nothing_wrong(tmp_path: Path) -> None:
    lab = routed()
    with lab.capture() as capture:
        lab["d1"].ping("172.16.20.11", count=2, size=3000)
        lab["d1"].ping("172.16.20.11", count=1, ttl=1, timeout=1)
        lab["d1"].ping("172.16.20.99", count=1, timeout=5)
        lab["host1"].sh("docker exec d1 traceroute -n -q 1 -w 1 172.16.20.10")
    path = tmp_path / "lab.pcapng"
    assert capture.save(path) == len(capture) > 100
    assert len(tshark(path)) == len(capture)
    wrong = "_ws.malformed || ip.checksum.status == 0 || icmp.checksum.status == 0 || udp.checksum.status == 0"
    assert tshark(path, "-Y", wrong) == []
    names = set(tshark(path, "-T", "fields", "-e", "frame.interface_name"))
    assert {"d1/eth0", "host1/enp0s8", "host1/enp0s8.100", "host3/enp0s8.200", "d4/eth0"} <= names
    tagged = tshark(path, "-Y", "vlan.id == 200 && icmp", "-T", "fields", "-e", "frame.interface_name")
    assert set(tagged) == {"host1/enp0s8", "host2/enp0s8", "host3/enp0s8"}


def test_one_interface_as_pcap(tmp_path: Path) -> None:
    lab = routed()
    with lab["d4"].capture("eth0") as capture:
        lab["d1"].ping("172.16.20.11", count=1)
    assert capture.save(tmp_path / "d4.pcap") == len(capture)
    ttls = [packet["IP"].ttl for packet in capture.packets() if "IP" in packet]
    assert ttls == [63, 64]


def test_wrong_names_of_files(tmp_path: Path) -> None:
    lab = routed()
    with lab.capture() as capture:
        lab["d1"].ping("172.16.10.11", count=1)
    with pytest.raises(MacvsimError, match=r"written as NAME\.pcapng"):
        capture.save(tmp_path / "lab.cap")
    with pytest.raises(MacvsimError, match="holds one interface"):
        capture.save(tmp_path / "lab.pcap")
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")
def test_tshark_finds_every_drop_by_its_comment(tmp_path: Path) -> None:
    lab = routed()
    lab["host3"].sysctl["net.ipv4.ip_forward"] = 0
    assert lab.sim.journal is not None
    lab.sim.journal.records.clear()
    with lab.capture() as capture:
        lab["d1"].ping("172.16.20.11", count=2, timeout=1)
        lab["d1"].ping("172.16.10.99", count=1, timeout=5)
    path = tmp_path / "lab.pcapng"
    capture.save(path, reasons=True)
    fields = ("-T", "fields", "-e", "frame.interface_name", "-e", "frame.comment", "-E", "aggregator=|")
    found = [line.split("\t") for line in tshark(path, "-Y", 'frame.comment contains "DROP"', *fields)]
    forwarding = "DROP FORWARDING_OFF: not for this host, and forwarding is off, at host3:enp0s8.100"
    assert found.count(["host3/enp0s8.100", forwarding]) == 2
    said = [text for _, comments in found for text in comments.split("|")]
    # docker0 without containers refuses what the host would send there: no interface ever shows it
    unseen = DropReason.DEV_NO_CARRIER
    dropped = [record for record in lab.sim.journal.records if record.step == "drop" and record.detail is not unseen]
    assert {str(record.detail) for record in dropped} == {line.rsplit(", at ", 1)[0] for line in said}
    assert ("d1/eth0", "DROP NEIGH_FAILED: ") in {(name, comment[:19]) for name, comment in found}


def test_reasons_are_comments_and_nothing_else(tmp_path: Path) -> None:
    lab = routed()
    with lab.capture() as capture:
        lab["d1"].ping("172.16.10.11", count=1)
    lost = capture.reasons()
    assert lost and all("DROP ARP_NOT_FOR_US: " in text or "DROP NIC_FILTER: " in text for text in lost.values())
    capture.save(tmp_path / "plain.pcapng")
    plain = (tmp_path / "plain.pcapng").read_bytes()
    capture.save(tmp_path / "reasons.pcapng", reasons=True)
    assert b"DROP" not in plain and len((tmp_path / "reasons.pcapng").read_bytes()) > len(plain)
    with lab["d1"].capture("eth0") as quiet:
        lab["d1"].ping("172.16.10.11", count=1)
    assert quiet.reasons() == {}


def test_without_a_journal_there_are_no_reasons() -> None:
    lab = Lab(journal=False)
    host = lab.host("host1", switch=lab.switch("sw1"))
    host.addr_add("enp0s8", "10.0.0.1/24")
    with lab.capture() as capture:
        host.ping("10.0.0.2", count=1, timeout=4)
    assert len(capture) and capture.reasons() == {}
