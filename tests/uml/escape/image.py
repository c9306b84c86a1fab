"""The guest of the escape suite: a throw-away disk image with Debian, macvsim and the labs, and a kernel in real time.

Unlike `tests.uml.machine` it has no hostfs: the image is its only disk, ``hostfs=`` confines hostfs to a folder that
does not exist, and the guest ends if it can mount one all the same. The kernel is a process of nobody with a limit of
memory, under a ``timeout``.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.uml.machine import Impossible, prepare

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
MODULES = "usr/local/lib/python3.13/dist-packages"
"""Where Debian's Python in the guest looks."""
NOT_NEEDED = ("usr/share/doc", "usr/share/locale", "usr/share/man", "usr/share/i18n", "var/cache/apt", "var/lib/apt")
MEMORY, ADDRESS_SPACE = "1024M", 4_000_000_000
LIMIT = 1500
"""Seconds that a guest may take."""
_MARK = "ESCAPE "
Watch = Callable[[str], None]
"""Gets every line of the guest's console as it is printed."""


@dataclass(frozen=True)
class Guest:
    """An image that every run gets a copy of, and the kernel."""

    kernel: Path
    image: Path

    def run(
        self, folder: Path, user: str, mutant: int | None = None, watch: Watch | None = None, start: int = 0
    ) -> list[dict[str, Any]]:
        """Results of the labs, in their order; `RuntimeError` if the guest had a hostfs, or ended early."""
        folder.mkdir()
        disk = folder / "disk"
        subprocess.run(["cp", "--sparse=always", self.image, disk], check=True)
        shutil.copy(self.kernel, folder / "linux")
        for path in (folder, disk, folder / "linux"):
            os.chown(path, 65534, 65534)
        words = [
            "timeout", "--kill-after=10", str(LIMIT), "prlimit", f"--as={ADDRESS_SPACE}", "--core=0",
            "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--no-new-privs",
            "./linux", f"ubd0={disk}", "root=/dev/ubda", "rw", f"mem={MEMORY}", "hostfs=/nonexistent",
            "init=/escape-init", "con=null", "con0=null,fd:1", "quiet", "panic=-1",
            f"ESCAPE_USER={user}", f"ESCAPE_FROM={start}",
            *([f"ESCAPE_MUTANT={mutant}"] if mutant is not None else []),
        ]  # fmt: skip
        environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "TMPDIR": "/dev/shm"}
        lines = []
        with subprocess.Popen(
            words, cwd=folder, env=environment, text=True, errors="replace",
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        ) as process:  # fmt: skip
            assert process.stdout is not None
            for line in process.stdout:
                lines.append(line)
                if watch is not None:
                    watch(line)
        shutil.rmtree(folder)
        said = [line.removeprefix(_MARK).rstrip() for line in lines if line.startswith(_MARK)]
        if any(line.startswith("HOSTFS") for line in said):
            raise RuntimeError("the guest could mount a hostfs: nothing was played")
        results = [json.loads(line) for line in said if line.startswith("{")]
        if "END 0" not in said:
            results.append({"name": "the guest", "escapes": [f"it ended early: {''.join(lines)[-1500:]}"]})
        return results


def build(folder: Path) -> Guest:
    """Make the image in an empty folder; `Impossible` where it cannot be had."""
    for tool in ("mke2fs", "setpriv", "prlimit", "timeout"):
        if shutil.which(tool) is None:
            raise Impossible(f"there is no {tool}")
    machine = prepare()
    stage = folder / "stage"
    subprocess.run(["cp", "-a", machine.root, stage], check=True)
    for name in NOT_NEEDED:
        shutil.rmtree(stage / name, ignore_errors=True)
    _install(stage)
    shutil.copy(HERE / "init", stage / "escape-init")
    (stage / "escape-init").chmod(0o755)
    image = folder / "image"
    subprocess.run(["mke2fs", "-q", "-t", "ext4", "-d", stage, image, "700M"], check=True)
    shutil.rmtree(stage)
    return Guest(machine.kernel, image)


def _install(stage: Path) -> None:
    """macvsim with its dependencies for the guest's Python, and the suite."""
    needs = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    words = ["-q", "--target", str(stage / MODULES), "--python-version", "3.13", "--only-binary", ":all:", *needs]
    command = [sys.executable, "-m", "uv", "pip", "install", *words]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    if ran.returncode:
        raise Impossible(f"macvsim's dependencies cannot be had: {ran.stderr.strip().splitlines()[-1:]}")
    ignore = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "macvsim", stage / MODULES / "macvsim", ignore=ignore)
    suite = stage / "opt" / "suite" / "tests" / "uml" / "escape"
    suite.parent.mkdir(parents=True)
    shutil.copytree(HERE, suite, ignore=ignore)
    (suite.parent / "__init__.py").touch()


__all__ = ["Guest", "build"]
