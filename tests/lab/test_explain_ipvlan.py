"""Why packets of ipvlan children are lost, and what mends it."""

from __future__ import annotations

import pytest

from macvsim import Lab
from macvsim.docker.container import Container
from macvsim.docker.host import DockerHost
from macvsim.engine.drop import DropReason


def net(mode: str, flag: str = "bridge") -> tuple[DockerHost, DockerHost, Container, Container]:
    """host1 and host2 on one switch (192.168.56.51 and .52); c1 and c2 (.10 and .11) on host1's ipvlan network, in the
    hosts' subnet in mode l2, in 172.16.10.0/24 in the others.
    """
    lab = Lab(seed=0)
    switch = lab.switch("sw1")
    hosts = [lab.host(name, nic="enp0s8", switch=switch) for name in ("host1", "host2")]
    for number, host in enumerate(hosts, 51):
        host.sh(f"ip addr add 192.168.56.{number}/24 dev enp0s8")
    prefix = "192.168.56" if mode == "l2" else "172.16.10"
    hosts[0].docker.network_create(
        "ip1",
        driver="ipvlan",
        subnet=f"{prefix}.0/24",
        parent="enp0s8",
        options={"ipvlan_mode": mode, "ipvlan_flag": flag},
    )
    made = [hosts[0].docker.run(f"c{n}", network="ip1", ip=f"{prefix}.{9 + n}") for n in (1, 2)]
    return hosts[0], hosts[1], made[0], made[1]


@pytest.mark.parametrize("mode", ["l3", "l3s"])
def test_no_way_back(mode: str) -> None:
    """The other host has no route to the container: what to type there makes the next ping work."""
    _, host2, c1, _ = net(mode)
    why = c1.ping("192.168.56.52", count=1).explain()
    assert why.reason is DropReason.IP_OUTNOROUTES
    assert why.where == "host2:enp0s8"
    command, _, where = why.hint.partition("   ")
    assert where == "(on host2)"
    assert host2.sh(command).code == 0
    assert c1.ping("192.168.56.52", count=1).explain().verdict == "answered"
    assert host2.ping("172.16.10.10", count=1).explain().verdict == "answered"


@pytest.mark.parametrize(("mode", "reason"), [("l3", DropReason.ARP_NOARP), ("l3s", DropReason.NEIGH_FAILED)])
def test_taken_to_be_on_the_link(mode: str, reason: DropReason) -> None:
    _, host2, _, _ = net(mode)
    host2.sh("ip route add 172.16.10.0/24 dev enp0s8")
    why = host2.ping("172.16.10.10", count=1).explain()
    assert why.reason is reason
    assert why.hint == "ip route add 172.16.10.0/24 via 192.168.56.51   (on host2)"


@pytest.mark.parametrize("mode", ["l2", "l3", "l3s"])
def test_private(mode: str) -> None:
    _, _, c1, c2 = net(mode, "private")
    why = c1.ping(str(c2.settings["ip1"].endpoint.address), count=1).explain()  # type: ignore[union-attr]
    assert why.reason is DropReason.IPVLAN_PRIVATE
    assert "bridge" in why.hint


def test_vepa_in_l3() -> None:
    """The host is asked for the sibling and has no way to it: the flag is at fault, and the hint mends it."""
    _, _, c1, c2 = net("l3", "vepa")
    why = c1.ping("172.16.10.11", count=1).explain()
    assert why.hint == "ip link set eth0 type ipvlan mode l3 bridge   (on c2)"
    c2.ns.dev("eth0").port.flag = c2.ns.dev("eth0").port.flag.__class__.BRIDGE  # type: ignore[attr-defined]
    assert c1.ping("172.16.10.11", count=1).explain().verdict == "answered"


@pytest.mark.parametrize(("asker", "target"), [("c1", "192.168.56.51"), ("host1", "192.168.56.10")])
def test_a_host_and_its_own_children(asker: str, target: str) -> None:
    host1, _, c1, _ = net("l2")
    why = {"c1": c1, "host1": host1}[asker].ping(target, count=1).explain()
    assert why.reason is DropReason.NEIGH_FAILED
    assert why.hint.startswith("host1:enp0s8 and its own ipvlan children do not hear each other: give host1 a child")


def test_a_host_and_its_own_macvlan_children() -> None:
    lab = Lab(seed=0)
    host = lab.host("host1", nic="enp0s8", switch=lab.switch("sw1"))
    host.sh("ip addr add 10.0.0.1/24 dev enp0s8")
    host.docker.network_create("m1", driver="macvlan", subnet="10.0.0.0/24", gateway="10.0.0.254", parent="enp0s8")
    c1 = host.docker.run("c1", network="m1", ip="10.0.0.9")
    for ping in (host.ping("10.0.0.9", count=1), c1.ping("10.0.0.1", count=1)):
        assert "ip link add shim link enp0s8 type macvlan mode bridge" in ping.explain().hint
