"""The exercises of notebook 3."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from exercises import Verdict, exercise, right, wrong

from macvsim import Lab

sys.path.insert(0, str(Path(__file__).parents[1] / "scenarios"))

from exp2_two_vlans import build

ADDRESSES = {"d1": "172.16.10.10", "d2": "172.16.20.10", "d3": "172.16.10.11", "d4": "172.16.20.11"}
PAIRS = ("d1 d2", "d1 d3", "d1 d4", "d2 d3", "d2 d4", "d3 d4")


def experiment_2() -> Lab:
    """Two hosts, two VLANs, four containers; nothing routes between the VLANs."""
    lab = Lab(seed=0)
    build(lab)
    return lab


def answered(lab: Lab, pair: str) -> bool:
    """True if the first of a pair gets an answer from the second."""
    source, target = pair.split()
    return bool(lab[source].ping(ADDRESSES[target], count=1, timeout=1))


@exercise
def check_3_1(answer: Any) -> Verdict:
    """How many bytes does a tag add?"""
    lab = experiment_2()
    with lab.capture() as capture:
        lab["d1"].ping(ADDRESSES["d3"], count=1)
    lengths = [len(bytes(capture.packets(f"host1/{name}")[-1])) for name in ("enp0s8.100", "enp0s8")]
    added = lengths[1] - lengths[0]
    if answer == added:
        return right(
            f"{lengths[0]} bytes on enp0s8.100, {lengths[1]} on enp0s8.",
            f"在 enp0s8.100 上 {lengths[0]} 字节，在 enp0s8 上 {lengths[1]} 字节。",
        )
    return wrong("capture both, and compare the lengths of one frame.", "在两处抓包，比较同一个帧的长度。")


@exercise
def check_3_2(answer: Any) -> Verdict:
    """Which pings are answered?"""
    lab = experiment_2()
    passing = {pair for pair in PAIRS if answered(lab, pair)}
    given = set(answer)
    if given == passing:
        return right("only those in one VLAN.", "只有同一个 VLAN 中的才通。")
    wrongly = sorted(given - passing)
    return wrong(
        f"{len(passing - given)} are missing; not answered are: {', '.join(map(str, wrongly)) or '-'}",
        f"缺少 {len(passing - given)} 个；实际不通的有：{'、'.join(map(str, wrongly)) or '-'}",
    )


@exercise
def check_3_3(answer: Any) -> Verdict:
    """Which VLANs must the trunk to host2 carry?"""
    lab = experiment_2()
    vlans = list(answer)
    lab.switches["sw1"].ports["host2"].trunk(vlans)
    lost = [pair for pair in ("d1 d3", "d2 d4") if not answered(lab, pair)]
    if lost:
        return wrong(f"{lost[0]}: no answer comes.", f"{lost[0]}：没有回答。")
    if len(set(vlans)) > 2:
        return wrong("both work, but it carries more than is needed.", "两者都通，但是承载了不需要的 VLAN。")
    return right("both work, and nothing else is let through.", "两者都通，而且没有放行多余的 VLAN。")
