"""Machines and containers as namespaces of the running kernel, inside the sandbox.

Each is held by a process of its own: network, mount and host name namespace, with files of its own where hosts write:
/etc, /home, /root, /tmp and /var begin anew with every run.  The sandbox's process namespace ends them all with its
first process.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from macvsim.fidelity.verify.netlink import Netlink
from macvsim.fidelity.verify.netns import write_sysctl
from macvsim.fidelity.verify.snapshot import HOLDER, Command, State
from macvsim.fidelity.verify.taps import ETH_P_ALL, Seen, Taps

FOLDER = Path("/run/macvsim")
"""In the sandbox's own /run."""
NO_SUCH_CONTAINER = "no such container runs on the kernel"
_HOLD = """
set -e
mkdir -p /run/netns && mount -t tmpfs tmpfs /run/netns
mount -t sysfs sysfs /sys
mount -t tmpfs -o size=16m,mode=755 tmpfs /mnt
cp -R /etc/. /mnt
mount --move /mnt /etc
for folder in /home /root /tmp /var; do mount -t tmpfs -o size=16m,mode=755 tmpfs $folder; done
mkdir /var/lib /var/log /var/tmp
ln -s /run /var/run
hostname "$1" 2>/dev/null
echo ready
exec sleep infinity
"""
_DOCKER = """#!/bin/sh
# docker exec: the only docker command that is run and not translated
[ "$1" = exec ] || { echo "docker $1: not run here" >&2; exit 95; }
shift
while case "$1" in -*) true ;; *) false ;; esac; do shift; done
pid=$(cat FOLDER/"$1".pid 2>/dev/null) || { echo "NO_SUCH_CONTAINER: $1" >&2; exit 95; }
shift
exec nsenter -t "$pid" -n -m -u env PATH=FOLDER/busybox "$@"
"""
_NETNS_FOLDER = "run/netns"


class Refused(Exception):
    """The kernel, or its tool, did not do a command: the command and what it said."""


@dataclass
class Holder:
    """A process that holds a namespace, and the namespace as a file descriptor."""

    process: subprocess.Popen[str]
    fd: int


@dataclass(frozen=True)
class Ran:
    """What a command printed on its terminal, its status (None: it had to be ended), how long it took in seconds."""

    output: str
    status: int | None
    seconds: float


