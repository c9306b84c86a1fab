"""The exercises of notebook 1."""

from __future__ import annotations

from typing import Any

from exercises import Verdict, exercise, right, type_commands, wrong

from macvsim import Lab


def two_hosts() -> Lab:
    """Two hosts on a switch; host1 has the network mac1 and c1 in it."""
    lab = Lab(seed=0)
    sw1 = lab.switch("sw1")
    host1, _ = (lab.host(name, nic="enp0s8", switch=sw1) for name in ("host1", "host2"))
    host1.docker.network_create(
        "mac1", driver="macvlan", subnet="172.16.10.0/24", gateway="172.16.10.1", parent="enp0s8"
    )
    host1.docker.run("c1", network="mac1", ip="172.16.10.2")
    return lab


@exercise
def check_1_1(answer: Any) -> Verdict:
    """What is the time to live of the replies that c1 gets from c2?"""
    lab = two_hosts()
    type_commands(
        lab, {"host2": _network("mac1") + "docker run -itd --name c2 --ip 172.16.10.3 --network mac1 busybox"}
    )
    ttl = lab["c1"].ping("172.16.10.3", count=1).ttl
    if answer == ttl:
        return right(f"ttl={ttl}: nobody between c1 and c2 routes.", f"ttl={ttl}：c1 与 c2 之间没有路由器。")
    return wrong(
        f"the lab says ttl={ttl}. Linux sends with 64, and each router takes 1.",
        f"实验结果是 ttl={ttl}。Linux 以 64 发出，每经过一个路由器减 1。",
    )


@exercise
def check_1_2(answer: Any) -> Verdict:
    """Which address does a container get on host1 that is run without --ip, beside c1?"""
    lab = two_hosts()
    type_commands(lab, {"host1": "docker run -itd --name c9 --network mac1 busybox"})
    address = lab["host1"].sh("docker inspect -f '{{.NetworkSettings.Networks.mac1.IPAddress}}' c9").stdout.strip()
    if answer == address:
        return right(f"{address} is the lowest that is free.", f"{address} 是最小的空闲地址。")
    return wrong(
        "Docker takes the lowest free address of the subnet; which are taken?",
        "Docker 取子网中最小的空闲地址；哪些已被占用？",
    )


@exercise
def check_1_3(answer: Any) -> Verdict:
    """Which commands on host2 give c1 a neighbour c2 that answers at 172.16.10.77?"""
    lab = two_hosts()
    type_commands(lab, {"host2": answer})
    ping = lab["c1"].ping("172.16.10.77", count=2)
    if not ping:
        return wrong(str(ping.explain()).splitlines()[0], "c1 没有收到回答，原因见上。")
    if "c2" not in lab.boxes():
        return wrong(
            "172.16.10.77 answers, but it is no container named c2.", "172.16.10.77 有回答，但它不是名为 c2 的容器。"
        )
    return right(
        f"{ping.received} of {ping.sent} pings were answered.", f"{ping.sent} 个 ping 中有 {ping.received} 个得到回答。"
    )


def _network(name: str) -> str:
    return f"docker network create -d macvlan --subnet=172.16.10.0/24 --gateway=172.16.10.1 -o parent=enp0s8 {name}\n"
