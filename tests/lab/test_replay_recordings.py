"""The recordings of a real kernel, played again: every frame at every interface, every output."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from macvsim.replay.runner import replay_folder

RECORDS = Path(__file__).parents[1] / "data" / "oracle"
NAMES = sorted(folder.name for folder in RECORDS.iterdir() if folder.is_dir())


@pytest.mark.parametrize("name", NAMES)
def test_equal(name: str) -> None:
    result = replay_folder(RECORDS / name)
    assert result.frames_total > 100
    assert result.is_equal, f"{result}\n{result.diff()}"


def test_command_line() -> None:
    """One line for a record, JSON on request, exit status 1 if anything differs, 2 for what is no record."""
    command = [sys.executable, "-m", "macvsim", "replay"]
    ran = subprocess.run([*command, "--json", RECORDS / NAMES[0]], capture_output=True, text=True, check=True)
    (counts,) = json.loads(ran.stdout)
    assert counts["scenario"] == NAMES[0]
    assert counts["frames_equal"] == counts["frames_total"]
    missing = subprocess.run([*command, "no-such-folder"], capture_output=True, text=True, check=False)
    assert missing.returncode == 2
    assert "Traceback" not in missing.stderr
    assert "no-such-folder" in missing.stderr


def test_a_difference_is_seen(tmp_path: Path) -> None:
    """A record with one byte of one frame changed is not equal any more."""
    import gzip
    import shutil

    folder = shutil.copytree(RECORDS / NAMES[0], tmp_path / "changed")
    (frames,) = folder.glob("frames.jsonl*")
    text = gzip.decompress(frames.read_bytes()).decode()
    frames.write_bytes(gzip.compress(text.replace("0242ac100a03", "0242ac100a04", 1).encode()))
    result = replay_folder(folder)
    assert result.frames_equal < result.frames_total
    assert not result.is_equal
