"""The code blocks of a Markdown page, run one after the other in one folder, as a reader would.

=============================== ====================================================================================
``<!-- file: NAME -->`` before  the block is the file NAME
```` ```python ````             runs; what it prints is compared with the block without a language behind it, if one is
```` ```console ````            lines ``$ COMMAND`` run in a shell; the lines under each are what it prints
``<!-- not run: WHY -->``       before a block that cannot be run here
=============================== ====================================================================================

In what is expected, ``...`` stands for any text in its line, and for any lines where it is alone on one.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
_FENCE = re.compile(
    r"^(?P<indent> *)(?P<mark>`{3,})(?P<info>[^\n`]*)\n(?P<text>.*?)^(?P=indent)(?P=mark)$", re.M | re.S
)
_COMMENT = re.compile(r"<!-- (file|not run): (.*?) -->\s*\Z")


@dataclass(frozen=True)
class Block:
    """A block of a page; `note` and `said` are of the comment before it."""

    page: Path
    line: int
    language: str
    text: str
    note: str
    said: str

    @property
    def place(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def blocks(page: Path) -> Iterator[Block]:
    text = page.read_text(encoding="utf-8")
    for found in _FENCE.finditer(text):
        comment = _COMMENT.search(text[: found.start()])
        body = re.sub(f"^{found['indent']}", "", found["text"], flags=re.MULTILINE)
        yield Block(
            page,
            text.count("\n", 0, found.start()) + 1,
            found["info"].strip(),
            body,
            comment[1] if comment else "",
            comment[2] if comment else "",
        )


def run_page(page: Path, folder: Path) -> int:
    """Run every block of a page; how many were compared.  AssertionError names the block that prints something else."""
    for name in ("scenarios", "tests", "notebooks"):
        (folder / name).symlink_to(ROOT / name)
    names: dict[str, object] = {}
    compared = 0
    printed: str | None = None
    for block in blocks(page):
        if block.note == "file":
            (folder / block.said).write_text(block.text, encoding="utf-8")
            printed = None
        elif block.note == "not run":
            printed = None
        elif block.language == "python":
            printed = _python(block, names, folder)
        elif block.language == "console":
            compared += _console(block, folder)
            printed = None
        else:
            assert block.language in ("", "text"), f"{block.place}: nothing runs blocks of {block.language!r}"
            assert printed is not None, f"{block.place}: this is the output of nothing: say what it is in a comment"
            _compare(block.place, block.text, printed)
            compared += 1
            printed = None
    return compared


def _python(block: Block, names: dict[str, object], folder: Path) -> str:
    said = io.StringIO()
    with contextlib.chdir(folder), contextlib.redirect_stdout(said):
        exec(compile("\n" * block.line + block.text, str(block.page), "exec"), names)
    return said.getvalue()


def _console(block: Block, folder: Path) -> int:
    parts = re.split(r"^\$ ", block.text, flags=re.MULTILINE)
    assert not parts[0].strip() and len(parts) > 1, f"{block.place}: a command stands behind '$ '"
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "COLUMNS": "80",
        "NO_COLOR": "1",
        "PY_COLORS": "0",
    }
    compared = 0
    for part in parts[1:]:
        lines = part.split("\n")
        more = 1
        while lines[more - 1].endswith("\\"):
            more += 1
        command, expected = "\n".join(lines[:more]), "\n".join(lines[more:])
        ran = subprocess.run(
            ["bash", "-c", command],
            cwd=folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=120,
        )
        assert ran.returncode in (0, 1), f"{block.place}: {command}: {ran.stdout}"
        if expected.strip():
            _compare(f"{block.place}: {command}", expected, ran.stdout)
            compared += 1
    return compared


def _compare(place: str, expected: str, got: str) -> None:
    pattern = "".join(
        r"(?:[^\n]*\n)*" if line == "..." else "[^\n]*".join(map(re.escape, line.split("..."))) + "\n"
        for line in _lines(expected)
    )
    same = re.fullmatch(pattern, "".join(f"{line}\n" for line in _lines(got))) is not None
    assert same, f"{place} prints\n{got}\nnot\n{expected}"


def _lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.strip().splitlines()]
