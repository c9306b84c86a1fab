"""``nsenter`` (util-linux): run a command in the network namespace of a process, or of a file that stands for one."""

from __future__ import annotations

import re
from dataclasses import replace

from macvsim.docker.host import DockerHost
from macvsim.errors import Effect, NotSimulated
from macvsim.machine.call import Call, Waiting
from macvsim.machine.kernel import Kernel
from macvsim.machine.tool import GNU_SHORT, Texts, ToolError, tool
from macvsim.net.namespace import Namespace
from macvsim.shell.interp import box_for, run_in

NSENTER = replace(GNU_SHORT, permute=False)


@tool(
    "nsenter",
    flavour="debian",
    usage=Texts(__package__),
    left_out=dict.fromkeys(
        ("-a", "-m", "-u", "-i", "-p", "-C", "-U", "-T", "-S", "-G", "--preserve-credentials", "-r", "-w", "-W", "-e",
         "-F", "-c", "-Z", "--keep-caps", "-N", "--net-socket", "--user-parent"),
        "only network namespaces can be entered",
    ),
    effect=Effect.CHANGES,
    manner=NSENTER,
)  # fmt: skip
def nsenter(call: Call) -> Waiting:
    """``nsenter {--net=FILE | -t PID -n} COMMAND ARG…``."""
    given, words = call.given, call.given.operands
    target = given.get("-t")
    if "-n" not in given:
        raise NotSimulated("nsenter without --net", Effect.CHANGES)
    if not words:
        raise NotSimulated("nsenter without a command: a shell at the terminal", Effect.CHANGES)
    if target and not target.isdecimal():
        raise ToolError(f"failed to parse pid: '{target}'")
    path = given.get("-n").removeprefix("=") or (f"/proc/{target}/ns/net" if target else "")
    if not path:
        raise ToolError("neither filename nor target pid supplied for ns/net")
    found = namespace_at(call.box.kernel, path)
    if found is None:
        raise ToolError(f"cannot open {path}: No such file or directory")
    return run_in(call, box_for(call.box.kernel, found), words)


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
