"""Neighbours that check each other again and again are answered in one step, until something changes.

Neighbours are made to be checked every few seconds; each change comes when they have been for a while, to a lab that
keeps what it found out and to one that keeps nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from macvsim import Lab
from macvsim.dev.cable import Cable
from macvsim.engine.sim import SECOND
from macvsim.net.nud import Nud
from macvsim.net.socket import UdpSocket
from macvsim.testing.compare import everything as state
from macvsim.wire.addr import ip_int

Change = Callable[[Lab], Any]


def line(host: str, text: str) -> Change:
    return lambda lab: lab.hosts[host].sh(text)


def entry(lab: Lab, host: str = "a", ip: str = "10.0.1.2") -> Any:
    ns = lab.hosts[host].ns
    return ns.neigh.lookup(ns.dev("eth0"), ip_int(ip))


def cable(lab: Lab) -> Cable:
    plugged = lab.switches["sw1"].ports["b"].cable
    assert plugged is not None
    return plugged


CHANGES: dict[str, Change] = {
    "nothing": lambda lab: None,
    "counters read": state,
    "asked ignores": line("b", "sysctl -w net.ipv4.conf.eth0.arp_ignore=8"),
    "all ignore": line("b", "sysctl -w net.ipv4.conf.all.arp_ignore=8"),
    "asked filters": line("b", "sysctl -w net.ipv4.conf.all.arp_filter=1; ip route add 10.0.1.1 dev lo"),
    "asked has another source first": line("b", "ip addr add 10.0.1.77/24 dev eth0"),
    "asked has no address": line("b", "ip addr del 10.0.1.2/24 dev eth0; ip addr add 10.0.1.3/24 dev eth0"),
    "asked has no ARP": line("b", "ip link set eth0 arp off"),
    "asked has another MAC": line("b", "ip link set eth0 address 02:00:00:00:00:22"),
    "asked is down and up": line("b", "ip link set eth0 down; ip link set eth0 up"),
    "asked keeps its sender": line("b", "ip neigh replace 10.0.1.1 lladdr 02:00:00:00:00:99 dev eth0 nud permanent"),
    "asked forgets its sender": line("b", "ip neigh del 10.0.1.1 dev eth0"),
    "asked doubts its sender": lambda lab: entry(lab, "b", "10.0.1.1").update(None, Nud.STALE, admin=True),
    "asked believes another": lambda lab: entry(lab, "b", "10.0.1.1").update(
        bytes(5) + b"D", Nud.REACHABLE, override=True, admin=True
    ),
    "asked takes a martian": line("b", "ip route add 10.0.1.1 dev lo; sysctl -w net.ipv4.conf.eth0.rp_filter=1"),
    "asker announces another": line("a", "sysctl -w net.ipv4.conf.eth0.arp_announce=2; ip addr add 10.0.1.9/32 dev lo"),
    "asker has another address": line(
        "a",
        "sysctl -w net.ipv4.conf.all.promote_secondaries=1; "
        "ip addr add 10.0.1.5/24 dev eth0; ip addr del 10.0.1.1/24 dev eth0",
    ),
    "asker has no address": line("a", "ip addr del 10.0.1.1/24 dev eth0"),
    "asker has another MAC": line("a", "ip link set eth0 address 02:00:00:00:00:11"),
    "asker forgets": line("a", "ip neigh flush all"),
    "asker keeps": line("a", "ip neigh change 10.0.1.2 dev eth0 nud permanent"),
    "asker believes another": lambda lab: entry(lab).update(
        bytes(5) + b"D", Nud.REACHABLE, override=True, admin=True
    ),
    "asker goes by multicast only": line("a", "sysctl -w net.ipv4.neigh.eth0.ucast_solicit=0"),
    "asker takes its time": line("a", "sysctl -w net.ipv4.neigh.eth0.base_reachable_time_ms=60000"),
    "somebody else says so": line("c", "ip addr add 10.0.1.2/24 dev eth0; arping -c 1 -U -I eth0 10.0.1.2"),
    "cable slower": lambda lab: setattr(cable(lab), "rate", 10_000_000),
    "cable cut": lambda lab: cable(lab).unplug(),
    "MAC forgotten": lambda lab: lab.switches["sw1"].fdb.flush(lambda entry: False),
    "port filters": lambda lab: lab.switches["sw1"].ports["b"].access(7),
    "capture": lambda lab: lab.hosts["b"].ns.add_tap("eth0", lambda kind, frame: lab.taps.append((kind, frame.wire))),  # type: ignore[attr-defined]
    "filter": line("b", "iptables -A INPUT -p icmp -j DROP"),
}  # fmt: skip


def play(change: Change, *, fastpath: bool, journal: bool) -> dict[str, Any]:
    lab = Lab(seed=0, journal=journal, fastpath=fastpath)
    lab.taps = []  # type: ignore[attr-defined]
    sw1 = lab.switch("sw1")
    for number, name in enumerate("abc", 1):
        host = lab.host(name, nic="eth0", switch=sw1)
        host.sh(
            f"ip addr add 10.0.1.{number}/24 dev eth0; "
            "sysctl -w net.ipv4.neigh.eth0.base_reachable_time_ms=3000 net.ipv4.neigh.eth0.delay_first_probe_time=1"
        )
    lab.run(2)
    lab.hosts["a"].sh("ping -c 80 -i 0.5 -W 1 10.0.1.2 > /tmp/a 2>&1 &")
    lab.run(22.3)
    change(lab)
    lab.run(18)
    text = lab.hosts["a"].sh("cat /tmp/a").stdout
    return {**state(lab), "text": text, "taps": lab.taps}  # type: ignore[attr-defined]


def test_the_answer_goes_to_who_asked_whatever_the_entry_says() -> None:
    seen = []
    for fastpath in (True, False):
        lab = Lab(seed=0, journal=False, fastpath=fastpath)
        sw1 = lab.switch("sw1")
        lab.host("a", nic="eth0", switch=sw1).addr_add("eth0", "10.0.1.1/24")
        host = lab.host("h", nic="eth0", switch=sw1)
        for number, name in ((5, "e"), (6, "f")):
            host.sh(
                f"ip netns add {name}; ip link add {name} link eth0 type macvlan mode bridge; "
                f"ip link set {name} netns {name}; ip -n {name} link set {name} up; "
                f"ip -n {name} addr add 10.0.1.{number}/24 dev {name}; ip netns exec {name} "
                f"sysctl -w net.ipv4.neigh.{name}.base_reachable_time_ms=3000 "
                f"net.ipv4.neigh.{name}.delay_first_probe_time=1"
            )
        lab.run(2)
        host.sh("ip netns exec f ping -c 80 -i 0.5 -W 1 10.0.1.5 > /tmp/f 2>&1 &")
        lab.run(20)
        host.sh(f"ip -n e neigh replace 10.0.1.6 lladdr {lab.hosts['a'].dev('eth0').mac.hex(':')} dev e nud permanent")
        lab.run(20)
        shown = host.sh("ip -n f neigh show 10.0.1.5").stdout
        assert not shown.endswith("FAILED\n")
        seen.append([state(lab), host.sh("cat /tmp/f").stdout, shown])
    assert seen[0] == seen[1]


@pytest.mark.parametrize("journal", [False, True], ids=["bare", "watched"])
@pytest.mark.parametrize("name", CHANGES)
def test_a_change_takes_effect_at_the_next_check(name: str, journal: bool) -> None:
    change = CHANGES[name]
    assert play(change, fastpath=True, journal=journal) == play(change, fastpath=False, journal=journal)


def test_the_last_use_of_a_neighbour_is_the_latest() -> None:
    """The flow of a ping adds its last packet late: what another program sent since then counts."""
    seen = []
    for fastpath in (True, False):
        lab = Lab(seed=0, journal=False, fastpath=fastpath)
        sw1 = lab.switch("sw1")
        for number, name in enumerate("ab", 1):
            lab.host(name, nic="eth0", switch=sw1).addr_add("eth0", f"10.0.1.{number}/24")
        ns = lab.hosts["a"].ns
        sock = UdpSocket(ns)
        lab.hosts["a"].sh("ping -c 60 10.0.1.2 > /tmp/a 2>&1 &")
        uses = []
        for second in range(50):
            lab.sim.call_in_process(SECOND // 2, sock.send_to, b"x", ip_int("10.0.1.2"), 9 + second)
            lab.run(1)
            found = entry(lab)
            lab.sim.flush()  # as `ip -s neigh` does
            uses.append((found.state, found.used if found.state in (Nud.DELAY, Nud.PROBE) else 0))
        assert any(used for _, used in uses)
        seen.append([uses, state(lab)])
    assert seen[0] == seen[1]
