"""What docker prints from data: tables, ages, orders, JSON."""

from __future__ import annotations

import json

import pytest

from macvsim.docker.inspection import (
    EndpointView,
    MemberView,
    NetworkView,
    compact,
    config_document,
    endpoint_document,
    network_document,
    render,
    settings_document,
    timestamp,
)
from macvsim.docker.ipam import AddressSpace
from macvsim.docker.ipam_config import consolidate
from macvsim.docker.profile import DOCKER_19_03, DOCKER_26_1
from macvsim.docker.tables import (
    CREATED_STATUS,
    ContainerRow,
    NetworkRow,
    container_table,
    exited_status,
    human_duration,
    human_size,
    natural_key,
    network_table,
    up_status,
)

SECOND = 1_000_000_000


def networks(*rows: tuple[str, str, str]) -> list[NetworkRow]:
    return [NetworkRow(short.ljust(64, "0"), name, driver) for short, name, driver in rows]


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0B"),
        (999, "999B"),
        (1000, "1kB"),
        (1001, "1.001kB"),
        (999_900, "999.9kB"),
        (10**6, "1MB"),
        (10**16, "1e+04TB"),
    ],
)
def test_sizes_have_the_largest_unit_they_reach(size: int, text: str) -> None:
    assert human_size(size) == text


def test_network_ls_of_26_1() -> None:
    rows = networks(
        ("6588949918db", "mac1", "macvlan"),
        ("baf2e11f41e8", "none", "null"),
        ("842bfe732411", "bridge", "bridge"),
        ("16255c5567d9", "host", "host"),
    )
    assert network_table(DOCKER_26_1, rows) == (
        "NETWORK ID     NAME      DRIVER    SCOPE\n"
        "842bfe732411   bridge    bridge    local\n"
        "16255c5567d9   host      host      local\n"
        "6588949918db   mac1      macvlan   local\n"
        "baf2e11f41e8   none      null      local\n"
    )


def test_network_ls_of_19_03_as_the_document_prints_it() -> None:
    rows = networks(
        ("128956db798a", "bridge", "bridge"),
        ("19fb1af129e6", "host", "host"),
        ("2509b3717813", "mac1", "macvlan"),
        ("d5b0798e725e", "none", "null"),
    )
    assert network_table(DOCKER_19_03, rows) == (
        "NETWORK ID          NAME                DRIVER              SCOPE\n"
        "128956db798a        bridge              bridge              local\n"
        "19fb1af129e6        host                host                local\n"
        "2509b3717813        mac1                macvlan             local\n"
        "d5b0798e725e        none                null                local\n"
    )


def test_columns_grow_with_their_cells() -> None:
    rows = networks(("39dda4d50794", "bad name", "bridge"), ("37c73323b0a2", "host", "host"))
    assert network_table(DOCKER_26_1, rows) == (
        "NETWORK ID     NAME       DRIVER    SCOPE\n"
        "39dda4d50794   bad name   bridge    local\n"
        "37c73323b0a2   host       host      local\n"
    )
    assert network_table(DOCKER_26_1, []) == "NETWORK ID   NAME      DRIVER    SCOPE\n"
    full = network_table(DOCKER_26_1, rows[1:], no_trunc=True).splitlines()
    assert full[0] == "NETWORK ID".ljust(67) + "NAME      DRIVER    SCOPE"
    assert full[1] == rows[1].id + "   host      host      local"
    assert network_table(DOCKER_26_1, rows, quiet=True) == "39dda4d50794\n37c73323b0a2\n"


