"""Plays a scenario's steps on the kernel it runs on, and records: guest.py STEPS RECORD.

It runs in the guest, where there is nothing but Python's own library.  The steps are a JSON list of objects, each with
what is to be ``do``-ne; the record is as `macvsim.fidelity.replay.records` reads it.
"""

from __future__ import annotations

import json
import os
import socket
import struct
import subprocess
import sys
import time
from pathlib import Path

CLONE_NEWNET = 0x40000000
SOL_PACKET, PACKET_AUXDATA = 263, 8
SO_TIMESTAMPNS, SO_RCVBUFFORCE = 35, 33
TP_STATUS_VLAN_VALID, TP_STATUS_VLAN_TPID_VALID = 0x10, 0x40
TYPES = ("HOST", "BCAST", "MCAST", "OTHER", "OUT", "LOOP")
NOT_CAPTURED = ("lo", "tunl0", "gre0", "sit0", "ip6tnl0", "dummy0")
COMMAND_TIMEOUT, WAIT_TIMEOUT = 120, 60
LAST_FRAMES = 0.02


class Capture:
    """Sockets on interfaces, read after every command."""

    def __init__(self) -> None:
        self.sockets: dict[tuple[str, str], socket.socket] = {}
        self.seen: list[tuple[int, int, dict[str, object]]] = []

    def open(self, namespaces: list[str]) -> None:
        home = os.open("/proc/self/ns/net", os.O_RDONLY)
        for ns in namespaces:
            there = os.open(f"/run/netns/{ns}", os.O_RDONLY)
            enter(there)
            os.close(there)
            for _, name in socket.if_nameindex():
                if name not in NOT_CAPTURED and (ns, name) not in self.sockets:
                    self.sockets[ns, name] = self._open(name)
        enter(home)
        os.close(home)

    @staticmethod
    def _open(name: str) -> socket.socket:
        sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 8 << 20)
        sock.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
        sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        sock.bind((name, 3))
        sock.setblocking(False)
        return sock

    def drain(self) -> None:
        """Take what came."""
        for (ns, name), sock in self.sockets.items():
            while True:
                try:
                    data, notes, _, address = sock.recvmsg(65600, 512)
                except OSError:
                    break
                stamp = 0
                for level, kind, note in notes:
                    if (level, kind) == (socket.SOL_SOCKET, SO_TIMESTAMPNS):
                        seconds, rest = struct.unpack("qq", note[:16])
                        stamp = seconds * 10**9 + rest
                    elif (level, kind) == (SOL_PACKET, PACKET_AUXDATA):
                        status, _, _, _, _, tci, tpid = struct.unpack("IIIHHHH", note[:20])
                        if status & TP_STATUS_VLAN_VALID:
                            tpid = tpid if status & TP_STATUS_VLAN_TPID_VALID else 0x8100
                            data = data[:12] + struct.pack("!HH", tpid, tci) + data[12:]
                frame: dict[str, object] = {"ns": ns, "dev": name, "type": TYPES[address[2]], "hex": data.hex()}
                self.seen.append((stamp, len(self.seen), frame))

    def mark(self, text: str) -> None:
        self.drain()
        self.seen.append((time.clock_gettime_ns(time.CLOCK_REALTIME), len(self.seen), {"mark": text}))

    def lines(self) -> list[dict[str, object]]:
        """Frames and marks by time, seconds from the first."""
        self.drain()
        seen = sorted(self.seen, key=lambda one: one[:2])
        return [{"t": round((stamp - seen[0][0]) / 1e9, 6), **entry} for stamp, _, entry in seen]


