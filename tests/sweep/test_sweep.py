"""Sweeps: what is set, the same results wherever runs are made, and nothing lost that was done."""

from __future__ import annotations

import gc
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from threading import Event
from typing import Any

import pytest

import macvsim
from macvsim import MacvsimError
from macvsim.cli import main
from macvsim.labfile.commands import check_file
from macvsim.sweeps.keys import read_settings
from macvsim.sweeps.plan import YOUNG
from tests.sweep.runs import always_dies, collecting, dies_once, no_dict, rtt

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
PAUSE = Event()
"""Never set: it is waited for so long."""
LAB = """\
---
name: swept
vars: {mode: bridge, count: 2}
topology:
  nodes:
    host1: {nics: {enp0s8: {addresses: [10.0.0.1/24]}}, exec: ["sysctl -w net.ipv4.ip_default_ttl=6$count"]}
    host2: {nics: {enp0s8: {addresses: [10.0.0.2/24]}}}
    sw1: {kind: switch}
  links:
    - endpoints: ["host1:enp0s8", "sw1:1"]
    - endpoints: ["host2:enp0s8", "sw1:2"]
---
```console
root@host1:~# docker network create -d macvlan -o macvlan_mode=$mode --subnet 172.16.1.0/24 -o parent=enp0s8 m
root@host1:~# for i in $(seq $count); do docker run -itd --name c$i --network m busybox; done
root@host1:~# docker exec c1 ping -c 2 172.16.1.3
root@host2:~# ping -c 2 10.0.0.1
```
"""


@pytest.fixture
def lab(tmp_path: Path) -> Path:
    path = tmp_path / "lab.md"
    path.write_text(LAB)
    return path


def answered(records: Any) -> list[list[int]]:
    return [[ping["received"] for ping in record["pings"]] for record in records]


def status(arguments: list[str]) -> int | str | None:
    """Of the command line."""
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    return ended.value.code


# -- what is set -------------------------------------------------------------------------------------------------------


def test_variables_reach_every_shell(lab: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = macvsim.sweep(lab, {"mode": ["bridge", "private"], "count": [2, 1]}, on="serial")
    assert answered(table.records) == [[2, 2], [0, 2], [0, 2], [0, 2]]
    assert [record["pings"][1]["ttl"] for record in table.records] == [62, 61, 62, 61]
    assert status(["run", str(lab)]) == 0
    assert "2 packets transmitted, 2 packets received" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("key", "value", "pings"),
    [
        ("links.loss", "100%", [2, 0]),
        ("links.1.loss", 1, [2, 0]),
        ("host2:enp0s8.loss", 1, [2, 0]),
        ("sw1:2.loss", 1, [2, 0]),
        ("topology.links.0.loss", "100%", [2, 0]),
        ("sw1.ports.1.isolated", True, [2, 2]),
        ("nodes.ports.2.mode", "trunk", [2, 2]),
        ("host2.nics.enp0s8.addresses", ["10.0.1.2/24"], [2, 0]),
        ("docker", "19.03", [2, 2]),
    ],
)
def test_settings_by_name(lab: Path, key: str, value: Any, pings: list[int]) -> None:
    assert answered(macvsim.sweep(lab, {key: [value]}, on="serial").records) == [pings]


def test_settings_of_all_nodes(lab: Path) -> None:
    fast, slow = macvsim.sweep(lab, {"nodes.wakeup_delay": ["10us", "1ms"]}, on="serial").records
    assert fast["pings"][0]["rtt_min_ns"] + 900_000 < slow["pings"][0]["rtt_min_ns"]


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"links.los": [1]}, "links.los: nothing in the lab has this name; did you mean links.loss?"),
        ({"links.5.loss": [1]}, "links.5.loss: '5' is no index: a number from 0 to 1"),
        ({"links.loss": ["200%"]}, "links.loss=200%: 200% is more than all"),
        ({"sw1.polcy": ["wifi"]}, "sw1.polcy=wifi: 'polcy' is not known here; did you mean 'policy'?"),
        ({"sw1.policy": ["wlan"]}, "sw1.policy=wlan: there is no policy 'wlan'"),
        ({"host9:x.loss": [1]}, "'host9:x' is no end of a link"),
        ({"nodes.speed": [1]}, "no node of the lab has 'speed'"),
        ({"seed": [1]}, "seeds are given beside the settings"),
        ({"mode": "bridge"}, "mode: give a list of values"),
        ({"mode": []}, "there is nothing to run"),
        ({"name.x": [1]}, "name.x: nothing in the lab has this name"),
        ({"host1.exec": [["false"]]}, "'false' failed on host1"),
    ],
)
def test_what_cannot_be_is_said_before_anything_runs(
    lab: Path, tmp_path: Path, settings: dict[str, Any], said: str
) -> None:
    with pytest.raises(MacvsimError) as caught:
        macvsim.sweep(lab, settings, on="serial", out=tmp_path / "out.jsonl")
    assert said in str(caught.value)
    assert not (tmp_path / "out.jsonl").exists()