def test_docker_ps() -> None:
    rows = [
        ContainerRow("85b071d84539" + "0" * 52, "busybox", "sh", 65 * SECOND, up_status(60 * SECOND), "c1"),
        ContainerRow("6fe660346452" + "0" * 52, "busybox", "sh", 34 * SECOND, exited_status(137, 15 * SECOND), "c6"),
        ContainerRow("3af05d83bcc4" + "0" * 52, "busybox", "sh", 30 * SECOND, up_status(SECOND // 2), "c7"),
    ]
    assert container_table(DOCKER_26_1, rows) == (
        "CONTAINER ID   IMAGE     COMMAND   CREATED              STATUS                        PORTS     NAMES\n"
        '3af05d83bcc4   busybox   "sh"      30 seconds ago       Up Less than a second                   c7\n'
        '6fe660346452   busybox   "sh"      34 seconds ago       Exited (137) 15 seconds ago             c6\n'
        '85b071d84539   busybox   "sh"      About a minute ago   Up About a minute                       c1\n'
    )
    assert container_table(DOCKER_26_1, rows, quiet=True).split() == ["3af05d83bcc4", "6fe660346452", "85b071d84539"]


def test_long_commands_are_cut() -> None:
    row = ContainerRow("f" * 64, "busybox", "ping -c 100000 172.16.10.3", SECOND, CREATED_STATUS, "p")
    assert '"ping -c 100000 172.…"' in container_table(DOCKER_26_1, [row])
    assert '"ping -c 100000 172.16.10.3"' in container_table(DOCKER_26_1, [row], no_trunc=True)


def test_natural_order() -> None:
    names = ["macdown", "mac10a", "mac10.2", "mac10", "mac02", "mac2", "mac1", "mac", "bridge", "Mac", "02x", "1"]
    expected = ["1", "02x", "Mac", "bridge", "mac", "mac1", "mac2", "mac02", "mac10", "mac10.2", "mac10a", "macdown"]
    assert sorted(names, key=natural_key) == expected


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.999, "Less than a second"),
        (1.999, "1 second"),
        (59.9, "59 seconds"),
        (60, "About a minute"),
        (119, "About a minute"),
        (120, "2 minutes"),
        (3599, "59 minutes"),
        (3600, "About an hour"),
        (5399, "About an hour"),
        (5400, "2 hours"),
        (47 * 3600, "47 hours"),
        (48 * 3600, "2 days"),
        (13 * 86400, "13 days"),
        (14 * 86400, "2 weeks"),
        (59 * 86400, "8 weeks"),
        (60 * 86400, "2 months"),
        (729 * 86400, "24 months"),
        (730 * 86400, "2 years"),
    ],
)
def test_durations(seconds: float, text: str) -> None:
    assert human_duration(int(seconds * SECOND)) == text


def test_timestamps_drop_trailing_zeros() -> None:
    assert timestamp(1795468356_298480071) == "2026-11-23T21:12:36.298480071Z"
    assert timestamp(1795468356_500000000) == "2026-11-23T21:12:36.5Z"
    assert timestamp(1795468356_000000000) == "2026-11-23T21:12:36Z"


INSPECT = """[
    {
        "Name": "mac1",
        "Id": "6588949918db8b687e7bfad0f8d5b582a3585ca2c5a0358bc445c72a8e1a772f",
        "Created": "2026-11-23T21:12:36.298480071Z",
        "Scope": "local",
        "Driver": "macvlan",
        "EnableIPv6": false,
        "IPAM": {
            "Driver": "default",
            "Options": {},
            "Config": [
                {
                    "Subnet": "172.16.10.0/24",
                    "Gateway": "172.16.10.1"
                }
            ]
        },
        "Internal": false,
        "Attachable": false,
        "Ingress": false,
        "ConfigFrom": {
            "Network": ""
        },
        "ConfigOnly": false,
        "Containers": {
            "85b071d845392a3a84cbc16a74b718a68940f7465841f0559b0cbf3a54b5e591": {
                "Name": "c1",
                "EndpointID": "02c970863c80d274ae0b7ca4ec032da8cba4ce12286b807f50645e419a47f6f0",
                "MacAddress": "02:42:ac:10:0a:02",
                "IPv4Address": "172.16.10.2/24",
                "IPv6Address": ""
            }
        },
        "Options": {
            "parent": "enp0s8"
        },
        "Labels": {}
    }
]
"""


def test_network_inspect() -> None:
    configs = consolidate(DOCKER_26_1, ["172.16.10.0/24"], gateways=["172.16.10.1"])
    member = MemberView(
        "85b071d845392a3a84cbc16a74b718a68940f7465841f0559b0cbf3a54b5e591",
        "c1",
        "02c970863c80d274ae0b7ca4ec032da8cba4ce12286b807f50645e419a47f6f0",
        "02:42:ac:10:0a:02",
        "172.16.10.2/24",
    )
    view = NetworkView(
        name="mac1",
        id="6588949918db8b687e7bfad0f8d5b582a3585ca2c5a0358bc445c72a8e1a772f",
        created=1795468356_298480071,
        driver="macvlan",
        leases=AddressSpace(DOCKER_26_1).allocate(configs),
        configs=configs,
        options={"parent": "enp0s8"},
        members=[member],
    )
    assert render([network_document(DOCKER_26_1, view)]) == INSPECT
    assert render([]) == "[]\n"


