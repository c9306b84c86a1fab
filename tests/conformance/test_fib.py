"""Routes: what operations do to the FIB, and which route a lookup takes (linux.md 8.13)."""

from __future__ import annotations

import random

import pytest

from macvsim.dev.veth import Veth
from macvsim.errors import NetlinkError
from macvsim.net.fib import Table
from macvsim.net.fibroute import Route, RouteType, Scope
from macvsim.net.namespace import Namespace
from macvsim.wire.addr import ip_int, ip_text, mask_int
from tests.conformance.lab import Lab

LOCAL_TABLE = 255
DEFAULT_TABLE = 253


class Two:
    """h with eth0 and eth1, veth devices that are up and have no address yet; `peers` are their other ends."""

    def __init__(self) -> None:
        self.lab = Lab()
        self.h: Namespace = self.lab.ns("h")
        wire = self.lab.ns("w")
        pairs = [self.lab.veth(self.h, f"eth{n}", wire, f"w{n}") for n in (0, 1)]
        self.eth0, self.eth1 = pairs[0][0], pairs[1][0]
        self.peers: list[Veth] = [pairs[0][1], pairs[1][1]]

    def main(self) -> list[tuple[str, str]]:
        """Prefix and device of each route of the table main."""
        return [(r.prefix, r.dev.name) for r in self.h.fib.routes()]

    def local(self, dev: Veth) -> list[tuple[str, str]]:
        """Type and prefix of the routes of the table local through a device."""
        return [(r.type.value, r.prefix) for r in self.h.fib.routes(LOCAL_TABLE) if r.dev is dev]

    def way(self, target: str) -> str:
        """Device a packet to the target takes, or the errno."""
        way = self.h.router.output(ip_int(target))
        return way.errno or way.dev.name  # type: ignore[union-attr]


# -- operations --------------------------------------------------------------------------------------------------------


@pytest.mark.rule("8.13a")
@pytest.mark.parametrize(
    ("address", "local", "main"),
    [
        ("10.0.0.1/24", [("local", "10.0.0.1"), ("broadcast", "10.0.0.255")], ["10.0.0.0/24"]),
        ("10.0.0.1/30", [("local", "10.0.0.1"), ("broadcast", "10.0.0.3")], ["10.0.0.0/30"]),
        ("10.0.0.1/31", [("local", "10.0.0.1")], ["10.0.0.0/31"]),
        ("10.0.0.1/32", [("local", "10.0.0.1")], []),
    ],
)
def test_address_added(address: str, local: list[tuple[str, str]], main: list[str]) -> None:
    """While the device is up; there is no broadcast entry for the network address (since 5.14)."""
    net = Two()
    net.lab.address(net.eth0, address)
    assert net.local(net.eth0) == local
    assert [(r.prefix, r.dev.name, r.scope, r.src, r.metric, r.proto) for r in net.h.fib.routes()] == [
        (prefix, "eth0", Scope.LINK, ip_int("10.0.0.1"), 0, "kernel") for prefix in main
    ]


@pytest.mark.rule("8.13a")
def test_address_added_while_down() -> None:
    net = Two()
    net.eth0.set_down()
    net.lab.address(net.eth0, "10.0.0.1/24")
    assert net.local(net.eth0) == [("local", "10.0.0.1")]
    assert net.main() == []
    net.eth0.set_up()
    assert net.local(net.eth0) == [("local", "10.0.0.1"), ("broadcast", "10.0.0.255")]
    assert net.main() == [("10.0.0.0/24", "eth0")]


@pytest.mark.rule("8.13a")
def test_second_address_in_the_subnet_has_its_local_entry_only() -> None:
    net = Two()
    net.lab.address(net.eth0, "10.0.0.1/24")
    net.lab.address(net.eth0, "10.0.0.2/24")
    assert net.local(net.eth0) == [("local", "10.0.0.1"), ("local", "10.0.0.2"), ("broadcast", "10.0.0.255")]
    assert len(net.main()) == 1
    assert {ip_text(r.src) for r in net.h.fib.routes(LOCAL_TABLE) if r.dev is net.eth0} == {"10.0.0.1"}


@pytest.mark.rule("8.13a")
def test_deleting_a_secondary_leaves_the_primary() -> None:
    net = Two()
    net.lab.address(net.eth0, "10.0.0.1/24")
    net.lab.address(net.eth0, "10.0.0.2/24")
    net.h.addresses.remove(net.eth0, ip_int("10.0.0.2"))
    assert net.local(net.eth0) == [("local", "10.0.0.1"), ("broadcast", "10.0.0.255")]
    assert net.main() == [("10.0.0.0/24", "eth0")]


