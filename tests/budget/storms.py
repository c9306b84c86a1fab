"""Labs in which frames go round without an end."""

from __future__ import annotations

from collections.abc import Callable

from macvsim import Lab
from macvsim.machine.host import Box


def _addressed(lab: Lab, **switches: str) -> list[Box]:
    hosts: list[Box] = []
    for number, (name, switch) in enumerate(switches.items(), 1):
        host = lab.host(name, switch=switch)
        host.addr_add("enp0s8", f"10.0.0.{number}/24")
        hosts.append(host)
    return hosts


def two_cables(lab: Lab) -> Box:
    """Two cables between two switches."""
    for name in ("sw1", "sw2"):
        lab.switch(name)
    host1, _ = _addressed(lab, host1="sw1", host2="sw2")
    lab.cable("sw1:x", "sw2:x")
    lab.cable("sw1:y", "sw2:y")
    return host1


def own_cable(lab: Lab) -> Box:
    """A cable from a switch to itself."""
    lab.switch("sw1")
    host1, _ = _addressed(lab, host1="sw1", host2="sw1")
    lab.cable("sw1:x", "sw1:y")
    return host1


def many_cables(lab: Lab) -> Box:
    """Five switches, each with a cable to every other: each crossing makes three frames of one."""
    names = [f"sw{number}" for number in range(1, 6)]
    for name in names:
        lab.switch(name)
    host1, _ = _addressed(lab, host1="sw1", host2="sw2")
    for a in names:
        for b in names:
            if a < b:
                lab.cable(f"{a}:{b}", f"{b}:{a}")
    return host1


def two_macvlans(lab: Lab) -> Box:
    """A bridge over two macvlans of one card."""
    lab.switch("sw1")
    host1, _ = _addressed(lab, host1="sw1", host2="sw1")
    host1.sh("ip link add br0 type bridge; ip link set br0 up; ip addr add 10.1.0.1/24 dev br0")
    for name in ("m1", "m2"):
        host1.sh(f"ip link add {name} link enp0s8 type macvlan mode bridge")
        host1.sh(f"ip link set {name} master br0; ip link set {name} up")
    return host1


def own_veth(lab: Lab) -> Box:
    """Both ends of a veth pair in one bridge."""
    host1 = lab.host("host1")
    host1.sh("ip link add br0 type bridge; ip link set br0 up; ip addr add 10.1.0.1/24 dev br0")
    host1.sh("ip link add v0 type veth peer name v1")
    host1.sh("for i in v0 v1; do ip link set $i master br0; ip link set $i up; done")
    return host1


def arp_storm(lab: Lab) -> Box:
    """ARP requests for an address that no host has, in a loop that forty containers hear."""
    two_cables(lab)
    for host in lab.hosts.values():
        host.docker.network_create("m", driver="macvlan", subnet="10.1.0.0/16", gateway="10.1.0.1", parent="enp0s8")
        for number in range(20):
            host.docker.run(f"{host.name}c{number}", network="m")
    return lab["host1c3"]


STORMS: dict[str, tuple[Callable[[Lab], Box], str, str]] = {
    "two cables": (two_cables, "10.0.0.2", "cure: take out the cable sw1:y - sw2:y,"),
    "own cable": (own_cable, "10.0.0.2", "cure: take out the cable sw1:x - sw1:y,"),
    "many cables": (many_cables, "10.0.0.2", "cure: take out the cable sw2:sw3 - sw3:sw2,"),
    "two macvlans": (two_macvlans, "10.1.0.2", "cure: take host1:m2 out of the bridge br0: ip link set m2 nomaster"),
    "own veth": (own_veth, "10.1.0.2", "cure: take host1:v0 out of the bridge br0: ip link set v0 nomaster"),
    "ARP storm": (arp_storm, "10.1.200.1", "cure: take out the cable sw1:y - sw2:y,"),
}
"""How a lab is made whose ping starts a storm, the target of that ping, and the cure in the report."""