def test_settings_as_typed() -> None:
    read = read_settings(["mode=bridge,vepa", "n=1,2", "loss=0,1%", "on=true"])
    assert read == {"mode": ["bridge", "vepa"], "n": [1, 2], "loss": [0, "1%"], "on": [True]}
    for wrong in ("mode", "mode=", "=1", "a=1,", "a=[", "a={}"):
        with pytest.raises(MacvsimError):
            read_settings([wrong])
    with pytest.raises(MacvsimError, match="stands twice"):
        read_settings(["a=1", "a=2"])


# -- the same everywhere -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def scheduler(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A scheduler of Dask with two workers, each a process of its own."""
    pytest.importorskip("distributed")
    file = tmp_path_factory.mktemp("dask") / "scheduler.json"
    kinds = [["scheduler", "--host", "127.0.0.1", "--port", "0"], *[["worker", "--nthreads", "1", "--no-nanny"]] * 2]
    processes: list[subprocess.Popen[bytes]] = []
    try:
        for kind in kinds:
            command = [sys.executable, "-m", "dask", *kind, "--scheduler-file", str(file), "--no-dashboard"]
            environment = {**os.environ, "PYTHONPATH": str(ROOT)}
            processes.append(subprocess.Popen(command, stderr=subprocess.DEVNULL, env=environment, cwd=file.parent))
            while not file.exists():
                assert processes[0].poll() is None
                PAUSE.wait(0.05)
        yield json.loads(file.read_text())["address"]
    finally:
        for process in reversed(processes):
            process.kill()
            process.wait()


def test_every_engine_comes_to_the_same(lab: Path, tmp_path: Path, scheduler: str) -> None:
    settings: dict[str, list[Any]] = {"links.loss": [0, "30%"], "mode": ["bridge", "private"]}
    texts = []
    for number, on in enumerate(("serial", "processes", "loky", scheduler)):
        out = tmp_path / f"{number}.jsonl"
        macvsim.sweep(lab, settings, seeds=3, on=on, jobs=2, out=out)
        texts.append(out.read_text())
    assert texts[0].count("\n") == 12
    assert len(set(texts)) == 1
    records = [json.loads(line) for line in texts[0].splitlines()]
    assert [record["run"] for record in records] == list(range(12))
    lossy = [json.dumps(record["pings"]) for record in records if record["settings"]["links.loss"] == "30%"]
    assert len(set(lossy)) > 1, "seeds make no difference"


def test_functions(scheduler: str) -> None:
    settings = {"delay": [10_000, 20_000]}
    tables = [macvsim.sweep(rtt, settings, seeds=[3, 4], on=on, jobs=2) for on in ("serial", "processes", scheduler)]
    assert tables[0].records == tables[1].records == tables[2].records
    assert [row["rtt"] for row in tables[0].rows()] == [290_000, 290_000, 330_000, 330_000]
    assert [row["seed_too"] for row in tables[0].rows()] == [3, 4, 3, 4]
    with pytest.raises(MacvsimError, match="returns a dict"):
        macvsim.sweep(no_dict, on="serial")


@pytest.mark.skipif(sys.implementation.name != "cpython", reason="collects garbage otherwise")
def test_runs_collect_little_garbage_and_leave_it_as_it_was() -> None:
    before = gc.get_threshold()
    (record,) = macvsim.sweep(collecting, on="serial").records
    assert (record["threshold"], record["left_out"]) == (YOUNG, True)
    assert (gc.get_threshold(), gc.get_freeze_count()) == (before, 0)
    with pytest.raises(MacvsimError):
        macvsim.sweep(no_dict, on="serial")
    assert (gc.get_threshold(), gc.get_freeze_count()) == (before, 0)


