"""The exercises of notebook 9."""

from __future__ import annotations

from typing import Any

from checks_03 import ADDRESSES, experiment_2
from exercises import Verdict, exercise, right, type_commands, wrong

from macvsim import Lab, PingResult


def broken(which: str) -> Lab:
    """Experiment 2 with one thing wrong."""
    lab = experiment_2()
    if which == "A":
        lab.switches["sw1"].ports["host2"].trunk([200])
    elif which == "B":
        type_commands(lab, {"host2": "ip link set enp0s8.100 down"})
    else:
        type_commands(lab, {"host1": "ip link set enp0s8 down"})
    return lab


def asked(lab: Lab) -> PingResult:
    return lab["d1"].ping(ADDRESSES["d3"], count=1, timeout=1)


@exercise
def check_9_1(answer: Any) -> Verdict:
    """Where do the packets end?"""
    found = {which: asked(broken(which)).explain().where for which in ("A", "B", "C")}
    if any(value is ... for value in answer.values()):
        return Verdict(None, "put a place in place of each of the dots.", "请把每个省略号换成一个位置。")
    if dict(answer) == found:
        return right(", ".join(found.values()) + ".", "三处都对。")
    wrongly = [which for which in found if answer.get(which) != found[which]]
    return wrong(f"look again at {', '.join(wrongly)}.", f"再看看 {'、'.join(wrongly)}。")


def _mended(which: str, answer: Any) -> Verdict:
    lab = broken(which)
    type_commands(lab, answer)
    ping = asked(lab)
    if ping:
        return right("d3 answers.", "d3 应答了。")
    return wrong(str(ping.explain()).splitlines()[0], "仍然不通，原因见上。")


@exercise
def check_9_2(answer: Any) -> Verdict:
    """What mends lab B?"""
    return _mended("B", answer)


@exercise
def check_9_3(answer: Any) -> Verdict:
    """What mends lab C?"""
    return _mended("C", answer)
