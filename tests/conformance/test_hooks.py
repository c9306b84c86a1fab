"""Netfilter's hooks: which a packet passes, in which order, and what a verdict does (linux.md 9.1)."""

from __future__ import annotations

import pytest

from macvsim.engine.drop import DropReason
from macvsim.net.namespace import Namespace
from macvsim.net.netfilter.core import Netfilter
from macvsim.net.netfilter.hooks import Hook, Priority, Verdict, Way
from macvsim.net.netfilter.packet import Tracked
from tests.conformance.lab import Lab


def routed() -> Lab:
    """a (10.0.0.1) — r — b (10.1.0.1)."""
    lab = Lab()
    a, r, b = (lab.ns(name) for name in "arb")
    a0, r0 = lab.veth(a, "eth0", r, "eth0")
    r1, b0 = lab.veth(r, "eth1", b, "eth0")
    for dev, ip in ((a0, "10.0.0.1/24"), (r0, "10.0.0.254/24"), (r1, "10.1.0.254/24"), (b0, "10.1.0.1/24")):
        lab.address(dev, ip)
    lab.route(a, "default", via="10.0.0.254")
    lab.route(b, "default", via="10.1.0.254")
    r.sysctl["net.ipv4.ip_forward"] = 1
    return lab


def watch(ns: Namespace, seen: list[str], verdicts: dict[Hook, Verdict] | None = None) -> Netfilter:
    """Write down every packet at every hook: hook, devices, ICMP type; and give that hook's verdict."""
    netfilter = Netfilter(ns)
    for hook in Hook:

        def look(packet: Tracked, way: Way) -> Verdict:
            devices = "".join("-" if dev is None else dev.name for dev in (way.in_dev, way.out_dev))
            seen.append(f"{way.hook.name} {devices} {packet.data[20]}")
            verdict = (verdicts or {}).get(way.hook, Verdict.ACCEPT)
            if verdict is Verdict.DROP:
                ns.sim.drop(packet.uid, ns, DropReason.NETFILTER_DROP)
            return verdict

        netfilter.register(hook, Priority.FILTER, look)
    return netfilter


@pytest.mark.rule("9.1")
def test_a_forwarded_packet_passes_prerouting_forward_postrouting() -> None:
    lab, seen = routed(), list[str]()
    watch(lab.spaces["r"], seen)
    assert lab.ping(lab.spaces["a"], "10.1.0.1").ok
    there = ["PREROUTING eth0- 8", "FORWARD eth0eth1 8", "POSTROUTING eth0eth1 8"]
    back = ["PREROUTING eth1- 0", "FORWARD eth1eth0 0", "POSTROUTING eth1eth0 0"]
    assert seen == there + back


@pytest.mark.rule("9.1")
def test_own_packets_pass_output_and_postrouting_and_come_in_by_prerouting_and_input() -> None:
    lab, seen = routed(), list[str]()
    watch(lab.spaces["a"], seen)
    assert lab.ping(lab.spaces["a"], "10.0.0.254").ok
    assert seen == ["OUTPUT -eth0 8", "POSTROUTING -eth0 8", "PREROUTING eth0- 0", "INPUT eth0- 0"]


@pytest.mark.rule("9.1")
def test_a_broadcast_of_ours_passes_postrouting_twice() -> None:
    lab, seen = routed(), list[str]()
    watch(lab.spaces["a"], seen)
    lab.ping(lab.spaces["a"], "10.0.0.255", broadcast=True)
    assert seen == [
        "OUTPUT -eth0 8",
        "POSTROUTING -eth0 8",
        "POSTROUTING -eth0 8",
        "PREROUTING eth0- 8",
        "INPUT eth0- 8",
    ]


@pytest.mark.rule("9.1")
@pytest.mark.parametrize("hook", [Hook.PREROUTING, Hook.FORWARD, Hook.POSTROUTING])
def test_what_a_hook_drops_on_the_way_ends_there(hook: Hook) -> None:
    lab, seen = routed(), list[str]()
    watch(lab.spaces["r"], seen, {hook: Verdict.DROP})
    assert lab.ping(lab.spaces["a"], "10.1.0.1").silent
    assert seen[-1].startswith(hook.name)
    assert lab.sim.drops[lab.spaces["r"], DropReason.NETFILTER_DROP] == 1


@pytest.mark.rule("9.2")
@pytest.mark.parametrize("hook", [Hook.OUTPUT, Hook.POSTROUTING])
def test_a_program_is_told_that_its_own_packet_was_dropped(hook: Hook) -> None:
    lab = routed()
    watch(lab.spaces["a"], [], {hook: Verdict.DROP})
    assert lab.ping(lab.spaces["a"], "10.1.0.1").refused == ["EPERM"]


@pytest.mark.rule("9.1")
def test_functions_are_called_by_priority_and_the_stack_forgets_unused_hooks() -> None:
    lab, order = routed(), list[str]()
    netfilter = Netfilter(lab.spaces["a"])

    def make(name: str) -> None:
        def look(packet: Tracked, way: Way) -> Verdict:
            order.append(name)
            return Verdict.ACCEPT

        netfilter.register(Hook.OUTPUT, Priority[name], look)
        looks.append(look)

    looks: list[object] = []
    for name in ("FILTER", "CONNTRACK", "CONFIRM", "NAT_DST", "MANGLE"):
        make(name)
    lab.ping(lab.spaces["a"], "10.0.0.254")
    assert order == ["CONNTRACK", "MANGLE", "NAT_DST", "FILTER", "CONFIRM"]
    assert lab.spaces["a"].ipv4.netfilter is netfilter
    for look in looks:
        netfilter.unregister(Hook.OUTPUT, look)  # type: ignore[arg-type]
    assert lab.spaces["a"].ipv4.netfilter is None
