"""Docker's network drivers: recorded refusals in order, parents, bridge options, MAC addresses."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from ipaddress import IPv4Address, IPv4Network, IPv6Network

import pytest

from macvsim.docker.drivers import (
    check_create,
    check_single_instance,
    endpoint_mac,
    interface_prefix,
    parse_bridge,
)
from macvsim.docker.ipam_config import IpamConfig
from macvsim.docker.parents import (
    HostLinks,
    IpvlanOptions,
    MacvlanOptions,
    ParentKind,
    ParentPlan,
    ParentUse,
    check_pools,
    dummy_name,
    parse_ipvlan,
    parse_macvlan,
    plan_parent,
)
from macvsim.docker.profile import DOCKER_19_03, DOCKER_26_1, Profile
from macvsim.errors import DockerError

MAC1 = "5ee00858723d383323269073d6b8dcdcc2ead81973856049a994ea9268d321c9"
NEW = "33226d4dd179c1519951cf1f0c86c42cca58036af41f2c9f7d7a9ca14e935520"
TAKEN = ParentUse(MAC1, "enp0s8", MacvlanOptions())


@dataclass
class Links:
    """A host with these devices."""

    names: tuple[str, ...] = ("lo", "enp0s8", "enp0s9")

    def exists(self, name: str) -> bool:
        return name in self.names


def plan(
    options: dict[str, str],
    *,
    profile: Profile = DOCKER_26_1,
    links: HostLinks | None = None,
    others: Sequence[ParentUse] = (),
    internal: bool = False,
) -> ParentPlan:
    parsed = parse_macvlan(profile, options, internal=internal)
    return plan_parent(profile, parsed, NEW, links or Links(), others)


# -- before anything is allocated


@pytest.mark.parametrize(
    ("name", "driver", "sentence"),
    [
        ("mac1", "macvlan", "network with name mac1 already exists"),
        ("host", "bridge", "operation is not permitted on predefined host network"),
        ("bridge", "bridge", "operation is not permitted on predefined bridge network"),
        ("n3", "nosuchdriver", 'plugin "nosuchdriver" not found'),
        (
            "ov",
            "overlay",
            'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to '
            "swarm and try again.",
        ),
    ],
)
def test_refused_before_allocation(name: str, driver: str, sentence: str) -> None:
    with pytest.raises(DockerError) as caught:
        check_create(DOCKER_26_1, name, driver, ["bridge", "host", "none", "mac1"])
    assert str(caught.value) == sentence


def test_the_order_of_the_first_checks() -> None:
    bad = [IpamConfig("10.0.0.1/8")]
    with pytest.raises(DockerError, match="predefined"):
        check_create(DOCKER_26_1, "host", "nosuch", ["host"], bad)
    with pytest.raises(DockerError, match="it should be"):
        check_create(DOCKER_26_1, "mac1", "nosuch", ["mac1"], bad)
    with pytest.raises(DockerError, match="already exists"):
        check_create(DOCKER_26_1, "mac1", "nosuch", ["mac1"])
    check_create(DOCKER_26_1, "mac1", "macvlan", ["mac2"], [IpamConfig("10.0.0.0/8")])


# -- macvlan


@pytest.mark.parametrize(
    ("parent", "sentence"),
    [
        ("nosuch", "invalid subinterface vlan name nosuch, example formatting is eth0.10"),
        ("nosuch.100", "-o parent interface was not found on the host: nosuch"),
        ("nosuch.5000", "-o parent interface was not found on the host: nosuch"),
        ("enp0s8.5000", "vlan id must be between 1-4094, received: 5000"),
        ("enp0s8.4095", "vlan id must be between 1-4094, received: 4095"),
        ("enp0s8.0", "vlan id must be between 1-4094, received: 0"),
        ("enp0s8.abc", "unable to parse a valid vlan id from: abc (ex. eth0.10 for vlan 10)"),
        (
            "enp0s8.100.200",
            "required interface name format is: name.vlan_id, ex. eth0.10 for vlan 10, instead received enp0s8.100.200",
        ),
        ("lo", "loopback interface is not a valid macvlan parent link"),
    ],
)
def test_bad_parents(parent: str, sentence: str) -> None:
    with pytest.raises(DockerError) as caught:
        plan({"parent": parent})
    assert str(caught.value) == sentence


@pytest.mark.parametrize("mode", ["foo", "source", "Bridge"])
def test_bad_modes_come_before_bad_parents(mode: str) -> None:
    with pytest.raises(DockerError) as caught:
        plan({"parent": "lo", "macvlan_mode": mode})
    assert str(caught.value) == (
        f"requested macvlan mode '{mode}' is not valid, 'bridge' mode is the macvlan driver default"
    )


def test_all_four_modes_are_taken_and_other_options_ignored() -> None:
    for mode in ("bridge", "private", "vepa", "passthru"):
        assert parse_macvlan(DOCKER_26_1, {"parent": "enp0s8", "macvlan_mode": mode, "foo": "bar"}).mode == mode
    assert parse_macvlan(DOCKER_26_1, {"paretn": "enp0s8"}) == MacvlanOptions()


def test_what_is_made_for_a_parent() -> None:
    assert plan({"parent": "enp0s8"}) == ParentPlan("enp0s8", ParentKind.EXISTING)
    made = plan({"parent": "enp0s8.100"})
    assert made == ParentPlan("enp0s8.100", ParentKind.VLAN, "enp0s8", 100) and made.created
    assert plan({"parent": "enp0s8.030"}) == ParentPlan("enp0s8.030", ParentKind.VLAN, "enp0s8", 30)
    assert plan({}) == ParentPlan("dm-33226d4dd179", ParentKind.DUMMY)


def test_an_existing_device_is_taken_whatever_its_name() -> None:
    links = Links(("a.b.c", "vlan.5000"))
    for name in links.names:
        assert not plan({"parent": name}, links=links).created


def test_one_network_per_parent() -> None:
    used = [
        ParentUse("acf947d6ac1a" + "0" * 52, "enp0s9", MacvlanOptions()),
        ParentUse(MAC1, "enp0s8", MacvlanOptions()),
    ]
    with pytest.raises(DockerError) as caught:
        plan({"parent": "enp0s8"}, others=used)
    assert str(caught.value) == "network dm-5ee00858723d is already using parent interface enp0s8"
    assert dummy_name(MacvlanOptions(), MAC1) == "dm-5ee00858723d"
    plan({"parent": "enp0s8.100"}, others=used)


def test_later_versions_share_parents_except_in_passthru() -> None:
    later = replace(DOCKER_26_1, one_network_per_parent=False)
    plan({"parent": "enp0s8"}, profile=later, others=[TAKEN])
    with pytest.raises(DockerError):
        plan(
            {"parent": "enp0s8", "macvlan_mode": "passthru"},
            profile=later,
            others=[TAKEN],
        )
    with pytest.raises(DockerError):
        plan({"parent": "enp0s8"}, profile=later, others=[ParentUse(MAC1, "enp0s8", MacvlanOptions(mode="passthru"))])


def test_internal_networks() -> None:
    assert plan({"parent": "enp0s8"}, internal=True).device == "enp0s8"
    assert plan({"parent": "enp0s8"}, internal=True, profile=DOCKER_19_03).kind is ParentKind.DUMMY
    assert parse_macvlan(DOCKER_26_1, {"parent": "enp0s8"}, internal=True).isolated
    assert parse_macvlan(DOCKER_26_1, {}).isolated and not parse_macvlan(DOCKER_26_1, {}).internal
    assert not parse_macvlan(DOCKER_26_1, {"parent": "enp0s8"}).isolated


def test_ipvlan_options() -> None:
    for mode in ("l2", "l3", "l3s"):
        for flag in ("bridge", "private", "vepa"):
            parsed = parse_ipvlan(DOCKER_26_1, {"ipvlan_mode": mode, "ipvlan_flag": flag, "parent": "enp0s8"})
            assert (parsed.mode, parsed.flag, parsed.parent) == (mode, flag, "enp0s8")
    assert parse_ipvlan(DOCKER_26_1, {}) == IpvlanOptions("", False, "l2", "bridge")


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"ipvlan_mode": "l4", "ipvlan_flag": "zz", "parent": "lo"}, "requested ipvlan mode 'l4' is not valid, 'l2'"),
        (
            {"ipvlan_flag": "zz", "parent": "lo"},
            "requested ipvlan flag 'zz' is not valid, 'bridge' is the ipvlan driver",
        ),
        ({"parent": "lo"}, "loopback interface is not a valid ipvlan parent link"),
    ],
)
def test_ipvlan_refusals_in_order(options: dict[str, str], text: str) -> None:
    with pytest.raises(DockerError) as caught:
        parse_ipvlan(DOCKER_26_1, options)
    assert str(caught.value).startswith(text)


def test_ipvlan_before_20_10() -> None:
    """No mode l3s, and ipvlan_flag is an option nobody reads."""
    assert parse_ipvlan(DOCKER_19_03, {"ipvlan_flag": "zz"}).flag == "bridge"
    with pytest.raises(DockerError):
        parse_ipvlan(DOCKER_19_03, {"ipvlan_mode": "l3s"})


def test_ipvlan_parent_is_used_once_in_every_version() -> None:
    later = replace(DOCKER_26_1, one_network_per_parent=False)
    with pytest.raises(DockerError) as caught:
        plan_parent(later, IpvlanOptions("enp0s8"), NEW, Links(), [ParentUse(MAC1, "enp0s8", IpvlanOptions("enp0s8"))])
    assert str(caught.value) == "network di-5ee00858723d is already using parent interface enp0s8"
    assert plan_parent(later, IpvlanOptions(), NEW, Links(), []).device == "di-33226d4dd179"


def test_a_macvlan_network_needs_an_ipv4_subnet() -> None:
    check_pools(DOCKER_26_1, [IPv6Network("fd00::/64"), IPv4Network("10.0.0.0/8")])
    for subnets in ([], [IPv4Network("0.0.0.0/0")], [IPv6Network("fd00::/64")]):
        with pytest.raises(DockerError, match=r"^ipv4 pool is empty$"):
            check_pools(DOCKER_26_1, subnets)


# -- bridge, host, null


def test_bridge_options() -> None:
    plain = parse_bridge(DOCKER_26_1, {}, NEW, {})
    assert (plain.name, plain.mtu, plain.icc, plain.masquerade) == ("br-33226d4dd179", 0, True, True)
    options = {
        "com.docker.network.bridge.name": "lab0",
        "com.docker.network.bridge.enable_icc": "F",
        "com.docker.network.bridge.enable_ip_masquerade": "0",
        "com.docker.network.driver.mtu": "1400",
        "unknown": "ignored",
    }
    full = parse_bridge(DOCKER_26_1, options, NEW, {}, internal=True)
    assert (full.name, full.mtu, full.icc, full.masquerade, full.internal) == ("lab0", 1400, False, False, True)


@pytest.mark.parametrize(
    ("option", "value", "sentence"),
    [
        ("bridge.enable_icc", "yes", 'strconv.ParseBool: parsing "yes": invalid syntax'),
        ("driver.mtu", "big", 'strconv.Atoi: parsing "big": invalid syntax'),
        ("driver.mtu", "-1", "invalid MTU number: -1"),
        ("bridge.name", "docker0", f"conflicts with network {MAC1} \\(docker0\\): networks have same bridge name"),
    ],
)
def test_bad_bridge_options(option: str, value: str, sentence: str) -> None:
    with pytest.raises(DockerError, match=sentence):
        parse_bridge(DOCKER_26_1, {f"com.docker.network.{option}": value}, NEW, {"docker0": MAC1})


def test_host_and_null_exist_once() -> None:
    check_single_instance(DOCKER_26_1, "macvlan")
    for driver in ("host", "null"):
        with pytest.raises(DockerError, match=f'only one instance of "{driver}" network is allowed'):
            check_single_instance(DOCKER_26_1, driver)


def test_interface_prefix() -> None:
    assert interface_prefix({}) == "eth"
    assert interface_prefix({"com.docker.network.container_iface_prefix": "net"}) == "net"


# -- MAC addresses


@pytest.mark.parametrize(
    ("address", "mac"),
    [("172.16.10.2", "02:42:ac:10:0a:02"), ("172.16.33.128", "02:42:ac:10:21:80"), ("172.17.0.4", "02:42:ac:11:00:04")],
)
def test_macs_come_from_the_address(address: str, mac: str) -> None:
    assert endpoint_mac(DOCKER_26_1, IPv4Address(address), random.Random(1)) == mac


def test_later_macs_are_random_unicast_and_local() -> None:
    later = replace(DOCKER_26_1, mac_from_ipv4=False)
    rng = random.Random(1)
    drawn = [endpoint_mac(later, IPv4Address("172.16.10.2"), rng) for _ in range(100)]
    assert len(set(drawn)) == 100
    assert all(int(mac[:2], 16) & 0b11 == 0b10 and len(mac) == 17 for mac in drawn)
