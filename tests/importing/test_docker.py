"""The collector run on simulated machines with Docker: the imported lab is like the one it was run in."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from macvsim import Lab
from macvsim.dev.nic import Nic
from macvsim.exchange.sections import collector
from macvsim.switch import SwitchPort
from tests.importing.collected import imported

pytestmark = pytest.mark.slow


def collected(lab: Lab) -> list[str]:
    """What the collector prints on each machine of a lab; asking for Docker starts it, so it is started before."""
    for host in lab.hosts.values():
        host.sh("docker ps")
    return [host.sh(collector()).stdout for host in lab.hosts.values()]


def router(lab: Lab) -> None:
    """The document's third experiment, and a shim on host1."""
    sw1 = lab.switch("sw1")
    for number in (1, 2):
        host = lab.host(f"host{number}", switch=sw1)
        for vid, network, net in ((100, "mac10", "172.16.10"), (200, "mac20", "172.16.20")):
            host.vlan("enp0s8", vid)
            host.docker.network_create(
                network, driver="macvlan", subnet=f"{net}.0/24", gateway=f"{net}.1", parent=f"enp0s8.{vid}"
            )
            host.docker.run(f"d{number}{vid}", network=network, ip=f"{net}.{9 + number}")
    host3 = lab.host("host3", switch=sw1, flavour="centos")
    host3.vlan("enp0s8", 100, ip="172.16.10.1/24")
    host3.vlan("enp0s8", 200, ip="172.16.20.1/24")
    host3.sysctl["net.ipv4.ip_forward"] = 1
    host3.sh("iptables -A FORWARD -s 172.16.20.11 -j DROP; iptables -t nat -A POSTROUTING -o enp0s8.200 -j MASQUERADE")
    lab.hosts["host1"].sh(
        "ip link add shim link enp0s8.100 type macvlan mode bridge; ip addr add 172.16.10.200/32 dev shim"
    )
    lab.hosts["host1"].sh("ip link set shim up; ip route add 172.16.10.10/32 dev shim")


def bridges(lab: Lab) -> None:
    """Bridge networks, one internal, a container on two, one with the network of another, published ports."""
    host = lab.host("host1", switch=lab.switch("sw1"))
    host.addr_add("enp0s8", "192.168.56.11/24")
    docker = host.docker
    docker.network_create("front", subnet="172.20.0.0/16", gateway="172.20.0.1")
    docker.network_create("back", subnet="172.21.0.0/24", internal=True)
    docker.run(
        "web", network="front", ip="172.20.0.7", mac_address="02:42:00:00:00:77", ports={"80/tcp": [("", "8080")]}
    )
    docker.network_connect("back", "web", ip="172.21.0.9")
    docker.run("db", network="back")
    docker.run("one")
    docker.run("two", hostname="zwei", privileged=True)
    docker.run("side", network="container:web")
    docker.run("alone", network="none")
    docker.run("here", network="host")
    other = lab.host("host2", switch="sw1")
    other.addr_add("enp0s8", "192.168.56.12/24")
    other.route_add("172.20.0.0/16", via="192.168.56.11")
    docker.exec("two", "ip route add blackhole 172.17.0.2")


def ipvlan(lab: Lab) -> None:
    """ipvlan and private macvlan networks on cards of one switch; VLAN devices that Docker made; a wrong neighbour."""
    for number in (1, 2):
        host = lab.host(f"host{number}", nics={"eth0": lab.switches.get("sw1") or lab.switch("sw1"), "eth1": "sw1"})
        docker = host.docker
        docker.network_create(
            "ipv", driver="ipvlan", subnet="10.3.0.0/24", parent="eth0.30", options={"ipvlan_mode": "l2"}
        )
        docker.network_create(
            "mac", driver="macvlan", subnet="10.4.0.0/24", parent="eth1", options={"macvlan_mode": "private"}
        )
        for child in (1, 2):
            docker.run(f"i{number}{child}", network="ipv", ip=f"10.3.0.{10 * number + child}")
            docker.run(f"m{number}{child}", network="mac", ip=f"10.4.0.{10 * number + child}", cap_add=["NET_ADMIN"])
    lab["m11"].sh("ip neigh add 10.4.0.21 lladdr 02:00:00:00:00:01 dev eth0 nud permanent; ip link set eth0 mtu 1300")
    lab["m12"].sh("ip link set eth0 address 02:00:00:00:00:12")
    lab["m22"].sh("ip link set eth0 down")