class Player:
    """Carries out steps."""

    def __init__(self, folder: Path, texts: list[str], values: dict[str, str]) -> None:
        self.folder = folder
        self.texts = texts
        self.values = values
        self.capture = Capture()
        self.commands: list[dict[str, object]] = []
        self.running: list[tuple[subprocess.Popen[str], dict[str, object], float]] = []
        self.begun = time.time()

    def run(self, step: dict[str, object]) -> None:
        getattr(self, f"do_{step['do']}")(step)

    def do_command(self, step: dict[str, object]) -> None:
        self.capture.drain()
        enter = ["ip", "netns", "exec", str(step["ns"])] if step["ns"] else []
        words = [*enter, "sh", "-c", str(step["cmd"])]
        start = time.time()
        process = subprocess.Popen(
            words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace"
        )
        if step["background"]:
            self.running.append((process, step, start))
            return
        self.end(process, step, start, COMMAND_TIMEOUT, "timeout")

    def end(self, process: subprocess.Popen[str], step: dict[str, object], start: float, limit: int, late: str) -> None:
        """Wait for a command and note what it printed."""
        rc: int | str
        try:
            out, err = process.communicate(timeout=limit)
            rc = process.returncode
        except subprocess.TimeoutExpired:
            process.kill()
            out, err = process.communicate()
            rc = late
        self.capture.drain()
        cmd = f"{step['cmd']}{step['suffix']}"
        self.commands.append(
            {
                "ns": step["ns"],
                "cmd": cmd,
                "stdout": out,
                "stderr": err,
                "rc": rc,
                "setup": step["setup"],
                "start": round(start - self.begun, 4),
                "dur": round(time.time() - start, 4),
            }
        )

    def do_capture(self, step: dict[str, object]) -> None:
        self.capture.open(list(step["namespaces"]))  # type: ignore[call-overload]

    def do_mark(self, step: dict[str, object]) -> None:
        self.capture.mark(str(step["text"]))

    def do_sleep(self, step: dict[str, object]) -> None:
        time.sleep(float(str(step["seconds"])))
        self.capture.drain()

    def do_flush(self, step: dict[str, object]) -> None:
        for ns in step["namespaces"]:  # type: ignore[attr-defined]
            subprocess.run(["ip", "-n", ns, "neigh", "flush", "all"], check=False)

    def do_wait(self, step: dict[str, object]) -> None:
        running, self.running = self.running, []
        for process, command, start in running:
            self.end(process, command, start, WAIT_TIMEOUT, "killed")

    def do_kill(self, step: dict[str, object]) -> None:
        for process, _, _ in self.running:
            process.terminate()
        self.do_wait(step)

    def do_state(self, step: dict[str, object]) -> None:
        self.capture.drain()
        tables = ""
        values: dict[str, dict[str, object]] = {}
        for ns in step["namespaces"]:  # type: ignore[attr-defined]
            for text in self.texts:
                tables += f"=== [{ns}] {text}\n" + output("ip", "netns", "exec", ns, "sh", "-c", f"{text} 2>&1")
            values[ns] = {}
            for key, text in self.values.items():
                values[ns][key] = json.loads(output("sh", "-c", text.replace("NS", ns)) or "[]")
        (self.folder / f"state-{step['label']}.txt").write_text(tables)
        (self.folder / f"state-{step['label']}.json").write_text(json.dumps(values))

    def finish(self) -> None:
        (self.folder / "commands.json").write_text(json.dumps(self.commands))
        (self.folder / "frames.jsonl").write_text("".join(json.dumps(line) + "\n" for line in self.capture.lines()))


def enter(namespace: int) -> None:
    """This thread goes into the network namespace of a descriptor."""
    if sys.version_info >= (3, 12):
        os.setns(namespace, CLONE_NEWNET)
    else:
        raise NotImplementedError("os.setns came with Python 3.12")


def output(*words: str) -> str:
    """What a command prints."""
    return subprocess.run(words, capture_output=True, text=True, errors="replace", check=False).stdout


def main(steps: str, record: str) -> None:
    plan = json.loads(Path(steps).read_text())
    folder = Path(record)
    folder.mkdir()
    player = Player(folder, plan["texts"], plan["values"])
    for step in plan["steps"]:
        player.run(step)
    time.sleep(LAST_FRAMES)
    if player.running:
        player.do_kill({})
    player.do_state({"label": "final", "namespaces": plan["namespaces"]})
    player.finish()


if __name__ == "__main__":
    main(*sys.argv[1:])
