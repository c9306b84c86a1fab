"""Carries out scripts of frames, commands and socket calls at one host, and notes what follows: injected.py NAME.

`Player` is the part that a running kernel and the simulation share; `Kernel` is the host on a running kernel.  The file
runs in the guest too, where there is nothing but Python's own library.

A script is a list of steps, each a list: ``["sh", COMMAND]``, ``["frame", HEX]`` (to eth0; ``["frame", HEX, "far"]``:
to eth1), ``["wait", SECONDS]``, ``["seg", {…}]`` (a TCP segment from 10.0.0.2, numbers relative to the first sequence
numbers), ``["icmp", TYPE, CODE, REST, NUMBER]`` (an error about the segment of that number), and a socket call: listen,
accept, connect, write, more, read, shutdown, close, close_listener, keepalive, nodelay.
"""

from __future__ import annotations

import ctypes
import errno
import json
import os
import select
import socket
import struct
import subprocess
import sys
import time
from abc import ABC, abstractmethod
from contextlib import suppress
from pathlib import Path
from typing import Any

CLONE_NEWNET = 0x40000000
PR_SET_TIMERSLACK = 29
SO_TIMESTAMPNS, SO_RCVBUFFORCE = 35, 33
NEAR, FAR = "near", "far"
HERE, PEER = socket.inet_aton("10.0.0.1"), socket.inet_aton("10.0.0.2")
HERE_MAC, PEER_MAC = bytes.fromhex("020000000001"), bytes.fromhex("020000000002")
PEER_ISN, PEER_STAMP = 0x7FFFFF00, 1_000_000
"""Half of the numbers are near, so that comparisons cross the middle."""
PORT = 40_000
SETTLE = 0.0001
Step = list[Any]
Seen = tuple[float, str, bytes]
"""A frame that the host sent: seconds since the step began, to which side."""
_FLAGS = "FSRPAUEC"


def checksum(data: bytes) -> int:
    """Internet checksum (RFC 1071)."""
    return 0xFFFF - int.from_bytes(data + b"\0" * (len(data) & 1), "big") % 0xFFFF


def _signed(number: int) -> int:
    return (number + 0x80000000 & 0xFFFFFFFF) - 0x80000000


def _packet(payload: bytes, proto: int) -> bytes:
    ip = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(payload), 1, 0x4000, 64, proto, 0) + PEER + HERE
    return HERE_MAC + PEER_MAC + b"\x08\0" + ip[:10] + struct.pack("!H", checksum(ip)) + ip[12:] + payload


