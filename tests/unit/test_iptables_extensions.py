"""Matches and targets of iptables 1.8.11, as they answered on a real kernel: typed, saved, and listed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from macvsim.engine.sim import Sim
from macvsim.machine.host import DEBIAN, Host
from macvsim.machine.kernel import Kernel
from macvsim.shell.interp import Shell

CASES = json.loads((Path(__file__).parents[1] / "data" / "iptables-extensions.json").read_text())


def make() -> Host:
    """A host with nothing but lo."""
    host = Host(Kernel(Sim(), "h", wakeup_delay=0), "h", DEBIAN)
    host.interpreter = Shell()
    host.sh("ip link set lo up")
    return host


@pytest.mark.parametrize("case", CASES["rules"], ids=lambda case: case["typed"])
def test_a_rule_is_saved_and_listed(case: dict[str, str]) -> None:
    host, table, chain = make(), case["table"], case["typed"].split()[0]
    assert str(host.sh(f"iptables -t {table} -A {case['typed']}")) == ""
    assert host.sh(f"iptables-save -c -t {table}").stdout.split("\n[0:0] -A ")[1].split("\n")[0] == case["saved"]
    assert host.sh(f"iptables -t {table} -nvL {chain}").stdout.splitlines()[2] == case["numeric"]
    assert host.sh(f"iptables -t {table} -L {chain}").stdout.splitlines()[2] == case["named"]
    assert host.sh(f"iptables -t {table} -D {case['saved']}").code == 0


@pytest.mark.parametrize("case", CASES["errors"], ids=lambda case: case["typed"])
def test_a_rule_is_refused(case: dict[str, Any]) -> None:
    host = make()
    answer = host.sh(f"iptables -t {case['table']} -A {case['typed']}")
    assert answer.stderr == case["error"]
    assert answer.code == case["code"]
    assert host.sh(f"iptables-save -t {case['table']} | grep -c -- -A").stdout == "0\n"


def counts(host: Host, chain: str) -> list[int]:
    """Packets of each rule."""
    return [int(line.split()[0]) for line in host.sh(f"iptables -nvxL {chain}").stdout.splitlines()[2:]]


@pytest.mark.parametrize(
    ("matches", "packets"),
    [
        ([f"statistic --mode nth --every 3 --packet {n}" for n in range(3)], [2, 2, 2]),
        (["recent --set --name x", "recent --update --seconds 60 --hitcount 4 --name x"], [6, 3]),
        (["hashlimit --hashlimit-upto 1/sec --hashlimit-burst 2 --hashlimit-mode srcip --hashlimit-name z",
          "hashlimit --hashlimit-above 1/sec --hashlimit-burst 2 --hashlimit-name zz"], [2, 4]),
        (["quota --quota 200"], [2]),
        ([f'string --hex-string "|101112|" --algo bm {span}' for span in ("", "--to 47", "--to 46", "--from 45")],
         [6, 6, 0, 0]),
    ],
)  # fmt: skip
def test_six_pings_to_oneself_are_counted_as_by_a_real_kernel(matches: list[str], packets: list[int]) -> None:
    host = make()
    for match in matches:
        assert str(host.sh(f"iptables -A INPUT -p icmp --icmp-type 8 -m {match}")) == ""
    host.sh("ping -c 6 -i 0.01 -q 127.0.0.1")
    assert counts(host, "INPUT") == packets


def test_marks_of_connections_and_bytes_of_headers() -> None:
    host = make()
    host.sh("iptables -t mangle -A OUTPUT -p icmp --icmp-type 8 -j TOS --set-tos 0x10")
    host.sh("iptables -t mangle -A OUTPUT -p icmp --icmp-type 8 -j CONNMARK --set-mark 5")
    host.sh("iptables -t mangle -A INPUT -j CONNMARK --restore-mark")
    for match in ("tos --tos 0x10", "dscp --dscp 4", "connmark --mark 4/0xc", "mark --mark 5", "mark --mark 4"):
        host.sh(f"iptables -A INPUT -m {match}")
    host.sh("ping -c 3 127.0.0.1")
    assert counts(host, "INPUT") == [6, 6, 6, 6, 0]


def test_the_kernel_s_own_packets_belong_to_nobody() -> None:
    host = make()
    for asked in ("--uid-owner 0", "! --uid-owner 0", "--socket-exists", "! --socket-exists"):
        host.sh(f"iptables -A OUTPUT -m owner {asked}")
    host.sh("ping -c 3 127.0.0.1")
    assert counts(host, "OUTPUT") == [3, 3, 6, 0]
