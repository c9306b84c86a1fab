"""The exercises of notebook 8."""

from __future__ import annotations

from typing import Any

from exercises import Verdict, exercise, right, type_commands, wrong

from macvsim import Lab


def on_wifi(policy: str = "wifi") -> Lab:
    """host1, and host2 with the address 172.16.10.100, at an access point."""
    lab = Lab(seed=0)
    sw1 = lab.switch("sw1", policy=policy)
    for name in ("host1", "host2"):
        lab.host(name, nic="enp0s8", switch=sw1)
    lab.hosts["host2"].addr_add("enp0s8", "172.16.10.100/24")
    return lab


def macs_learnt(driver: str) -> int:
    """How many MACs the switch knows at host1's port after two containers of it have pinged host2."""
    lab = on_wifi("bare-metal")
    host1 = lab.hosts["host1"]
    host1.docker.network_create("net1", driver=driver, subnet="172.16.10.0/24", gateway="172.16.10.1", parent="enp0s8")
    for number in (1, 2):
        host1.docker.run(f"e{number}", network="net1", ip=f"172.16.10.{1 + number}").ping("172.16.10.100", count=1)
    switch = lab.switches["sw1"]
    return sum(entry.port is switch.ports["host1"] for entry in switch.fdb.entries.values())


@exercise
def check_8_1(answer: Any) -> Verdict:
    """How many MACs does a switch learn?"""
    found = (macs_learnt("ipvlan"), macs_learnt("macvlan"))
    if tuple(answer) == found:
        return right(f"{found[0]} and {found[1]}.", f"{found[0]} 和 {found[1]}。")
    return wrong("whose MACs do the frames carry?", "这些帧带着谁的 MAC？")


@exercise
def check_8_2(answer: Any) -> Verdict:
    """Which commands give a container on Wi-Fi?"""
    lab = on_wifi()
    type_commands(lab, {"host1": answer})
    if "c1" not in lab.boxes():
        return wrong("there is no container c1.", "没有容器 c1。")
    ping = lab["c1"].ping("172.16.10.100", count=1, timeout=1)
    if not ping:
        return wrong(str(ping.explain()).splitlines()[0], "c1 到不了 host2，原因见上。")
    if "172.16.10.2/" not in lab["c1"].sh("ip addr").stdout:
        return wrong("c1 reaches host2, but its address is another one.", "c1 能到达 host2，但地址不对。")
    return right("the access point knows the MAC that c1 uses: the card's.", "接入点认识 c1 使用的 MAC：网卡的 MAC。")


@exercise
def check_8_3(answer: Any) -> Verdict:
    """What does layer 3 not carry?"""
    lab = on_wifi()
    type_commands(
        lab,
        {
            "host1": "ip addr add 172.16.10.50/24 dev enp0s8\n"
            "docker network create -d ipvlan --subnet=10.9.0.0/24 -o parent=enp0s8 -o ipvlan_mode=l3 ipv3\n"
            "docker run -itd --name f1 --ip=10.9.0.2 --network ipv3 busybox",
            "host2": "ip route add 10.9.0.0/24 via 172.16.10.50",
        },
    )
    with lab.capture() as capture:
        passing = {
            "pings": bool(lab["f1"].ping("10.9.0.2", count=1, timeout=1)),
            "packets to other subnets": bool(lab["f1"].ping("172.16.10.100", count=1, timeout=1)),
        }
        lab["f1"].sh("ping -b -c 1 -W 1 10.9.0.255")
    frames = capture.packets("host1/enp0s8")
    passing["broadcasts"] = any(packet.dst == "ff:ff:ff:ff:ff:ff" and "IP" in packet for packet in frames)
    if answer not in passing:
        return wrong(f"choose one of {', '.join(passing)}.", f"请从 {'、'.join(passing)} 中选一个。")
    if passing[answer]:
        return wrong(f"{answer}: the lab lets them pass.", f"{answer}：实验中它们能通过。")
    return right("in l3 there are no broadcasts, and no ARP.", "l3 模式没有广播，也没有 ARP。")
