"""What a path was learnt from changes: the next packets go as if nothing had been learnt.

Every change is made to a lab whose paths are all learnt, with neighbour entries and MAC tables as they were.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from macvsim import Lab
from macvsim.net.neigh import Neighbour, Nud
from macvsim.net.packet_socket import PacketSocket
from macvsim.net.socket import RawIcmpSocket
from macvsim.wire.addr import ip_int
from tests.lab.everything import state

CHANGES: dict[str, Callable[[Lab], Any]] = {
    "container down": lambda lab: lab["d3"].sh("ip link set eth0 down"),
    "container up again": lambda lab: lab["d3"].sh("ip link set eth0 down; ip link set eth0 up"),
    "container MAC": lambda lab: lab["d3"].sh("ip link set eth0 address 02:00:00:00:00:33"),
    "container gone": lambda lab: lab.hosts["host2"].sh("docker rm -f d3"),
    "container private": lambda lab: lab["d3"].ns.dev("eth0").set_mode(private()),
    "VLAN device down": lambda lab: lab.hosts["host2"].sh("ip link set enp0s8.100 down"),
    "VLAN device deleted": lambda lab: lab.hosts["host2"].sh("ip link del enp0s8.100"),
    "VLAN device tags shown": lambda lab: lab.hosts["host2"].sh("ip link set enp0s8.100 type vlan reorder_hdr off"),
    "VLAN priorities": lambda lab: lab.hosts["host1"].sh("ip link set enp0s8.100 type vlan egress 0:5"),
    "card down": lambda lab: lab.hosts["host2"].sh("ip link set enp0s8 down"),
    "card promiscuous": lambda lab: lab.hosts["host2"].sh("ip link set enp0s8 promisc on"),
    "card promiscuous no more": lambda lab: lab.hosts["host1"].sh("ip link set enp0s8 promisc off"),
    "card MAC": lambda lab: lab.hosts["host3"].sh("ip link set enp0s8 address 02:00:00:00:00:33"),
    "source mode below": lambda lab: lab.hosts["host2"].sh(
        "ip link add s0 link enp0s8.100 type macvlan mode source; ip link set s0 up; "
        "ip link set s0 type macvlan macaddr add $(cat /sys/class/net/enp0s8/address)"
    ),
    "capture": lambda lab: capture(lab),  # noqa: PLW0108
    "packet socket": lambda lab: PacketSocket(
        lab["d3"].ns,
        lab["d3"].ns.dev("eth0"),
        0x0800,
        lambda payload, kind: lab.taps.append((kind, payload)),  # type: ignore[attr-defined]
    ),
    "port access": lambda lab: lab.switches["sw1"].ports["host2"].access(100),
    "port trunk": lambda lab: lab.switches["sw1"].ports["host2"].trunk([200]),
    "port down": lambda lab: lab.switches["sw1"].ports["host2"].set_up(False),
    "port up again": lambda lab: [lab.switches["sw1"].ports["host2"].set_up(up) for up in (False, True)],
    "ports isolated": lambda lab: [setattr(p, "isolated", True) for p in lab.switches["sw1"].ports.values()],
    "port MTU": lambda lab: setattr(lab.switches["sw1"].ports["host2"], "mtu", 80),
    "port policy": lambda lab: setattr(lab.switches["sw1"].ports["host2"], "policy", "cloud"),
    "MAC moved": lambda lab: lab.switches["sw1"].fdb.learn(
        lab["d3"].ns.dev("eth0").mac, 100, lab.switches["sw1"].ports["host3"], lab.sim.now
    ),
    "MAC forgotten": lambda lab: lab.run(700),
    "cable delay": lambda lab: setattr(cable(lab), "delay", 77_000),
    "cable rate": lambda lab: setattr(cable(lab), "rate", 1_000_000),
    "cable loss": lambda lab: setattr(cable(lab), "loss", 0.5),
    "cable unplugged": lambda lab: cable(lab).unplug(),
    "neighbour replaced": lambda lab: entry(lab).update(bytes(5) + b"D", Nud.REACHABLE, override=True, admin=True),
    "neighbour deleted": lambda lab: lab["d1"].ns.neigh.remove(entry(lab)),
    "neighbour checked": lambda lab: entry(lab).update(None, Nud.STALE, admin=True),
    "neighbour of the router": lambda lab: entry(lab, "host3", "enp0s8.200", "172.16.20.10").update(
        bytes(5) + b"D", Nud.REACHABLE, override=True, admin=True
    ),
    "route blackholed": lambda lab: lab["d1"].sh("ip route add blackhole 172.16.10.11"),
    "route to nowhere": lambda lab: lab["d1"].sh("ip route del default"),
    "address moved": lambda lab: lab["d3"].sh("ip addr del 172.16.10.11/24 dev eth0"),
    "forwarding off": lambda lab: lab.hosts["host3"].sh("sysctl -w net.ipv4.ip_forward=0"),
    "TTL 1": lambda lab: lab["d1"].sysctl.__setitem__("net.ipv4.ip_default_ttl", 1),
    "echoes ignored": lambda lab: lab["d3"].sysctl.__setitem__("net.ipv4.icmp_echo_ignore_all", 1),
    "MTU": lambda lab: lab["d1"].sh("ip link set eth0 mtu 70"),
    "router's MTU": lambda lab: lab.hosts["host3"].sh("ip link set enp0s8.200 mtu 70"),
    "router's route": lambda lab: lab.hosts["host3"].sh("ip route add unreachable 172.16.20.10"),
    "router drops": lambda lab: lab.hosts["host3"].sh("iptables -A FORWARD -p icmp -j DROP"),
    "router drops no more": lambda lab: lab.hosts["host3"].sh("iptables -A FORWARD -j DROP; iptables -F FORWARD"),
    "router changes TTL": lambda lab: lab.hosts["host3"].sh("iptables -t mangle -A PREROUTING -j TTL --ttl-set 9"),
    "a program hears echoes": lambda lab: RawIcmpSocket(
        lab["d3"].ns,
        lambda heard: lab.taps.append(heard[1]),  # type: ignore[attr-defined]
    ),
    "rp_filter": lambda lab: lab.hosts["host3"].sh(
        "sysctl -w net.ipv4.conf.all.rp_filter=1; ip route add 172.16.10.10 dev enp0s8.200"
    ),
}


def entry(lab: Lab, box: str = "d1", dev: str = "eth0", ip: str = "172.16.10.11") -> Neighbour:
    ns = lab[box].ns
    found = ns.neigh.lookup(ns.dev(dev), ip_int(ip))
    assert found is not None
    return found


def private() -> Any:
    from macvsim.dev.macvlan import Mode

    return Mode.PRIVATE


def capture(lab: Lab) -> None:
    lab.hosts["host2"].ns.add_tap("enp0s8", lambda kind, frame: lab.taps.append((kind, frame.wire)))  # type: ignore[attr-defined]


def cable(lab: Lab) -> Any:
    return lab.switches["sw1"].ports["host2"].cable


PAIRS = (("d1", "172.16.10.11"), ("d1", "172.16.20.10"), ("d1", "172.16.20.11"), ("d3", "172.16.10.10"))
"""To neighbours, to the other VLAN through the router, and back."""


def ping_all(lab: Lab) -> list[str]:
    """Small and large pings of all pairs, without ARP first."""
    texts = []
    for source, target in PAIRS:
        if source in lab.boxes():
            texts += [str(lab[source].sh(f"ping -c 2 -i 0.2 -W 1 -s {size} {target}")) for size in (20, 57)]
    return texts


def ping_meanwhile(lab: Lab, change: Callable[[Lab], Any]) -> list[str]:
    """Pings of all pairs that go on while something changes: every step of theirs has been learnt by then."""
    boxes = [lab[source] for source, _ in PAIRS]
    for box, (_, target) in zip(boxes, PAIRS, strict=True):
        box.sh(f"ping -c 10 -i 0.2 -W 1 -s 20 {target} > /tmp/{target} 2>&1 &")
    lab.run(0.901)
    change(lab)
    lab.run(4)
    return [str(box.files.get(f"/tmp/{target}")) for box, (_, target) in zip(boxes, PAIRS, strict=True)]


@pytest.fixture(autouse=True)
def _scenarios(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(Path(__file__).parents[2] / "scenarios")


def play(change: Callable[[Lab], Any], *, learns: bool, journal: bool) -> dict[str, Any]:
    from exp2_two_vlans import build

    lab = Lab(seed=0, journal=journal)
    lab.sim.learns = learns
    lab.taps = []  # type: ignore[attr-defined]
    build(lab)
    host3 = lab.host("host3", switch="sw1")
    host3.vlan("enp0s8", 100, ip="172.16.10.1/24")
    host3.vlan("enp0s8", 200, ip="172.16.20.1/24")
    host3.sysctl["net.ipv4.ip_forward"] = 1
    texts = ping_all(lab)
    assert all("100% packet loss" not in text for text in texts)
    texts += ping_meanwhile(lab, change)
    texts += ping_all(lab)
    lab.run(1)
    return {**state(lab), "texts": texts, "taps": lab.taps}  # type: ignore[attr-defined]


@pytest.mark.parametrize("journal", [False, True], ids=["bare", "watched"])
@pytest.mark.parametrize("name", CHANGES)
def test_a_change_takes_effect_at_once(name: str, journal: bool) -> None:
    change = CHANGES[name]
    assert play(change, learns=True, journal=journal) == play(change, learns=False, journal=journal)
