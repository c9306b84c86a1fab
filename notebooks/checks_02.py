"""The exercises of notebook 2."""

from __future__ import annotations

from typing import Any

from exercises import Verdict, exercise, right, type_commands, wrong

from macvsim import Lab

POLICIES = ("vmware", "vmware-accept", "hyper-v", "hyper-v-spoofing", "cloud", "wifi", "bare-metal")


def experiment_1(policy: str) -> Lab:
    """c1 on host1 and c2 on host2, in the network mac1, at a switch with a policy."""
    lab = Lab(seed=0)
    sw1 = lab.switch("sw1", policy=policy)
    for number, name in enumerate(("host1", "host2"), 1):
        host = lab.host(name, nic="enp0s8", switch=sw1)
        host.docker.network_create(
            "mac1", driver="macvlan", subnet="172.16.10.0/24", gateway="172.16.10.1", parent="enp0s8"
        )
        host.docker.run(f"c{number}", network="mac1", ip=f"172.16.10.{1 + number}")
    return lab


@exercise
def check_2_1(answer: Any) -> Verdict:
    """For which reason is the ping lost where VirtualBox denies promiscuous mode?"""
    found = experiment_1("virtualbox-deny")["c1"].ping("172.16.10.3", count=1).explain()
    name = found.reason.name if found.reason is not None else ""
    if answer == name:
        return right(f"{name}, at {found.where}.", f"{name}，在 {found.where}。")
    return wrong("make the lab and ask: ping.explain().reason.name", "建立实验环境并询问：ping.explain().reason.name")


@exercise
def check_2_2(answer: Any) -> Verdict:
    """Which commands make the ping pass at virtualbox-allow-all?"""
    lab = experiment_1("virtualbox-allow-all")
    type_commands(lab, answer)
    ping = lab["c1"].ping("172.16.10.3", count=1)
    if ping:
        return right("the ping is answered.", "ping 得到了回答。")
    return wrong(str(ping.explain()).splitlines()[0], "仍然不通，原因见上。")


@exercise
def check_2_3(answer: Any) -> Verdict:
    """Which policies let the ping pass with no card promiscuous?"""
    passing = {name for name in POLICIES if experiment_1(name)["c1"].ping("172.16.10.3", count=1)}
    given = set(answer)
    if given == passing:
        return right(f"{', '.join(sorted(passing))}.", f"正是 {'、'.join(sorted(passing))}。")
    missing, extra = sorted(passing - given), sorted(given - passing)
    return wrong(
        f"{len(missing)} are missing, and {len(extra)} do not let it pass: {', '.join(extra) or '-'}",
        f"缺少 {len(missing)} 个；有 {len(extra)} 个其实不通：{'、'.join(extra) or '-'}",
    )
