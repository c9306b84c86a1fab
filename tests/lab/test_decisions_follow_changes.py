"""A decision about a packet holds until something it depends on changes: routes, addresses, groups, what other
machines said, who answers for whom, and what devices listen for.

In each case pings go on while something changes, in a lab that keeps what it finds out and in one that keeps nothing
(`Lab(fastpath=False)`); both end in the same state.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from scapy.layers.inet6 import ICMPv6ND_RA, ICMPv6NDOptMTU, IPv6

from macvsim import Lab
from macvsim.testing.compare import everything as state
from macvsim.wire.addr import ip_int
from macvsim.wire.addr6 import ip6_int
from macvsim.wire.frame import Frame


class Case(NamedTuple):
    """Pings, as (machine, target and options), while `changes` are made: (machine, line), or who makes them."""

    build: Callable[[Lab], None]
    pings: tuple[tuple[str, str], ...]
    changes: tuple[tuple[str, str] | Callable[[Lab], object], ...]


def two_nets(lab: Lab) -> None:
    """a and c on one net, b on another, r between them."""
    sw1 = lab.switch("sw1")
    for name in "abc":
        lab.host(name, nic="eth0", switch=sw1, ipv6=True)
    router = lab.host("r", nics={"eth0": sw1, "eth1": sw1}, ipv6=True)
    for number, name in ((1, "a"), (2, "b"), (1, "c")):
        last = " abc".index(name)
        host = lab.hosts[name]
        host.sh(f"ip addr add 10.0.{number}.{last}/24 dev eth0; ip route add default via 10.0.{number}.254")
        host.sh(f"ip addr add fd00:{number}::{last}/64 dev eth0 nodad; ip -6 route add default via fd00:{number}::ff")
    for number in (1, 2):
        router.sh(f"ip addr add 10.0.{number}.254/24 dev eth{number - 1}")
        router.sh(f"ip addr add fd00:{number}::ff/64 dev eth{number - 1} nodad")
    router.sh("sysctl -w net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1")
    lab.hosts["c"].sh("sysctl -w net.ipv4.icmp_echo_ignore_broadcasts=0")
    lab.run(3)


def ipvlans(mode: str) -> Callable[[Lab], None]:
    """h's children e and f in namespaces of their own on its card; a beside it."""

    def build(lab: Lab) -> None:
        sw1 = lab.switch("sw1")
        for number, name in enumerate(("a", "h"), 1):
            lab.host(name, nic="eth0", switch=sw1).sh(f"ip addr add 10.0.1.{number}/24 dev eth0")
        host = lab.hosts["h"]
        for number, name in ((5, "e"), (6, "f")):
            host.sh(f"ip netns add {name}; ip link add {name} link eth0 type ipvlan mode {mode}")
            host.sh(f"ip link set {name} netns {name}; ip -n {name} link set {name} up")
            host.sh(f"ip -n {name} addr add 10.0.1.{number}/24 dev {name}")
        lab.hosts["a"].sh("ip route add 10.0.1.5 via 10.0.1.2; ip route add 10.0.1.6 via 10.0.1.2")

    return build


def macvlans(lab: Lab) -> None:
    """h's children e and f in namespaces of their own, in bridge mode, and s in source mode; a beside it."""
    sw1 = lab.switch("sw1")
    for number, name in enumerate(("a", "h"), 1):
        lab.host(name, nic="eth0", switch=sw1).sh(f"ip addr add 10.0.1.{number}/24 dev eth0")
    host = lab.hosts["h"]
    for number, name, mode in ((5, "e", "bridge"), (6, "f", "bridge"), (7, "s", "source")):
        host.sh(
            f"ip netns add {name}; ip -n {name} link set lo up; ip link add {name} link eth0 type macvlan mode {mode}"
        )
        host.sh(f"ip link set {name} netns {name}; ip -n {name} link set {name} up")
        host.sh(f"ip -n {name} addr add 10.0.1.{number}/24 dev {name}")


