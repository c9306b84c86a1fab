"""Ask the running kernel what it does with hostile frames: ``python -m tests.hostile.record OUT.json.gz``, as root.

A router in a network namespace of its own gets each frame by a veth pair; what is kept is why the kernel ended it (the
trace point skb:kfree_skb), which counters moved, and what it sent.  Nothing outside new namespaces is touched.
"""

from __future__ import annotations

import gzip
import json
import os
import re
import select
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from macvsim.fidelity.verify.netns import inside
from tests.hostile.compare import counters, moved
from tests.hostile.frames import every
from tests.hostile.router import FAR, NEAR, SETUP

_TRACE = Path("/sys/kernel/tracing/instances")
_REASON = re.compile(r"protocol=(\d+) location=(\w+)\S* reason: (\w+)")
_QUIET = 0.002
_COUNTERS = ("snmp", "netstat", "snmp6")


def _open(ns: str) -> int:
    return os.open(f"/run/netns/{ns}", os.O_RDONLY)


def _listen(ns: str) -> socket.socket:
    with inside(_open(ns)):
        sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        sock.bind(("eth0", 3))
    return sock


class Recorder:
    """The router and those who watch it."""

    def __init__(self) -> None:
        subprocess.run(["mount", "-t", "tmpfs", "none", "/run"], check=True)
        subprocess.run(["mount", "-t", "tracefs", "none", "/sys/kernel/tracing"], check=True)
        for line in SETUP:
            subprocess.run(["sh", "-c", line], check=True, stdout=subprocess.DEVNULL)
        select.select([], [], [], 4)  # reports about groups come after random delays
        self.sockets = {ns: _listen(ns) for ns in (NEAR, FAR)}
        self.trace = _TRACE / f"hostile-{os.getpid()}"
        self.trace.mkdir()
        (self.trace / "set_event_pid").write_text(str(os.getpid()))
        (self.trace / "events/skb/kfree_skb/enable").write_text("1")

    def close(self) -> None:
        (self.trace / "events/skb/kfree_skb/enable").write_text("0")
        self.trace.rmdir()

    def _counters(self) -> dict[str, int]:
        return counters({name: Path(f"/proc/net/{name}").read_text() for name in _COUNTERS})

    def play(self, frame: bytes) -> dict[str, object]:
        """What becomes of one frame."""
        before = self._counters()
        (self.trace / "trace").write_text("")
        with suppress(OSError):  # the other end does not take it: that has a reason too
            self.sockets[NEAR].send(frame)
        sent: list[list[str]] = []
        while ready := select.select(list(self.sockets.values()), [], [], _QUIET)[0]:
            for ns, sock in self.sockets.items():
                if sock in ready:
                    data, (_, _, kind, *_) = sock.recvfrom(70000)
                    if kind != socket.PACKET_OUTGOING:
                        sent.append([ns, data.hex()])
        reasons = [
            [location, reason]
            for line in (self.trace / "trace").read_text().splitlines()
            if "kfree_skb:" in line and (found := _REASON.search(line))
            for _, location, reason in [found.groups()]
        ]
        return {"reasons": reasons, "moved": moved(before, self._counters()), "sent": sent}


def main(out: str) -> None:
    """Record all frames."""
    recorder = Recorder()
    try:
        answers = {name: recorder.play(frame) for name, frame in every()}
    finally:
        recorder.close()
    record = {"kernel": os.uname().release, "answers": answers}
    Path(out).write_bytes(gzip.compress(json.dumps(record, separators=(",", ":")).encode(), mtime=0))


if __name__ == "__main__":
    if "HOSTILE_INSIDE" not in os.environ:
        os.environ["HOSTILE_INSIDE"] = "1"
        command = ["unshare", "--net", "--mount", sys.executable, "-m", "tests.hostile.record", *sys.argv[1:]]
        os.execvp(command[0], command)
    main(sys.argv[1])