class Talk:
    """The TCP connections of a script as the kernel numbered them: the host's first numbers, and its timestamps.

    ports : of the peer and of the host, of the latest connection
    """

    def __init__(self) -> None:
        self.ports = (PORT, 0)
        self._first: dict[tuple[int, int], int] = {}
        self.stamps: dict[int, list[int]] = {}
        """TSval of each sending, by relative sequence number."""
        self.last_stamp = 0

    def build(self, told: dict[str, Any]) -> bytes:
        """An Ethernet frame with a segment from the peer to the host."""
        flags = sum(1 << _FLAGS.index(letter) for letter in told.get("flags", "A"))
        sport, dport = told.get("sport", self.ports[0]), told.get("dport", self.ports[1])
        if flags & 2 and not flags & 16:
            self.ports = (sport, dport)
        first = self._first.get((sport, dport), 0)
        options = b""
        if "mss" in told:
            options += b"\2\4" + struct.pack("!H", told["mss"])
        if told.get("sack_ok"):
            options += b"\1\1\4\2"
        if "ts" in told:
            options += b"\1\1\x08\x0a" + struct.pack("!II", PEER_STAMP + told["ts"] & 0xFFFFFFFF, self._echo(told))
        if "ws" in told:
            options += b"\1\3\3" + bytes((told["ws"],))
        if "sacks" in told:
            options += b"\1\1\5" + bytes((2 + 8 * len(told["sacks"]),))
            options += b"".join(struct.pack("!I", first + edge & 0xFFFFFFFF) for pair in told["sacks"] for edge in pair)
        options += bytes.fromhex(told.get("options", ""))
        seq = PEER_ISN + told.get("seq", 0) & 0xFFFFFFFF
        ack = first + told["ack"] & 0xFFFFFFFF if "ack" in told else 0
        head = struct.pack("!HHIIBBHHH", sport, dport, seq, ack, (20 + len(options)) // 4 << 4, flags,
                           told.get("win", 65535), 0, 0)  # fmt: skip
        segment = head + options + bytes(told.get("len", 0))
        pseudo = PEER + HERE + struct.pack("!HH", 6, len(segment))
        segment = segment[:16] + struct.pack("!H", checksum(pseudo + segment)) + segment[18:]
        return _packet(segment, 6)

    def error(self, kind: int, code: int, rest: int, number: int) -> bytes:
        """An Ethernet frame with an ICMP error about a segment of the host that began with a number."""
        first = self._first.get(self.ports, 0)
        quoted = struct.pack("!HHI", self.ports[1], self.ports[0], first + number & 0xFFFFFFFF)
        ip = struct.pack("!BBHHHBBH", 0x45, 0, 1500, 1, 0x4000, 64, 6, 0) + HERE + PEER
        ip = ip[:10] + struct.pack("!H", checksum(ip)) + ip[12:]
        message = struct.pack("!BBHI", kind, code, 0, rest) + ip + quoted
        return _packet(message[:2] + struct.pack("!H", checksum(message)) + message[4:], 1)

    def _echo(self, told: dict[str, Any]) -> int:
        """TSecr: ``ecr`` is a number, or [sequence number, which of its sendings]; else the last TSval."""
        ecr = told.get("ecr")
        if isinstance(ecr, int):
            return ecr
        return self.last_stamp if ecr is None else self.stamps[ecr[0]][ecr[1]]

    def told(self, frame: bytes) -> str:
        """A segment of the host in words; numbers are relative."""
        hlen = (frame[14] & 15) * 4
        segment = frame[14 + hlen :][: int.from_bytes(frame[16:18], "big") - hlen]
        sport, dport, seq, ack, offset, bits, window = struct.unpack("!HHIIBBH", segment[:16])
        length = len(segment) - (offset >> 4) * 4
        if bits & 2:
            self.ports = (dport, sport)
            self._first[self.ports] = seq
        number = _signed(seq - self._first.get((dport, sport), 0))
        words = ["".join(letter for bit, letter in enumerate(_FLAGS) if bits >> bit & 1), f"seq {number}"]
        if bits & 16:
            words.append(f"ack {_signed(ack - PEER_ISN)}")
        words += [f"win {window}", f"len {length}", *self._options(segment[20 : (offset >> 4) * 4], number)]
        return " ".join(words)

    def _options(self, options: bytes, number: int) -> list[str]:
        words, at = [], 0
        while at < len(options) and options[at]:
            kind, length = options[at], 1 if options[at] == 1 else options[at + 1]
            value = options[at + 2 : at + length]
            if kind == 2:
                words.append(f"mss {int.from_bytes(value, 'big')}")
            elif kind == 3:
                words.append(f"ws {value[0]}")
            elif kind == 4:
                words.append("sackOK")
            elif kind == 5:
                edges = struct.unpack(f"!{len(value) // 4}I", value)
                words += [f"sack {_signed(edge - PEER_ISN)}" for edge in edges]
            elif kind == 8:
                stamp, echo = struct.unpack("!II", value)
                self.last_stamp = stamp
                self.stamps.setdefault(number, []).append(stamp)
                words.append(f"ecr {echo - PEER_STAMP if echo else 'none'}")
            at += length
        return words