def test_what_inspect_shows_of_the_addresses() -> None:
    space = AddressSpace(DOCKER_26_1)
    docker0 = space.allocate()
    chosen = space.allocate()
    typed = space.allocate(consolidate(DOCKER_26_1, ["172.16.34.0/30"]))
    flags = consolidate(
        DOCKER_26_1,
        ["172.16.33.0/24"],
        ["172.16.33.128/25"],
        ["172.16.33.1"],
        {"router": "172.16.33.129", "nas": "172.16.33.7"},
    )
    full = space.allocate(flags)
    shown = [compact([config_document(lease) for lease in leases]) for leases in (docker0, chosen, typed, full)]
    assert shown == [
        '[{"Subnet":"172.17.0.0/16","Gateway":"172.17.0.1"}]',
        '[{"Subnet":"172.18.0.0/16","Gateway":"172.18.0.1"}]',
        '[{"Subnet":"172.16.34.0/30"}]',
        '[{"Subnet":"172.16.33.0/24","IPRange":"172.16.33.128/25","Gateway":"172.16.33.1",'
        '"AuxiliaryAddresses":{"nas":"172.16.33.7","router":"172.16.33.129"}}]',
    ]


def test_predefined_networks_have_no_ipam_options_and_members_are_sorted() -> None:
    members = [MemberView(letter * 64, letter, "e" * 64, "", "") for letter in "ba"]
    view = NetworkView("none", "f" * 64, 0, "null", ipam_options=None, members=members, labels={"z": "1", "a": "2"})
    document = network_document(DOCKER_26_1, view)
    assert compact(document["IPAM"]) == '{"Driver":"default","Options":null,"Config":[]}'
    assert list(json.loads(compact(document["Containers"]))) == ["a" * 64, "b" * 64]
    assert compact(document["Labels"]) == '{"a":"2","z":"1"}'


ENDPOINT = EndpointView(
    network="ipl2",
    asked_ipv4="172.16.50.2",
    network_id="e35ea2941d7f",
    endpoint_id="d65333e5ecbb",
    gateway="172.16.50.1",
    ipv4="172.16.50.2",
    prefixlen=24,
    dns_names=["a1", "d651acb4e0b1"],
)


def test_endpoint_keys_by_version() -> None:
    assert compact(endpoint_document(DOCKER_26_1, ENDPOINT)) == (
        '{"IPAMConfig":{"IPv4Address":"172.16.50.2"},"Links":null,"Aliases":null,"MacAddress":"",'
        '"NetworkID":"e35ea2941d7f","EndpointID":"d65333e5ecbb","Gateway":"172.16.50.1","IPAddress":"172.16.50.2",'
        '"IPPrefixLen":24,"IPv6Gateway":"","GlobalIPv6Address":"","GlobalIPv6PrefixLen":0,"DriverOpts":null,'
        '"DNSNames":["a1","d651acb4e0b1"]}'
    )
    assert list(endpoint_document(DOCKER_19_03, ENDPOINT))[-2:] == ["MacAddress", "DriverOpts"]


def test_only_the_default_bridge_shows_at_the_top() -> None:
    settings = settings_document(DOCKER_26_1, [ENDPOINT], sandbox_id="3c730aa21d8b" + "0" * 52)
    assert settings["IPAddress"] == "" and settings["MacAddress"] == "" and settings["IPPrefixLen"] == 0
    assert settings["SandboxKey"] == "/var/run/docker/netns/3c730aa21d8b"
    assert list(settings)[:4] == ["Bridge", "SandboxID", "SandboxKey", "Ports"] and list(settings)[-1] == "Networks"
    bridge = EndpointView("bridge", mac="02:42:ac:11:00:02", gateway="172.17.0.1", ipv4="172.17.0.2", prefixlen=16)
    both = settings_document(DOCKER_26_1, [ENDPOINT, bridge])
    assert (both["IPAddress"], both["Gateway"], both["SandboxKey"]) == ("172.17.0.2", "172.17.0.1", "")
    networks = both["Networks"]
    assert isinstance(networks, dict) and list(networks) == ["bridge", "ipl2"]
