"""The budget of a run: where it is set, and what happens at its end."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from macvsim import Budget, BudgetExceeded, Lab, MacvsimError
from macvsim.engine.budget import LIMITS, Meter, RunHalted, limits_of
from macvsim.engine.sim import SECOND, Sim
from macvsim.labfile.load import load
from macvsim.labfile.play import Player

LOOP = """---
name: loop
budget: {events: 20000}
topology:
  nodes:
    host1: {nics: {enp0s8: {addresses: [10.0.0.1/24]}}}
    host2: {nics: {enp0s8: {addresses: [10.0.0.2/24]}}}
    sw1: {kind: switch}
    sw2: {kind: switch}
  links:
    - endpoints: ["host1:enp0s8", "sw1:1"]
    - endpoints: ["host2:enp0s8", "sw2:1"]
    - endpoints: ["sw1:2", "sw2:2"]
    - endpoints: ["sw1:3", "sw2:3"]
---
```console
root@host1:~# ping -c 1 10.0.0.2
```
"""


@pytest.fixture
def loop(tmp_path: Path) -> Path:
    path = tmp_path / "loop.md"
    path.write_text(LOOP)
    return path


def macvsim(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "macvsim", *words], check=False, capture_output=True, text=True)


def test_a_limit_is_a_number_and_has_a_name() -> None:
    assert Budget(events=5).changed == {"events": 5}
    assert limits_of("events=5,output=0") == {"events": 5, "output": 0}
    for mistake in ({"events": -1}, {"events": True}, {"events": "many"}):
        with pytest.raises(MacvsimError, match="a limit is a whole number"):
            Budget().with_limits(mistake)  # type: ignore[arg-type]
    with pytest.raises(MacvsimError, match="did you mean events"):
        Lab(budget={"event": 1})
    with pytest.raises(MacvsimError, match="write NAME=NUMBER"):
        limits_of("events")


def test_a_lab_file_sets_limits_and_the_command_line_others(loop: Path) -> None:
    assert Player(load(loop)).lab.budget == Budget(events=20_000)
    assert Player(load(loop, {"instant": 7})).lab.budget == Budget(events=20_000, instant=7)
    loop.write_text(LOOP.replace("events:", "event:"))
    with pytest.raises(MacvsimError, match=r"loop.md:3: a budget has no limit 'event'"):
        load(loop)


@pytest.mark.slow
@pytest.mark.parametrize("command", ["run", "check", "trace"])
def test_the_command_line_says_where_the_run_was_stopped_and_ends(loop: Path, command: str) -> None:
    ended = macvsim(command, str(loop))
    assert ended.returncode == 2
    assert ended.stderr.startswith(
        f"macvsim: {loop}:17: ping -c 1 10.0.0.2: the run was stopped: it reached its budget"
    )
    assert "cure: take out the cable sw1:3 - sw2:3" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_capture_of_a_stopped_run_is_whole(loop: Path, tmp_path: Path) -> None:
    from scapy.utils import rdpcap

    out = tmp_path / "out.pcapng"
    ended = macvsim("run", "--pcap", str(out), "--budget", "events=9000", str(loop))
    assert "budget of 9,000 events" in ended.stderr and ended.returncode == 2
    assert f"\n{out} holds {len(rdpcap(str(out)))} frames" in ended.stderr


def test_more_may_be_allowed(loop: Path) -> None:
    ended = macvsim("run", "--budget", "events=0,instant=100", "--budget", "cpu=1", str(loop))
    assert "it reached its budget of 1 seconds of processor time in one run" in ended.stderr


def test_each_call_is_a_run_of_its_own() -> None:
    lab = Lab(budget=Budget(events=12_000))
    lab.switch("sw1")
    hosts = [lab.host(f"host{number}", switch="sw1") for number in (1, 2)]
    for number, host in enumerate(hosts, 1):
        host.addr_add("enp0s8", f"10.0.0.{number}/24")
    for _ in range(3):
        assert hosts[0].ping("10.0.0.2", count=1000)
    with pytest.raises(BudgetExceeded, match="frames pass most often: host1:enp0s8, sw1:host1, host2"):
        hosts[0].ping("10.0.0.2", count=3000)
    assert hosts[0].ping("10.0.0.2", count=1000)
    assert lab.copy().sim.now == lab.sim.now


def test_a_run_ends_where_its_clock_stands_still_or_too_much_waits() -> None:
    def again(sim: Sim) -> None:
        sim.call_later(0, again, sim)

    def more(sim: Sim) -> None:
        for _ in range(2):
            sim.call_later(1, more, sim)

    for fn, limit in ((again, "instant"), (more, "pending")):
        sim = Sim(budget=Budget(instant=50_000, pending=50_000))
        sim.call_later(0, fn, sim)
        with pytest.raises(BudgetExceeded) as caught:
            sim.run(until=1000)
        assert caught.value.limit == limit


def test_the_journal_forgets_by_bytes() -> None:
    lab = Lab(budget=Budget(journal=3_000_000))
    lab.switch("sw1")
    hosts = [lab.host(f"host{number}", switch="sw1") for number in (1, 2)]
    for number, host in enumerate(hosts, 1):
        host.addr_add("enp0s8", f"10.0.0.{number}/24")
    result = hosts[0].ping("10.0.0.2", count=3000, size=1400, interval=0.01)
    assert lab.sim.journal is not None
    frames = {id(record.frame): record.frame for record in lab.sim.journal.records if record.frame}
    assert 1_000_000 < sum(len(frame.raw) for frame in frames.values()) < 4_000_000
    assert result.received == 3000 and result.explain().verdict == "answered"


@pytest.mark.slow
def test_a_document_as_a_whole_has_a_budget(loop: Path, tmp_path: Path) -> None:
    """Each command is far below its own budget."""
    line = "root@host1:~# for i in 1 2 3 4 5 6 7 8 9; do :; done\n"
    loop.write_text(
        LOOP.partition("```")[0].replace("{events: 20000}", "{document: 1000}") + f"```console\n{line * 200}```\n"
    )
    ended = macvsim("check", str(loop))
    assert ended.returncode == 2
    found = re.fullmatch(
        r"macvsim: (\S+):(\d+): for i in .*: the run was stopped: it reached its budget of 1,000 events and steps in a "
        r"whole lab file\nthe commands before this one have used it up together\nfor more: .* --budget document=…\n",
        ended.stderr,
    )
    assert found is not None, ended.stderr
    assert 30 < int(found[2]) < 150
    assert macvsim("check", "--budget", "document=0", str(loop)).returncode == 0
    player = Player(load(loop, {"document": 0}))
    for _ in player.play():
        pass
    player.lab.save(tmp_path / "long.json")
    saved = json.loads((tmp_path / "long.json").read_text())
    (tmp_path / "long.json").write_text(json.dumps({**saved, "lab": {**saved["lab"], "budget": {"document": 1000}}}))
    with pytest.raises(MacvsimError, match="1,000 events and steps in a whole lab file"):
        Lab.load(tmp_path / "long.json")
    with pytest.raises(MacvsimError, match="1,000 events and steps in a whole lab file"):
        list(Player(load(tmp_path / "long.json")).play())


def test_a_saved_lab_repeats_no_call_without_an_end(tmp_path: Path) -> None:
    lab = Lab()
    lab.host("host1")
    lab.run(0.001)
    lab["host1"].sh("hostname")
    path = tmp_path / "lab.json"
    lab.save(path)
    saved = json.loads(path.read_text())
    for name in ("run", "sh"):
        calls = [{**call, "times": 10**15} if call["call"] == name else call for call in saved["calls"]]
        path.write_text(json.dumps({**saved, "calls": calls, "lab": {**saved["lab"], "budget": {"document": 5000}}}))
        with pytest.raises(MacvsimError, match="5,000 events and steps in a whole lab file"):
            Lab.load(path)
        with pytest.raises(MacvsimError, match=r"whole lab file|more than 1,000,000 commands"):
            list(Player(load(path)).play())


@pytest.mark.slow
def test_sweep_and_check_plain_take_a_budget(loop: Path) -> None:
    for words in (["sweep", "--on", "serial"], ["check", "--plain"]):
        ended = macvsim(*words, "--budget", "events=9000", str(loop))
        assert ended.returncode == 2
        assert "it reached its budget of 9,000 events in one run\nframes go round in a loop: " in ended.stderr


def test_replay_takes_a_budget(tmp_path: Path) -> None:
    (tmp_path / "scenario.txt").write_text("title: endless\nns a\n@a while true; do :; done\n")
    (tmp_path / "commands.json").write_text("[]")
    (tmp_path / "frames.jsonl").write_text("")
    ended = macvsim("replay", "--budget", "steps=3000", str(tmp_path))
    assert ended.returncode == 2
    assert "it reached its budget of 3,000 steps of shells and programs in one run\na: line 1" in ended.stderr
    ended = macvsim("replay", "--budget", "archive=20", str(tmp_path))
    assert "scenario.txt: the record is larger than 20 bytes when it is unpacked" in ended.stderr


def test_every_limit_has_a_unit() -> None:
    assert all(one.metadata["unit"] for one in LIMITS)


@pytest.mark.parametrize(("devices", "seconds", "halted"), [(10, 1, True), (10, 60, False), (1000, 1, False)])
def test_default_limits_grow_with_the_lab_and_with_time(devices: int, seconds: int, halted: bool) -> None:
    """No storm: each of a thousand containers asks for all others at once, or a lab pings for a long time."""
    for budget, exact in ((Budget(), False), (Budget(events=600_001), True)):
        meter = Meter(budget)
        meter.devices = lambda: devices
        assert meter.look(1, 0, 0) is None
        found = meter.look(1_500_000, seconds * SECOND, 0)
        assert (found is not None) is (halted or exact)


def test_a_script_that_waits_may_take_more_steps() -> None:
    meter = Meter(Budget())
    assert meter.look(1, 0, 0) is None
    assert meter.look(1, 1000 * SECOND, 0) is None
    meter.step(lambda: "sleep", 300_000)
    with pytest.raises(RunHalted):
        meter.step(lambda: "sleep")


def test_the_devices_of_a_lab_are_counted() -> None:
    lab = Lab()
    host = lab.host("host1", nic="e0", switch=lab.switch("sw1"))
    before = lab.sim.meter.devices()
    host.sh("ip link add d0 type dummy; ip netns add n; ip link add v type veth peer name w netns n")
    host.docker.run("c1")
    assert lab.sim.meter.devices() == before + 3 + 4, "with lo of n and c1, eth0 of c1, its other end, docker0"
