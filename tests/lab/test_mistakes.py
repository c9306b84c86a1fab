"""Users' mistakes: one clear error that names what, where and what to do; and nothing is left half-made."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from macvsim import DockerError, Lab, MacvsimError, NetlinkError, TopologyError


def lab() -> Lab:
    """Two hosts on a switch, a network with one container on the first."""
    made = Lab(seed=0)
    sw1 = made.switch("sw1")
    for name in ("host1", "host2"):
        made.host(name, nic="enp0s8", switch=sw1)
    made.hosts["host1"].docker.network_create("mac1", driver="macvlan", subnet="172.16.10.0/24", parent="enp0s8")
    made.hosts["host1"].docker.run("c1", network="mac1", ip="172.16.10.2")
    return made


def shape(made: Lab) -> object:
    """Everything a mistake could have left behind."""
    return {
        name: (
            [(dev.name, dev.up, dev.mtu, sorted(dev.vlans), len(dev.uppers)) for dev in box.ns.devices.values()],
            [(r.prefix, r.dev.name if r.dev else "") for r in box.ns.fib.routes()],
            [a.text for dev in box.ns.devices.values() for a in dev.inet.addresses],
        )
        for name, box in made.boxes().items()
    } | {
        "switches": list(made.switches),
        "cables": [cable.label for cable in made.cables],
        "networks": [network.name for network in made.hosts["host1"].docker.network_ls()],
    }


def create(
    subnet: str, name: str = "new", *, parent: str = "enp0s8.7", gateway: str | tuple[()] = ()
) -> Callable[[Lab], object]:
    return lambda made: made.hosts["host1"].docker.network_create(
        name, driver="macvlan", subnet=subnet, gateway=gateway, parent=parent
    )


MISTAKES: dict[str, tuple[Callable[[Lab], object], type[MacvsimError], str]] = {
    "a TTL no packet has": (
        lambda m: m["c1"].ping("172.16.10.2", ttl=300),
        MacvsimError,
        "ping(ttl=300): a packet's TTL is 1 to 255",
    ),
    "a machine for an address": (
        lambda m: m["c1"].ping(m["host1"]),  # type: ignore[arg-type]
        MacvsimError,
        "give an address or a name, such as '172.16.10.3'",
    ),
    "a cable to nowhere": (
        lambda m: m.cable("host1:enp0s8", "sw9:1"),
        TopologyError,
        "sw9:1: name NODE:INTERFACE, where the nodes are sw1, host1, host2",
    ),
    "unknown device": (
        lambda m: m["host1"].vlan("eth7", 100),
        NetlinkError,
        "host1 has no device eth7: it has lo, enp0s8",
    ),
    "VID 4095": (
        lambda m: m["host1"].vlan("enp0s8", 4095),
        NetlinkError,
        "VLAN 4095 on host1:enp0s8: a VID is 0 to 4094",
    ),
    "bad address": (lambda m: m["host1"].vlan("enp0s8", 100, ip="172.16.10/24"), MacvsimError, "not an IPv4 address"),
    "overlapping subnet": (create("172.16.0.0/16"), DockerError, "Pool overlaps with other one on this address space"),
    "host bits": (create("172.16.20.1/24"), DockerError, "it should be 172.16.20.0/24"),
    "duplicate network": (create("172.16.30.0/24", "mac1"), DockerError, "network with name mac1 already exists"),
    "parent in use": (
        create("172.16.30.0/24", parent="enp0s8"),
        DockerError,
        "is already using parent interface enp0s8",
    ),
    "parent missing": (create("172.16.30.0/24", parent="eth7"), DockerError, "invalid subinterface vlan name eth7"),
    "parent's parent missing": (
        create("172.16.30.0/24", parent="eth7.100"),
        DockerError,
        "parent interface was not found on the host: eth7",
    ),
    "gateway outside": (create("172.16.30.0/24", gateway="10.0.0.1"), DockerError, "no matching subnet for gateway"),
    "host twice": (lambda m: m.host("host1"), TopologyError, "the lab has a host 'host1' already"),
    "switch named like a host": (lambda m: m.switch("host1"), TopologyError, "the lab has a host 'host1' already"),
    "unknown switch": (lambda m: m.host("host9", switch="sw9"), TopologyError, "no switch 'sw9'; it has sw1"),
    "unknown flavour": (lambda m: m.host("host9", flavour="beos"), TopologyError, "no flavour 'beos'"),
    "occupied port": (
        lambda m: m.cable(m["host2"].dev("enp0s8"), m.switches["sw1"].port("host1")),
        TopologyError,
        "already has a cable",
    ),
    "cable to lo": (lambda m: m.cable(m["host1"].dev("lo"), m["host2"].dev("enp0s8")), TopologyError, "takes no cable"),
    "unknown box": (lambda m: m["c9"], TopologyError, "it has host1, host2, c1"),
    "unknown policy": (lambda m: m.switch("sw2", policy="vmwear"), MacvsimError, "vmwear"),
    "unknown macvlan mode": (lambda m: m["host1"].macvlan("enp0s8", "shim", mode="hub"), NetlinkError, "no mode 'hub'"),
    "macvlan on lo": (lambda m: m["host1"].macvlan("lo", "shim"), NetlinkError, "loopback"),
    "shim with a bad address": (
        lambda m: m["host1"].macvlan("enp0s8", "shim", ip="172.16.10.300/32"),
        MacvsimError,
        "not an IPv4 address",
    ),
    "route without a way": (
        lambda m: m["host1"].route_add("10.0.0.0/8", via="10.9.9.9"),
        NetlinkError,
        "gateway 10.9.9.9",
    ),
    "route with host bits": (
        lambda m: m["c1"].route_add("10.0.0.1/8", dev="eth0"),
        NetlinkError,
        "host bits are set, write 10.0.0.0/8",
    ),
    "address twice": (lambda m: m["c1"].addr_add("eth0", "172.16.10.2/24"), NetlinkError, "has 172.16.10.2/24 already"),
    "MTU": (lambda m: m["c1"].link_set("eth0", mtu=9000), NetlinkError, "above that of host1:enp0s8"),
    "group MAC": (lambda m: m["c1"].link_set("eth0", address="01:00:5e:00:00:01"), NetlinkError, "unicast address"),
    "no MAC": (lambda m: m["c1"].link_set("eth0", address="zz"), MacvsimError, "not a MAC address"),
    "unknown parameter": (lambda m: m["host1"].sysctl["net.ipv4.nosuch"], MacvsimError, "net.ipv4.nosuch"),
    "unknown Docker version": (lambda m: Lab(docker="17.05"), MacvsimError, "17.05"),
    "back in time": (lambda m: m.run(-1), MacvsimError, "time only goes forward"),
}


@pytest.mark.parametrize("mistake", list(MISTAKES))
def test_says_what_is_wrong_and_changes_nothing(mistake: str) -> None:
    act, kind, words = MISTAKES[mistake]
    made = lab()
    before = shape(made)
    with pytest.raises(kind) as raised:
        act(made)
    assert words in str(raised.value)
    assert "\n" not in str(raised.value).strip() or kind is DockerError
    assert shape(made) == before


def test_ends_of_cables_by_name() -> None:
    made = Lab(seed=0)
    made.switch("sw1")
    for number in (1, 2):
        made.host(f"host{number}", nic="eth0").addr_add("eth0", f"10.0.0.{number}/24")
    made.cable("host1:eth0", "sw1:1", delay=1000)
    made.plug("sw1:2", "host2:eth0")
    assert made["host1"].ping("10.0.0.2", count=1)
    assert made.copy()["host1"].ping("10.0.0.2", count=1)


def test_run_outside_the_subnet() -> None:
    """Docker itself leaves a created container behind only when the address is taken, not when it is outside."""
    made = lab()
    before = shape(made)
    with pytest.raises(DockerError, match=r"no configured subnet or ip-range contain the IP address 10\.0\.0\.9"):
        made.hosts["host1"].docker.run("c2", network="mac1", ip="10.0.0.9")
    assert shape(made) == before


def test_duplicate_container_name() -> None:
    made = lab()
    with pytest.raises(DockerError, match='The container name "/c1" is already in use'):
        made.hosts["host1"].docker.run("c1", network="mac1", ip="172.16.10.3")


def test_journal_off_says_so() -> None:
    made = Lab(seed=0, journal=False)
    host = made.host("host1")
    ping = host.ping("127.0.0.1", count=1)
    with pytest.raises(MacvsimError, match="keeps no journal"):
        ping.explain()


def test_a_ping_that_is_waited_for_has_an_end() -> None:
    lab = Lab()
    host = lab.host("host1")
    with pytest.raises(MacvsimError, match="has no end: give a count of 1 or more"):
        host.ping("127.0.0.1", count=0)


def test_a_card_that_is_down_is_named_on_its_own_machine() -> None:
    lab = Lab()
    sw1 = lab.switch("sw1")
    for number, name in enumerate(("host1", "host2"), 1):
        lab.host(name, nic="eth0", switch=sw1).addr_add("eth0", f"10.0.0.{number}/24")
    lab["host2"].sh("ip link set eth0 down")
    found = lab["host1"].ping("10.0.0.2", count=1, timeout=1).explain()
    assert "ip link set eth0 up" in found.hint and "host2" in found.hint


def test_a_cable_that_cannot_be_leaves_no_port() -> None:
    lab = Lab(seed=0)
    sw1 = lab.switch("sw1")
    lab.host("host1", nic="enp0s8", switch=sw1).sh("ip link add d0 type dummy")
    before = list(sw1.ports)
    cables = list(lab.cables)
    calls = ((lab.cable, "host1:enp0s8"), (lab.cable, "host1:d0"), (lab.plug, "host1:d0"), (lab.plug, "x:y"))
    for connect, end in calls:
        with pytest.raises(MacvsimError):
            connect("sw1:9", end)
    for end in ("sw1:host1", "sw1:9"):
        with pytest.raises(MacvsimError, match="to itself"):
            lab.plug(end, end)
    assert list(sw1.ports) == before
    assert lab.cables == cables
    assert all(cable.a.cable is cable for cable in cables)
    assert lab.plug("sw1:9", "host1:enp0s8").a is sw1.ports["9"]
