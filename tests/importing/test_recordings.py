"""Tables of recorded namespaces, imported: the lab answers the pings that the recorded kernel answered, no others."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from macvsim.fidelity.replay.entries import CommandEntry
from macvsim.fidelity.replay.records import Record, load
from tests.importing.collected import imported, output

RECORDS = Path(__file__).parents[1] / "data" / "oracle"
_PING = re.compile(r"(?:docker exec (?P<container>\S+) |busybox )?ping (?P<words>[-\w. ]+)")


def pings(record: Record, since: str, only: str) -> Iterator[tuple[str, str, bool]]:
    """Where from, words and outcome of the pings that were recorded after a command."""
    has_begun = not since
    for entry in record.commands:
        found = _PING.fullmatch(entry.cmd)
        if (
            has_begun
            and found is not None
            and entry.ns is not None
            and entry.ns.endswith(only)
            and "-b" not in entry.cmd
        ):
            program = "busybox ping" if entry.cmd.startswith(("busybox", "docker")) else "ping"
            yield found["container"] or entry.ns, f"{program} {found['words']}", entry.rc == 0
        has_begun = has_begun or _is(entry, since)


def _is(entry: CommandEntry, text: str) -> bool:
    return text in entry.cmd


@pytest.mark.parametrize(
    "name, label, since, only, router, count",
    [
        ("010-seed-same-macvlan", "final", "", "", "", 7),
        ("020-seed-two-vlans-no-router", "final", "", "", "", 6),
        ("021-seed-router", "router-up", "ifconfig enp0s8.200 172.16.20.1", "", "h3", 8),
        ("060-ipvlan-l2", "final", "", "-bridge", "", 5),
        ("202-docker-seed-exp23", "final", "ip_forward=1", "", "h3", 2),
    ],
)
def test_recorded_pings(name: str, label: str, since: str, only: str, router: str, count: int) -> None:
    record = load(RECORDS / f"{name}.tar.xz")
    state = {ns: tables for ns, tables in record.states[label].values.items() if ns.endswith(only)}
    lab, found = imported(output(state, {router: "net/ipv4/ip_forward:1"}))
    host = lab.hosts["recorded"]
    asked = list(pings(record, since, only))
    assert len(asked) >= count
    for ns, words, is_answered in asked:
        assert bool(host.sh(f"ip netns exec {ns} {words}")) == is_answered, (ns, words)
    assert found.notes == []


def test_every_device_of_the_recordings_comes_back() -> None:
    """Names, kinds, MACs, MTUs, VLANs and modes are those that were recorded."""
    record = load(RECORDS / "021-seed-router.tar.xz")
    state = record.states["router-up"].values
    lab, _ = imported(output(state))
    lab.run(2)
    host = lab.hosts["recorded"]
    for ns, tables in state.items():
        links = json.loads(host.sh(f"ip -n {ns} -j -d link").stdout)
        keys = ("ifname", "address", "mtu", "flags")
        assert sorted(([link.get(key) for key in keys], _info(link)) for link in links) == sorted(
            ([link.get(key) for key in keys], _info(link)) for link in tables["link"]
        )
        vlans = json.loads(host.sh(f"ip netns exec {ns} bridge -j vlan").stdout or "[]")
        assert sorted(vlans, key=str) == sorted(tables["vlan"], key=str)


def _info(link: dict[str, object]) -> str:
    info = link.get("linkinfo")
    assert info is None or isinstance(info, dict)
    data = (info or {}).get("info_data", {})
    return f"{(info or {}).get('info_kind')} {data.get('id')} {data.get('mode')} {data.get('vlan_filtering')}"


def test_recorded_docker_texts() -> None:
    """What a real dockerd printed: its network and its container are made again."""
    record = load(RECORDS / "201-docker-seed-exp1.tar.xz")
    said = {entry.cmd: entry.stdout for entry in record.commands}
    tables = record.states["final"].values["h1"]
    text = "\n".join(
        [
            "===== macvsim collector 1",
            "===== host: ip -j -d link",
            json.dumps([{**link, "linkinfo": {}} if link["ifname"] == "enp0s8" else link for link in tables["link"]]),
            "===== host: ip -j addr",
            json.dumps(tables["addr"]),
            "===== machine: docker network inspect",
            said["docker network inspect mac1"],
            "===== machine: docker inspect",
            said["docker inspect c1"],
            "===== end",
        ]
    )
    lab, found = imported(text)
    assert (
        "docker network create -d macvlan --subnet 172.16.10.0/24 --gateway 172.16.10.1 -o parent=enp0s8 mac1"
        in found.text
    )
    assert (lab["c1"].sh("ip -o -4 addr show eth0").stdout.split()[3], found.notes) == ("172.16.10.2/24", [])
    assert "02:42:ac:10:0a:02" in str(lab["c1"].sh("ip link show eth0"))
