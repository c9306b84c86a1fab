"""ip route against recorded texts."""

from __future__ import annotations

import pytest

from tests.unit.ip_lab import Ip

ROUTES = """\
default via 10.0.0.254 dev e0 
default via 10.0.0.252 dev e0 proto dhcp metric 100 
10.0.0.0/24 dev e0 proto kernel scope link src 10.0.0.1 
10.1.0.0/24 dev e1 proto kernel scope link src 10.1.0.1 metric 101 
10.5.0.0/16 via 10.0.0.9 dev e0 proto static src 10.0.0.1 
10.6.0.0/16 dev e0 scope link 
10.6.1.1 dev e0 scope host 
10.6.1.2 dev e0 mtu 1400 
unreachable 10.7.0.0/16 
blackhole 10.8.0.0/16 metric 5 
10.11.0.0/16 via 192.168.9.9 dev e0 onlink 
"""  # noqa: W291 -- so it prints


@pytest.fixture
def ip() -> Ip:
    """Two connected networks and some routes."""
    run = Ip()
    run("addr add 10.0.0.1/24 brd + dev e0")
    run("addr add 10.1.0.1/24 dev e1 metric 101")
    for words in (
        "default via 10.0.0.254",
        "default via 10.0.0.252 dev e0 proto dhcp metric 100",
        "10.5.0.0/16 via 10.0.0.9 src 10.0.0.1 proto static",
        "10.6.0.0/16 dev e0",
        "10.6.1.1 dev e0 scope host",
        "10.6.1.2 dev e0 scope global mtu 1400",
        "unreachable 10.7.0.0/16",
        "blackhole 10.8.0.0/16 metric 5",
        "10.11.0.0/16 via 192.168.9.9 dev e0 onlink",
        "throw 10.10.0.0/16 table 100",
    ):
        assert run(f"route add {words}") == ""
    return run


def test_show(ip: Ip) -> None:
    assert ip("route") == ROUTES
    assert ip("-6 route") == ""
    assert ip("route show table 100") == "throw 10.10.0.0/16 \n"
    assert ip("route show table all").startswith("throw 10.10.0.0/16 table 100 \ndefault via")
    assert ip("route show proto kernel") == (
        "10.0.0.0/24 dev e0 scope link src 10.0.0.1 \n10.1.0.0/24 dev e1 scope link src 10.1.0.1 metric 101 \n"
    )
    assert ip("route show dev e1") == "10.1.0.0/24 proto kernel scope link src 10.1.0.1 metric 101 \n"
    assert ip("route show match 10.6.1.1").splitlines()[2:] == [
        "10.6.0.0/16 dev e0 scope link ",
        "10.6.1.1 dev e0 scope host ",
    ]
    assert ip("-d route show 10.6.1.2") == "unicast 10.6.1.2 dev e0 proto boot scope global mtu 1400 \n"
    assert ip("-j route show 10.6.1.2") == '[{"dst":"10.6.1.2","dev":"e0","flags":[],"metrics":[{"mtu":1400}]}]\n'
    assert ip("route show table local").startswith("local 10.0.0.1 dev e0 proto kernel scope host src 10.0.0.1 \n")
    assert ip.fails("route show table 77") == ("Error: ipv4: FIB table does not exist.\nDump terminated\n", 2)


def test_the_document() -> None:
    """Main tables as iproute2 and busybox print them."""
    ip = Ip()
    ip("addr add 192.168.56.122/24 dev e0 metric 101")
    ip("addr add 192.168.108.2/24 dev e1 metric 100")
    ip("route add default via 192.168.108.1 dev e1 proto dhcp metric 100")
    assert ip("route") == (
        "default via 192.168.108.1 dev e1 proto dhcp metric 100 \n"
        "192.168.56.0/24 dev e0 proto kernel scope link src 192.168.56.122 metric 101 \n"
        "192.168.108.0/24 dev e1 proto kernel scope link src 192.168.108.2 metric 100 \n"
    )
    ip = Ip()
    ip("addr add 172.16.10.10/24 dev e0")
    ip("route add default via 172.16.10.1", "busybox")
    assert ip("route", "busybox") == (
        "default via 172.16.10.1 dev e0 \n172.16.10.0/24 dev e0 scope link  src 172.16.10.10 \n"
    )
    assert ip("route get 1.1.1.1", "busybox") == "1.1.1.1 via 172.16.10.1 dev e0  src 172.16.10.10 \n"


