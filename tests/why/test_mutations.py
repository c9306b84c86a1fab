"""A working lab with one thing broken: the fix that is found names the machine that was broken."""

from __future__ import annotations

from pathlib import Path

import pytest

from macvsim.why.ask import why
from macvsim.why.command import as_text

LAB = """---
name: routed
topology:
  nodes:
    host1: {nics: {enp0s8: {addresses: [192.168.56.11/24]}}}
    host2: {nics: {enp0s8: {addresses: [192.168.56.12/24]}}}
    host3: {nics: {enp0s8: {addresses: [192.168.56.13/24]}}}
    sw1: {kind: switch}
  links:
    - endpoints: ["host1:enp0s8", "sw1:1"]
    - endpoints: ["host2:enp0s8", "sw1:2"]
    - endpoints: ["host3:enp0s8", "sw1:3"]
---
```console
"""
SETUP = """
host1# ip link add link enp0s8 name enp0s8.100 type vlan id 100 && ip link set enp0s8.100 up
host1# docker network create -d macvlan --subnet=172.16.10.0/24 --gateway=172.16.10.1 -o parent=enp0s8.100 mac10
host1# docker run --privileged -itd --name d1 --ip=172.16.10.10 --network mac10 busybox
host2# ip link add link enp0s8 name enp0s8.200 type vlan id 200 && ip link set enp0s8.200 up
host2# docker network create -d macvlan --subnet=172.16.20.0/24 --gateway=172.16.20.1 -o parent=enp0s8.200 mac20
host2# docker run --privileged -itd --name d4 --ip=172.16.20.11 --network mac20 busybox
host3# sysctl -w net.ipv4.ip_forward=1
host3# ip link add link enp0s8 name enp0s8.100 type vlan id 100 && ip link set enp0s8.100 up
host3# ip link add link enp0s8 name enp0s8.200 type vlan id 200 && ip link set enp0s8.200 up
host3# ip addr add 172.16.10.1/24 dev enp0s8.100
host3# ip addr add 172.16.20.1/24 dev enp0s8.200
"""
BREAKS = [
    ("host2", "ip link set enp0s8 down"),
    ("host1", "ip link set enp0s8.100 down"),
    ("host3", "sysctl -w net.ipv4.ip_forward=0"),
    ("host3", "iptables -A FORWARD -j DROP"),
    ("host3", "ip addr del 172.16.20.1/24 dev enp0s8.200"),
    ("d4", "ip route del default"),
    ("d4", "ip link set eth0 down"),
    ("d4", "sysctl -w net.ipv4.icmp_echo_ignore_all=1"),
    ("host3", "ip route add unreachable 172.16.20.11"),
    ("host3", "ip neigh replace 172.16.20.11 lladdr 02:00:00:00:00:99 dev enp0s8.200 nud permanent"),
]


@pytest.mark.parametrize("node, command", BREAKS, ids=[command for _, command in BREAKS])
def test_the_fix_is_on_the_machine_that_was_broken(tmp_path: Path, node: str, command: str) -> None:
    path = tmp_path / "lab.md"
    path.write_text(f"{LAB}{SETUP.strip()}\n{node}# {command}\nd1# ping -c 1 -W 1 172.16.20.11\n```\n")
    answer = why(path)
    assert answer.fixes, as_text(answer)
    assert {edit.node for edit in answer.fixes[0].edits} == {node}


def test_unbroken_it_works(tmp_path: Path) -> None:
    path = tmp_path / "lab.md"
    path.write_text(f"{LAB}{SETUP.strip()}\nd1# ping -c 1 -W 1 172.16.20.11\n```\n")
    assert why(path).step is None
