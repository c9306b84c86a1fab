"""The machine around the sandbox, seen from outside: what must be the same before and after each lab.

It runs in the guest, where it also starts canaries: a process that keeps secrets, listens on every kind of socket, and
writes down every signal and message.
"""

from __future__ import annotations

import ctypes
import os
import socket
import stat
import subprocess
import threading
from pathlib import Path

SECRET = "a-secret-of-the-machine"
LOG = Path("/run/canary.log")
SOCKET = "/run/canary.sock"
_VOLATILE = (
    "/proc/sys/fs/dentry-state", "/proc/sys/fs/inode-nr", "/proc/sys/fs/inode-state", "/proc/sys/fs/file-nr",
    "/proc/sys/kernel/random/", "/proc/sys/kernel/ns_last_pid", "/proc/sys/kernel/pty/nr", "/proc/sys/vm/stat_refresh",
    "/proc/sys/kernel/perf_event_", "/proc/sys/net/netfilter/nf_conntrack_count", "/proc/sys/fs/aio-nr",
    "/proc/sys/kernel/cad_pid", "/proc/sys/fs/nr_open",
)  # fmt: skip
_SYS = ("/sys/kernel", "/sys/module", "/sys/fs/cgroup", "/sys/power", "/sys/class/net", "/sys/bus")
_VOLATILE_SYS = (
    "/slab/",
    "stat",
    "pressure",
    "memory.",
    "/debug/",
    "cpu.",
    "io.",
    "/mm/",
    "refcnt",
    "rcu",
    "uevent_seqnum",
    "cgroup.events",
    "cgroup.procs",
    "cgroup.threads",
    "pids.",
    "hugetlb.",
)
_NET = ("tcp", "tcp6", "udp", "udp6", "raw", "packet")
_TEXTS = (
    "ip -o -d link",
    "ip -o addr",
    "ip route show table all",
    "iptables-save -c",
    "cat /proc/sysvipc/*",
    "hostname",
)
SAME = "the same"


def secrets(home: Path) -> None:
    """Put secrets where a sandbox must not reach."""
    for path in (home / "secret", home / ".bash_history"):
        path.write_text(f"{SECRET} in {path.name}\n")
    with open("/etc/shadow", "a") as file:
        file.write(f"canary:{SECRET}:1:0:99999:7:::\n")
    key = ctypes.CDLL(None).syscall(248, b"user", b"secret", SECRET.encode(), len(SECRET), -3)
    if key < 0:
        raise OSError("no key can be added")


def core_handler() -> None:
    """A program outside that the kernel runs for every crash: it writes it down."""
    handler = Path("/root/on-core")
    handler.write_text(f"#!/bin/sh\necho core >>{LOG}\n")
    handler.chmod(0o755)
    Path("/proc/sys/kernel/core_pattern").write_text(f"|{handler} %p")


def canary() -> None:
    """Listen and write down; it never returns."""
    import signal  # only the canary needs it

    log = os.open(LOG, os.O_WRONLY | os.O_APPEND)

    def note(text: str) -> None:
        os.write(log, f"{text}\n".encode())

    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGUSR1, signal.SIGQUIT):
        signal.signal(number, lambda which, frame: note(f"signal {which}"))

    def serve(listener: socket.socket, name: str) -> None:
        while True:
            if listener.type == socket.SOCK_DGRAM:
                _, address = listener.recvfrom(100)
                listener.sendto(SECRET.encode(), address)
            else:
                peer, _ = listener.accept()
                peer.send(SECRET.encode())
                peer.close()
            note(f"message at {name}")

    for family, kind, address in (
        (socket.AF_UNIX, socket.SOCK_STREAM, f"{SOCKET}"),
        (socket.AF_UNIX, socket.SOCK_STREAM, "\0canary"),
        (socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", 7777)),
        (socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", 7777)),
    ):
        listener = socket.socket(family, kind)
        listener.bind(address)
        if kind == socket.SOCK_STREAM:
            listener.listen()
        threading.Thread(target=serve, args=(listener, repr(address))).start()
    os.chmod(SOCKET, 0o777)
    print("listening", flush=True)
    while True:
        signal.pause()


def _files() -> dict[str, str]:
    found = {}
    for folder, folders, files in os.walk("/"):
        folders[:] = [name for name in folders if os.path.join(folder, name) not in ("/proc", "/sys")]
        for name in (*folders, *files):
            path = os.path.join(folder, name)
            if path.startswith("/dev/") and (path.startswith(("/dev/tty", "/dev/pt")) or path == "/dev/console"):
                continue
            try:
                seen = os.lstat(path)
            except OSError:
                continue
            times = "" if stat.S_ISDIR(seen.st_mode) and path in ("/run",) else f"{seen.st_mtime_ns} {seen.st_ctime_ns}"
            found[path] = f"{seen.st_mode:o} {seen.st_uid} {seen.st_gid} {seen.st_size} {times}"
    return found


def _values(root: str, but: tuple[str, ...], *, anywhere: bool) -> dict[str, str]:
    found = {}
    for folder, _, files in os.walk(root):
        for name in files:
            path = os.path.join(folder, name)
            if any(one in path if anywhere else path.startswith(one) for one in but):
                continue
            try:
                if not os.stat(path).st_mode & 0o444:
                    continue
                with open(path, "rb") as file:
                    found[path] = file.read(4096).decode(errors="replace")
            except OSError as error:
                found[path] = str(error.errno)
        found[f"{folder}/"] = ""
    return found


def _processes() -> dict[str, str]:
    found = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                text = Path("/proc", entry, "stat").read_text()
                words = text.rpartition(")")[2].split()
                adjusted = Path("/proc", entry, "oom_score_adj").read_text().strip()
                limits = Path("/proc", entry, "limits").read_text()
            except OSError:
                continue
            if text.split("(")[1].startswith(("kworker", "jbd2")):
                continue
            found[f"process {entry}"] = f"{text.partition(')')[0]} {words[1:4]} nice {words[16]} {adjusted} {limits}"
    return found


def _sockets() -> dict[str, str]:
    found = {}
    for name in _NET:
        lines = Path("/proc/net", name).read_text().splitlines()
        for line in lines[1:]:
            found[f"{name} {' '.join(line.split()[1:4])}"] = SAME
    for line in Path("/proc/net/unix").read_text().splitlines()[1:]:
        words = line.split()
        found[f"unix {words[6]} {words[7:]}"] = words[5]
    return found


def look() -> dict[str, str]:
    """Everything that is compared, by name."""
    found = {**_files(), **_values("/proc/sys", _VOLATILE, anywhere=False), **_processes(), **_sockets()}
    for root in _SYS:
        found |= _values(root, _VOLATILE_SYS, anywhere=True)
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        found[f"mount {line}"] = SAME
    for text in _TEXTS:
        found[text] = subprocess.run(["sh", "-c", f"{text} 2>&1"], capture_output=True, text=True, check=False).stdout
    found["canary"] = LOG.read_text()
    return found


def memory() -> int:
    """Bytes that are available."""
    for line in Path("/proc/meminfo").read_text().splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    return 0


def differences(before: dict[str, str], after: dict[str, str]) -> list[str]:
    """Names that are new, that are gone, and whose values changed."""
    new = [f"new: {name}" for name in sorted(after.keys() - before.keys())]
    gone = [f"gone: {name}" for name in sorted(before.keys() - after.keys())]
    other = [
        f"changed: {name}: {before[name][:200]!r} -> {after[name][:200]!r}"
        for name in sorted(before.keys() & after.keys())
        if before[name] != after[name]
    ]
    return new + gone + other


if __name__ == "__main__":
    canary()
