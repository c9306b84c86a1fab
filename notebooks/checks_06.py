"""The exercises of notebook 6."""

from __future__ import annotations

from typing import Any

from exercises import Verdict, exercise, right, type_commands, wrong

from macvsim import Lab

MODES = ("bridge", "private", "vepa")


def siblings(mode: str) -> Lab:
    """c1 and c2 on one parent of host1, in a mode; host2 on the same switch."""
    lab = Lab(seed=0)
    sw1 = lab.switch("sw1")
    host1, host2 = (lab.host(name, nic="enp0s8", switch=sw1) for name in ("host1", "host2"))
    host1.docker.network_create(
        "mac1",
        driver="macvlan",
        subnet="172.16.10.0/24",
        gateway="172.16.10.1",
        parent="enp0s8",
        options={"macvlan_mode": mode},
    )
    for number in (1, 2):
        host1.docker.run(f"c{number}", network="mac1", ip=f"172.16.10.{1 + number}")
    host2.addr_add("enp0s8", "172.16.10.100/24")
    return lab


def reach(mode: str, *, hairpin: bool) -> bool:
    lab = siblings(mode)
    lab.switches["sw1"].ports["host1"].hairpin = hairpin
    return bool(lab["c1"].ping("172.16.10.3", count=1, timeout=1))


def _modes(answer: Any, *, hairpin: bool) -> Verdict:
    found = {mode for mode in MODES if reach(mode, hairpin=hairpin)}
    if set(answer) == found:
        return right(f"{', '.join(sorted(found))}.", f"正是 {'、'.join(sorted(found))}。")
    return wrong(
        "make each with siblings(mode), and ping from c1 to 172.16.10.3.",
        "用 siblings(mode) 建立每一种，从 c1 ping 172.16.10.3。",
    )


@exercise
def check_6_1(answer: Any) -> Verdict:
    """In which modes do siblings reach each other?"""
    return _modes(answer, hairpin=False)


@exercise
def check_6_2(answer: Any) -> Verdict:
    """And with hairpin?"""
    return _modes(answer, hairpin=True)


@exercise
def check_6_3(answer: Any) -> Verdict:
    """How does a host reach its own containers?"""
    lab = siblings("bridge")
    type_commands(lab, {"host1": answer})
    for target in ("172.16.10.2", "172.16.10.3"):
        ping = lab["host1"].ping(target, count=1, timeout=1)
        if not ping:
            return wrong(f"{target}: {str(ping.explain()).splitlines()[0]}", f"{target} 不通，原因见上。")
    if "172.16.10.50" not in lab["host1"].sh("ip -4 -o addr").stdout:
        return wrong("both answer, but host1 does not have 172.16.10.50.", "两个都通，但 host1 没有 172.16.10.50。")
    return right("a macvlan of the host's own is a sibling of theirs.", "主机自己的 macvlan 接口是它们的兄弟。")
