"""The exercises of notebook 7."""

from __future__ import annotations

from typing import Any

from exercises import Verdict, exercise, right, type_commands, wrong

from macvsim import Lab

BRIDGED = """
ip link add br0 type bridge
ip link set br0 up
ip link set enp0s8 master br0
ip addr add 172.16.10.102/24 dev br0
for n in 1 2; do ip netns add b$n; ip link add veth$n type veth peer name eth0 netns b$n; done
for n in 1 2; do ip link set veth$n master br0 up; ip -n b$n addr add 172.16.10.1$n/24 dev eth0; done
for n in 1 2; do ip -n b$n link set eth0 up; done
"""


def two_machines() -> Lab:
    """host1 and host2 on a switch, as they came."""
    lab = Lab(seed=0)
    sw1 = lab.switch("sw1")
    for name in ("host1", "host2"):
        lab.host(name, nic="enp0s8", switch=sw1)
    return lab


def both() -> Lab:
    """c1 and c2 on a macvlan parent of host1, b1 and b2 on a bridge of host2."""
    lab = two_machines()
    host1 = lab.hosts["host1"]
    host1.docker.network_create(
        "mac1", driver="macvlan", subnet="172.16.10.0/24", gateway="172.16.10.1", parent="enp0s8"
    )
    for number in (1, 2):
        host1.docker.run(f"c{number}", network="mac1", ip=f"172.16.10.{1 + number}")
    type_commands(lab, {"host2": BRIDGED})
    return lab


def sees_stray_frame(interface: str) -> bool:
    """Does an interface see a frame for a MAC that nobody has, which reaches its host?"""
    lab = both()
    stray = lab.host("stray", nic="eth0", switch="sw1")
    stray.addr_add("eth0", "172.16.10.200/24")
    type_commands(lab, {"stray": "ip neigh add 172.16.10.66 lladdr 02:00:00:00:00:66 dev eth0"})
    with lab.capture() as capture:
        stray.ping("172.16.10.66", count=1, timeout=1)
    return any(packet.dst == "02:00:00:00:00:66" for packet in capture.packets(interface))


def promiscuity(lab: Lab, host: str) -> int:
    return lab.hosts[host].dev("enp0s8").promiscuity


@exercise
def check_7_1(answer: Any) -> Verdict:
    """Which of the cards is promiscuous?"""
    lab = both()
    found = (promiscuity(lab, "host1"), promiscuity(lab, "host2"))
    if tuple(answer) == found:
        return right(
            f"{found[0]} and {found[1]}: a bridge must hear everything.",
            f"{found[0]} 和 {found[1]}：网桥必须听到一切。",
        )
    return wrong("ip -d link show enp0s8 tells it on both.", "在两台主机上用 ip -d link show enp0s8 查看。")


@exercise
def check_7_2(answer: Any) -> Verdict:
    """What is seen of a container behind NAT?"""
    lab = both()
    type_commands(lab, {"host1": "ip addr add 172.16.10.101/24 dev enp0s8\ndocker run -itd --name n1 busybox"})
    with lab.capture() as capture:
        ping = lab["n1"].ping("172.16.10.102", count=1)
    requests = [packet for packet in capture.packets("host2/br0") if "ICMP" in packet and packet["ICMP"].type == 8]
    found = (ping.ttl, str(requests[0]["IP"].src))
    if tuple(answer) == found:
        return right(f"ttl={found[0]}, from {found[1]}.", f"ttl={found[0]}，来自 {found[1]}。")
    return wrong("the host is a router that hides who is behind it.", "主机是一个路由器，并且隐藏了身后的容器。")


@exercise
def check_7_3(answer: Any) -> Verdict:
    """Which commands build a bridge with a namespace behind it?"""
    lab = two_machines()
    lab.hosts["host1"].addr_add("enp0s8", "172.16.10.100/24")
    type_commands(lab, {"host2": answer})
    ping = lab["host1"].ping("172.16.10.11", count=1, timeout=1)
    if not ping:
        return wrong(str(ping.explain()).splitlines()[0], "没有回答，原因见上。")
    if "b1" not in lab["host2"].sh("ip netns list").stdout or "172.16.10.11" in lab["host2"].sh("ip addr").stdout:
        return wrong("something answers, but it is no namespace b1.", "有回答，但不是命名空间 b1。")
    if "br0" not in lab["host2"].sh("ip link show enp0s8").stdout:
        return wrong("enp0s8 is no port of br0.", "enp0s8 不是 br0 的端口。")
    return right("b1 answers through the bridge.", "b1 通过网桥应答。")
