"""The README's Python blocks run, and print what the block after them shows."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path

import pytest

from macvsim.labfile.commands import check_file

README = Path(__file__).parents[2] / "README.md"
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_the_lab_document(tmp_path: Path) -> None:
    (text,) = re.findall(r"^````markdown\n(.*?)^````$", README.read_text(), re.MULTILINE | re.DOTALL)
    path = tmp_path / "lab.md"
    path.write_text(text)
    said: list[str] = []
    assert check_file(path, said.append), "".join(said)
    assert said[-1].endswith("3 commands, 3 compared, all as expected\n")


def test_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    blocks = [(kind, text) for kind, text in BLOCK.findall(README.read_text())]
    names: dict[str, object] = {}
    compared = 0
    for (kind, text), (next_kind, expected) in zip(blocks, [*blocks[1:], ("", "")], strict=True):
        if kind != "python":
            continue
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(text, str(README), "exec"), names)
        if not next_kind and expected and "make demo" not in expected and "macvsim replay" not in expected:
            assert printed.getvalue().strip() == expected.strip()
            compared += 1
    assert compared == 2
    assert (tmp_path / "lab.pcapng").stat().st_size > 1000