class Player(ABC):
    """A host, and what happens to it step by step."""

    def __init__(self) -> None:
        self.talk = Talk()
        self._counted: dict[str, int] | None = None

    @abstractmethod
    def inject(self, frame: bytes, side: str) -> None:
        """Send a frame to the host from a side."""

    @abstractmethod
    def wait(self, seconds: float) -> None:
        """Let time pass."""

    @abstractmethod
    def sh(self, command: str) -> str:
        """Run a command at the host; its output, and its status if that is not 0."""

    @abstractmethod
    def call(self, name: str, *values: Any) -> str:
        """A socket call at the host: what it returns, or the name of its error."""

    @abstractmethod
    def seen(self) -> list[Seen]:
        """Frames that the host has sent since the last call."""

    @abstractmethod
    def counters(self) -> dict[str, int]:
        """All counters of the host."""

    @abstractmethod
    def info(self) -> dict[str, int]:
        """TCP_INFO of the connection that the script speaks of."""

    def step(self, step: Step) -> dict[str, Any]:
        """Carry out a step; what followed."""
        before = self.counters() if self._counted is None else self._counted
        out = ""
        match step:
            case ["sh", command]:
                out = self.sh(command)
            case ["frame", data, *side]:
                self.inject(bytes.fromhex(data), side[0] if side else NEAR)
            case ["wait", seconds]:
                self.wait(seconds)
            case ["seg", told]:
                self.inject(self.talk.build(told), NEAR)
            case ["icmp", kind, code, rest, number]:
                self.inject(self.talk.error(kind, code, rest, number), NEAR)
            case [name, *values]:
                out = self.call(name, *values)
        self.wait(SETTLE)
        frames = [[round(at * 1000, 3), side, self._told(frame)] for at, side, frame in self.seen()]
        after = self._counted = self.counters()
        moved = {key: value - before.get(key, 0) for key, value in after.items() if value != before.get(key, 0)}
        return {"out": out, "sent": frames, "moved": moved, "info": self.info()}

    def _told(self, frame: bytes) -> str:
        is_tcp = frame[12:14] == b"\x08\0" and frame[23] == 6 and not frame[20] & 0x3F
        return self.talk.told(frame) if is_tcp else frame.hex()


# -- on a running kernel -----------------------------------------------------------------------------------------------

_BYTES = ("state", "ca_state", "retransmits", "probes", "backoff")
_WORDS = (
    "rto", "ato", "snd_mss", "rcv_mss", "unacked", "sacked", "lost", "retrans", "fackets", "last_data_sent",
    "last_ack_sent", "last_data_recv", "last_ack_recv", "pmtu", "rcv_ssthresh", "rtt", "rttvar", "snd_ssthresh",
    "snd_cwnd", "advmss", "reordering", "rcv_rtt", "rcv_space", "total_retrans",
)  # fmt: skip
_LATER = {"min_rtt": 148, "delivered": 192, "dsack_dups": 216, "reord_seen": 220, "rcv_ooopack": 224, "snd_wnd": 228}
"""Offsets in struct tcp_info (include/uapi/linux/tcp.h)."""
KEPT = (*_BYTES, "rto", "ato", "snd_mss", "rcv_mss", "unacked", "sacked", "lost", "retrans", "pmtu", "rcv_ssthresh",
        "rtt", "rttvar", "snd_ssthresh", "snd_cwnd", "advmss", "reordering", "rcv_space", *_LATER)  # fmt: skip


