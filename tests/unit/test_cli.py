"""The command line: mistakes are told before anything is played."""

from __future__ import annotations

from pathlib import Path

import pytest

from macvsim.cli import main

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