# -- nothing is lost ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("on", ["processes", "loky"])
def test_a_worker_that_dies_loses_nothing(tmp_path: Path, on: str) -> None:
    table = macvsim.sweep(dies_once, {"folder": [str(tmp_path)], "number": range(20)}, on=on, jobs=2)
    assert (tmp_path / "died").exists()
    assert [record["square"] for record in table.records] == [number**2 for number in range(20)]


def test_a_worker_of_dask_that_dies_loses_nothing(lab: Path, scheduler: str) -> None:
    from distributed import Client

    def first_worker() -> int:
        pids: dict[str, int] = client.run(os.getpid)
        return next(iter(pids.values()))

    with Client(scheduler) as client:
        whole = macvsim.sweep(lab, {"links.loss": [0, "30%"]}, seeds=20, on="serial")
        pid = first_worker()
        killed: list[int] = []

        def progress(done: int, total: int) -> None:
            if done and not killed:
                os.kill(pid, signal.SIGKILL)
                killed.append(done)

        table = macvsim.sweep(lab, {"links.loss": [0, "30%"]}, seeds=20, on=scheduler, progress=progress)
    assert killed and killed[0] < 40
    assert table.records == whole.records


def test_a_run_that_always_kills_its_worker_is_named() -> None:
    with pytest.raises(MacvsimError, match=r"3 times a worker died that made Run\(number=3"):
        macvsim.sweep(always_dies, {"number": range(6)}, on="processes", jobs=2)