class Kernel(Player):
    """The network namespace that this process is in, and two more for both sides."""

    def __init__(self, setup: list[str]) -> None:
        super().__init__()
        ctypes.CDLL(None).prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0)
        for line in setup:
            subprocess.run(["sh", "-c", line], check=True)
        for dev in ("eth0", "eth1"):
            subprocess.run(["ethtool", "-K", dev, "tx", "off", "tso", "off", "gso", "off"], check=True,
                           stdout=subprocess.DEVNULL)  # fmt: skip
        time.sleep(4)  # reports about groups come after random delays
        self.sides = {ns: self._listen(ns) for ns in (NEAR, FAR)}
        self.listener: socket.socket | None = None
        self.socket: socket.socket | None = None
        self.begun = time.clock_gettime_ns(time.CLOCK_REALTIME)

    @staticmethod
    def _listen(ns: str) -> socket.socket:
        home, there = (os.open(path, os.O_RDONLY) for path in ("/proc/self/ns/net", f"/run/netns/{ns}"))
        os.setns(there, CLONE_NEWNET)  # type: ignore[attr-defined]
        sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 8 << 20)
        sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        sock.bind(("eth0", 3))
        os.setns(home, CLONE_NEWNET)  # type: ignore[attr-defined]
        return sock

    def step(self, step: Step) -> dict[str, Any]:
        self.begun = time.clock_gettime_ns(time.CLOCK_REALTIME)
        return super().step(step)

    def inject(self, frame: bytes, side: str) -> None:
        with suppress(OSError):  # the host does not take it, which shows otherwise too
            self.sides[side].send(frame)

    def wait(self, seconds: float) -> None:
        time.sleep(seconds)

    def sh(self, command: str) -> str:
        ran = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False)
        return ran.stdout + ran.stderr + (f"[{ran.returncode}]" if ran.returncode else "")

    def call(self, name: str, *values: Any) -> str:
        try:
            return self._call(name, *values)
        except OSError as error:
            return errno.errorcode[error.errno or 0]

    def _call(self, name: str, *values: Any) -> str:
        if name == "listen":
            self.listener = socket.socket()
            self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self.listener.setblocking(False)
            self.listener.bind(("", values[0]))
            self.listener.listen(values[1] if len(values) > 1 else 5)
            return ""
        if name == "accept":
            assert self.listener is not None
            self.socket, _ = self.listener.accept()
            self.socket.setblocking(False)
            return ""
        if name == "connect":
            self.socket = socket.socket()
            self.socket.setblocking(False)
            self.socket.bind(("", values[1]))
            self.talk.ports = (values[0], values[1])
            self.socket.connect(("10.0.0.2", values[0]))
            return ""
        if name == "close_listener":
            assert self.listener is not None
            self.listener.close()
            return ""
        if self.socket is None:
            return "EBADF"
        if name in ("write", "more"):
            return str(self.socket.send(bytes(values[0]), socket.MSG_MORE if name == "more" else 0))
        if name == "read":
            return str(len(self.socket.recv(values[0])))
        if name == "shutdown":
            self.socket.shutdown(socket.SHUT_WR)
        elif name == "close":
            self.socket.close()
            self.socket = None
        elif name == "keepalive":
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        elif name == "nodelay":
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return ""

    def seen(self) -> list[Seen]:
        found: list[Seen] = []
        while ready := select.select(list(self.sides.values()), [], [], 0)[0]:
            for side, sock in self.sides.items():
                if sock in ready:
                    data, notes, _, address = sock.recvmsg(70000, 512)
                    if address[2] != socket.PACKET_OUTGOING:
                        seconds, rest = struct.unpack("qq", notes[0][2][:16])
                        found.append(((seconds * 10**9 + rest - self.begun) / 1e9, side, data))
        return sorted(found, key=lambda one: one[0])

    def counters(self) -> dict[str, int]:
        found: dict[str, int] = {}
        for name in ("snmp", "netstat"):
            lines = Path(f"/proc/net/{name}").read_text().splitlines()
            for names, values in zip(lines[::2], lines[1::2], strict=True):
                group, *keys = names.split()
                found |= {group + key: int(value) for key, value in zip(keys, values.split()[1:], strict=True)}
        for line in Path("/proc/net/snmp6").read_text().splitlines():
            key, value = line.split()
            found[key] = int(value)
        return found

    def info(self) -> dict[str, int]:
        if self.socket is None:
            return {}
        data = self.socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256)
        found = dict(zip(_BYTES, data, strict=False))
        found |= dict(zip(_WORDS, struct.unpack(f"{len(_WORDS)}I", data[8 : 8 + 4 * len(_WORDS)]), strict=True))
        found |= {key: struct.unpack_from("I", data, at)[0] for key, at in _LATER.items()}
        return {key: found[key] for key in KEPT}


def main(path: str, name: str) -> None:
    """Play a script of the file, and print what followed."""
    told = json.loads(Path(path).read_text())
    player = Kernel(told["setup"])
    print(json.dumps([player.step(step) for step in told["scripts"][name]]))


if __name__ == "__main__":
    main(*sys.argv[1:])