@pytest.mark.parametrize(
    ("words", "text", "code"),
    [
        ("add default via 10.0.0.253", "RTNETLINK answers: File exists\n", 2),
        ("add 10.12.0.0/16 via 192.168.9.9", "Error: Nexthop has invalid gateway.\n", 2),
        ("add 10.12.0.1/16 dev e0", "Error: Invalid prefix for given prefix length.\n", 2),
        ("add 10.12.0.0/16 dev nope", 'Cannot find device "nope"\n', 1),
        ("add 10.12.0.0/16", "RTNETLINK answers: No such device\n", 2),
        ("add 10.12.0.0/16 via foo", 'Error: inet address is expected rather than "foo".\n', 1),
        ("add 10.12.0.0/16 via", 'Command line is not complete. Try option "help"\n', 255),
        ("add 10.12.0.0/16 dev e0 src 9.9.9.9", "Error: Invalid prefsrc address.\n", 2),
        ("add 10.12.0.0/16 dev e0 blah", 'Error: either "to" is duplicate, or "blah" is garbage.\n', 255),
        ("add 10.12.0.0/16 dev e0 metric x", 'Error: argument "x" is wrong: "metric" value is invalid\n\n', 255),
        ("change 10.99.0.0/16 dev e0", "RTNETLINK answers: No such file or directory\n", 2),
        ("del 10.99.0.0/16", "RTNETLINK answers: No such process\n", 2),
        ("del 10.5.0.0/16 via 10.0.0.8", "RTNETLINK answers: No such process\n", 2),
        ("get", "need at least a destination address\n", 1),
        ("get 10.7.0.1", "RTNETLINK answers: No route to host\n", 2),
        ("get 10.8.0.1", "RTNETLINK answers: Invalid argument\n", 2),
        ("flush", '"ip route flush" requires arguments.\n', 1),
        ("replace ::1 dev 10 all", 'Error: either "to" is duplicate, or "all" is garbage.\n', 255),
    ],
)
def test_mistakes(ip: Ip, words: str, text: str, code: int) -> None:
    assert ip.fails(f"route {words}") == (text, code)
    assert ip("route") == ROUTES


@pytest.mark.parametrize(
    ("words", "text", "code"),
    [
        ("-4 route replace ::1 dev e0", 'Error: inet prefix is expected rather than "::1".\n', 1),
        ("-4 route show zz", 'Error: inet prefix is expected rather than "zz".\n', 1),
        ("-4 route add 10.0.0.5/33 dev e0", 'Error: inet prefix is expected rather than "10.0.0.5/33".\n', 1),
        ("-6 route add fd00::/64 dev e0 scope foo", 'Error: argument "foo" is wrong: invalid "scope" value\n\n', 255),
        ("-6 route show 10.0.0.1", 'Error: inet6 prefix is expected rather than "10.0.0.1".\n', 1),
        ("-6 route show iif e0", "not simulated: showing IPv6 routes by iif\n", 95),
        ("route show vrf x", "not simulated: showing routes by vrf\n", 95),
    ],
)
def test_mistakes_of_a_family(ip: Ip, words: str, text: str, code: int) -> None:
    assert ip.fails(words) == (text, code)


def test_get(ip: Ip) -> None:
    for words, text in (
        ("10.0.0.5", "10.0.0.5 dev e0 src 10.0.0.1 uid 0 \n    cache \n"),
        ("10.5.1.1", "10.5.1.1 via 10.0.0.9 dev e0 src 10.0.0.1 uid 0 \n    cache \n"),
        ("10.6.1.2", "10.6.1.2 dev e0 src 10.0.0.1 uid 0 \n    cache mtu 1400 \n"),
        ("10.0.0.1", "local 10.0.0.1 dev lo src 10.0.0.1 uid 0 \n    cache <local> \n"),
        ("10.0.0.255", "broadcast 10.0.0.255 dev e0 src 10.0.0.1 uid 0 \n    cache <local,brd> \n"),
        ("255.255.255.255", "broadcast 255.255.255.255 dev e0 src 10.0.0.1 uid 0 \n    cache <local,brd> \n"),
        ("1.1.1.1 from 10.0.0.1", "1.1.1.1 from 10.0.0.1 via 10.0.0.254 dev e0 uid 0 \n    cache \n"),
        ("fibmatch 10.5.1.1", "10.5.0.0/16 via 10.0.0.9 dev e0 proto static src 10.0.0.1 \n"),
    ):
        assert ip(f"route get {words}") == text


def test_learnt(ip: Ip) -> None:
    """Path MTU and redirects, and that they are forgotten."""
    exceptions = ip.host.ns.exceptions
    exceptions.learn_mtu(0x0A050101, 1400)
    exceptions.learn_gateway(0x0A050102, 0x0A000007)
    assert ip("route get 10.5.1.1").endswith("\n    cache expires 600sec mtu 1400 \n")
    assert ip("route show cache") == (
        "10.5.1.1 via 10.0.0.9 dev e0 \n    cache expires 600sec mtu 1400 \n"
        "10.5.1.2 via 10.0.0.7 dev e0 \n    cache <redirected> expires 300sec \n"
    )
    assert ip("route flush cache") == ""
    assert ip("route show cache") == ""


def test_changes(ip: Ip) -> None:
    ip("route append default via 10.0.0.253")
    ip("route replace 10.6.0.0/16 dev e1")
    ip("route del default metric 100")
    ip("route del 10.8.0.0/16")
    assert ip("route show default") == "default via 10.0.0.254 dev e0 \ndefault via 10.0.0.253 dev e0 \n"
    assert ip("route show 10.6.0.0/16") == "10.6.0.0/16 dev e1 scope link \n"
    assert ip("-s route flush dev e1") == (
        "\n*** Round 1, deleting 2 entries ***\n*** Flush is complete after 1 round ***\n"
    )
    ip("route flush table main")
    assert ip("route") == ""


def test_linkdown(ip: Ip) -> None:
    ip.host.ns.dev("e1").set_down()
    ip.host.sim.run(until=ip.host.sim.now + 10**9)
    assert ip("route show 10.0.0.0/24") == "10.0.0.0/24 dev e0 proto kernel scope link src 10.0.0.1 linkdown \n"


@pytest.mark.parametrize("word", ["zz", "any", "fe80::zz"])
def test_busybox_wants_an_address_to_get(word: str) -> None:
    ip = Ip()
    assert ip.fails(f"route get {word}", "busybox") == ("ip: need at least destination address\n", 1)
