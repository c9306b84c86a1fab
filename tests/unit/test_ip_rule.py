"""Routing policy: ``ip rule``, tables, and routes with several next hops, as Linux 6.18 and iproute2 6.15 answered."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from macvsim import Lab
from macvsim.docker.host import DockerHost
from macvsim.net.multipath import Hop, choose
from macvsim.wire.addr import ip_int

RECORD = Path(__file__).parents[1] / "data/rules/session.txt"


def two_networks() -> DockerHost:
    host = Lab().host("host", nics={}, ipv6=True)
    for name, net in (("d0", "10.0.0"), ("d1", "10.0.1")):
        for line in (f"link add name {name} type bridge", f"link set {name} up", f"addr add {net}.1/24 dev {name}"):
            assert not host.sh(f"ip {line}").code
    return host


def test_the_recorded_session() -> None:
    host = two_networks()
    for block in re.split(r"^\$ ", RECORD.read_text(), flags=re.M)[1:]:
        command, _, output = block.partition("\n")
        result = host.sh(command)
        assert f"{result}rc={result.code}\n" == output, command


def test_add_says_what_it_needs() -> None:
    result = two_networks().sh("ip rule add")
    assert (result.stderr, result.code) == ('"ip rule add" requires arguments.\n', 1)


def test_routes_by_gateway_leave_those_with_several_out() -> None:
    host = two_networks()
    host.sh("ip route add 10.1.0.0/16 via 10.0.0.9; ip route add 10.2.0.0/16 nexthop via 10.0.0.9 nexthop via 10.0.1.9")
    assert host.sh("ip route show via 10.0.0.9").stdout == "10.1.0.0/16 dev d0 \n"


@pytest.mark.parametrize(
    ("rule", "source", "gateway"),
    [
        ("from 10.0.1.0/24 table 7", "10.0.1.1", "10.0.1.9"),
        ("from 10.0.1.0/24 table 7", "10.0.0.1", "10.0.0.9"),
        ("not from 10.0.0.1 table 7", "10.0.1.1", "10.0.1.9"),
        ("to 8.8.0.0/16 table 7", "10.0.0.1", "10.0.1.9"),
        ("iif lo table 7", "10.0.0.1", "10.0.1.9"),
        ("iif d0 table 7", "10.0.0.1", "10.0.0.9"),
        ("table 7 suppress_prefixlength 0", "10.0.0.1", "10.0.0.9"),
        ("fwmark 1/1 table 7", "10.0.0.1", "10.0.0.9"),
    ],
)
def test_which_table_is_asked(rule: str, source: str, gateway: str) -> None:
    host = two_networks()
    host.sh("ip route add default via 10.0.0.9")
    host.sh("ip route add default via 10.0.1.9 table 7")
    host.sh(f"ip rule add {rule}")
    assert f"via {gateway} " in str(host.sh(f"ip route get 8.8.8.8 from {source}"))


@pytest.mark.parametrize(
    ("action", "said"),
    [("prohibit", "ping broadcast?"), ("unreachable", "Network is unreachable"), ("blackhole", "Invalid argument")],
)
def test_rules_that_refuse(action: str, said: str) -> None:
    host = two_networks()
    host.sh("ip route add default via 10.0.0.9")
    host.sh(f"ip rule add {action} to 9.9.9.0/24")
    assert said in str(host.sh("ping -c 1 -W 1 9.9.9.9"))
    host.sh("ip rule del to 9.9.9.0/24")
    assert "100% packet loss" in str(host.sh("ping -c 1 -W 1 9.9.9.9"))


def router(lab: Lab) -> tuple[DockerHost, DockerHost]:
    """A router with two ways out, and a host behind it."""
    inside, out1, out2 = (lab.switch(name) for name in ("inside", "out1", "out2"))
    r = lab.host("r", nics={"eth0": inside, "eth1": out1, "eth2": out2})
    a = lab.host("a", nics={"eth0": inside})
    for name, switch, number in (("g1", out1, 1), ("g2", out2, 2)):
        gateway = lab.host(name, nics={"eth0": switch})
        gateway.addr_add("eth0", f"10.0.{number}.2/24")
        gateway.addr_add("lo", "8.8.8.8/8")
        gateway.route_add("10.0.0.0/24", via=f"10.0.{number}.1")
    for number in range(3):
        r.addr_add(f"eth{number}", f"10.0.{number}.1/24")
    a.addr_add("eth0", "10.0.0.2/24")
    a.route_add("default", via="10.0.0.1")
    r.sysctl["net.ipv4.ip_forward"] = 1
    return r, a


def out_of(r: DockerHost, a: DockerHost, target: str) -> str:
    """Which card of the router the ping leaves by."""
    with r.capture() as capture:
        assert a.ping(target, count=1)
    return next(
        record.interface for record in capture.records if record.data[:6] != r.dev("eth0").mac
        and record.data[30:34] == ip_int(target).to_bytes(4) and record.data[23] == 1 and "eth0" not in record.interface
    )  # fmt: skip


def test_forwarding_by_source_and_mark() -> None:
    r, a = router(Lab())
    r.route_add("default", via="10.0.1.2")
    r.sh("ip route add default via 10.0.2.2 table 7")
    assert out_of(r, a, "8.8.8.8") == "r/eth1"
    r.sh("ip rule add from 10.0.0.2 lookup 7")
    assert out_of(r, a, "8.8.8.8") == "r/eth2"
    r.sh("ip rule del from 10.0.0.2")
    r.sh("ip rule add fwmark 5 lookup 7")
    assert out_of(r, a, "8.8.8.8") == "r/eth1"
    assert not r.sh("iptables -t mangle -A PREROUTING -i eth0 -j MARK --set-mark 5").code
    assert out_of(r, a, "8.8.8.8") == "r/eth2"


def test_marks_of_our_own_packets() -> None:
    r, _ = router(Lab())
    r.route_add("default", via="10.0.1.2")
    r.sh("ip route add default via 10.0.2.2 table 7")
    r.sh("ip rule add fwmark 5 lookup 7")
    r.sh("iptables -t mangle -A OUTPUT -p icmp -j MARK --set-mark 5")
    r.sh("iptables -t nat -A POSTROUTING -o eth2 -j MASQUERADE")
    with r.capture("eth2") as capture:
        assert "1 received" in str(r.sh("ping -c 1 8.8.8.8"))
    assert capture.records


def test_flows_are_spread_by_weight() -> None:
    hops = [Hop(1, None, 3), Hop(2, None, 1)]
    counts = Counter(choose(hops, number << 19, lambda hop: True).gateway for number in range(1 << 12))
    assert counts == {1: 3072, 2: 1024}
    hops[0].dead = True
    assert choose(hops, 5, lambda hop: True) is hops[1]


def test_multipath_forwarding() -> None:
    """Each destination keeps its way, all are used, and what is left carries on when a card goes down."""
    lab = Lab(seed=3)
    r, a = router(lab)
    assert not r.sh("ip route add default nexthop via 10.0.1.2 nexthop via 10.0.2.2").code
    ways = {f"8.8.8.{n}": out_of(r, a, f"8.8.8.{n}") for n in range(1, 25)}
    assert set(ways.values()) == {"r/eth1", "r/eth2"}
    assert all(out_of(r, a, target) == way for target, way in ways.items())
    r.dev("eth1").set_down()
    assert {out_of(r, a, target) for target in ways} == {"r/eth2"}


def test_ipv6() -> None:
    host = two_networks()
    host.sh("ip -6 addr add fd00::1/64 dev d0 nodad; ip -6 addr add fd01::1/64 dev d1 nodad")
    host.sh("ip -6 route add default via fd00::9; ip -6 route add default via fd01::9 table 9")
    assert not host.sh("ip -6 rule add from fd01::/64 table 9").code
    assert str(host.sh("ip -6 rule")) == (
        "0:\tfrom all lookup local\n32765:\tfrom fd01::/64 lookup 9\n32766:\tfrom all lookup main\n"
    )
    assert "via fd01::9" in str(host.sh("ip route get 2001:db8::1 from fd01::1"))
    assert "via fd00::9" in str(host.sh("ip route get 2001:db8::1 from fd00::1"))
    assert not host.sh("ip -6 rule del table 9").code
    assert "via fd00::9" in str(host.sh("ip route get 2001:db8::1 from fd01::1"))


def test_busybox() -> None:
    host = two_networks()
    host.sh("ip rule add from 10.0.0.0/24 table 100; ip rule add to 1.2.3.4 fwmark 1 blackhole")
    assert str(host.sh("busybox ip rule")) == (
        "0:\tfrom all lookup local \n"
        "32764:\tfrom all to 1.2.3.4 fwmark 0x1 lookup unspec blackhole\n"
        "32765:\tfrom 10.0.0.0/24 lookup 100 \n"
        "32766:\tfrom all lookup main \n"
        "32767:\tfrom all lookup default \n"
    )
    assert not host.sh("busybox ip rule add from 10.1.0.0/16 lookup 5 prio 9").code
    assert "9:\tfrom 10.1.0.0/16 lookup 5\n" in str(host.sh("ip rule"))
    assert str(host.sh("busybox ip rule add foo")) == "ip: invalid argument 'foo' to 'ip'\n"
