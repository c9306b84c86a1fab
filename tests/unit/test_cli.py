"""The command line: mistakes are told before anything is played."""

from __future__ import annotations

from pathlib import Path

import pytest

from macvsim.cli import main
from macvsim.record.sandbox.launch import Unavailable

LAB = """---
name: one
topology: {nodes: {host1: {}}}
---
```console
root@host1:~# echo played
```
"""


@pytest.mark.parametrize("where", ["nowhere/x", "lab.md/x"])
@pytest.mark.parametrize(
    "words", [["run", "--pcap", ".pcapng"], ["save", "-o", ".json"], ["plot", "-o", ".svg"], ["sweep", "--out", ".csv"]]
)
def test_a_file_that_could_not_be_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], where: str
) -> None:
    path = tmp_path / "lab.md"
    path.write_text(LAB)
    out = tmp_path / (where + words[2])
    with pytest.raises(SystemExit) as ended:
        main([words[0], str(path), words[1], str(out)])
    said = capsys.readouterr()
    assert (ended.value.code, said.out) == (2, "")
    assert said.err == f"macvsim: {out}: there is no folder {out.parent}: make it first\n"


@pytest.mark.parametrize("command", ["run", "why", "check", "plot"])
def test_options_that_a_command_does_not_know(capsys: pytest.CaptureFixture[str], command: str) -> None:
    with pytest.raises(SystemExit) as ended:
        main([command, "--bogus", "lab.md"])
    said = capsys.readouterr().err
    assert ended.value.code == 2
    assert said.startswith(f"usage: macvsim {command} ")
    assert said.endswith(f"macvsim {command}: error: unrecognized arguments: --bogus\n")


def test_options_and_files_in_any_order(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "lab.md"
    path.write_text(
        LAB.replace("name: one", "name: one\nvars: {a: 0, b: 0}").replace("echo played", "ping -c 1 127.0.0.1")
    )
    said = []
    for words in (["--json", str(path), "7"], [str(path), "--json", "7"], [str(path), "7", "--json"]):
        with pytest.raises(SystemExit) as ended:
            main(["why", *words])
        said.append(capsys.readouterr().out)
        assert (ended.value.code, '"verdict": "answered"' in said[-1]) == (0, True)
    for words in (
        [str(path), "--set", "a=1,2", "--set", "b=3", "--on", "serial"],
        ["--set", "a=1,2", "b=3", str(path), "--on", "serial"],
        [str(path), "--on", "serial", "--set", "a=1,2", "b=3"],
    ):
        with pytest.raises(SystemExit) as ended:
            main(["sweep", *words])
        lines = capsys.readouterr().out.splitlines()
        assert (ended.value.code, [line.split(",")[2:4] for line in lines]) == (0, [["a", "b"], ["1", "3"], ["2", "3"]])


@pytest.mark.parametrize("files", [[], ["lab.md", "other.md"]])
def test_a_sweep_is_of_one_lab(capsys: pytest.CaptureFixture[str], files: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["sweep", "--set", "a=1", "b=2", *files])
    assert (ended.value.code, capsys.readouterr().err) == (
        2,
        f"macvsim: a sweep is of one lab: name one file, not {', '.join(files) or 'none'}\n",
    )


@pytest.mark.parametrize("command", ["run", "why", "sweep", "check", "plot", "import", "verify", "fidelity"])
def test_help(capsys: pytest.CaptureFixture[str], command: str) -> None:
    with pytest.raises(SystemExit) as ended:
        main([command, "--help"])
    assert ended.value.code == 0
    assert capsys.readouterr().out.startswith(f"usage: macvsim {command} ")


def test_fewer_than_no_random_topologies(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["verify", "--random", "-3"])
    said = "macvsim: --random -3: write how many topologies to play, such as --random 300\n"
    assert (ended.value.code, capsys.readouterr().err) == (2, said)


def test_a_lab_is_played_only_in_the_sandbox(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*words: object, **more: object) -> int:
        raise Unavailable("there can be no sandbox here: unshare: Operation not permitted")

    monkeypatch.setattr("macvsim.fidelity.verify.commands.run_inside", refuse)
    path = tmp_path / "lab.md"
    path.write_text(
        LAB.replace("host1: {}", f"host1: {{exec: [touch {tmp_path}/exec]}}").replace("echo", f"touch {tmp_path}/")
    )
    with pytest.raises(SystemExit) as ended:
        main(["verify", str(path)])
    said = capsys.readouterr()
    assert (ended.value.code, said.out) == (2, "")
    assert said.err == "macvsim: there can be no sandbox here: unshare: Operation not permitted\n"
    assert list(tmp_path.iterdir()) == [path]


def test_the_sandbox_is_given_the_lab_and_what_is_named_like_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[list[str], str]] = []

    def note(code: str, files: dict[str, bytes], *rest: object, **more: object) -> int:
        asked.append((sorted(files), code.strip().splitlines()[-1]))
        return 0

    monkeypatch.setattr("macvsim.fidelity.verify.commands.run_inside", note)
    for name in ("lab.yaml", "lab.sh", "lab.md", "secret"):
        (tmp_path / name).write_text("")
    for words in (["--random", "2"], [str(tmp_path / "lab.yaml")]):
        with pytest.raises(SystemExit) as ended:
            main(["verify", *words])
        assert ended.value.code == 0
    (no_files, random), (files, _) = asked
    assert (no_files, random) == ([], "sys.exit(play_random(2, 0, sys.stdout.write))")
    assert files == [str(tmp_path / "lab.sh"), str(tmp_path / "lab.yaml")]