@pytest.mark.rule("8.13a")
def test_deleting_the_primary_takes_its_secondaries_and_routes_with_that_source() -> None:
    net = Two()
    net.lab.address(net.eth0, "10.0.0.1/24")
    net.lab.address(net.eth0, "10.0.0.2/24")
    net.lab.address(net.eth0, "10.7.0.1/24")
    net.lab.route(net.h, "10.8.0.0/24", via="10.7.0.9", src=ip_int("10.0.0.1"))
    net.lab.route(net.h, "10.9.0.0/24", via="10.7.0.9")
    net.h.addresses.remove(net.eth0, ip_int("10.0.0.1"))
    assert [a.text for a in net.eth0.inet.addresses] == ["10.7.0.1/24"]
    assert net.main() == [("10.7.0.0/24", "eth0"), ("10.9.0.0/24", "eth0")]


@pytest.mark.rule("8.13a")
def test_last_address_gone_takes_all_routes_via_the_device() -> None:
    net = Two()
    net.lab.address(net.eth0, "10.0.0.1/24")
    net.lab.route(net.h, "default", via="10.0.0.9")
    net.lab.route(net.h, "192.168.0.0/24", dev=net.eth0)
    net.h.addresses.remove(net.eth0, ip_int("10.0.0.1"))
    assert net.main() == []
    assert net.local(net.eth0) == []


@pytest.mark.rule("8.13l")
def test_link_down_and_up() -> None:
    """Down keeps only `local` entries; up brings connected and broadcast routes back, not static ones."""
    net = Two()
    net.lab.address(net.eth0, "10.0.0.1/24")
    net.lab.route(net.h, "default", via="10.0.0.9")
    net.eth0.set_down()
    assert net.main() == []
    assert net.local(net.eth0) == [("local", "10.0.0.1")]
    net.eth0.set_up()
    assert net.main() == [("10.0.0.0/24", "eth0")]
    assert net.local(net.eth0) == [("local", "10.0.0.1"), ("broadcast", "10.0.0.255")]


@pytest.mark.rule("8.13l")
def test_carrier_loss_marks_routes_linkdown_and_they_are_still_used() -> None:
    net = Two()
    net.lab.address(net.eth0, "10.0.0.1/24")
    net.lab.route(net.h, "default", via="10.0.0.9")
    net.peers[0].set_down()
    assert [(r.prefix, r.linkdown) for r in net.h.fib.routes()] == [("default", True), ("10.0.0.0/24", True)]
    assert net.way("10.0.0.5") == "eth0"
    net.peers[0].set_up()
    assert [r.linkdown for r in net.h.fib.routes()] == [False, False]


@pytest.mark.rule("8.13l")
def test_moving_to_another_namespace_deletes_addresses_and_routes() -> None:
    net = Two()
    other = net.lab.ns("other")
    net.lab.address(net.eth0, "10.0.0.1/24")
    net.lab.route(net.h, "default", via="10.0.0.9")
    net.h.move(net.eth0, other)
    assert net.main() == []
    assert not net.h.is_local(ip_int("10.0.0.1"))
    assert not net.eth0.up
    assert net.eth0.inet.addresses == ()


@pytest.mark.rule("8.13l")
def test_renaming_keeps_addresses_and_routes() -> None:
    net = Two()
    net.lab.address(net.eth0, "10.0.0.1/24")
    net.h.rename(net.eth0, "lan")
    assert net.main() == [("10.0.0.0/24", "lan")]


# -- route add ---------------------------------------------------------------------------------------------------------


@pytest.mark.rule("8.13e")
def test_gateway_has_to_be_on_the_link() -> None:
    net = Two()
    net.lab.address(net.eth0, "10.0.0.1/24")
    net.lab.route(net.h, "10.5.0.0/24", via="10.0.0.9")
    for gateway in ("10.6.0.1", "10.5.0.1", "10.0.0.255"):
        with pytest.raises(NetlinkError) as refused:
            net.lab.route(net.h, "10.9.0.0/24", via=gateway)
        assert refused.value.extack == "Nexthop has invalid gateway"


