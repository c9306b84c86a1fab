"""Every scenario script runs as a user runs it, and prints what stands beside it."""

from __future__ import annotations

import difflib
import subprocess
import sys
from pathlib import Path

import pytest

SCENARIOS = Path(__file__).parents[2] / "scenarios"


@pytest.mark.parametrize("script", sorted(SCENARIOS.glob("exp*.py")), ids=lambda path: path.stem)
def test_prints_what_is_expected(script: Path) -> None:
    expected = script.with_suffix(".out").read_text()
    ran = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, check=False)
    assert ran.stderr == ""
    assert ran.returncode == 0
    difference = difflib.unified_diff(expected.splitlines(), ran.stdout.splitlines(), "expected", "got", lineterm="")
    assert ran.stdout == expected, "\n".join(difference)
