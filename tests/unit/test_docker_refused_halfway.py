"""A start that is refused leaves no device, endpoint or address behind."""

from __future__ import annotations

import pytest

from macvsim import Lab
from macvsim.dev.base import NetDevice
from macvsim.dev.ipvlan import Ipvlan
from macvsim.engine.drop import DropReason
from macvsim.errors import DockerError
from macvsim.machine.host import Box
from macvsim.wire.frame import Frame

COMPOSE = "services:\n  a:\n    image: busybox\n    mac_address: '{}'\n    tty: true\n"


def left(host: Box) -> str:
    """Devices and the members of the default network."""
    return host.sh("ip -br link; docker network inspect bridge -f '{{json .Containers}}'").stdout


@pytest.mark.parametrize(
    "mac", ["nonsense", "02:42:ac:11:00", "2:42:ac:11:0:5", "02:42:ac:11:00:02:03:04", "02:42-ac:11:00:05"]
)
def test_a_mac_in_compose_that_is_none(mac: str) -> None:
    host = Lab(seed=0).host("host1")
    host.files["/root/compose.yml"] = COMPOSE.format(mac)
    host.sh("docker compose -f /root/compose.yml create; docker compose -f /root/compose.yml down")
    before = left(host)
    ran = host.sh("docker compose -f /root/compose.yml up -d")
    assert ran.code == 1
    assert f"Error response from daemon: address {mac}: invalid MAC address" in ran.stderr
    assert host.sh("docker ps -q").stdout == ""
    assert host.sh("docker compose -f /root/compose.yml down").code == 0
    assert left(host) == before


@pytest.mark.parametrize("mac", ["02-42-AC-11-00-05", "0242.ac11.0005", "02:42:ac:11:00:05"])
def test_other_forms_of_a_mac(mac: str) -> None:
    host = Lab(seed=0).host("host1")
    container = host.docker.run("c1", mac_address=mac)
    assert container.ns.dev("eth0").mac.hex(":") == "02:42:ac:11:00:05"


def test_a_mac_that_is_none_from_python() -> None:
    host = Lab(seed=0).host("host1")
    host.docker.network_ls()
    before = left(host)
    for _ in range(2):
        with pytest.raises(DockerError, match="address x: invalid MAC address"):
            host.docker.run("c1", mac_address="x")
        host.docker.rm("c1")
    assert left(host) == before


@pytest.mark.parametrize("length", [65_535, 65_536, 70_000])
def test_a_packet_longer_than_its_length_can_say_out_of_ipvlan(length: int) -> None:
    lab = Lab(seed=0)
    host = lab.host("host1", switch=lab.switch("sw1"))
    host.addr_add("enp0s8", "10.0.0.1/24")
    host.sh("ip link add iv0 link enp0s8 type ipvlan mode l3; ip link set iv0 up")
    device: NetDevice = host.dev("iv0")
    assert isinstance(device, Ipvlan)
    header = bytes.fromhex("45000014000000004001") + bytes(2) + bytes((10, 0, 0, 5)) + bytes((10, 0, 0, 9))
    device.start_xmit(Frame(bytes(12) + b"\x08\x00" + header.ljust(length, b"\0"), 1))
    assert [reason for _, reason in lab.sim.drops].count(DropReason.PKT_TOO_BIG) == (length > 65_535)