@pytest.mark.rule("8.13e")
def test_own_address_is_taken_as_gateway() -> None:
    """Linux 6.12 takes it, whatever use it is (fib_check_nh_v4_gw lets RTN_LOCAL pass)."""
    net = Two()
    net.lab.address(net.eth0, "10.0.0.1/24")
    net.lab.route(net.h, "10.9.0.0/24", via="10.0.0.1")
    assert [(r.prefix, r.dev) for r in net.h.fib.routes() if r.gateway] == [("10.9.0.0/24", net.eth0)]


@pytest.mark.rule("8.13e")
def test_route_on_a_device_that_is_down() -> None:
    net = Two()
    net.eth0.set_down()
    with pytest.raises(NetlinkError) as refused:
        net.lab.route(net.h, "10.9.0.0/24", dev=net.eth0)
    assert (refused.value.errno, refused.value.extack) == ("ENETDOWN", "Device for nexthop is not up")


@pytest.mark.rule("8.13e")
def test_duplicate_route() -> None:
    net = Two()
    net.lab.address(net.eth0, "10.0.0.1/24")
    net.lab.route(net.h, "10.9.0.0/24", via="10.0.0.9")
    with pytest.raises(NetlinkError) as refused:
        net.lab.route(net.h, "10.9.0.0/24", via="10.0.0.8")
    assert refused.value.errno == "EEXIST"
    net.lab.route(net.h, "10.9.0.0/24", via="10.0.0.8", metric=5)
    assert len(net.main()) == 3


@pytest.mark.rule("8.13e")
def test_host_bits() -> None:
    net = Two()
    with pytest.raises(NetlinkError) as refused:
        net.lab.route(net.h, "10.9.0.1/24", dev=net.eth0)
    assert refused.value.extack == "Invalid prefix for given prefix length"


# -- lookup ------------------------------------------------------------------------------------------------------------


@pytest.mark.rule("8.13")
def test_longest_prefix() -> None:
    net = Two()
    net.lab.address(net.eth0, "10.0.0.1/24")
    net.lab.address(net.eth1, "10.1.0.1/24")
    net.lab.route(net.h, "default", via="10.0.0.9")
    net.lab.route(net.h, "10.0.0.128/25", dev=net.eth1)
    assert [net.way(ip) for ip in ("10.0.0.5", "10.0.0.200", "10.1.0.5", "8.8.8.8")] == ["eth0", "eth1", "eth1", "eth0"]


@pytest.mark.rule("8.13")
def test_tables_local_and_main_are_searched_as_one_and_local_wins_ties() -> None:
    net = Two()
    net.lab.address(net.eth0, "10.0.0.1/24")
    net.lab.route(net.h, "10.0.0.1/32", dev=net.eth1)
    assert net.way("10.0.0.1") == "lo"
    net.lab.route(net.h, "10.0.0.64/26", dev=net.eth1, table=LOCAL_TABLE)
    assert net.way("10.0.0.70") == "eth1"
    net.lab.route(net.h, "10.0.0.70/32", dev=net.eth0)
    assert net.way("10.0.0.70") == "eth0"


@pytest.mark.rule("8.13")
def test_lower_metric_wins_then_the_older_route() -> None:
    net = Two()
    net.lab.address(net.eth0, "10.0.0.1/24")
    net.lab.address(net.eth1, "10.0.0.2/24")
    assert net.way("10.0.0.5") == "eth0"
    net.lab.route(net.h, "10.5.0.0/24", dev=net.eth0, metric=20)
    net.lab.route(net.h, "10.5.0.0/24", dev=net.eth1, metric=10)
    assert net.way("10.5.0.5") == "eth1"


@pytest.mark.rule("8.13")
def test_bound_device_restricts_the_lookup_and_shorter_prefixes_follow() -> None:
    net = Two()
    net.lab.address(net.eth0, "10.0.0.1/24")
    net.lab.address(net.eth1, "10.1.0.1/24")
    net.lab.route(net.h, "10.0.0.0/16", via="10.1.0.9")
    way = net.h.router.output(ip_int("10.0.0.5"), oif=net.eth1)
    assert (way.dev, ip_text(way.nexthop)) == (net.eth1, "10.1.0.9")


