"""A signal or a full disk while a file is written: old files are whole, new ones complete or absent."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from itertools import product
from pathlib import Path

import pytest

from tests.output.commands import COMMANDS, LONG, OLD, check_complete, frames, left_behind, prepared, program, run

pytestmark = pytest.mark.slow

SIGNALS = {"SIGKILL": -9, "SIGTERM": 143, "SIGINT": 130}
SAID = {"SIGTERM": "ended by SIGTERM", "SIGINT": "interrupted"}


@pytest.mark.parametrize(
    ("command", "moment", "name"),
    [*product(COMMANDS, ["fsync"], SIGNALS), *product(["save", "update"], ["replace"], ["SIGKILL"])],
)
def test_a_signal_in_the_middle(tmp_path: Path, command: str, moment: str, name: str) -> None:
    words, file = COMMANDS[command]
    prepared(tmp_path)
    path = tmp_path / file
    if command in ("save", "pcap", "plot"):
        path.write_text(OLD)
    before = path.read_bytes() if path.exists() else None
    ended = run(tmp_path, program(words, moment=moment, number=getattr(signal, name)))
    assert ended.returncode == SIGNALS[name]
    if command == "pcap" and name != "SIGKILL":  # the file is completed first
        check_complete(path)
    elif before is not None:
        assert path.read_bytes() == before
    else:
        assert not path.exists()
    if name != "SIGKILL":
        assert left_behind(tmp_path) == []
        assert re.fullmatch(rf"macvsim: {SAID[name]}(; .*)?\n", ended.stderr)
        return
    assert ended.stderr == ""
    if moment == "fsync":
        return
    assert len(left_behind(tmp_path)) == 1
    again = run(tmp_path, program(words))
    assert again.returncode == 0, again.stderr
    check_complete(path)
    assert left_behind(tmp_path) == []


@pytest.mark.parametrize("command", COMMANDS)
def test_a_full_disk(tmp_path: Path, command: str) -> None:
    words, file = COMMANDS[command]
    prepared(tmp_path)
    path = tmp_path / file
    before = path.read_bytes() if path.exists() else None
    ended = run(tmp_path, program(words, limit=700))
    assert ended.returncode == 2
    assert left_behind(tmp_path) == []
    name = "out.csv.part" if command == "sweep" else file
    assert re.fullmatch(rf"macvsim: File too large: {re.escape(name)}; .*\n", ended.stderr)
    if command == "pcap":
        said = re.search(
            r"holds the first (\d+) of (\d+) frames of 2 interfaces, until .* \(File too large\)", ended.stderr
        )
        assert said is not None and 0 < int(said[1]) < int(said[2])
        assert frames(path) == int(said[1])
    elif before is not None:
        assert path.read_bytes() == before
    else:
        assert not path.exists()


@pytest.mark.parametrize("name", SIGNALS)
def test_a_signal_during_a_long_capture(tmp_path: Path, name: str) -> None:
    """Frames are on the disk while the command runs; a signal that can be caught completes the file."""
    prepared(tmp_path, LONG)
    command = program(["run", "lab.md", "--pcap", "out.pcapng"])
    with subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as process:
        end = time.monotonic() + 60
        while not any((tmp_path / draft).stat().st_size > 1_000_000 for draft in left_behind(tmp_path)):
            assert process.poll() is None and time.monotonic() < end
            time.sleep(0.05)  # noqa: TID251 - another process writes
        process.send_signal(getattr(signal, name))
        _, said = process.communicate(timeout=60)
    assert process.returncode == SIGNALS[name]
    path = tmp_path / "out.pcapng"
    if name == "SIGKILL":
        assert not path.exists() and said == ""
        return
    found = re.fullmatch(
        rf"macvsim: {SAID[name]}; out\.pcapng holds (\d+) frames of 2 interfaces, until ([\d.]+) s\n", said
    )
    assert found is not None, said
    assert frames(path) == int(found[1]) > 5000
    assert left_behind(tmp_path) == []


def test_a_sweep_goes_on_where_it_was_ended(tmp_path: Path) -> None:
    prepared(tmp_path)
    words = [*COMMANDS["sweep"][0][:-1], "out.jsonl"]
    ended = run(tmp_path, program(words, limit=900))
    assert re.fullmatch(
        r"macvsim: File too large: out\.jsonl; the file is as it was; "
        r"out\.jsonl holds 1 of 2 runs, and the same command goes on from there\n",
        ended.stderr,
    )
    held = (tmp_path / "out.jsonl").read_text()
    assert held.count("\n") == 1 and held.endswith("}\n")
    assert run(tmp_path, program(words)).returncode == 0
    assert (tmp_path / "out.jsonl").read_text().startswith(held)


_SCRIPT = """
mount -t tmpfs -o size=16k none "$1" && cp "$2"/* "$1" && cd "$1" && head -c 4096 /dev/zero >filler || exit 99
shift 2
"$@"
echo $? >"$RESULT/status"
ls -A >"$RESULT/names"
rm filler
cp -r . "$RESULT/files"
"""


@pytest.mark.kernel
@pytest.mark.skipif(sys.platform != "linux" or shutil.which("unshare") is None, reason="needs namespaces")
@pytest.mark.parametrize("command", COMMANDS)
def test_a_tmpfs_of_16_kb(tmp_path: Path, command: str) -> None:
    if subprocess.run(["unshare", "-rm", "true"], capture_output=True, check=False).returncode:
        pytest.skip("the kernel gives no user namespace")
    words, file = COMMANDS[command]
    for folder in ("lab", "small", "result"):
        (tmp_path / folder).mkdir()
    prepared(tmp_path / "lab")
    old = (tmp_path / "lab" / "lab.md").read_text()
    if command == "update":  # as large as half of it
        old = old.replace("```console", "# x\n" * 1200 + "```console")
        (tmp_path / "lab" / "lab.md").write_text(old)
    script = ["unshare", "-rm", "sh", "-c", _SCRIPT, "sh", str(tmp_path / "small"), str(tmp_path / "lab")]
    environment = {**os.environ, "RESULT": str(tmp_path / "result")}
    ended = subprocess.run(
        [*script, *program(words)], env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    result = tmp_path / "result"
    names = (result / "names").read_text().split()
    assert not any(name.startswith(".macvsim") for name in names)
    if (result / "status").read_text() == "0\n":
        check_complete(result / "files" / file)
        return
    assert ended.stderr.startswith("macvsim: No space left on device: ") and ended.stderr.count("\n") == 1
    if command == "update":
        assert (result / "files" / "lab.md").read_text() == old
    elif command == "pcap":
        said = re.search(r"holds (?:the first )?(\d+)", ended.stderr)
        assert said is not None and frames(result / "files" / file) == int(said[1])
    else:
        assert file not in names
