"""``nsenter`` (util-linux): run a command in the network namespace of a process, or of a file that stands for one."""

from __future__ import annotations

import re

from macvsim.docker.host import DockerHost
from macvsim.machine.call import Call, Waiting
from macvsim.machine.kernel import Kernel
from macvsim.machine.tool import tool
from macvsim.net.namespace import Namespace
from macvsim.shell.interp import box_for, run_in

_NO_FILE = "No such file or directory"


@tool("nsenter", flavour="debian")
def nsenter(call: Call) -> int | Waiting:
    """``nsenter {--net=FILE | -t PID -n} COMMAND ARG…``."""
    words = call.args
    path, target, wanted = "", "", False
    while words and words[0].startswith("-"):
        word = words.pop(0)
        if match := re.fullmatch(r"(?:--net=|-n=?)(.+)", word):
            path, wanted = match[1], True
        elif word in ("--net", "-n"):
            wanted = True
        elif match := re.fullmatch(r"(?:--target=|-t)(.+)", word):
            target = match[1]
        elif word in ("--target", "-t"):
            if not words:
                call.err(f"nsenter: option requires an argument -- 't'\n{_HINT}")
                return 1
            target = words.pop(0)
        else:
            return call.not_simulated(f"nsenter {word}: only network namespaces can be entered")
    if not wanted:
        return call.not_simulated("nsenter without --net")
    if not words:
        return call.not_simulated("nsenter without a command: a shell at the terminal")
    if target and not target.isdigit():
        call.err(f"nsenter: failed to parse pid: '{target}'\n")
        return 1
    if not path and not target:
        call.err("nsenter: neither filename nor target pid supplied for ns/net\n")
        return 1
    path = path or f"/proc/{target}/ns/net"
    found = namespace_at(call.box.kernel, path)
    if found is None:
        call.err(f"nsenter: cannot open {path}: {_NO_FILE}\n")
        return 1
    return run_in(call, box_for(call.box.kernel, found), words)


_HINT = "Try 'nsenter --help' for more information.\n"


def namespace_at(kernel: Kernel, path: str) -> Namespace | None:
    """The network namespace that a file stands for: of /run/netns, of a process, or of one of Docker's sandboxes."""
    if match := re.fullmatch(r"(?:/var)?/run/netns/([^/]+)", path):
        return kernel.netns.get(match[1])
    hosts = [box for box in kernel.boxes.values() if isinstance(box, DockerHost)]
    containers = [container for host in hosts for container in host.containers() if container.running]
    if match := re.fullmatch(r"/proc/(\d+)/ns/net", path):
        pid = int(match[1])
        if pid in kernel.processes:
            found: Namespace = kernel.processes[pid].box.ns
            return found
        return next((container.ns for container in containers if container.pid == pid), None)
    for container in containers:
        if container.sandbox is not None and _same(path, container.sandbox_key):
            return container.ns
    return None


def _same(path: str, other: str) -> bool:
    """Whether two paths name the same file: /var/run is /run."""
    return path.removeprefix("/var") == other.removeprefix("/var")