def advertise(lab: Lab) -> object:
    """r advertises an MTU."""
    device = lab.hosts["r"].dev("eth0")
    packet = IPv6(src="fe80::ff", dst="ff02::1", hlim=255) / ICMPv6ND_RA(routerlifetime=0) / ICMPv6NDOptMTU(mtu=1300)
    header = bytes.fromhex("333300000001") + device.mac + b"\x86\xdd"
    return device.xmit(Frame(header + bytes(packet), lab.sim.born()))


def join(name: str) -> Callable[[Lab], object]:
    """A program of a machine joins the groups that are pinged."""

    def change(lab: Lab) -> None:
        ns = lab.hosts[name].ns
        ns.join_group(ns.dev("eth0"), ip_int(GROUP))
        ns.ipv6.addrconf.groups.join(ns.dev("eth0"), ip6_int(GROUP6))

    return change


def leave(name: str) -> Callable[[Lab], object]:
    """It leaves them."""

    def change(lab: Lab) -> None:
        ns = lab.hosts[name].ns
        ns.leave_group(ns.dev("eth0"), ip_int(GROUP))
        ns.ipv6.addrconf.groups.leave(ns.dev("eth0"), ip6_int(GROUP6))

    return change


GROUP, GROUP6 = "225.1.2.3", "ff05::5"
CASES = {
    "groups of a program": Case(
        two_nets, (("a", f"-I eth0 {GROUP}"), ("a", f"-I eth0 {GROUP6}")), (join("c"), leave("c"))
    ),
    "groups of the sender": Case(
        two_nets, (("c", f"-I eth0 {GROUP}"), ("c", f"-I eth0 {GROUP6}")), (join("c"), leave("c"))
    ),
    "IPv6 MTU of a device": Case(
        two_nets, (("a", "fd00:1::3 -s 1400"),), (("a", "sysctl -w net.ipv6.conf.eth0.mtu=1300"),)
    ),
    "IPv6 router's word": Case(two_nets, (("a", "fd00:1::3 -s 1400"),), (advertise,)),
    "IPv6 address added": Case(two_nets, (("a", "fd00:2::99"),), (("b", "ip addr add fd00:2::99/64 dev eth0 nodad"),)),
    "IPv6 address checked": Case(two_nets, (("a", "fd00:2::99"),), (("b", "ip addr add fd00:2::99/64 dev eth0"),)),
    "IPv6 address deleted": Case(
        two_nets, (("a", "fd00:2::2"), ("b", "fd00:1::1")), (("b", "ip addr del fd00:2::2/64 dev eth0"),)
    ),
    "IPv6 own address": Case(two_nets, (("r", "fd00:2::99"),), (("r", "ip addr add fd00:2::99/64 dev eth0 nodad"),)),
    "IPv6 source address": Case(two_nets, (("a", "fd00:2::2"),), (("a", "ip addr add fd00:1::98/64 dev eth0 nodad"),)),
    "IPv6 device down": Case(two_nets, (("a", "fd00:2::2"),), (("r", "ip link set eth1 down"),)),
    "IPv6 device down, up": Case(
        two_nets, (("a", "fd00:2::2"),), (("r", "ip link set eth1 down"), ("r", "ip link set eth1 up"))
    ),
    "IPv6 router's MTU": Case(two_nets, (("a", "fd00:2::2 -s 1400"),), (("r", "ip link set eth1 mtu 1300"),)),
    "IPv6 MTU learnt and forgotten": Case(
        two_nets,
        (("a", "fd00:2::2 -s 1400"),),
        (("r", "ip link set eth1 mtu 1300"), ("r", "ip link set eth1 mtu 1500"), ("a", "ip -6 route flush cache")),
    ),
    "IPv6 group joined": Case(
        two_nets, (("a", "-I eth0 ff05::5"),), (("c", "ip addr add ff05::5/128 dev eth0 autojoin"),)
    ),
    "IPv6 group left": Case(
        two_nets,
        (("a", "-I eth0 ff05::5"),),
        (("c", "ip addr add ff05::5/128 dev eth0 autojoin"), ("c", "ip addr del ff05::5/128 dev eth0")),
    ),
    "IPv6 redirect": Case(
        two_nets, (("a", "fd00:1::3"),), (("a", "ip -6 route add fd00:1::3 via fd00:1::ff"), ("a", "true"))
    ),
    "IPv6 forwarding off": Case(two_nets, (("a", "fd00:2::2"),), (("r", "sysctl -w net.ipv6.conf.all.forwarding=0"),)),
    "IPv6 hop limit": Case(two_nets, (("a", "fd00:2::2"),), (("a", "sysctl -w net.ipv6.conf.eth0.hop_limit=1"),)),
    "IPv6 off": Case(two_nets, (("a", "fd00:2::2"),), (("b", "sysctl -w net.ipv6.conf.eth0.disable_ipv6=1"),)),
    "IPv6 route": Case(two_nets, (("a", "fd00:2::2"),), (("r", "ip -6 route add blackhole fd00:2::2"),)),
    "redirect": Case(two_nets, (("a", "10.0.1.3"),), (("a", "ip route add 10.0.1.3 via 10.0.1.254"), ("a", "true"))),
    "group joined": Case(
        two_nets, (("a", "-I eth0 225.1.2.3"),), (("c", "ip addr add 225.1.2.3/32 dev eth0 autojoin"),)
    ),
    "group left": Case(
        two_nets,
        (("a", "-I eth0 225.1.2.3"),),
        (("c", "ip addr add 225.1.2.3/32 dev eth0 autojoin"), ("c", "ip addr del 225.1.2.3/32 dev eth0")),
    ),
    "address added": Case(two_nets, (("a", "10.0.2.99"),), (("b", "ip addr add 10.0.2.99/24 dev eth0"),)),
    "device deleted": Case(
        two_nets,
        (("a", "10.9.9.9"), ("a", "10.0.2.2")),
        (
            ("r", "ip link add d0 type dummy; ip link set d0 up; ip addr add 10.9.9.9/24 dev d0"),
            ("r", "ip link del d0"),
        ),
    ),
    "own route": Case(two_nets, (("a", "10.0.2.77"),), (("r", "ip route add local 10.0.2.77 dev lo"),)),
    "source is one's own": Case(two_nets, (("a", "10.0.2.2"),), (("r", "ip route add local 10.0.1.1 dev lo"),)),
    "filter": Case(two_nets, (("a", "10.0.2.2"),), (("r", "iptables -A FORWARD -j DROP"),)),
    "filter of one's own": Case(two_nets, (("a", "10.0.2.2"),), (("a", "iptables -A OUTPUT -j DROP"),)),
    "neighbour's MAC": Case(two_nets, (("a", "10.0.1.3"),), (("c", "ip link set eth0 address 02:00:00:00:00:77"),)),
    "ipvlan's MTU": Case(ipvlans("l2"), (("e", "10.0.1.1 -s 1400"),), (("h", "ip link set eth0 mtu 1000"),)),
    "ipvlan's mode": Case(
        ipvlans("l2"),
        (("e", "10.0.1.6"), ("a", "10.0.1.5"), ("e", "10.0.1.1")),
        (("h", "ip -n e link set e type ipvlan mode l3s"),),
    ),
    "ipvlan's mode again": Case(
        ipvlans("l3s"),
        (("e", "10.0.1.6"), ("a", "10.0.1.5"), ("a", "10.0.1.2")),
        (("h", "ip -n e link set e type ipvlan mode l2"),),
    ),
    "ipvlan's mode of layer 3": Case(
        ipvlans("l3"),
        (("e", "10.0.1.6"), ("a", "10.0.1.5"), ("a", "10.0.1.2")),
        (("h", "ip -n e link set e type ipvlan mode l3s"), ("h", "ip -n e link set e type ipvlan mode l3")),
    ),
    "ipvlans deleted": Case(
        ipvlans("l3s"),
        (("a", "10.0.1.5"), ("a", "10.0.1.2")),
        (("h", "ip -n e link del e"), ("h", "ip -n f link del f"), ("h", "ip addr add 10.0.1.5/24 dev eth0")),
    ),
    "source mode lets in": Case(
        macvlans,
        (("a", "10.0.1.7"), ("a", "10.0.1.2")),
        (
            ("h", "ip -n s link set s type macvlan macaddr add 08:00:27:00:00:01"),
            ("h", "ip -n s neigh add 10.0.1.1 lladdr 08:00:27:00:00:01 dev s"),
            ("a", "ip neigh flush all"),
        ),
    ),
    "source mode lets in no more": Case(
        macvlans,
        (("a", "10.0.1.2"),),
        (
            ("h", "ip -n s link set s type macvlan macaddr add 08:00:27:00:00:01"),
            ("h", "ip -n s link set s type macvlan macaddr del 08:00:27:00:00:01"),
        ),
    ),
    "proxy": Case(
        macvlans,
        (("e", "10.0.1.66"), ("e", "10.0.1.6")),
        (
            ("f", "sysctl -w net.ipv4.ip_forward=1 net.ipv4.neigh.f.proxy_delay=0"),
            ("h", "ip -n f link add d0 type dummy; ip -n f link set d0 up; ip -n f route add 10.0.1.66 dev d0"),
            ("h", "ip -n f neigh add proxy 10.0.1.66 dev f"),
            ("h", "true"),
            ("h", "ip -n e neigh flush all"),
            ("h", "ip -n f neigh del proxy 10.0.1.66 dev f; ip -n e neigh flush all"),
        ),
    ),
    "groups of a device": Case(
        macvlans,
        (("e", "-I e 225.1.2.3"),),
        (
            ("h", "ip -n f maddr add 01:00:5e:01:02:03 dev f"),
            ("h", "ip -n f maddr del 01:00:5e:01:02:03 dev f"),
        ),
    ),
    "MACs of a device": Case(
        two_nets,
        (("a", "10.0.1.50"),),
        (
            ("a", "ip neigh replace 10.0.1.50 lladdr 02:00:00:00:00:50 dev eth0"),
            ("c", "bridge fdb add 02:00:00:00:00:50 dev eth0 self"),
            ("c", "bridge fdb del 02:00:00:00:00:50 dev eth0 self"),
        ),
    ),
}  # fmt: skip
STEP = 0.7
"""Seconds between changes: three pings and a bit."""


