"""Limits of the sandbox: the kernel keeps some (getrlimit(2), namespaces(7)), and the process outside
watches over others (memory of all processes together, time, output).
"""

from __future__ import annotations

import os
import resource
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

MB = 1 << 20


@dataclass(frozen=True)
class Limits:
    """Bounds of one sandbox.

    memory : bytes that all processes together hold; process_memory : one of them; file : size of a file
    seconds : of real time, and of CPU time for a process; output : bytes that are printed
    """

    processes: int = 512
    memory: int = 2048 * MB
    process_memory: int = 1024 * MB
    file: int = 64 * MB
    open_files: int = 4096
    seconds: int = 600
    output: int = 16 * MB


_NAMESPACES = {"user": 0, "cgroup": 0, "ipc": 0, "pid": 0, "time": 0, "mnt": 512, "net": 512, "uts": 512}
"""How many namespaces may be made inside: hosts have three each, and `ip netns` more. A nested user namespace would
give every capability anew, a cgroup namespace the right to mount cgroups.
"""
_NO_CORE = 1
"""One byte: with it, and not with 0, the kernel also does not start the program of kernel.core_pattern (core(5))."""
_TENTH = 10


def apply(limits: Limits, settings: int) -> None:
    """Limit this process and its children, in its own user namespace, and let the kernel end them first when memory is
    short; `settings` is a descriptor of /proc/sys/user.
    """
    Path("/proc/self/oom_score_adj").write_text("1000")
    for kind, number in _NAMESPACES.items():
        _write(f"max_{kind}_namespaces", number, settings)
    for which, value in (
        (resource.RLIMIT_NPROC, limits.processes),
        (resource.RLIMIT_DATA, limits.process_memory),
        (resource.RLIMIT_FSIZE, limits.file),
        (resource.RLIMIT_NOFILE, limits.open_files),
        (resource.RLIMIT_CPU, limits.seconds),
        (resource.RLIMIT_CORE, _NO_CORE),
        (resource.RLIMIT_MEMLOCK, MB),
        (resource.RLIMIT_MSGQUEUE, MB),
        (resource.RLIMIT_RTPRIO, 0),
    ):
        most = resource.getrlimit(which)[1]
        lower = value if most == resource.RLIM_INFINITY else min(value, most)
        resource.setrlimit(which, (lower, lower))


def _write(name: str, number: int, folder: int) -> None:
    try:
        fd = os.open(name, os.O_WRONLY | os.O_CLOEXEC, dir_fd=folder)
    except FileNotFoundError:  # kernels before 5.6 have no time namespaces
        return
    try:
        os.write(fd, str(number).encode())
    finally:
        os.close(fd)


class MemoryWatch:
    """Finds out when a process and its descendants hold too much memory, or the machine has too little left.

    Files of a tmpfs belong to no process: the second condition is for them.
    """

    def __init__(self, pid: int, limits: Limits) -> None:
        self.pid = pid
        self.limits = limits
        total, available = _memory("MemTotal"), _memory("MemAvailable")
        self._floor = min(total // _TENTH, available // 2)

    def is_short(self) -> str:
        """Why the sandbox must end, or nothing; cheap enough for twenty times a second."""
        if _memory("MemAvailable") < self._floor:
            return f"less than {self._floor // MB} MB of the machine's memory were left"
        return ""

    def is_exceeded(self) -> str:
        """The same of all processes; it reads /proc."""
        held = sum(map(_held, family(self.pid)))
        return f"its processes held more than {self.limits.memory // MB} MB" if held > self.limits.memory else ""


def _memory(name: str) -> int:
    """A line of /proc/meminfo in bytes."""
    for line in Path("/proc/meminfo").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) * 1024
    return 0


def family(pid: int) -> Iterator[int]:
    """A process and its descendants."""
    children: dict[int, list[int]] = {}
    for entry in os.listdir("/proc"):
        if entry.isdecimal():
            try:
                text = Path("/proc", entry, "stat").read_text(errors="replace")
            except OSError:
                continue
            children.setdefault(int(text.rpartition(")")[2].split()[1]), []).append(int(entry))
    todo = [pid]
    while todo:
        one = todo.pop()
        yield one
        todo += children.get(one, [])


def _held(pid: int) -> int:
    """Bytes of a process that no file stands behind."""
    try:
        _, resident, shared, *_ = Path("/proc", str(pid), "statm").read_text().split()
    except OSError:
        return 0
    return (int(resident) - int(shared)) * resource.getpagesize()


__all__ = ["Limits", "MemoryWatch", "apply", "family"]
