"""Commands of macvsim that write a file, for tests that stop them in the middle."""

from __future__ import annotations

import json
import struct
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.two_hosts import topology

OLD = "old\n"

LAB = f"""---
{topology("two")}---
```console
root@host1:~# ping -c 2 10.0.0.2
old
root@host1:~# ping -c 1 -W 1 10.0.0.9
old
```
"""
LONG = LAB.replace("ping -c 2", "ping -i 0.002 -c 1000000").replace("\nold", "\n...")
"""The first ping lasts for more than a minute of the machine's time."""

COMMANDS: dict[str, tuple[list[str], str]] = {
    "save": (["save", "lab.md", "-o", "out.json"], "out.json"),
    "update": (["check", "--update", "lab.md"], "lab.md"),
    "pcap": (["run", "lab.md", "--pcap", "out.pcapng"], "out.pcapng"),
    "plot": (["plot", "lab.md", "-o", "out.svg"], "out.svg"),
    "sweep": (["sweep", "lab.md", "--seeds", "2", "--on", "serial", "--out", "out.csv"], "out.csv"),
}
"""Words, and the file that is written."""

_DRIVER = """
import os, signal, sys
if {moment!r}:
    real = getattr(os, {moment!r})
    def stopped(*args, **options):
        os.kill(os.getpid(), {number})
        return real(*args, **options)
    setattr(os, {moment!r}, stopped)
if {limit}:
    import resource
    resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))
signal.signal(signal.SIGINT, signal.default_int_handler)
from macvsim.cli import main
main(sys.argv[1:])
"""


def program(words: Sequence[str], *, moment: str = "", number: int = 0, limit: int = 0) -> list[str]:
    """macvsim with these words; it gets signal `number` when it first calls a function of `os`, or writes no file
    beyond `limit` bytes."""
    return [sys.executable, "-c", _DRIVER.format(moment=moment, number=number, limit=limit), *words]


def run(folder: Path, command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False)


def prepared(folder: Path, lab: str = LAB) -> None:
    (folder / "lab.md").write_text(lab)


def check_complete(path: Path) -> None:
    """The file is a whole one of its kind."""
    data = path.read_bytes()
    if path.suffix == ".json":
        assert json.loads(data)["end"] > 0
    elif path.suffix == ".svg":
        assert data.endswith(b"</svg>\n")
    elif path.suffix == ".csv":
        assert data.count(b"\n") == 5 and data.endswith(b"\n")  # a head, and two pings of each of two runs
    elif path.suffix == ".pcapng":
        assert frames(path) > 0
    else:
        assert data.decode().endswith("\n```\n") and "\nold\n" not in data.decode()


def blocks(path: Path) -> Iterator[tuple[int, bytes]]:
    """Types and blocks of a pcapng, which has nothing else."""
    data = path.read_bytes()
    while data:
        kind, length = struct.unpack_from("<II", data)
        assert len(data) >= length >= 12 and struct.unpack_from("<I", data, length - 4)[0] == length
        yield kind, data[:length]
        data = data[length:]


def frames(path: Path) -> int:
    """How many frames a whole pcapng has."""
    kinds = [kind for kind, _ in blocks(path)]
    assert kinds[0] == 0x0A0D0D0A
    return kinds.count(6)


def left_behind(folder: Path) -> list[str]:
    """Temporary files."""
    return [path.name for path in folder.iterdir() if path.name.startswith(".macvsim")]