def play(case: Case, *, fastpath: bool, journal: bool) -> dict[str, Any]:
    lab = Lab(seed=0, journal=journal, fastpath=fastpath)
    case.build(lab)

    def run(name: str, line: str) -> str:
        return str(lab.hosts[name].sh(line) if name in lab.hosts else lab.hosts["h"].sh(f"ip netns exec {name} {line}"))

    for number, (name, target) in enumerate(case.pings):
        run(name, f"ping -c {4 * len(case.changes) + 8} -i 0.2 -W 1 {target} > /tmp/{number} 2>&1 &")
    lab.run(0.901)
    texts = []
    for change in case.changes:
        texts.append(run(*change) if isinstance(change, tuple) else str(change(lab)))
        lab.run(STEP)
    lab.run(4)
    outputs = [
        lab.hosts[name if name in lab.hosts else "h"].files[f"/tmp/{i}"] for i, (name, _) in enumerate(case.pings)
    ]
    assert all("packets transmitted" in text for text in outputs)
    return {**state(lab), "texts": texts + outputs}


@pytest.mark.parametrize("journal", [False, True], ids=["bare", "watched"])
@pytest.mark.parametrize("name", CASES)
def test_a_change_takes_effect_at_once(name: str, journal: bool) -> None:
    case = CASES[name]
    kept = play(case, fastpath=True, journal=journal)
    assert kept == play(case, fastpath=False, journal=journal)
