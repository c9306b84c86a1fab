"""`macvsim save` and `load`, and saved labs wherever a lab file is taken."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from macvsim import Lab
from macvsim.cli import main
from macvsim.labfile.load import load
from macvsim.labfile.play import Player
from macvsim.testing.compare import everything as state

TEXT = """\
---
name: two
seed: 7
topology:
  nodes:
    host1: {nics: {enp0s8: {addresses: [10.0.0.1/24]}}}
    host2: {nics: {enp0s8: {addresses: [10.0.0.2/24]}}}
    sw1: {kind: switch, policy: virtualbox-deny}
  links:
    - endpoints: ["host1:enp0s8", "sw1:1"]
    - endpoints: ["host2:enp0s8", "sw1:2"]
---
```console
root@host1:~# cd /tmp; x=here
root@host1:/tmp# ping -c 1 10.0.0.2
...
root@host1:/tmp# ping 10.0.0.2
...
^C (after 2.5 s)
...
root@host1:/tmp# docker network create -d macvlan --subnet=172.16.10.0/24 -o parent=enp0s8 m
...
root@host1:/tmp# docker run -itd --name c1 --ip=172.16.10.2 --network m busybox
...
root@host2:~# ip link add shim link enp0s8 type macvlan mode bridge; ip link set shim up
root@host2:~# ip addr add 172.16.10.3/24 dev shim
c1# ping -c 1 -W 1 172.16.10.3
...
root@host1:/tmp# ping -c 20 -i 0.2 10.0.0.2 > out &
...
```
"""


def run(*words: object) -> int:
    """The exit status of a command line."""
    with pytest.raises(SystemExit) as ended:
        main([str(word) for word in words])
    return int(ended.value.code or 0)


@pytest.fixture(name="lab")
def _lab(tmp_path: Path) -> Path:
    (tmp_path / "lab.md").write_text(TEXT)
    return tmp_path / "lab.md"


def saved(lab: Path) -> Path:
    assert run("save", lab) == 0
    return lab.with_suffix(".json")


def test_a_document_is_saved_as_it_ended(lab: Path) -> None:
    player = Player(load(lab))
    assert len(list(player.play())) == 9
    expected = state(player.lab)
    assert state(Lab.load(saved(lab))) == expected
    again = Player(load(saved(lab)))
    assert sum(bool(outcome.step.written) for outcome in again.play()) == 9
    assert state(again.lab) == expected


def test_a_saved_lab_is_run_and_checked(lab: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = saved(lab)
    capsys.readouterr()
    assert run("run", lab) == 0
    of_document = capsys.readouterr().out
    assert run("run", path) == 0
    of_saved = capsys.readouterr().out
    assert [line for line in of_saved.splitlines() if line and "# " not in line] == [
        line for line in of_document.splitlines() if line and "# " not in line
    ]
    assert "host1# ping 10.0.0.2\n" in of_saved and "^C" in of_saved
    assert run("check", path) == 0
    assert "9 commands" in capsys.readouterr().out
    assert run("trace", path) == 0
    assert "PORT_NO_MATCH" in capsys.readouterr().out


def test_why_is_asked_of_a_saved_lab(lab: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = saved(lab)
    capsys.readouterr()
    assert run("why", path, "--json") == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["reason"], answer["where"], answer["verdict"]) == ("PORT_NO_MATCH", "sw1:1", "lost")
    assert path.read_text().splitlines()[answer["line"] - 1].count("ping -c 1 -W 1 172.16.10.3") == 1
    assert answer["fixes"]


def test_calls_of_the_python_api_are_shown_as_commands(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lab = Lab()
    host1 = lab.host("host1", switch=lab.switch("sw1"))
    host1.docker.run("c1")
    for _ in range(2):
        host1.docker.exec("c1", "ip route")
    lab.run(5)
    host1.ping("172.17.0.2", count=1, timeout=3.0)
    lab.save(tmp_path / "lab.json")
    assert run("run", tmp_path / "lab.json") == 0
    shown = capsys.readouterr().out
    assert [line for line in shown.splitlines() if "# " in line] == [
        "c1# ip route", "c1# ip route", "host1# ping -c 1 -W 3.0 172.17.0.2",
    ]  # fmt: skip
    assert shown.count("default via 172.17.0.1") == 2
    assert run("why", tmp_path / "lab.json") == 0
    assert "every ping is answered" in capsys.readouterr().out


def test_one_goes_on_where_a_lab_was_saved(
    lab: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = saved(lab)
    words = f"pwd; echo $x; sleep 5; tail -n 3 out\ndocker ps -q | wc -l\n@save {path.parent}/more.json\nexit\n"
    monkeypatch.setattr("sys.stdin", io.StringIO(words))
    capsys.readouterr()
    assert run("load", path) == 0
    shown = capsys.readouterr().out
    typed = shown.partition("root@host1:/tmp# pwd;")[2].splitlines()
    assert typed[1:3] == ["/tmp", "here"]
    assert "20 packets transmitted" in shown and "\n1\nroot@host1:/tmp#" in shown
    more = Lab.load(path.parent / "more.json")
    assert more.now > Lab.load(path).now
    monkeypatch.setattr("sys.stdin", io.StringIO("ping -c 1 10.0.0.2\n"))
    assert run("shell", path) == 0


def test_a_capture_of_the_whole_play_moves_nothing(lab: Path, tmp_path: Path) -> None:
    path = saved(lab)
    assert run("run", path, "--pcap", tmp_path / "saved.pcapng") == 0
    assert run("run", lab, "--pcap", tmp_path / "lab.pcapng") == 0
    assert (tmp_path / "saved.pcapng").read_bytes() == (tmp_path / "lab.pcapng").read_bytes()
    player = Player(load(path))
    with player.lab.capture() as capture:
        for _ in player.play():
            pass
        assert str(player.lab.copy()["host1"].sh("ip neigh")) == str(player.lab["host1"].sh("ip neigh"))
    assert capture.records


@pytest.mark.parametrize("words", [["verify"], ["check", "--update"], ["sweep"]])
def test_what_takes_a_document_says_so(words: list[str], lab: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = saved(lab)
    capsys.readouterr()
    assert run(*words, path) == 2
    assert f"macvsim: {path}: a saved lab is calls, not a topology" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["load", "run", "check", "why", "trace", "shell", "save"])
@pytest.mark.parametrize("text", [None, "", "{", "[]", "no lab", '{"format": "macvsim lab", "version": 99}', "\xff"])
def test_a_file_that_is_no_saved_lab_is_told_in_a_line(
    command: str, text: str | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "lab.json"
    if text is not None:
        path.write_bytes(text.encode("latin-1"))
    assert run(command, path) == 2
    told = capsys.readouterr()
    assert told.out == "" and told.err.startswith("macvsim: ") and told.err.count("\n") == 1 and str(path) in told.err


def test_half_a_saved_lab_is_told_in_a_line(lab: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = saved(lab)
    text = path.read_text()
    path.write_text(text[: len(text) // 2])
    capsys.readouterr()
    assert run("load", path) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_a_lab_is_saved_under_a_json_name(lab: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("save", lab, "-o", lab.with_suffix(".yaml")) == 2
    assert "a saved lab is a file NAME.json" in capsys.readouterr().err
    assert run("save", lab, "-o", lab.parent / "other.json") == 0
    assert (lab.parent / "other.json").exists()
