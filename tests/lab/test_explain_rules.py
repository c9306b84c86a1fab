"""Which rule dropped a packet, and what to type against it."""

from __future__ import annotations

import pytest

from macvsim import Lab
from macvsim.docker.container import Container
from macvsim.engine.drop import DropReason
from macvsim.machine.host import Host


def routed() -> tuple[Host, Container]:
    """The document's router, host3, and d1 behind it; d2 is 172.16.20.10."""
    lab = Lab(seed=0)
    switch = lab.switch("sw1")
    host1, host3 = (lab.host(name, nic="enp0s8", switch=switch) for name in ("host1", "host3"))
    for vid, network, net in ((100, "mac10", "172.16.10"), (200, "mac20", "172.16.20")):
        host1.vlan("enp0s8", vid)
        host1.docker.network_create(
            network, driver="macvlan", subnet=f"{net}.0/24", gateway=f"{net}.1", parent=f"enp0s8.{vid}"
        )
        host3.vlan("enp0s8", vid, ip=f"{net}.1/24")
    host1.docker.run("d2", network="mac20", ip="172.16.20.10")
    return host3, host1.docker.run("d1", network="mac10", ip="172.16.10.10")


def test_a_policy_and_a_rule_are_named_and_the_advice_works() -> None:
    host3, d1 = routed()
    host3.sysctl["net.ipv4.ip_forward"] = 1
    host3.sh("iptables -P FORWARD DROP")
    there = d1.ping("172.16.20.10", count=1, timeout=1).explain()
    assert there.reason is DropReason.NETFILTER_DROP
    assert there.where == "host3:enp0s8.100"
    assert there.sentence.endswith("NETFILTER_DROP: dropped by iptables -P FORWARD DROP")
    assert there.hint == "iptables -I FORWARD -i enp0s8.100 -o enp0s8.200 -j ACCEPT   (on host3)"
    host3.sh(there.hint.partition("   ")[0])
    back = d1.ping("172.16.20.10", count=1, timeout=1).explain()
    assert "echo-reply" in back.sentence
    host3.sh(back.hint.partition("   ")[0])
    assert d1.ping("172.16.20.10", count=1)
    host3.sh("iptables -I FORWARD -s 172.16.20.10 -j REJECT")
    refused = d1.ping("172.16.20.10", count=1, timeout=1).explain()
    rule = "iptables -A FORWARD -s 172.16.20.10/32 -j REJECT --reject-with icmp-port-unreachable"
    assert refused.sentence.endswith(rule)


def test_on_a_docker_host_the_users_chain_is_the_place() -> None:
    host3, d1 = routed()
    assert host3.sh("docker ps").code == 0  # its daemon turns forwarding on, and the policy to DROP
    lost = d1.ping("172.16.20.10", count=1, timeout=1).explain()
    assert lost.hint == "iptables -I DOCKER-USER -i enp0s8.100 -o enp0s8.200 -j ACCEPT   (on host3)"
    host3.sh(lost.hint.partition("   ")[0])
    host3.sh("iptables -I DOCKER-USER -i enp0s8.200 -o enp0s8.100 -j ACCEPT")
    assert d1.ping("172.16.20.10", count=1)


def test_the_trace_tells_of_translations_and_rules() -> None:
    host3, d1 = routed()
    host3.sysctl["net.ipv4.ip_forward"] = 1
    host3.sh("iptables -t nat -A POSTROUTING -o enp0s8.200 -j MASQUERADE")
    trace = d1.ping("172.16.20.10", count=1).explain().trace()
    assert "nat      172.16.10.10 > 172.16.20.10" in trace
    assert "becomes 172.16.20.1 > 172.16.20.10" in trace
    host3.sh("iptables -A FORWARD -j DROP")
    assert "netfilter iptables -A FORWARD -j DROP" in d1.ping("172.16.20.10", count=1, timeout=1).explain().trace()


@pytest.mark.parametrize("timeout", [1.0, 10.0])
def test_a_router_that_waits_for_a_mac_is_where_it_ends(timeout: float) -> None:
    lab = Lab(seed=0)
    a, b = lab.switch("a"), lab.switch("b")
    h1 = lab.host("h1", nic="eth0", switch=a)
    h1.addr_add("eth0", "10.0.0.1/24")
    h1.route_add("default", via="10.0.0.254")
    router = lab.host("r", nics={"eth0": a, "eth1": b})
    router.addr_add("eth0", "10.0.0.254/24")
    router.addr_add("eth1", "10.0.1.254/24")
    router.sysctl["net.ipv4.ip_forward"] = 1
    lost = h1.ping("10.0.1.9", count=1, timeout=timeout).explain()
    assert "the packet waited for the MAC of 10.0.1.9 and ended at r:eth1 NEIGH_FAILED" in lost.sentence
