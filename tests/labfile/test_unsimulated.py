"""Lab files with commands that would have changed the network and are not simulated: run, check, why and the front
matter.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from macvsim.cli import main
from macvsim.labfile.load import load
from macvsim.labfile.play import Player
from tests.two_hosts import topology

TC = "tc qdisc add dev enp0s8 root netem loss 100%"
AFTER = "after: tc on host1 was not simulated\n"
PING = """\
host1# ping -c 1 10.0.0.2
...
1 packets transmitted, 1 received, 0% packet loss, time 0ms
...
"""
LAST = f"host1# {TC}: not simulated; the real network may answer otherwise after it: --allow-unsimulated goes on"


def write(tmp_path: Path, *lines: str, more: str = "") -> Path:
    path = tmp_path / "lab.md"
    path.write_text(f"---\n{more}{topology('x')}---\n```console\n{''.join(lines)}```\n")
    return path


@pytest.fixture
def lossy(tmp_path: Path) -> Path:
    return write(tmp_path, f"host1# {TC}\n...\n", PING, "host2# hostname\nhost2\n")


def run(*words: str | Path) -> int:
    with pytest.raises(SystemExit) as caught:
        main([str(word) for word in words])
    assert isinstance(caught.value.code, int)
    return caught.value.code


def test_run_says_so_beside_each_later_command_and_ends_with_95(
    lossy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("run", lossy) == 95
    said = capsys.readouterr()
    assert f"host1# {TC}\nnot simulated: tc\nhost1# ping" in said.out
    assert said.out.endswith(f"ms\n{AFTER}host2# hostname\nhost2\n{AFTER}")
    assert said.out.count(AFTER) == 2
    assert said.err == f"macvsim: {lossy}: {LAST}\n"


def test_check_says_so_and_ends_with_95(lossy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("check", lossy) == 95
    said = capsys.readouterr()
    assert said.out.endswith(f"{lossy}: 3 commands, 3 compared, all as expected, {AFTER}")
    assert said.err == f"macvsim: {lossy}: {LAST}\n"


def test_check_of_a_command_that_differs(lossy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lossy.write_text(lossy.read_text().replace("0% packet loss", "100% packet loss"))
    assert run("check", lossy) == 95
    assert f"  {AFTER}\n{lossy}: 3 commands, 3 compared, 1 different, {AFTER}" in capsys.readouterr().out
    assert run("check", "--allow-unsimulated", lossy) == 1


def test_why_says_so_and_ends_with_95(lossy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("why", lossy) == 95
    said = capsys.readouterr()
    assert said.out == f"{lossy}: every ping is answered\n{AFTER}"
    assert said.err == f"macvsim: {lossy}: {LAST}\n"
    assert run("why", "--json", lossy, "host1: ping -c 1 10.0.0.2") == 95
    data = json.loads(capsys.readouterr().out)
    assert data["after"] == [{"on": "host1", "command": TC, "reason": "tc", "time_ns": 0}]


def test_why_of_a_ping_before_it_is_certain(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path, PING, f"host1# {TC}\n")
    assert run("why", path, "host1: ping -c 1 10.0.0.2") == 0
    assert AFTER not in capsys.readouterr().out


@pytest.mark.parametrize("command", ["run", "check", "why"])
def test_an_option_goes_on(lossy: Path, capsys: pytest.CaptureFixture[str], command: str) -> None:
    assert run(command, "--allow-unsimulated", lossy) == 0
    said = capsys.readouterr()
    assert AFTER in said.out
    assert said.err == ""


@pytest.mark.parametrize("command", ["run", "check", "why"])
def test_the_front_matter_goes_on(tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str) -> None:
    path = write(tmp_path, f"host1# {TC}\n...\n", PING, more="allow_unsimulated: true\n")
    assert run(command, path) == 0
    assert AFTER in capsys.readouterr().out


def test_a_command_that_is_last_or_hidden_fails_too(tmp_path: Path) -> None:
    assert run("run", write(tmp_path, PING, f"host1# {TC}\n")) == 95
    assert run("check", write(tmp_path, f"host1# {TC} 2>/dev/null || true\n", PING)) == 95
    assert run("run", write(tmp_path, "host1# docker run --rm busybox ifup eth0\n", PING)) == 95
    assert run("run", write(tmp_path, "host1# docker run --rm --privileged busybox sh -c 'ifup eth0'; true\n")) == 95


def test_several_commands_are_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path, f"host1# {TC}\n", "host1# nmcli con up x; wg-quick up wg0\n")
    assert run("run", path) == 95
    assert "not simulated, nor 2 more commands; the real network" in capsys.readouterr().err


@pytest.mark.parametrize("line", ["nstat -az", "ip monitor", "tc qdisc show", "vi x", "cat /proc/net/sockstat"])
def test_commands_that_only_read_mark_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str], line: str) -> None:
    path = write(tmp_path, f"host1# {line}\n", PING)
    assert (run("run", path), run("check", path), run("why", path)) == (0, 1, 0)
    assert "after:" not in capsys.readouterr().out


def test_commands_before_the_lab_begins_count(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path, PING)
    line = f"host1: {{exec: ['{TC} || true'], nics"
    path.write_text(path.read_text().replace("host1: {nics", line))
    assert run("check", path) == 95
    assert f"host1# {TC}: not simulated" in capsys.readouterr().err


def test_an_outcome_tells_what_ran_before(lossy: Path) -> None:
    player = Player(load(lossy))
    first, ping, last = player.play()
    assert first.after == ()
    assert ping.after == last.after == player.unsimulated == player.lab.unsimulated
    assert ping.pings[0].after == ping.after


def test_a_saved_lab_says_so_too(lossy: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    saved = tmp_path / "saved.json"
    assert run("save", lossy, "-o", saved) == 0
    assert capsys.readouterr().out.endswith(f" s, {AFTER}")
    assert run("run", saved) == 95
    assert AFTER in capsys.readouterr().out


def test_without_such_a_command_nothing_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path, PING)
    assert [run("run", path), run("check", path), run("why", path)] == [0, 0, 0]
    said = capsys.readouterr()
    assert "after:" not in said.out
    assert said.err == ""


def test_trace_and_plot_say_so_too(lossy: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("trace", lossy) == 0
    assert capsys.readouterr().out.count(AFTER) == 2
    for words in ([], ["--ladder"], ["--why"]):
        assert run("plot", lossy, "-o", tmp_path / "lab.svg", *words) == 0
        assert capsys.readouterr().err == f"{lossy}: {AFTER}"
