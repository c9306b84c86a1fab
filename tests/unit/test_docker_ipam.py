"""Docker's address management: recorded sentences, order of allocation, sharing, release."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from ipaddress import IPv4Network, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from macvsim.docker.ipam import DEFAULT_POOLS, AddressSpace, Assignment, Lease
from macvsim.docker.ipam_config import IpamConfig, check_configs, check_endpoint, consolidate, parse_cidr
from macvsim.docker.profile import DOCKER_19_03, DOCKER_26_1, DefaultPools, DockerClientError, Profile
from macvsim.errors import DockerError

ID = "587dc66c9e984734dcbd985c3ae062081b53d3b309c953d19b43bc55f50d83aa"


class Flags:
    """Shorthand for ``docker network create``: the flags through all checks to the leases."""

    def __init__(self, profile: Profile = DOCKER_26_1, *, docker0: bool = True) -> None:
        self.profile = profile
        self.space = AddressSpace(profile)
        if docker0:
            self.space.allocate()

    def create(
        self,
        *subnets: str,
        ranges: Sequence[str] = (),
        gateways: Sequence[str] = (),
        aux: Mapping[str, str] | None = None,
        in_use: Sequence[IPv4Network] = (),
    ) -> tuple[Lease, ...]:
        configs = consolidate(self.profile, subnets, ranges, gateways, aux)
        check_configs(self.profile, configs)
        return self.space.allocate(configs, in_use=in_use)

    def run(self, leases: Sequence[Lease], address: str = "", name: str = "mac1") -> Assignment:
        check_endpoint(self.profile, name, [lease.config for lease in leases if lease.config.subnet], address=address)
        return self.space.assign(leases, name, ID, address)


def refusal(call: object, *args: object, **kwargs: object) -> tuple[str, bool]:
    """The sentence a call fails with, and whether the command line says it."""
    assert callable(call)
    with pytest.raises(DockerError) as caught:
        call(*args, **kwargs)
    return str(caught.value), isinstance(caught.value, DockerClientError)


# -- docker network create: recorded refusals


@pytest.mark.parametrize(
    ("subnet", "flags", "sentence"),
    [
        ("172.16.22.1/24", {}, "invalid network config:\ninvalid subnet 172.16.22.1/24: it should be 172.16.22.0/24"),
        ("172.16.22.0", {}, "invalid network config:\ninvalid subnet 172.16.22.0: invalid CIDR block notation"),
        ("172.16.22.0/33", {}, "invalid network config:\ninvalid subnet 172.16.22.0/33: invalid CIDR block notation"),
        ("nonsense", {}, "invalid network config:\ninvalid subnet nonsense: invalid CIDR block notation"),
        (
            "172.16.22.0/24",
            {"ranges": ["172.16.22.5/25"]},
            "invalid network config:\ninvalid ip-range 172.16.22.5/25: it should be 172.16.22.0/25",
        ),
        (
            "172.16.22.0/24",
            {"ranges": ["172.16.22.0/16"]},
            "invalid network config:\n"
            "* invalid ip-range 172.16.22.0/16: CIDR block is bigger than its parent subnet 172.16.22.0/24\n"
            "* invalid ip-range 172.16.22.0/16: it should be 172.16.0.0/16",
        ),
        (
            "172.16.22.0/24",
            {"gateways": ["172.16.22.0"]},
            "failed to allocate gateway (172.16.22.0): Address already in use",
        ),
        (
            "172.16.22.0/24",
            {"gateways": ["172.16.22.255"]},
            "failed to allocate gateway (172.16.22.255): Address already in use",
        ),
        (
            "172.16.24.0/24",
            {"gateways": ["172.16.24.5"], "aux": {"h": "172.16.24.5"}},
            "failed to allocate secondary ip address (h:172.16.24.5): Address already in use",
        ),
        (
            "172.16.94.0/24",
            {"aux": {"host": "172.16.94.1"}},
            "failed to allocate secondary ip address (host:172.16.94.1): Address already in use",
        ),
        (
            "172.16.22.0/24",
            {"aux": {"h": "172.16.22.5", "r": "172.16.22.5"}},
            "failed to allocate secondary ip address (r:172.16.22.5): Address already in use",
        ),
        ("0.0.0.0/0", {}, "Pool overlaps with other one on this address space"),
        ("172.17.0.0/16", {}, "Pool overlaps with other one on this address space"),
    ],
)
def test_refusals_of_the_daemon(subnet: str, flags: dict[str, object], sentence: str) -> None:
    docker = Flags()
    assert refusal(docker.create, subnet, **flags) == (sentence, False)
    # nothing is left behind: the same subnet can be had afterwards
    if subnet == "172.16.22.0/24":
        assert docker.create(subnet)[0].gateway == ip_address("172.16.22.1")


@pytest.mark.parametrize(
    ("subnets", "flags", "sentence"),
    [
        (["172.16.22.0/24"], {"gateways": ["10.0.0.1"]}, "no matching subnet for gateway 10.0.0.1"),
        ([], {"gateways": ["10.0.0.1"]}, "every ip-range or gateway must have a corresponding subnet"),
        (["172.16.22.0/24"], {"ranges": ["172.16.23.0/25"]}, "no matching subnet for range 172.16.23.0/25"),
        (["172.16.22.0/24"], {"aux": {"h": "172.16.23.5"}}, "no matching subnet for aux-address 172.16.23.5"),
        (
            ["172.16.0.0/16", "172.16.22.0/24"],
            {},
            "multiple overlapping subnet configuration is not supported",
        ),
    ],
)
def test_refusals_of_the_command_line(subnets: list[str], flags: dict[str, object], sentence: str) -> None:
    assert refusal(Flags().create, *subnets, **flags) == (sentence, True)


def test_every_problem_of_every_subnet_is_told() -> None:
    """moby ipamutils Validate: IPv6 subnets are looked at if the network has IPv6, the others are in any case."""
    bad6 = IpamConfig("2001:db8::1/64", gateway="10.0.0.1")
    bad4 = IpamConfig("10.0.0.0/24", "10.0.1.0/25", "10.0.2.1", {"h": "2001:db8::9", "i": "10.0.0.7"})
    about4 = (
        "invalid ip-range 10.0.1.0/25: parent subnet 10.0.0.0/24 doesn't contain ip-range",
        "invalid gateway 10.0.2.1: parent subnet 10.0.0.0/24 doesn't contain this address",
        "invalid auxiliary address h: parent subnet is an IPv4 block",
    )
    about6 = ("invalid subnet 2001:db8::1/64: it should be 2001:db8::/64",
              "invalid gateway 10.0.0.1: parent subnet is an IPv6 block")  # fmt: skip
    for configs, ipv6, problems in (
        ([bad6, bad4], False, about4),
        ([bad6, bad4], True, (*about6, *about4)),
        ([IpamConfig("x"), bad4], False, ("invalid subnet x: invalid CIDR block notation", *about4)),
    ):
        with pytest.raises(DockerError) as caught:
            check_configs(DOCKER_26_1, configs, ipv6=ipv6)
        head, *lines = str(caught.value).splitlines()
        assert (head, lines) == ("invalid network config:", [f"* {line}" for line in problems])
    check_configs(DOCKER_26_1, [bad6], ipv6=False)


def test_overlap_is_refused_in_both_directions() -> None:
    docker = Flags()
    docker.create("172.16.10.0/24", gateways=["172.16.10.1"])
    overlap = ("Pool overlaps with other one on this address space", False)
    assert refusal(docker.create, "172.16.10.0/24") == overlap
    assert refusal(docker.create, "172.16.0.0/16") == overlap
    assert refusal(docker.create, "172.16.10.128/25") == overlap
    docker.create("172.16.11.0/24")


def test_19_03_masks_host_bits_instead_of_refusing_them() -> None:
    docker = Flags(DOCKER_19_03)
    lease = docker.create("172.16.22.1/24")[0]
    assert lease.pool.subnet == IPv4Network("172.16.22.0/24")
    assert refusal(docker.create, "172.16.22.0")[0] == "Invalid subnet 172.16.22.0 : invalid CIDR address: 172.16.22.0"


# -- addresses


def test_addresses_are_handed_out_lowest_first_and_reused_at_once() -> None:
    docker = Flags()
    net = docker.create("172.16.10.0/24", gateways=["172.16.10.1"])
    c1, c5, c6 = docker.run(net, "172.16.10.2"), docker.run(net), docker.run(net)
    assert [str(c1), str(c5), str(c6)] == ["172.16.10.2/24", "172.16.10.3/24", "172.16.10.4/24"]
    docker.space.unassign(c5)
    assert str(docker.run(net)) == "172.16.10.3/24"
    assert str(docker.run(net)) == "172.16.10.5/24"
    docker.space.unassign(c1)
    assert str(docker.run(net)) == "172.16.10.2/24"


def test_an_ip_range_is_used_to_its_ends() -> None:
    docker = Flags()
    net = docker.create(
        "172.16.30.0/24", ranges=["172.16.30.128/29"], gateways=["172.16.30.1"], aux={"nas": "172.16.30.129"}
    )
    got = [str(docker.run(net).address) for _ in range(7)]
    assert got == [f"172.16.30.{last}" for last in (128, 130, 131, 132, 133, 134, 135)]
    full, _ = refusal(docker.run, net, name="mac30")
    assert full == f"no available IPv4 addresses on this network's address pools: mac30 ({ID})"
    assert refusal(docker.run, net, "172.16.30.129")[0] == "Address already in use"
    assert str(docker.run(net, "172.16.30.200")) == "172.16.30.200/24"


def test_the_first_address_of_an_ip_range_is_used_again() -> None:
    """Recording 973: .128 of 172.16.30.128/29, freed, is the next to be given; .129 is still in use."""
    docker = Flags()
    net = docker.create("172.16.30.0/24", ranges=["172.16.30.128/29"], gateways=["172.16.30.1"])
    first, second = docker.run(net), docker.run(net)
    assert [str(first), str(second)] == ["172.16.30.128/24", "172.16.30.129/24"]
    docker.space.unassign(first)
    assert [str(docker.run(net).address) for _ in range(2)] == ["172.16.30.128", "172.16.30.130"]
    docker.space.unassign(docker.run(net, "172.16.30.9"))
    assert str(docker.run(net).address) == "172.16.30.131", "an address outside the range does not move its start"


def test_a_tiny_network_has_room_for_one() -> None:
    docker = Flags()
    net = docker.create("172.16.34.0/30")
    assert net[0].gateway == ip_address("172.16.34.1")
    assert str(docker.run(net, name="tiny").address) == "172.16.34.2"
    assert refusal(docker.run, net, name="tiny")[0] == (
        f"no available IPv4 addresses on this network's address pools: tiny ({ID})"
    )


@pytest.mark.parametrize("address", ["172.16.10.1", "172.16.10.0", "172.16.10.255", "172.16.10.7"])
def test_reserved_addresses_cannot_be_asked_for(address: str) -> None:
    docker = Flags()
    net = docker.create("172.16.10.0/24", gateways=["172.16.10.1"], aux={"nas": "172.16.10.7"})
    assert refusal(docker.run, net, address)[0] == "Address already in use"


def test_the_first_free_address_of_the_ip_range_is_the_gateway_if_none_is_given() -> None:
    lease = Flags().create("172.16.33.0/24", ranges=["172.16.33.128/25"])[0]
    assert lease.gateway == ip_address("172.16.33.128")


def test_no_gateway_is_taken_where_the_version_gives_none() -> None:
    docker = Flags()
    leases = docker.space.allocate([IpamConfig("172.16.40.0/24")], auto_gateway=False)
    assert leases[0].gateway is None
    assert str(docker.run(leases).address) == "172.16.40.1"


def test_an_address_is_looked_for_in_the_subnet_that_holds_it() -> None:
    docker = Flags()
    net = docker.create("172.16.35.0/24", "172.16.36.0/24", gateways=["172.16.35.1", "172.16.36.1"])
    taken = docker.run(net, "172.16.36.9")
    assert str(taken) == "172.16.36.9/24" and taken.lease.gateway == ip_address("172.16.36.1")
    assert str(docker.run(net)) == "172.16.35.2/24"


def test_the_second_subnet_is_used_when_the_first_is_full() -> None:
    docker = Flags()
    net = docker.create("172.16.35.0/30", "172.16.36.0/24")
    assert [str(docker.run(net)) for _ in range(2)] == ["172.16.35.2/30", "172.16.36.2/24"]


def test_a_slash_31_has_no_reserved_addresses() -> None:
    docker = Flags()
    net = docker.create("10.0.0.0/31")
    assert net[0].gateway == ip_address("10.0.0.0")
    assert str(docker.run(net)) == "10.0.0.1/31"
    # nothing free at all: even an address asked for is refused with the other sentence
    assert refusal(docker.run, net, "10.0.0.1")[0] == "no available addresses on this pool"


def test_ipv6_pools_reserve_the_subnet_router_address() -> None:
    docker = Flags()
    leases = docker.space.allocate([IpamConfig("172.16.62.0/24"), IpamConfig("2001:db8:1::/64")])
    assert leases[1].gateway == ip_address("2001:db8:1::1")
    assert str(docker.space.assign(leases, "v6", ID, version=6)) == "2001:db8:1::2/64"
    assert str(docker.space.assign(leases, "v6", ID)) == "172.16.62.2/24"


# -- the loophole


def test_an_ip_range_lets_two_networks_share_a_subnet() -> None:
    docker = Flags()
    first = docker.create("10.1.0.0/16", gateways=["10.1.0.1"])
    second = docker.create("10.1.0.0/16", ranges=["10.1.7.0/24"], gateways=["10.1.0.2"])
    assert str(docker.run(first)) == "10.1.0.3/16"
    assert str(docker.run(second)) == "10.1.7.0/16"
    assert refusal(docker.run, second, "10.1.0.3")[0] == "Address already in use"
    # the same range again is an overlap, and so is the same gateway
    assert refusal(docker.create, "10.1.0.0/16", ranges=["10.1.7.0/24"])[0].startswith("Pool overlaps")
    assert refusal(docker.create, "10.1.0.0/16", ranges=["10.1.8.0/24"], gateways=["10.1.0.1"])[0] == (
        "failed to allocate gateway (10.1.0.1): Address already in use"
    )


def test_an_ip_range_skips_the_overlap_check() -> None:
    docker = Flags()
    docker.create("10.1.0.0/16")
    assert docker.create("10.1.7.0/24", ranges=["10.1.7.128/25"])[0].pool.subnet == IPv4Network("10.1.7.0/24")


def test_a_shared_subnet_is_freed_with_its_last_network() -> None:
    docker = Flags()
    first = docker.create("10.1.0.0/16")
    second = docker.create("10.1.0.0/16", ranges=["10.1.7.0/24"])
    docker.space.release(first)
    assert refusal(docker.create, "10.1.0.0/16")[0].startswith("Pool overlaps")
    docker.space.release(second)
    assert docker.create("10.1.0.0/16")[0].gateway == ip_address("10.1.0.1")


# -- default pools


def test_a_freed_default_pool_is_not_reused_at_once() -> None:
    docker = Flags()
    given = []
    for _ in range(3):
        leases = docker.create()
        given.append(str(leases[0].pool.subnet))
        docker.space.release(leases)
    assert given == ["172.18.0.0/16", "172.19.0.0/16", "172.20.0.0/16"]
    assert docker.create()[0].gateway == ip_address("172.21.0.1")


def test_default_pools_start_again_at_the_first_when_all_were_given() -> None:
    """Recording 973."""
    docker = Flags()
    given = [docker.create() for _ in DEFAULT_POOLS[1:]]

    def release_and_create(*places: int) -> str:
        docker.space.release([lease for place in places for lease in given[place]])
        given.append(docker.create())
        return str(given[-1][0].pool.subnet)

    assert release_and_create(4, 8) == "172.22.0.0/16"
    assert str(docker.create()[0].pool.subnet) == "172.26.0.0/16"
    assert refusal(docker.create)[0].startswith("could not find an available, non-overlapping IPv4 address pool")
    assert release_and_create(2) == "172.20.0.0/16", "the search goes on from the last one given, round the end"
    assert release_and_create(0, 5) == "172.18.0.0/16", "after that it starts at the first"
    assert release_and_create() == "172.23.0.0/16"
    assert release_and_create(29, 1) == "192.168.240.0/20"
    assert release_and_create() == "172.19.0.0/16"


def test_later_versions_reuse_the_lowest_pool() -> None:
    docker = Flags(replace(DOCKER_26_1, default_pools=DefaultPools.LOWEST))
    docker.space.release(docker.create())
    assert str(docker.create()[0].pool.subnet) == "172.18.0.0/16"


def test_default_pools_run_out() -> None:
    docker = Flags()
    pools = [str(docker.create()[0].pool.subnet) for _ in DEFAULT_POOLS[1:]]
    assert pools[13:16] == ["172.31.0.0/16", "192.168.0.0/20", "192.168.16.0/20"]
    assert pools[-1] == "192.168.240.0/20"
    assert refusal(docker.create)[0] == (
        "could not find an available, non-overlapping IPv4 address pool among the defaults to assign to the network"
    )


def test_default_pools_avoid_networks_and_the_prefixes_of_the_host() -> None:
    docker = Flags()
    docker.create("172.18.5.0/24")
    host = [IPv4Network("0.0.0.0/0"), IPv4Network("172.19.3.0/24")]
    assert str(docker.create(in_use=host)[0].pool.subnet) == "172.20.0.0/16"
    # but a subnet given by the user may clash with them
    assert docker.create("172.19.3.0/24", in_use=host)


# -- docker run --ip


@pytest.mark.parametrize(
    ("network", "subnets", "address", "sentence"),
    [
        (
            "mac1",
            ["172.16.10.0/24"],
            "172.16.11.2",
            "invalid config for network mac1: invalid endpoint settings:\n"
            "no configured subnet or ip-range contain the IP address 172.16.11.2",
        ),
        (
            "mac1",
            ["172.16.10.0/24"],
            "999.1.1.1",
            "invalid config for network mac1: invalid endpoint settings:\n"
            "* invalid IPv4 address: 999.1.1.1\n"
            "* no configured subnet or ip-range contain the IP address 999.1.1.1",
        ),
        (
            "bridge",
            [],
            "172.17.0.9",
            "invalid config for network bridge: invalid endpoint settings:\n"
            "* user specified IP address is supported on user defined networks only\n"
            "* user specified IP address is supported only when connecting to networks with user configured subnets",
        ),
        (
            "nosub",
            [],
            "172.18.0.9",
            "invalid config for network nosub: invalid endpoint settings:\n"
            "user specified IP address is supported only when connecting to networks with user configured subnets",
        ),
    ],
)
def test_endpoint_settings_are_checked_before_the_container_is_made(
    network: str, subnets: list[str], address: str, sentence: str
) -> None:
    configs = [IpamConfig(subnet) for subnet in subnets]
    assert refusal(check_endpoint, DOCKER_26_1, network, configs, address=address) == (sentence, False)


def test_network_connect_words_it_without_the_network() -> None:
    configs = [IpamConfig("172.16.10.0/24")]
    assert refusal(check_endpoint, DOCKER_26_1, "mac10", configs, address="172.16.10.300", at_create=False)[0] == (
        "invalid endpoint settings:\n"
        "* invalid IPv4 address: 172.16.10.300\n"
        "* no configured subnet or ip-range contain the IP address 172.16.10.300"
    )


def test_an_address_outside_the_ip_range_or_without_a_network_passes() -> None:
    check_endpoint(DOCKER_26_1, "rng", [IpamConfig("172.16.33.0/24", "172.16.33.128/25")], address="172.16.33.50")
    check_endpoint(DOCKER_26_1, "nosuchnet", None, address="172.16.10.50")


def test_19_03_finds_an_address_outside_when_it_allocates() -> None:
    docker = Flags(DOCKER_19_03)
    net = docker.create("172.16.10.0/24")
    assert refusal(docker.run, net, "172.16.11.2")[0] == (
        "Invalid address 172.16.11.2: It does not belong to any of this network's subnets"
    )
    assert refusal(check_endpoint, DOCKER_19_03, "bridge", [], address="172.17.0.9")[0] == (
        "user specified IP address is supported on user defined networks only"
    )


# -- notation and invariants


@pytest.mark.parametrize("text", ["10.0.0.0", "10.0.0.0/", "10.0.0.0/08", "10.0.0.0/+8", "10.0.0.0/255.0.0.0", "/8"])
def test_what_is_not_cidr_notation(text: str) -> None:
    assert parse_cidr(text) is None


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 13)), max_size=60))
def test_never_twice_and_always_the_lowest(steps: list[tuple[bool, int]]) -> None:
    docker = Flags()
    net = docker.create("10.9.0.0/28")
    held: dict[int, Assignment] = {}
    for take, which in steps:
        if not take:
            gone = held.pop(which, None)
            if gone is not None:
                docker.space.unassign(gone)
            continue
        lowest = next((last for last in range(2, 15) if last not in held), None)
        if lowest is None:
            assert refusal(docker.run, net)[0].startswith("no available IPv4 addresses")
            continue
        got = docker.run(net)
        assert str(got) == f"10.9.0.{lowest}/28"
        held[lowest] = got
