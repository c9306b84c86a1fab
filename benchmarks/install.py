"""What the contenders need, installed where that can be done without asking: Debian's packages, as root."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

PACKAGES: Mapping[str, str] = {
    "g++": "/usr/bin/g++",
    "pkg-config": "/usr/bin/pkg-config",
    "libns3-dev": "/usr/include/ns3/core-module.h",
    "libgsl-dev": "/usr/include/gsl/gsl_math.h",
    "pypy3": "/usr/bin/pypy3",
    "iproute2": "/usr/sbin/ip",
    "iputils-ping": "/usr/bin/ping",
}
"""Debian's packages, and a file of each."""


def install() -> None:
    """Install what is missing; says what could not be, whose contenders are then left out by name."""
    missing = [name for name, file in PACKAGES.items() if not Path(file).exists()]
    if not missing:
        return
    if os.geteuid() or shutil.which("apt-get") is None:
        print(f"not installed (as root on Debian or Ubuntu they would be): {', '.join(missing)}")
        return
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update"], ["install", "-y", "--no-install-recommends", *missing]):
        typed = ["apt-get", "-qq", *command]
        done = subprocess.run(typed, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            said = done.stderr.strip().splitlines() or ["no reason given"]
            print(f"apt-get {command[0]} failed, {', '.join(missing)} are left out: {said[-1]}")
            return
    print(f"installed: {', '.join(missing)}")