class LiveLab:
    """The namespaces of one lab; every frame in them is kept by `read`."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self.variables = variables
        subprocess.run(["mount", "-t", "tmpfs", "tmpfs", "/run"], check=True, capture_output=True)
        (FOLDER / "bin").mkdir(parents=True)
        (FOLDER / "busybox").mkdir()
        docker = FOLDER / "bin" / "docker"
        docker.write_text(_DOCKER.replace("FOLDER", str(FOLDER)).replace("NO_SUCH_CONTAINER", NO_SUCH_CONTAINER))
        docker.chmod(0o755)
        self.busybox = shutil.which("busybox")
        if self.busybox:
            listed = subprocess.run([self.busybox, "--list"], capture_output=True, text=True, check=True)
            for applet in listed.stdout.split():
                (FOLDER / "busybox" / applet).symlink_to(self.busybox)
        self.taps = Taps()
        self.holders: dict[str, Holder] = {}
        self._named: dict[str, int] = {}
        self.seen: list[Seen] = []

    def close(self) -> None:
        """End the machines."""
        self.taps.close()
        for holder in self.holders.values():
            holder.process.kill()
            holder.process.wait()
            os.close(holder.fd)
        for fd in self._named.values():
            os.close(fd)
        self.holders, self._named = {}, {}
        with suppress(OSError):  # the lab's processes may leave no room for another
            subprocess.run(["umount", "/run"], check=False, capture_output=True)

    # -- namespaces ----------------------------------------------------------------------------------------------------

    def update(self, state: State, todo: list[Command]) -> None:
        """Make namespaces that a state has and the lab has not, run commands, end namespaces the state has no more."""
        for name, space in state.items():
            if name not in self.holders and name not in self._named:
                self._hold(name, space.hostname)
        for where, words in todo:
            self._must(where, words)
        for name in [name for name in self.holders if name not in state]:
            self.read(0.01)
            holder = self.holders.pop(name)
            (FOLDER / f"{name}.pid").unlink()
            holder.process.kill()
            holder.process.wait()
            os.close(holder.fd)

    def _hold(self, name: str, hostname: str) -> None:
        command = ["unshare", "--net", "--mount", "--uts", "sh", "-c", _HOLD, "sh", hostname]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert process.stdout is not None and process.stderr is not None
        if process.stdout.readline() != "ready\n":
            process.kill()
            raise Refused(f"unshare --net: {process.stderr.read().strip()}")
        fd = os.open(f"/proc/{process.pid}/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        self.holders[name] = Holder(process, fd)
        (FOLDER / f"{name}.pid").write_text(str(process.pid))
        write_sysctl(fd, "net.ipv4.igmp_link_local_mcast_reports", "0")
        if os.path.exists("/proc/sys/net/ipv6"):
            for group in ("all", "default"):
                write_sysctl(fd, f"net.ipv6.conf.{group}.disable_ipv6", "1")
        self.taps.open(name, fd, name, ETH_P_ALL)
        self._must(name, ("ip", "link", "set", "lo", "up"))

    def find_named(self) -> None:
        """Read from now on what machines' ``ip netns add`` made."""
        for holder in list(self.holders.values()):
            folder = Path(f"/proc/{holder.process.pid}/root") / _NETNS_FOLDER
            for entry in sorted(folder.iterdir()) if folder.is_dir() else ():
                if entry.name not in self._named:
                    fd = self._named[entry.name] = os.open(entry, os.O_RDONLY | os.O_CLOEXEC)
                    self.taps.open(entry.name, fd, entry.name, ETH_P_ALL)

    def addresses(self) -> dict[str, bytes]:
        """MACs by ``namespace:device``; asking for each makes the kernel look at its carrier (linkwatch_sync_dev)."""
        found = {}
        for name, fd in [*((name, holder.fd) for name, holder in self.holders.items()), *self._named.items()]:
            link = Netlink(fd)
            for dev, mac in link.links().items():
                link.look(dev)
                found[f"{name}:{dev}"] = mac
            link.close()
        return found

    # -- commands ------------------------------------------------------------------------------------------------------

    def _inside(self, name: str) -> list[str]:
        return ["nsenter", "-t", str(self.holders[name].process.pid), "--net", "--mount", "--uts", "--"]

    def _run(self, name: str, words: tuple[str, ...]) -> subprocess.CompletedProcess[str]:
        command = [*self._inside(name), *words]
        return subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)

    def _must(self, name: str, words: tuple[str, ...]) -> None:
        for other, holder in self.holders.items():
            words = tuple(str(holder.process.pid) if word == HOLDER % other else word for word in words)
        done = self._run(name, words)
        if done.returncode:
            raise Refused(f"{' '.join(words)}: {done.stderr.strip()}")

    def shell(self, name: str, line: str, limit: float) -> Ran:
        """Run a line in a machine's or container's shell; it is ended after `limit` seconds."""
        path = f"{FOLDER}/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        environment = {"PATH": path, "HOME": "/root", "LC_ALL": "C", "TERM": "dumb", **self.variables}
        command = [*self._inside(name), "sh", "-c", line]
        begin = time.monotonic()
        status: int | None
        process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            errors="replace",
            env=environment,
            cwd="/",
            start_new_session=True,
        )
        try:
            output, _ = process.communicate(timeout=limit)
            status = process.returncode
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, 9)
            output, _ = process.communicate()
            status = None
        return Ran(output, status, time.monotonic() - begin)

    def read(self, quiet: float, limit: float = 2.0) -> None:
        """Keep what was seen, until nothing is for `quiet` seconds."""
        self.seen += self.taps.read(quiet, limit)


__all__ = ["LiveLab", "Ran", "Refused"]
