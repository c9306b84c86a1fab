"""The guest: a user-mode Linux kernel and a root file system for it, made once and kept.

The kernel is the first of these that there is: ``MACVSIM_UML``, the one in ``../shared/oracle`` (time travel: waiting
costs nothing, runs repeat), Debian's package user-mode-linux (real time, no iptables).
"""

from __future__ import annotations

import json
import lzma
import os
import platform
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "macvsim-uml"
ORACLE = HERE.parents[2] / "shared" / "oracle" / "linux-tt.xz"
PACKAGES = (
    "busybox-static,conntrack,ethtool,iproute2,iptables,iputils-arping,iputils-ping,kmod,net-tools,procps,python3,"
    "tcpdump,traceroute,vlan"
)
SUITE = "trixie"
MEMORY = "768M"
"""What TCP offers depends on it."""
LIMIT = 600
"""Seconds of real time that a scenario may take."""


class Impossible(Exception):
    """There can be no guest here; the text says why."""


@dataclass(frozen=True)
class Machine:
    """A kernel and the root file system it runs on; `real_time`: its clock cannot jump."""

    kernel: Path
    root: Path
    real_time: bool

    @property
    def version(self) -> str:
        ran = subprocess.run([self.kernel, "--version"], capture_output=True, text=True, check=False)
        return f"{ran.stdout.strip()}{' in real time' if self.real_time else ''}"

    def play(self, plan: dict[str, Any], folder: Path) -> Path:
        """Run the steps in a new guest; the folder of the record.  `RuntimeError` if the guest did not finish."""
        for name in ("guest.py", "udp.py"):
            shutil.copy(HERE / name, folder)
        (folder / "steps.json").write_text(json.dumps(plan))
        (folder / "root").symlink_to(self.root)
        words = ["root=/dev/root", "rootfstype=hostfs", "rootflags=/proc/self/cwd/root", "rw", f"mem={MEMORY}"]
        words += ["init=/macvsim-init", "con=null", "con0=null,fd:1", "quiet"]
        if not self.real_time:
            words += ["time-travel=inf-cpu", "time-travel-start=1700000000000000000"]
        console = (folder / "console").open("w")
        try:
            subprocess.run(
                [self.kernel, *words], cwd=folder, stdin=subprocess.DEVNULL, stdout=console, stderr=console,
                timeout=LIMIT, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            raise RuntimeError(f"the guest was not done after {LIMIT} s") from None
        status = folder / "status"
        if not status.is_file() or status.read_text().strip() != "0":
            told = (folder / "log") if (folder / "log").is_file() else (folder / "console")
            raise RuntimeError(f"the guest did not finish: {told.read_text(errors='replace')[-500:]}")
        return folder / "record"


def prepare() -> Machine:
    """The kernel and the root file system, made now if need be; `Impossible` where they cannot be had."""
    if platform.system() != "Linux" or platform.machine() != "x86_64":
        raise Impossible("user-mode Linux needs Linux on x86_64")
    if os.geteuid() != 0:
        raise Impossible("a root file system can only be made by root")
    CACHE.mkdir(parents=True, exist_ok=True)
    root = _root()
    kernel, real_time = _kernel(root)
    ran = subprocess.run([kernel, "--version"], capture_output=True, check=False)
    if ran.returncode:
        raise Impossible(f"{kernel} does not run here")
    return Machine(kernel, root, real_time)


def _root() -> Path:
    """Debian with the tools that scenarios use."""
    root = CACHE / "root"
    if not (root / "macvsim-init").exists():
        if shutil.which("mmdebstrap") is None:
            _apt("install", "-y", "--no-install-recommends", "mmdebstrap")
        new = CACHE / "root.new"
        shutil.rmtree(new, ignore_errors=True)
        words = ["mmdebstrap", "--variant=minbase", f"--include={PACKAGES}", SUITE, str(new)]
        ran = subprocess.run(words, capture_output=True, text=True, check=False)
        if ran.returncode:
            raise Impossible(f"mmdebstrap failed: {ran.stderr.strip().splitlines()[-1:]}")
        (new / "oracle" / "runner").mkdir(parents=True)
        shutil.copy(HERE / "udp.py", new / "oracle" / "runner")
        shutil.rmtree(root, ignore_errors=True)
        new.rename(root)
    shutil.copy(HERE / "init", root / "macvsim-init")
    (root / "macvsim-init").chmod(0o755)
    return root


def _kernel(root: Path) -> tuple[Path, bool]:
    """The kernel, and whether it runs in real time."""
    if given := os.environ.get("MACVSIM_UML"):
        return Path(given), False
    if ORACLE.is_file():
        kernel = CACHE / "linux-tt"
        if not kernel.is_file():
            kernel.write_bytes(lzma.decompress(ORACLE.read_bytes()))
            kernel.chmod(0o755)
        return kernel, False
    kernel = CACHE / "linux-debian"
    if not kernel.is_file():
        with tempfile.TemporaryDirectory() as folder:
            os.chmod(folder, 0o755)
            _apt("download", "user-mode-linux", cwd=folder)
            (package,) = Path(folder).glob("user-mode-linux_*.deb")
            subprocess.run(["dpkg", "-x", package, folder], check=True)
            shutil.copytree(Path(folder, "usr/lib/uml/modules"), root / "usr/lib/modules", dirs_exist_ok=True)
            shutil.copy(Path(folder, "usr/bin/linux.uml"), kernel)
    return kernel, True


def _apt(*words: str, cwd: str | None = None) -> None:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    if shutil.which("apt-get") is None:
        raise Impossible("there is no apt-get to install what is needed")
    for line in (["update"], list(words)):
        ran = subprocess.run(["apt-get", "-q", *line], cwd=cwd, env=environment, capture_output=True, check=False)
    if ran.returncode:
        raise Impossible(f"apt-get {' '.join(words)} failed")
