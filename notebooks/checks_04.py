"""The exercises of notebook 4."""

from __future__ import annotations

from typing import Any

from checks_03 import ADDRESSES, experiment_2
from exercises import Verdict, exercise, right, type_commands, wrong

from macvsim import Lab

VLANS = ((100, "172.16.10.1/24"), (200, "172.16.20.1/24"))


def with_host3() -> Lab:
    """Experiment 2, and host3 on the same switch, as it came."""
    lab = experiment_2()
    lab.host("host3", switch="sw1", flavour="centos")
    return lab


def routed() -> Lab:
    """host3 routes between the VLANs."""
    lab = with_host3()
    host3 = lab.hosts["host3"]
    for vid, address in VLANS:
        host3.vlan("enp0s8", vid, ip=address)
    host3.sysctl["net.ipv4.ip_forward"] = 1
    return lab


@exercise
def check_4_1(answer: Any) -> Verdict:
    """What is left of 64 behind two routers?"""
    lab = routed()
    host3 = lab.hosts["host3"]
    host4 = lab.host("host4", switch="sw1")
    host3.vlan("enp0s8", 300, ip="172.16.30.1/24")
    host4.vlan("enp0s8", 300, ip="172.16.30.2/24")
    host4.vlan("enp0s8", 400, ip="172.16.40.1/24")
    host4.sysctl["net.ipv4.ip_forward"] = 1
    type_commands(
        lab, {"host3": "ip route add 172.16.40.0/24 via 172.16.30.2", "host4": "ip route add default via 172.16.30.1"}
    )
    host5 = lab.host("host5", switch="sw1")
    host5.vlan("enp0s8", 400)
    host5.docker.network_create(
        "mac40", driver="macvlan", subnet="172.16.40.0/24", gateway="172.16.40.1", parent="enp0s8.400"
    )
    host5.docker.run("e1", network="mac40", ip="172.16.40.10")
    ttl = lab["d1"].ping("172.16.40.10", count=1).ttl
    if answer == ttl:
        return right(f"ttl={ttl}: two routers take one each.", f"ttl={ttl}：两个路由器各减 1。")
    return wrong("each router takes one.", "每个路由器减 1。")


@exercise
def check_4_2(answer: Any) -> Verdict:
    """Which commands make host3 a router?"""
    lab = with_host3()
    type_commands(lab, {"host3": answer})
    for source, target in (("d1", "d4"), ("d4", "d1")):
        ping = lab[source].ping(ADDRESSES[target], count=1)
        if not ping:
            return wrong(
                f"{source} -> {target}: {str(ping.explain()).splitlines()[0]}", f"{source} 到 {target} 不通，原因见上。"
            )
        if ping.ttl != 63:
            return wrong(
                f"ttl={ping.ttl}: that is not the way through one router.",
                f"ttl={ping.ttl}：这不是经过一个路由器的结果。",
            )
    return right("ttl=63 both ways.", "两个方向都是 ttl=63。")


@exercise
def check_4_3(answer: Any) -> Verdict:
    """What if forwarding is off on one interface?"""
    lab = routed()
    type_commands(lab, {"host3": "sysctl -w net.ipv4.conf.enp0s8/100.forwarding=0"})
    found = tuple(bool(lab[a].ping(ADDRESSES[b], count=1, timeout=1)) for a, b in (("d1", "d4"), ("d4", "d1")))
    if tuple(answer) == found:
        return right(
            "what comes in at enp0s8.100 is not forwarded: the request one way, the reply the other.",
            "从 enp0s8.100 进来的报文不被转发：一个方向上是请求，另一个方向上是回答。",
        )
    return wrong("which packets come in at enp0s8.100, in each direction?", "每个方向上，哪些报文从 enp0s8.100 进来？")