@pytest.mark.rule("8.13", "8.13l")
@pytest.mark.parametrize("group", ["all", "eth0"])
def test_ignore_routes_with_linkdown(group: str) -> None:
    net = Two()
    net.lab.address(net.eth0, "10.0.0.1/24")
    net.lab.address(net.eth1, "10.1.0.1/24")
    net.lab.route(net.h, "10.0.0.0/16", via="10.1.0.9")
    net.peers[0].set_down()
    assert net.way("10.0.0.5") == "eth0"
    net.h.sysctl[f"net.ipv4.conf.{group}.ignore_routes_with_linkdown"] = 1
    assert net.way("10.0.0.5") == "eth1"


@pytest.mark.rule("8.13")
@pytest.mark.parametrize(
    ("type", "errno"),
    [
        (RouteType.UNREACHABLE, "EHOSTUNREACH"),
        (RouteType.PROHIBIT, "EACCES"),
        (RouteType.BLACKHOLE, "EINVAL"),
        (RouteType.THROW, "ENETUNREACH"),
    ],
)
def test_errors_of_route_types(type: RouteType, errno: str) -> None:
    net = Two()
    net.lab.address(net.eth0, "10.0.0.1/24")
    net.lab.route(net.h, "default", via="10.0.0.9")
    net.lab.route(net.h, "10.5.0.0/24", type=type)
    assert net.way("10.5.0.5") == errno
    assert net.way("10.6.0.5") == "eth0"


@pytest.mark.rule("8.13")
def test_no_route() -> None:
    assert Two().way("10.6.0.5") == "ENETUNREACH"


@pytest.mark.rule("8.13")
def test_table_default_comes_after_main_whatever_the_prefix() -> None:
    """Rule 32767 follows 32766: a shorter route of main is taken before a longer one of the table default."""
    net = Two()
    net.lab.address(net.eth0, "10.0.0.1/24")
    net.lab.route(net.h, "10.5.0.0/24", dev=net.eth1, table=DEFAULT_TABLE)
    assert net.way("10.5.0.5") == "eth1"
    net.lab.route(net.h, "default", via="10.0.0.9")
    assert net.way("10.5.0.5") == "eth0"


@pytest.mark.rule("8.13")
def test_throw_goes_on_with_the_next_table() -> None:
    net = Two()
    net.lab.address(net.eth0, "10.0.0.1/24")
    net.lab.route(net.h, "default", via="10.0.0.9")
    net.lab.route(net.h, "10.5.0.0/24", type=RouteType.THROW)
    net.lab.route(net.h, "default", dev=net.eth1, table=DEFAULT_TABLE)
    assert net.way("10.5.0.5") == "eth1"
    assert net.way("10.6.0.5") == "eth0"


@pytest.mark.rule("8.13")
def test_default_route_whose_gateway_failed_gives_way_to_the_next() -> None:
    """fib_select_default [S]: among default routes of equal metric."""
    net = Two()
    net.lab.address(net.eth0, "10.0.0.1/24")
    net.lab.address(net.eth1, "10.1.0.1/24")
    net.lab.route(net.h, "default", via="10.0.0.9")
    net.lab.route(net.h, "default", via="10.1.0.9", append=True)
    assert net.way("8.8.8.8") == "eth0"
    net.lab.ping(net.h, "8.8.8.8")
    assert net.lab.state(net.h, "eth0", "10.0.0.9") == "FAILED"
    assert net.way("8.8.8.8") == "eth1"


@pytest.mark.parametrize("size", [5, 16, 17, 300])
def test_tables_short_and_long_find_the_same(size: int) -> None:
    """Whether routes are looked through or searched, those that match come by length, metric and age."""
    dice = random.Random(size)
    table = Table()
    for age in range(1, size + 1):
        plen = dice.choice((0, 8, 12, 24, 24, 25, 32))
        route = Route(dice.choice((0x0A000000, 0x0A000100, 0x0A0001FF, 0x0B000000)) & mask_int(plen), plen,
                      metric=dice.randrange(3))  # fmt: skip
        route.age = age
        table = table.plus(route)
    for target in (0x0A000001, 0x0A000101, 0x0A0001FF, 0x0B000000, 0x7F000001):
        matching = [route for route in table.routes() if target & mask_int(route.plen) == route.dst]
        matching.sort(key=lambda route: (-route.plen, *route.order))
        assert list(table.candidates(target)) == matching
        assert table.first(target) is next(iter(matching), None)
        for plen in (0, 8, 24, 32):
            dst = target & mask_int(plen)
            assert list(table.of(dst, plen)) == [r for r in matching if r.plen == plen and r.dst == dst]
