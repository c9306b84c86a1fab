"""A place of one's own: new user, mount, network and process namespaces that end with the process.

util-linux's ``unshare`` makes them and runs this Python again inside; as any user where the kernel lets users have
namespaces, else as root.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from typing import NoReturn

INSIDE = "MACVSIM_VERIFY_SANDBOX"
"""Set in the environment of the process inside."""
_OWN = ("--net", "--mount", "--uts", "--pid", "--fork", "--kill-child", "--mount-proc")


def is_inside() -> bool:
    """True in the process that `enter_by` became: the first of its process namespace."""
    return os.getpid() == 1 and INSIDE in os.environ


def ways() -> list[list[str]]:
    """How to get inside, the one that needs least first."""
    unshare = shutil.which("unshare")
    if unshare is None:
        return []
    found = [[unshare, "--user", "--map-root-user", *_OWN]]
    if os.geteuid() == 0:
        found.append([unshare, *_OWN])
    return found


def refusal() -> tuple[list[str] | None, str]:
    """The first way that works and an empty text, or None and why there is none."""
    if sys.platform != "linux":
        return None, f"network namespaces are Linux's, and this is {sys.platform}"
    said = "util-linux's unshare is not installed"
    for way in ways():
        tried = subprocess.run([*way, "true"], capture_output=True, text=True, check=False)
        if tried.returncode == 0:
            return way, ""
        said = tried.stderr.strip().split("\n")[-1] or f"unshare ended with status {tried.returncode}"
    return None, said


def enter_by(way: Sequence[str], arguments: Sequence[str]) -> NoReturn:
    """Become ``macvsim`` inside: whatever ends this process ends everything there."""
    sys.stdout.flush()
    command = [*way, sys.executable, "-m", "macvsim", *arguments]
    os.execve(command[0], command, {**os.environ, INSIDE: "1"})


__all__ = ["enter_by", "is_inside", "refusal", "ways"]
