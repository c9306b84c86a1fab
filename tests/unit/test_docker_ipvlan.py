"""Docker's ipvlan driver, as a real dockerd 26.1.5 answered."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from macvsim.docker.host import DockerHost
from macvsim.errors import DockerError
from macvsim.shell.interp import Shell
from tests.unit.docker_lab import hosts, play

RECORDED = Path(__file__).parents[1] / "data" / "docker" / "ipvlan.txt"


@pytest.fixture
def machines() -> list[DockerHost]:
    made = hosts("host1", "host2", shell=Shell())
    for host in made:
        host.dev("enp0s8").set_up()
        host.sh("docker ps")
    made[0].sim.run(until=3_000_000_000)
    return made


def test_recorded_session(machines: list[DockerHost]) -> None:
    """Two hosts in l2, two subnets of one host in l3, mode l3s with a flag."""
    play(machines, RECORDED.read_text())


@pytest.mark.parametrize(("profile", "flag"), [("26.1", "private"), ("19.03", "bridge")])
def test_flag_by_version(profile: str, flag: str) -> None:
    (host,) = hosts("host1", profile=profile)
    host.dev("enp0s8").set_up()
    docker = host.docker
    docker.network_create(
        "n", driver="ipvlan", subnet="10.0.0.0/24", parent="enp0s8", options={"ipvlan_flag": "private"}
    )
    container = docker.run("c1", network="n")
    assert container.ns.dev("eth0").port.flag.value == flag  # type: ignore[attr-defined]


def test_without_parent_there_is_no_way_out() -> None:
    (host,) = hosts("host1")
    for mode in ("l2", "l3"):
        network = host.docker.network_create(
            mode, driver="ipvlan", subnet=f"10.{mode[1]}.0.0/24", options={"ipvlan_mode": mode}
        )
        assert network.device == f"di-{network.id[:12]}"
        container = host.docker.run(f"c{mode}", network=mode)
        assert [route.plen for route in container.ns.fib.routes()] == [24]
        host.docker.rm(f"c{mode}", force=True)
        host.docker.network_rm(mode)
        assert network.device not in host.ns.devices


def test_refusals_leave_nothing(machines: list[DockerHost]) -> None:
    host = machines[0]
    docker = host.docker
    docker.network_create("ip", driver="ipvlan", subnet="10.1.0.0/24", parent="enp0s8")
    docker.network_create("mac", driver="macvlan", subnet="10.2.0.0/24", parent="enp0s8")
    docker.run("m1", network="mac")
    devices = list(host.ns.devices)
    with pytest.raises(DockerError, match=r"failed to create the ipvlan port: device or resource busy"):
        docker.run("i1", network="ip")
    with pytest.raises(DockerError, match=r"is already using parent interface enp0s8"):
        docker.network_create("ip2", driver="ipvlan", subnet="10.3.0.0/24", parent="enp0s8")
    with pytest.raises(DockerError, match=r"ipvlan interfaces do not support custom mac"):
        docker.run("j1", network="ip", mac_address="02:00:00:00:00:01")
    assert list(host.ns.devices) == devices
    docker.rm("m1", force=True)
    assert str(docker.run("k1", network="ip", ip="10.1.0.2").ns.name) == "k1"


def test_default_route_of_l3_is_one_of_two(machines: list[DockerHost]) -> None:
    """A container that already has a gateway cannot have the route to everywhere too."""
    docker = machines[0].docker
    docker.network_create(
        "three", driver="ipvlan", subnet="10.1.0.0/24", parent="enp0s8", options={"ipvlan_mode": "l3"}
    )
    docker.network_create("plain", driver="bridge", subnet="10.2.0.0/24")
    docker.run("c1", network="plain")
    with pytest.raises(DockerError, match=re.escape('routes to ["0.0.0.0/0"]: file exists')):
        docker.network_connect("three", "c1")