def test_runs_that_are_there_are_not_made_again(lab: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    settings: dict[str, list[Any]] = {"links.loss": [0, "30%"]}
    macvsim.sweep(lab, settings, seeds=4, on="serial", out=out)
    whole = out.read_text()
    lines = whole.splitlines(keepends=True)
    out.write_text("".join(reversed(lines[:5])) + lines[5][:40])  # as a killed sweep leaves it
    done: list[int] = []
    macvsim.sweep(lab, settings, seeds=4, on="serial", out=out, progress=lambda n, total: done.append(n))
    assert done[0] == 5
    assert out.read_text() == whole
    macvsim.sweep(lab, {"links.loss": [0, "30%", "50%"]}, seeds=4, on="serial", out=out)
    assert out.read_text().startswith(whole.rpartition("\n")[0])
    lab.write_text(LAB.replace("-c 2", "-c 1"))
    with pytest.raises(MacvsimError, match="holds runs of another lab"):
        macvsim.sweep(lab, settings, seeds=4, on="serial", out=out)


def test_a_finished_table_goes_on_too(lab: Path, tmp_path: Path) -> None:
    """Its rows are records again, to the last type: nothing is run twice, and more is added."""
    out, whole = tmp_path / "out.csv", tmp_path / "whole.csv"
    settings: dict[str, list[Any]] = {"links.loss": [0, "60%"], "mode": ["bridge", "private"]}
    first = macvsim.sweep(lab, settings, seeds=3, on="serial", out=out)
    text = out.read_text()
    done: list[int] = []
    again = macvsim.sweep(lab, settings, seeds=3, on="serial", out=out, progress=lambda n, total: done.append(n))
    assert (done, again.records, out.read_text()) == ([12], first.records, text)
    more = macvsim.sweep(lab, settings, seeds=4, on="serial", out=out, progress=lambda n, total: done.append(n))
    assert done[1:] == [12, 13, 14, 15, 16]
    assert macvsim.sweep(lab, settings, seeds=4, on="serial", out=whole).records == more.records
    assert out.read_text() == whole.read_text()
    lab.write_text(LAB.replace("-c 2", "-c 1"))
    with pytest.raises(MacvsimError, match="exists already"):
        macvsim.sweep(lab, settings, seeds=4, on="serial", out=out)


def test_a_killed_sweep_goes_on(lab: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    command = [sys.executable, "-m", "macvsim", "sweep", str(lab), "--set", "links.loss=0,30%", "--seeds", "60"]
    process = subprocess.Popen([*command, "--out", str(out), "--jobs", "1"], cwd=ROOT)
    part = tmp_path / "out.csv.part"
    while not part.exists() or part.stat().st_size < 3000:
        PAUSE.wait(0.01)
    process.kill()
    process.wait()
    there = part.read_bytes().count(b"\n")
    assert 0 < there < 120
    assert not out.exists()
    assert subprocess.run([*command, "--out", str(out)], cwd=ROOT, capture_output=True, check=True).stderr == b""
    other = tmp_path / "other.csv"
    macvsim.sweep(lab, {"links.loss": [0, "30%"]}, seeds=60, on="serial", out=other)
    assert out.read_text() == other.read_text()
    assert not part.exists()


@pytest.mark.skipif(sys.platform == "win32", reason="a killed process has no children there")
@pytest.mark.parametrize("threads", [0, 1])
def test_workers_end_with_a_killed_sweep(tmp_path: Path, threads: int) -> None:
    code = f"""
import threading, macvsim
from tests.sweep.runs import waits
for _ in range({threads}):
    threading.Thread(target=threading.Event().wait, daemon=True).start()
if __name__ == "__main__":
    macvsim.sweep(waits, {{"folder": [{str(tmp_path)!r}]}}, seeds=2, on="processes", jobs=2)
"""
    process = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT)
    while len(workers := [int(path.name) for path in tmp_path.iterdir()]) < 2:
        PAUSE.wait(0.01)
    assert process.pid not in workers
    process.kill()
    process.wait()
    for _ in range(1000):
        if not any(Path(f"/proc/{pid}").exists() for pid in workers):
            return
        PAUSE.wait(0.01)
    pytest.fail("workers are left")


# -- tables and the command --------------------------------------------------------------------------------------------


def test_a_table_has_a_row_for_each_ping(lab: Path) -> None:
    table = macvsim.sweep(lab, {"mode": ["bridge", "private"]}, on="serial")
    rows = table.rows()
    assert len(rows) == 4
    assert rows[2]["mode"] == "private" and rows[2]["reason"]
    header, first, *_ = table.csv().splitlines()
    assert header.startswith("sweep,run,mode,seed,time_ns,frames,drops.")
    assert first.split(",")[1:3] == ["0", "bridge"]


def test_a_data_frame_where_pandas_is(lab: Path) -> None:
    table = macvsim.sweep(lab, on="serial")
    try:
        import pandas  # noqa: F401
    except ModuleNotFoundError:
        with pytest.raises(MacvsimError, match="pip install pandas"):
            table.to_pandas()
    else:
        assert list(table.to_pandas().columns) == table.columns()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--set", "x=1"], "x: nothing in the lab has this name"),
        (["--on", "moon"], "--on moon: nothing of this name makes runs"),
        (["--on", "tcp://127.0.0.1:1"], "no scheduler of Dask answers at tcp://127.0.0.1:1"),
        (["--out", "results.txt"], "NAME.jsonl or NAME.csv"),
        (["--seeds", "0"], "there is nothing to run"),
        (["--jobs", "0"], "0 jobs make no run"),
    ],
)
def test_mistakes_are_one_line(lab: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str) -> None:
    assert status(["sweep", str(lab), *arguments]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert said in printed.err and printed.err.count("\n") == 1


def test_files_that_hold_something_else_are_left_alone(lab: Path, tmp_path: Path) -> None:
    for name, text in (
        ("a.csv", "x,y\n"),
        ("a.jsonl", "no\n"),
        ("b.jsonl", "[1]\n"),
        ("c.jsonl", "{}\n"),
        ("d.jsonl", "no"),
    ):
        (tmp_path / name).write_text(text)
        with pytest.raises(MacvsimError, match="choose another name"):
            macvsim.sweep(lab, out=tmp_path / name, on="serial")
        assert (tmp_path / name).read_text() == text


def test_the_lab_of_a_document_with_variables_is_checked(lab: Path) -> None:
    assert check_file(lab, lambda text: None)


@pytest.mark.parametrize("name", ["out.jsonl", "out.csv"])
def test_a_command_that_is_not_simulated(tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    lab = tmp_path / "lab.md"
    lab.write_text(
        LAB.replace("root@host2:~# ping", "root@host2:~# test $count = 1 || tc qdisc add dev lo root netem; ping")
    )
    out = tmp_path / name
    words = ["sweep", str(lab), "count=1,2", "--on", "serial", "--out", str(out)]
    after = "after: tc on host2 was not simulated"
    for options, status in (([], 95), ([], 95), (["--allow-unsimulated"], 0)):
        with pytest.raises(SystemExit) as ended:
            main([*words, *options])
        assert ended.value.code == status
        said = capsys.readouterr()
        first, second, *_ = said.out.splitlines()
        assert (after in first, second.endswith(f" pings answered, {after}")) == (False, True)
        ending = f"macvsim: {lab}: {after}; the real network may answer otherwise: --allow-unsimulated goes on\n"
        assert said.err == (ending if status else "")
        assert out.read_text().count(after) == (1 if name == "out.jsonl" else 2)
