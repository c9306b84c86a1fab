"""New user, mount, network and process namespaces that end with the process (user_namespaces(7)).

util-linux's ``unshare`` makes them and runs this Python again inside. Network, mounts and processes of the machine are
out of reach; its files are not: a command inside has the rights of the user outside. Without a user namespace nothing
runs, not even as root, because root's capabilities would then be those of the machine.
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
_UNSHARE = ("--user", "--map-root-user", "--net", "--mount", "--uts", "--pid", "--fork", "--kill-child", "--mount-proc")


def is_inside() -> bool:
    """True in the process that `enter_by` became: the first of its process namespace."""
    return os.getpid() == 1 and INSIDE in os.environ


def refusal() -> tuple[list[str] | None, str]:
    """The words before a command that is to run inside and an empty text, or None and why there are no namespaces."""
    if sys.platform != "linux":
        return None, f"network namespaces are Linux's, and this is {sys.platform}"
    unshare = shutil.which("unshare")
    if unshare is None:
        return None, "util-linux's unshare is not installed"
    way = [unshare, *_UNSHARE]
    tried = subprocess.run([*way, "true"], capture_output=True, text=True, check=False)
    if tried.returncode == 0:
        return way, ""
    said = tried.stderr.strip().split("\n")[-1] or f"unshare ended with status {tried.returncode}"
    return None, f"the kernel refuses a user namespace: {said}"


def enter_by(way: Sequence[str], arguments: Sequence[str]) -> NoReturn:
    """Become ``macvsim`` inside: whatever ends this process ends everything there."""
    sys.stdout.flush()
    command = [*way, sys.executable, "-m", "macvsim", *arguments]
    os.execve(command[0], command, {**os.environ, INSIDE: "1"})


__all__ = ["enter_by", "is_inside", "refusal"]
