"""Functions of a user's program that run in a lab while time passes, and copies of such labs."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import pytest
import simpy

from macvsim import Lab, MacvsimError
from macvsim.dev.cable import Cable
from macvsim.docker.host import DockerHost
from macvsim.machine.host import Box

SECOND = 1_000_000_000


@pytest.fixture
def lab() -> Lab:
    lab = Lab(seed=0)
    sw1 = lab.switch("sw1")
    for number, name in enumerate(("host1", "host2"), 1):
        lab.host(name, nic="eth0", switch=sw1).addr_add("eth0", f"10.0.0.{number}/24")
    return lab


def flap(lab: Lab, host: Box) -> Generator[simpy.Event]:
    yield lab.env.timeout(2_500_000_000)
    host.link_set("eth0", up=False)
    yield lab.env.timeout(2 * SECOND)
    host.link_set("eth0", up=True)


def lose_all(cable: Cable) -> None:
    cable.loss = 1.0


def note(lab: Lab, host: Box) -> None:
    host.files["/notes"] = host.files.get("/notes", "") + f"{lab.now:g} "


def test_a_process_changes_the_lab_while_a_ping_goes_on(lab: Lab) -> None:
    lab.process(flap, lab, lab["host2"])
    ping = lab["host1"].ping("10.0.0.2", count=7, timeout=1)
    assert [reply.seq for reply in ping.replies] == [0, 1, 2, 5, 6]


def test_a_process_may_ping(lab: Lab) -> None:
    heard: list[float] = []

    def check(host: Box) -> Generator[simpy.Event]:
        yield lab.env.timeout(SECOND)
        heard.append(host.ping("10.0.0.2", count=2).received)
        heard.append(lab.now)

    lab.process(check, lab["host1"])
    lab.run(5)
    assert heard == [2, pytest.approx(2, abs=0.01)]


def test_at_and_every(lab: Lab) -> None:
    lab.every(0.5, note, lab, lab["host1"], until=2)
    lab.at(1.25, note, lab, lab["host1"])
    lab.run(5)
    assert lab["host1"].files["/notes"] == "0.5 1 1.25 1.5 2 "


def test_copies_run_functions_again_on_what_is_theirs(lab: Lab, tmp_path: Path) -> None:
    lab.process(flap, lab, lab["host2"])
    lab.at(9, lose_all, lab.cables[0])
    lab.every(1, note, lab, lab["host1"])
    lab.run(3)
    lab.save(tmp_path / "lab.json")
    for other in (lab.copy(), Lab.load(tmp_path / "lab.json", functions=[flap, lose_all, note])):
        before = lab["host1"].files["/notes"]
        assert other["host1"].files["/notes"] == before == "1 2 3 "
        pings = [one["host1"].ping("10.0.0.2", count=8, timeout=1) for one in (lab.copy(), other)]
        assert pings[0].text == pings[1].text
        # the first two wait for the neighbour's MAC until the interface is up again
        assert [reply.seq for reply in pings[1].replies] == [0, 1, 2, 3, 4, 5]
        assert lab["host1"].files["/notes"] == before
    with pytest.raises(MacvsimError, match=r"runs the Python function .*\.flap: Lab.load\(…, functions=\[flap\]\)"):
        Lab.load(tmp_path / "lab.json")


def test_why_tries_its_edits_on_copies(lab: Lab) -> None:
    lab.every(1, note, lab, lab["host1"])
    lab.hosts["host2"].link_set("eth0", up=False)
    lab.run(2)
    found = lab.why("host1", "10.0.0.2")
    assert [str(fix) for fix in found.fixes][:1] == ["host2# ip link set eth0 up"]


ELSEWHERE: list[DockerHost] = []


def works_on_a_global(lab: Lab) -> None:
    ELSEWHERE[0].link_set("eth0", mtu=1400)


def test_a_copy_never_changes_the_lab_it_is_made_from(lab: Lab) -> None:
    ELSEWHERE[:] = [lab.hosts["host1"]]
    lab.at(1, works_on_a_global, lab)
    lab.run(2)
    ELSEWHERE[0].link_set("eth0", mtu=1300)
    with pytest.raises(MacvsimError, match=r"link_set was called on a lab while a copy of it is made: functions of"):
        lab.copy()
    assert ELSEWHERE[0].dev("eth0").mtu == 1300


def test_a_function_that_holds_other_things_cannot_be_copied(lab: Lab) -> None:
    lab.at(1, lambda: None)
    lab.run(2)
    with pytest.raises(MacvsimError, match=r"told to run .*lambda.*, which a copy cannot run again"):
        lab.copy()


def test_mistakes(lab: Lab) -> None:
    lab.run(1)
    with pytest.raises(MacvsimError, match=r"at\(0.5\): the clock already shows 1 s"):
        lab.at(0.5, note)
    with pytest.raises(MacvsimError, match=r"every\(0\): the interval must be positive"):
        lab.every(0, note)
    with pytest.raises(MacvsimError, match=r"process\(lose_all\): it is no generator function"):
        lab.process(lose_all, lab.cables[0])
    assert isinstance(lab.env, simpy.Environment)


def test_an_error_of_the_function_ends_the_run(lab: Lab) -> None:
    lab.at(1, lab.switches.__getitem__, "nowhere")
    with pytest.raises(KeyError, match="nowhere"):
        lab.run(2)
