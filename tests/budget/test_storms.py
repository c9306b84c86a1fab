"""Storms end by the budget, with a report of the loop and its cure."""

from __future__ import annotations

from pathlib import Path

import pytest

from macvsim import Budget, BudgetExceeded, Lab
from macvsim.testing.compare import compare
from tests.budget.limited import run
from tests.budget.storms import STORMS, own_veth, two_cables

SMALL = Budget(events=20_000, instant=5_000, pending=10_000)


@pytest.mark.slow
@pytest.mark.parametrize("name", STORMS)
@pytest.mark.parametrize("captured", [False, True], ids=["plain", "captured"])
def test_a_storm_ends_by_the_default_budget(name: str, captured: bool) -> None:
    cure = STORMS[name][2]
    found = run(f"""
from macvsim import BudgetExceeded, Lab
from tests.budget.storms import STORMS
make, target, _ = STORMS[{name!r}]
lab = Lab()
box = make(lab)
if {captured}:
    capture = lab.start_capture()
try:
    print(box.ping(target, count=1))
except BudgetExceeded as error:
    print(error)
""")
    print(found.seconds, found.megabytes)
    assert cure in found.text


@pytest.mark.parametrize("name", STORMS)
def test_the_report_names_the_loop_the_frame_the_rate_and_the_cure(name: str) -> None:
    make, target, cure = STORMS[name]
    lab = Lab(budget=SMALL)
    box = make(lab)
    with pytest.raises(BudgetExceeded) as caught:
        box.ping(target, count=1)
    first, loop, frame, said, more = str(caught.value).split("\n")
    limit = caught.value.limit
    assert first.startswith(f"the run was stopped: it reached its budget of {getattr(SMALL, limit):,} events")
    assert loop.startswith("frames go round in a loop: ")
    assert loop.endswith(("frames in a simulated second)", "(no simulated time passes)"))
    assert "ARP" in frame and target in frame
    assert said.startswith(cure)
    assert f"--budget {limit}=" in more


@pytest.mark.parametrize("name", STORMS)
def test_a_storm_ends_at_the_same_event_with_and_without_the_fast_path(name: str) -> None:
    make, target, _ = STORMS[name]
    labs = [Lab(budget=SMALL, fastpath=fastpath) for fastpath in (True, False)]
    ends = []
    for lab in labs:
        with pytest.raises(BudgetExceeded) as caught:
            make(lab).ping(target, count=1)
        ends.append((str(caught.value), lab.sim.scheduled, lab.sim.meter.events))
    assert ends[0] == ends[1]
    assert compare(*labs) == []


def test_after_a_storm_the_lab_works_once_the_cable_is_out() -> None:
    lab = Lab(budget=SMALL)
    host1 = two_cables(lab)
    with lab.capture() as capture:
        with pytest.raises(BudgetExceeded):
            host1.sh("ping -c 1 10.0.0.2")
        assert capture.records
        lab.cables[-1].unplug()
        assert host1.sh("ping -c 1 10.0.0.2").code == 0
    assert "sh" not in host1.sh("ps").stdout.split("\n", 2)[-1]
    copy = lab.copy()
    assert copy.sim.now == lab.sim.now and copy["host1"].sh("ping -c 1 10.0.0.2").code == 0


def test_after_a_storm_in_one_instant_the_lab_works_once_the_port_is_out() -> None:
    lab = Lab(budget=SMALL)
    host1 = own_veth(lab)
    with pytest.raises(BudgetExceeded):
        host1.sh("ping -c 1 -W 1 10.1.0.2")
    with pytest.raises(BudgetExceeded):  # the frame is still there
        host1.sh("true; sleep 1")
    lab.sim.meter.budget = Budget()
    host1.link_set("v0", up=False)
    assert host1.sh("sleep 1").code == 0


def test_the_ping_that_began_the_storm_is_explained(tmp_path: Path) -> None:
    lab = Lab(budget=SMALL)
    host1 = two_cables(lab)
    with lab.capture() as capture, pytest.raises(BudgetExceeded):
        host1.ping("10.0.0.2", count=1)
    assert capture.save(tmp_path / "storm.pcapng") > 0
    lab.save(tmp_path / "storm.json")
    assert Lab.load(tmp_path / "storm.json").sim.now == lab.sim.now


def test_two_routers_that_point_at_each_other_end_by_the_ttl() -> None:
    lab = Lab()
    lab.switch("sw1")
    hosts = [lab.host(f"host{number}", switch="sw1") for number in (1, 2, 3)]
    for number, host in enumerate(hosts, 1):
        host.addr_add("enp0s8", f"10.0.0.{number}/24")
        host.sysctl["net.ipv4.conf.all.send_redirects"] = 0
        host.sysctl["net.ipv4.conf.enp0s8.send_redirects"] = 0
    for host, gateway in zip(hosts, (2, 1, 1), strict=True):
        host.sysctl["net.ipv4.ip_forward"] = 1
        host.route_add("192.168.0.0/16", via=f"10.0.0.{gateway}")
    said = hosts[2].sh("ping -c 1 192.168.1.1")
    assert "Time to live exceeded" in said.stdout and said.code == 1
