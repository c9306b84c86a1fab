"""A change of anything that a flow entry depends on takes effect at the next packet.

Every change is made to a lab whose flows are all recorded, with neighbour entries and MAC tables as they were.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from macvsim import Lab
from macvsim.dev.macvlan import Macvlan, Mode
from macvsim.engine.sim import MS, SECOND, US
from macvsim.net.neigh import Neighbour
from macvsim.net.nud import Nud
from macvsim.net.packet_socket import PacketSocket
from macvsim.net.socket import Heard, RawIcmpSocket
from macvsim.testing.compare import everything as state
from macvsim.wire.addr import ip_int

pytestmark = pytest.mark.slow


def make_private(lab: Lab) -> None:
    child = lab["d3"].dev("eth0")
    assert isinstance(child, Macvlan)
    child.set_mode(Mode.PRIVATE)


def isolate(lab: Lab) -> None:
    for port in lab.switches["sw1"].ports.values():
        port.isolated = True


CHANGES: dict[str, Callable[[Lab], Any]] = {
    "container down": lambda lab: lab["d3"].sh("ip link set eth0 down"),
    "container up again": lambda lab: lab["d3"].sh("ip link set eth0 down; ip link set eth0 up"),
    "container MAC": lambda lab: lab["d3"].sh("ip link set eth0 address 02:00:00:00:00:33"),
    "container gone": lambda lab: lab.hosts["host2"].sh("docker rm -f d3"),
    "container private": make_private,
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
    "ports isolated": isolate,
    "port MTU": lambda lab: setattr(lab.switches["sw1"].ports["host2"], "mtu", 80),
    "port policy": lambda lab: setattr(lab.switches["sw1"].ports["host2"], "policy", "cloud"),
    "MAC moved": lambda lab: lab.switches["sw1"].fdb.learn(
        lab["d3"].ns.dev("eth0").mac, 100, lab.switches["sw1"].ports["host3"], int(lab.sim.now)
    ),
    "MAC forgotten": lambda lab: lab.run(700),
    "cable delay": lambda lab: setattr(cable(lab), "delay", 77_000),
    "cable rate": lambda lab: setattr(cable(lab), "rate", 1_000_000),
    "cable loss": lambda lab: setattr(cable(lab), "loss", 0.5),
    "cable unplugged": lambda lab: cable(lab).unplug(),
    "neighbour replaced": lambda lab: entry(lab).update(bytes(5) + b"D", Nud.REACHABLE, override=True, admin=True),
    "neighbour deleted": lambda lab: lab["d1"].ns.neigh.remove(entry(lab)),
    "neighbour checked": lambda lab: entry(lab).update(None, Nud.STALE, admin=True),
    "neighbour of who answers": lambda lab: entry(lab, "d4", "eth0", "172.16.20.10").update(
        bytes(5) + b"D", Nud.REACHABLE, override=True, admin=True
    ),
    "neighbour of who answers gone": lambda lab: lab["d4"].ns.neigh.remove(entry(lab, "d4", "eth0", "172.16.20.10")),
    "another program hears echoes": lambda lab: RawIcmpSocket(
        lab["d4"].ns,
        lambda heard: lab.taps.append(heard[1]),  # type: ignore[attr-defined]
    ),
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
    "replies limited": lambda lab: lab["d3"].sh("sysctl -w net.ipv4.icmp_ratemask=1 net.ipv4.icmp_ratelimit=1000"),
    "a program hears no more": lambda lab: lab["d1"].ns.icmp.sockets[0].close() if lab["d1"].ns.icmp.sockets else None,
    "a ping back": lambda lab: lab["d3"].sh("ping -c 1 -W 1 172.16.10.10"),
    "programs wake later": lambda lab: setattr(lab["d1"].ns, "wakeup_delay", 1 * MS),
    "counters read": lambda lab: lab.taps.append(state(lab)),  # type: ignore[attr-defined]
    "rp_filter": lambda lab: lab.hosts["host3"].sh(
        "sysctl -w net.ipv4.conf.all.rp_filter=1; ip route add 172.16.10.10 dev enp0s8.200"
    ),
}


def entry(lab: Lab, box: str = "d1", dev: str = "eth0", ip: str = "172.16.10.11") -> Neighbour:
    ns = lab[box].ns
    found = ns.neigh.lookup(ns.dev(dev), ip_int(ip))
    assert found is not None
    return found


def capture(lab: Lab) -> None:
    lab.hosts["host2"].ns.add_tap("enp0s8", lambda kind, frame: lab.taps.append((kind, frame.wire)))  # type: ignore[attr-defined]


def cable(lab: Lab) -> Any:
    return lab.switches["sw1"].ports["host2"].cable


PAIRS = (
    ("d1", "172.16.10.11"), ("d1", "172.16.20.10"), ("d1", "172.16.20.11"), ("d2", "172.16.20.11"),
    ("d3", "172.16.10.10"),
)  # fmt: skip
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


def build_routed(*, fastpath: bool, journal: bool) -> Lab:
    from exp2_two_vlans import build

    lab = Lab(seed=0, journal=journal, fastpath=fastpath)
    lab.taps = []  # type: ignore[attr-defined]
    build(lab)
    host3 = lab.host("host3", switch="sw1")
    host3.vlan("enp0s8", 100, ip="172.16.10.1/24")
    host3.vlan("enp0s8", 200, ip="172.16.20.1/24")
    host3.sysctl["net.ipv4.ip_forward"] = 1
    return lab


def play(change: Callable[[Lab], Any], *, fastpath: bool, journal: bool) -> dict[str, Any]:
    lab = build_routed(fastpath=fastpath, journal=journal)
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
    assert play(change, fastpath=True, journal=journal) == play(change, fastpath=False, journal=journal)


PINGS = (
    ("d1", "172.16.10.11", 11), ("d1", "172.16.20.10", 11), ("d3", "172.16.10.10", 300), ("d2", "172.16.20.11", 0)
)  # fmt: skip
"""From, to, and microseconds until the next: one without a router, one through it, one that crosses the first so that
their identifications mix, and one by itself.
"""
OFFSETS = (1, 24, 25, 26, 49, 51, 70, 76, 90, 99, 101, 120, 130, 149, 155, 176, 190, 199, 210, 300)
"""Microseconds after a request has set out: every cable takes 25 to cross, and waking ping 250."""


def ping_away(lab: Lab) -> None:
    lab.run(2)
    for source, target, pause in PINGS:
        lab[source].sh(f"ping -c 12 -i 0.2 -W 1 {target} > /tmp/{target} 2>&1 &")
        lab.run(pause * 1e-6)


@cache
def departures() -> list[int]:
    """When requests set out that every station has seen before, one of each ping but the one that crosses."""
    lab = build_routed(fastpath=True, journal=True)
    journal = lab.sim.journal
    assert journal is not None
    ping_away(lab)
    lab.run(2)
    sent: dict[tuple[str, str], list[int]] = {(source, target): [] for source, target, _ in PINGS}
    for record in journal.records:
        for (source, target), times in sent.items():
            if record.step == "xmit" and record.where.label == f"{source}:eth0" and record.uid not in journal.causes:
                assert record.frame is not None
                if record.frame.raw[30:34] == ip_int(target).to_bytes(4):
                    times.append(record.time)
    return [times[6] for (source, _), times in sent.items() if source != "d3"]


def play_under_way(
    change: Callable[[Lab], Any], time: int, *, softirq: bool, fastpath: bool, journal: bool = False
) -> dict[str, Any]:
    """Three pings at once, in the middle of whose requests and replies the change comes."""
    lab = build_routed(fastpath=fastpath, journal=journal)
    ping_away(lab)
    later = lab.sim.call_later if softirq else lab.sim.call_in_process
    later(int(time - lab.sim.now), change, lab)
    lab.run(4)
    texts = [lab[source].sh(f"cat /tmp/{target}").stdout for source, target, _ in PINGS if source in lab.boxes()]
    return {**state(lab), "texts": texts, "taps": lab.taps}  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_finds_packets_where_they_would_be(name: str) -> None:
    place = list(CHANGES).index(name)
    offsets = [OFFSETS[(3 * place + 7 * turn) % len(OFFSETS)] for turn in range(6)]
    times = [departures()[turn % 3] + offset * US for turn, offset in enumerate(offsets)]
    alone = departures()[2]  # of the ping that nothing else disturbs: on the way there, and back
    for turn, time in enumerate([*times, alone + 30 * US, alone + 70 * US]):
        plain = play_under_way(CHANGES[name], time, softirq=turn % 2 > 0, fastpath=False)
        assert play_under_way(CHANGES[name], time, softirq=turn % 2 > 0, fastpath=True) == plain, (turn, time)


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_finds_watched_packets_on_the_first_cable(name: str) -> None:
    time = departures()[list(CHANGES).index(name) % 3] + 12 * US
    plain = play_under_way(CHANGES[name], time, softirq=False, fastpath=False, journal=True)
    assert play_under_way(CHANGES[name], time, softirq=False, fastpath=True, journal=True) == plain


@pytest.mark.parametrize("offset", OFFSETS)
def test_who_reads_sees_packets_where_they_would_be(offset: int) -> None:
    for turn, departure in enumerate(departures()):
        time, softirq = departure + offset * US, (turn + offset) % 2 > 0
        plain = play_under_way(CHANGES["counters read"], time, softirq=softirq, fastpath=False)
        assert play_under_way(CHANGES["counters read"], time, softirq=softirq, fastpath=True) == plain


def two_hosts(fastpath: bool, ageing: float = 300) -> Lab:
    lab = Lab(seed=0, journal=False, fastpath=fastpath)
    lab.switch("sw1", ageing=ageing)
    for number in (1, 2, 3):
        lab.host(f"host{number}", nic="eth0", switch="sw1").addr_add("eth0", f"10.0.0.{number}/24")
    lab.run(2)
    return lab


@pytest.mark.parametrize("interval", [0.5, 1.7, 3])
def test_macs_age_while_packets_are_on_trips(interval: float) -> None:
    seen = []
    for fastpath in (True, False):
        lab = two_hosts(fastpath, ageing=2)
        text = lab["host1"].sh(f"ping -c 40 -i {interval} 10.0.0.2").stdout
        seen.append([text, state(lab)])
    assert seen[0] == seen[1]


def test_broken_requests_make_no_trips() -> None:
    seen = []
    for fastpath in (True, False):
        lab = two_hosts(fastpath)
        heard: list[bytes] = []

        def hear(message: Heard, heard: list[bytes] = heard) -> None:
            heard.append(message[1])

        sock = RawIcmpSocket(lab["host1"].ns, hear)
        for seq in range(20):
            csum = 0xF7FF - 0x1234 - seq - (seq > 9)
            sock.send(ip_int("10.0.0.2"), bytes((8, 0, *csum.to_bytes(2), 0x12, 0x34, 0, seq)), seq + 1)
            lab.run(0.1)
        assert len(heard) == 10
        seen.append([heard, state(lab)])
    assert seen[0] == seen[1]


def test_who_goes_step_by_step_sees_nothing_that_is_still_to_come() -> None:
    lab = build_routed(fastpath=True, journal=True)
    lab.run(2)
    lab["d1"].sh("ping -c 12 -i 0.2 -W 1 172.16.10.11 > /dev/null 2>&1 &")
    lab.run(1)
    assert lab.sim.journal is not None
    seen = 0
    while lab.sim.now < 5 * SECOND:
        lab.sim.step()
        records = lab.sim.journal.records
        assert all(record.time <= lab.sim.now for record in records[seen:])
        seen = len(records)
    assert seen
