"""`Lab(fastpath=…)` and MACVSIM_FASTPATH, and what the comparison of two labs finds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from macvsim import Lab, MacvsimError
from macvsim.fastpath.flowtable import Ingress
from macvsim.net.machine import Line
from macvsim.testing.compare import Difference, compare


def built(**options: Any) -> Lab:
    """Two hosts with a container each on macvlan, and one on docker0."""
    lab = Lab(seed=3, **options)
    lab.switch("sw1")
    for number in (1, 2):
        host = lab.host(f"host{number}", switch="sw1")
        host.docker.network_create("mac", driver="macvlan", subnet="10.0.0.0/24", parent="enp0s8")
        host.docker.run(f"c{number}", network="mac", ip=f"10.0.0.{10 + number}")
    lab.hosts["host1"].docker.run("b1")
    return lab


# -- the switch --------------------------------------------------------------------------------------------------------


def uses_flow_table(lab: Lab) -> bool:
    """True if a flow table stands in front of what is made in the lab."""
    found: Any = lab.sim.ingress(lambda frame: None)
    return isinstance(getattr(found, "__self__", None), Ingress)


@pytest.mark.parametrize(
    ("environment", "argument", "expected"),
    [
        (None, None, True),
        ("", None, True),
        ("1", None, True),
        ("0", None, False),
        ("0", True, True),
        ("1", False, False),
        (None, False, False),
    ],
)
def test_an_argument_goes_before_the_environment(
    monkeypatch: pytest.MonkeyPatch, environment: str | None, argument: bool | None, expected: bool
) -> None:
    monkeypatch.delenv("MACVSIM_FASTPATH", raising=False)
    if environment is not None:
        monkeypatch.setenv("MACVSIM_FASTPATH", environment)
    lab = Lab(fastpath=argument)
    assert (lab.fastpath, uses_flow_table(lab)) == (expected, expected)


def test_a_wrong_value_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MACVSIM_FASTPATH", "off")
    with pytest.raises(MacvsimError, match="MACVSIM_FASTPATH=off: set it to 0"):
        Lab()


@pytest.mark.parametrize("fastpath", [True, False])
def test_copies_keep_it_and_files_do_not(tmp_path: Path, fastpath: bool) -> None:
    lab = built(fastpath=fastpath)
    copy = lab.copy()
    assert (copy.fastpath, uses_flow_table(copy)) == (fastpath, fastpath)
    lab.save(tmp_path / "lab.json")
    assert "fastpath" not in (tmp_path / "lab.json").read_text()
    assert Lab.load(tmp_path / "lab.json", fastpath=not fastpath).fastpath is not fastpath


# -- the comparison ----------------------------------------------------------------------------------------------------


def sections(found: list[Difference]) -> set[str]:
    return {difference.section for difference in found}


def test_equal_labs_are_equal() -> None:
    labs = [built(fastpath=fastpath) for fastpath in (True, False)]
    captures = []
    for lab in labs:
        with lab.capture() as capture:
            lab["c1"].ping("10.0.0.12", count=20, interval=0.01)
        captures.append(capture)
    assert compare(*labs, captures=[(captures[0], captures[1])]) == []


CHANGES: dict[str, tuple[str, Callable[[Lab], Any]]] = {
    "a counter of a device": (
        "devices of c1",
        lambda lab: setattr(lab["c1"].ns.dev("eth0").stats, "rx_packets", 77),
    ),
    "the kernel's log": ("kernel log of host1", lambda lab: lab.hosts["host1"].ns.log.lines.append(Line(0, "x"))),
    "the clock": ("clock", lambda lab: lab.run(0.000_000_001)),
    "an identity": ("next identity", lambda lab: next(lab.sim.uids)),
    "a counter of the stack": (
        "/proc/net/snmp of c1",
        lambda lab: lab["c1"].ns.snmp.ip.__setitem__("InReceives", 999),
    ),
    "a counter of IPv6": ("/proc/net/snmp6 of c1", lambda lab: lab["c1"].ns.ipv6.snmp.ip.__setitem__("InReceives", 9)),
    "a neighbour": (
        "neighbours of c1",
        lambda lab: setattr(lab["c1"].ns.neigh.listing()[0], "confirmed", 1),
    ),
    "an entry of a switch": ("MAC table of sw1", lambda lab: setattr(next(iter(lab.switches["sw1"].fdb)), "used", 1)),
    "a port of a switch": (
        "ports of sw1",
        lambda lab: setattr(lab.switches["sw1"].ports["host1"].stats, "rx_packets", 5),
    ),
    "an entry of a bridge": ("MAC table of docker0 of host1", lambda lab: lab["b1"].sh("ping -c 1 -W 1 172.17.0.9")),
    "a rule": (
        "iptables of host1",
        lambda lab: setattr(
            lab.hosts["host1"].ns.netfilter.ruleset("nf_tables").look("nat").chains["PREROUTING"], "packets", 8
        ),
    ),
    "a record of the journal": ("journal", lambda lab: lab.sim.journal and lab.sim.journal.records.pop(3)),
    "a cause": ("causes in the journal", lambda lab: lab.sim.journal and lab.sim.journal.causes.update({1: 2})),
    "a connection": (
        "connections of host1",
        lambda lab: setattr(lab.hosts["host1"].ns.netfilter.conntrack.listing()[0], "expires", 1 << 40),
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_one_difference_is_found(name: str) -> None:
    section, change = CHANGES[name]
    labs = []
    for _ in range(2):
        lab = built()
        lab["c1"].ping("10.0.0.12")
        lab.hosts["host1"].addr_add("enp0s8", "10.0.1.1/24")
        lab["b1"].sh("ping -c 1 -W 1 10.0.1.7")
        labs.append(lab)
    change(labs[1])
    assert section in sections(compare(*labs)), name
    assert compare(labs[0], labs[0]) == []


def test_a_frame_of_a_capture_and_a_printed_line() -> None:
    labs, captures = [], []
    for size in (56, 57):
        lab = built(fastpath=size == 56)
        with lab.capture() as capture:
            lab["c1"].ping("10.0.0.12", count=1, size=size)
        labs.append(lab)
        captures.append(capture)
    found = compare(*labs, captures=[(captures[0], captures[1])], texts=(["one", "two"], ["one", "three"]))
    assert {"transcript", "capture 1", "journal"} <= sections(found)
    transcript = next(difference for difference in found if difference.section == "transcript")
    assert str(transcript) == "transcript: row 2 differs\n  first:  two\n  second: three"
    shorter = compare(labs[0], labs[0], texts=(["one"], []))
    assert str(shorter[0]) == "transcript: row 1 differs\n  first:  one\n  second: (nothing)"