def pings(lab: Lab) -> dict[str, bool]:
    """Who is answered by whom."""
    targets = dict.fromkeys(
        one["local"]
        for box in lab.boxes().values()
        for row in json.loads(box.kernel.boxes[box.kernel.init].sh(_addresses(box)).stdout)
        for one in row.get("addr_info", ())
        if not one["local"].startswith("127.")
    )
    return {
        f"{name} {target}": bool(box.ping(target, count=1, timeout=1.0))
        for name, box in lab.boxes().items()
        for target in targets
    }


def _addresses(box: object) -> str:
    from macvsim.docker.container import Container

    return f"nsenter -t {box.pid} -n ip -j -4 addr" if isinstance(box, Container) else "ip -j -4 addr"


@pytest.mark.parametrize("story", [router, bridges, ipvlan])
def test_a_lab_collected_and_imported_answers_as_before(story: Callable[[Lab], None]) -> None:
    lab = Lab()
    story(lab)
    lab.run(3)
    again, found = imported(*collected(lab))
    assert found.notes == []
    assert sorted(again.boxes()) == sorted(lab.boxes())
    again.run(3)
    expected = pings(lab)
    assert pings(again) == expected
    assert True in expected.values() and False in expected.values()
    for name in lab.hosts:
        assert _networks(again, name) == _networks(lab, name)
        for command in ("iptables-save | grep -v -e '^#' -e '^:'", "ip route", "sysctl net.ipv4.ip_forward"):
            assert sorted(str(again[name].sh(command)).splitlines()) == sorted(str(lab[name].sh(command)).splitlines())


def _networks(lab: Lab, host: str) -> list[str]:
    return sorted(line.split()[1] for line in str(lab[host].sh("docker network ls")).splitlines()[1:])


def test_a_container_that_does_not_run_is_left_out() -> None:
    lab = Lab()
    docker = lab.host("host1", switch=lab.switch("sw1")).docker
    docker.run("here")
    docker.run("gone")
    docker.kill("gone")
    again, found = imported(*collected(lab))
    assert list(again.boxes()) == ["host1", "here"]
    assert found.notes == ["not simulated: host1: container gone: it does not run, and is left out"]


def test_a_second_machine_of_one_name_gets_another() -> None:
    lab = Lab()
    for number in (1, 2):
        host = lab.host(f"host{number}", switch=lab.switches.get("sw1") or lab.switch("sw1"))
        host.addr_add("enp0s8", f"10.0.0.{number}/24")
        host.hostname = "box"
    again, _ = imported(*collected(lab), pings=[("box-2", "10.0.0.1")])
    assert list(again.hosts) == ["box", "box-2"]
    assert again["box-2"].ping("10.0.0.1")


def _other_end(port: SwitchPort) -> str:
    """The label of the NIC that is cabled to the port."""
    assert isinstance(port.adapter, Nic)
    return port.adapter.label


def test_machines_are_wired_by_their_subnets() -> None:
    lab = Lab()
    sw1, sw2 = lab.switch("sw1"), lab.switch("sw2")
    for number in (1, 2):
        host = lab.host(f"host{number}", nics={f"a{number}": sw1, f"b{number}": sw2, "spare": None})
        host.addr_add(f"b{number}", f"10.2.0.{number}/24")
    lab.hosts["host1"].vlan("a1", 7, ip="10.1.0.1/24")
    lab.hosts["host2"].addr_add("a2", "10.1.0.2/24")
    again, found = imported(*collected(lab))
    assert {
        name: sorted(_other_end(port) for port in switch.ports.values()) for name, switch in again.switches.items()
    } == {
        "sw1": ["host1:a1", "host2:a2"],
        "sw2": ["host1:b1", "host2:b2"],
    }
    assert any("10.1.0.0/24 is VLAN 7 on host1:a1, untagged on host2:a2" in line for line in found.assumed)
    assert any("host1:spare has no carrier" in line for line in found.assumed)
    assert again["host1"].ping("10.2.0.2") and not again["host1"].ping("10.1.0.2", count=1, timeout=1)
