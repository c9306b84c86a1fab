"""Recorded command lines, changed at random, one after the other on the machines of one lab.

An input is lines ``NODE# COMMAND``.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from macvsim import Lab
from macvsim.errors import BudgetExceeded
from macvsim.machine.call import NOT_SIMULATED
from tests.soak.kinds import sources
from tests.soak.mutate import decoded, encoded, mutated

COUNT, ITEMS, SAMPLE = 100_000, 25, 10
NODES = ("host1", "host1", "host2", "c1")


def machine() -> Lab:
    """Two hosts on a switch, with IPv6, a container, a namespace and a device of most kinds."""
    lab = Lab(budget=sources.BUDGET)
    lab.switch("sw1")
    for number, flavour in enumerate(("debian", "centos"), 1):
        host = lab.host(f"host{number}", nic="enp0s8", switch="sw1", flavour=flavour, ipv6=True)
        host.addr_add("enp0s8", f"172.16.10.5{number}/24")
        host.sh("sysctl -q -w net.ipv4.ip_forward=1")
    host1 = lab["host1"]
    host1.sh("ip netns add p; ip link add eth0 link enp0s8 netns p type macvlan mode bridge; ip -n p link set eth0 up")
    host1.sh("ip -n p addr add 172.16.10.10/24 dev eth0; ip link add br0 type bridge; ip link set br0 up")
    host1.sh(
        "ip link add enp0s8.100 link enp0s8 type vlan id 100; ip link set enp0s8.100 up; ip link add d0 type dummy"
    )
    lab.hosts["host1"].docker.run("c1")
    lab.run(2)
    return lab


def make(dice: Random) -> bytes:
    lines = []
    for _ in range(ITEMS):
        line = dice.choice(sources.commands())
        if dice.random() < 0.8:
            line = mutated(line, dice, sources.commands(), 2)
        lines.append(f"{dice.choice(NODES)}# {' '.join(line.split(chr(10)))}\n")
    return encoded("".join(lines))


def play(data: bytes) -> Iterator[None]:
    lab = machine()
    yield
    for line in decoded(data).split("\n"):
        node, _, command = line.partition("# ")
        if node not in lab.boxes():
            continue
        try:
            result = lab[node].sh(command)
        except BudgetExceeded:
            pass
        else:
            assert 0 <= result.code <= 255, line
            assert result.code != NOT_SIMULATED or "not simulated" in str(result) or _is_hidden(command), line
        yield
    lab.run(1)


def _is_hidden(command: str) -> bool:
    """Its words go elsewhere, or the status is one that the line names itself."""
    return any(word in command for word in (">", "|", "&", "95", "sh", "exit", "return", "kill", "timeout"))
