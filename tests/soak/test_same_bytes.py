"""The same seed gives the same bytes, whatever the process was started with; .ci/wheel compares interpreters."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from tests.docs.blocks import ROOT

pytestmark = pytest.mark.slow
COUNT = os.environ.get("SOAK", "3")


@cache
def digests(folder: Path, *settings: tuple[str, str]) -> str:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "0", **dict(settings)}
    line = [sys.executable, "-m", "tests.soak.digests", COUNT]
    done = subprocess.run(line, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(
    "settings",
    [
        {"PYTHONHASHSEED": "1"},
        {"PYTHONHASHSEED": "4294967295", "TZ": "Asia/Shanghai"},
        {"LC_ALL": "tr_TR.UTF-8", "LANG": "tr_TR.UTF-8", "TZ": "America/St_Johns"},
        {"LC_ALL": "C", "PYTHONUTF8": "0", "COLUMNS": "40", "TERM": "xterm"},
        {"PYTHONOPTIMIZE": "1", "PYTHONHASHSEED": "7"},
    ],
    ids=",".join,
)
def test_the_same_bytes(settings: dict[str, str], tmp_path: Path) -> None:
    assert digests(tmp_path, *settings.items()) == digests(ROOT)


def test_other_seeds_give_other_bytes() -> None:
    lines = digests(ROOT).splitlines()
    assert len(lines) == int(COUNT) == len({line.partition(" ")[2] for line in lines})


def test_no_statement_is_a_conditional_expression() -> None:
    """PyPy 7.3.19 runs both sides of ``a() if x else b()`` where it is the last statement of a function."""
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in sorted((ROOT / "macvsim").rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.IfExp)
    ]
    assert found == []
