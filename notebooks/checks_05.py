"""The exercises of notebook 5."""

from __future__ import annotations

from typing import Any

from checks_03 import ADDRESSES
from checks_04 import routed
from exercises import Verdict, exercise, right, type_commands, wrong

from macvsim import Lab

MASQUERADE = """
iptables -t nat -A POSTROUTING -o enp0s8.100 -j MASQUERADE
iptables -t nat -A POSTROUTING -o enp0s8.200 -j MASQUERADE
"""


def restricted() -> Lab:
    """host3 routes, but the policy of its chain FORWARD is DROP."""
    lab = routed()
    type_commands(lab, {"host3": "iptables -P FORWARD DROP"})
    return lab


def answers(lab: Lab, source: str, target: str) -> bool:
    return bool(lab[source].ping(ADDRESSES[target], count=1, timeout=1))


@exercise
def check_5_1(answer: Any) -> Verdict:
    """Whose pings does d4 see?"""
    lab = routed()
    type_commands(lab, {"host3": MASQUERADE})
    with lab.capture() as capture:
        lab["d1"].ping(ADDRESSES["d4"], count=1)
    requests = [packet for packet in capture.packets("d4/eth0") if "ICMP" in packet and packet["ICMP"].type == 8]
    source = str(requests[0]["IP"].src)
    if answer == source:
        return right(f"{source}, host3's address on d4's side.", f"{source}，host3 在 d4 一侧的地址。")
    return wrong(
        "MASQUERADE takes the address of the device where the packet leaves.",
        "MASQUERADE 使用报文离开的那个设备的地址。",
    )


@exercise
def check_5_2(answer: Any) -> Verdict:
    """Which rule keeps d1 from d2, and nobody else?"""
    lab = routed()
    if len(str(answer).strip().splitlines()) != 1:
        return wrong("one command is asked for.", "只要一条命令。")
    type_commands(lab, {"host3": answer})
    if answers(lab, "d1", "d2"):
        return wrong("d1 still gets an answer from d2.", "d1 仍然得到 d2 的回答。")
    if not answers(lab, "d3", "d2"):
        return wrong("d3 gets none any more either.", "d3 也得不到回答了。")
    return right("d1 is kept out, d3 is not.", "d1 被拦住，d3 不受影响。")


@exercise
def check_5_3(answer: Any) -> Verdict:
    """Which rules let d1 ping d2, and not the other way round?"""
    lab = restricted()
    type_commands(lab, {"host3": answer})
    if "DROP" not in lab["host3"].sh("iptables -S FORWARD | head -1").stdout:
        return wrong("the policy is to stay DROP.", "策略要保持为 DROP。")
    if not answers(lab, "d1", "d2"):
        ping = lab["d1"].ping(ADDRESSES["d2"], count=1, timeout=1)
        return wrong(f"d1 -> d2: {str(ping.explain()).splitlines()[0]}", "d1 到 d2 不通，原因见上。")
    if answers(lab, "d2", "d1"):
        return wrong("d2 can ping d1 as well.", "d2 也能 ping 通 d1。")
    return right(
        "requests one way, and only the answers to them the other.", "一个方向放行请求，另一个方向只放行它们的回答。"
    )
