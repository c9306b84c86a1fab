"""Answers of the simulation to the scripts, in the form of `tests.injected.guest`; recordings, and differences."""

from __future__ import annotations

import json
import lzma
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from macvsim import Lab
from macvsim.engine.sim import SECOND, US
from macvsim.errors import SocketError
from macvsim.fidelity.replay.guest import RECORDER_HZ
from macvsim.net.packet_socket import send_frame
from macvsim.net.tcp.connection import Connection
from macvsim.net.tcp.socket import TcpSocket
from macvsim.net.tcp.state import State
from macvsim.wire.addr import ip_int
from macvsim.wire.frame import Frame, PacketType
from tests.hostile.compare import plain
from tests.hostile.router import FAR, NEAR, SETUP
from tests.injected.guest import Player, Seen, Step

RECORD = Path(__file__).parents[1] / "data/injected/linux-6.12.json.xz"
TICKS, WHEEL = 30.0, 0.02
"""How late a frame may be: milliseconds, of three ticks of the recorded kernel, whose phase differs; and the share of a
longer time, by the granularity of its timers.
"""
PHASES = RECORD.with_name("phases.json")
WHEEL_SLOT = 0.08
"""Seconds that timers of the second level of the wheel are apart: 8 ticks (kernel/time/timer.c)."""


@cache
def phases() -> dict[str, float]:
    """How long after a script's beginning such a slot ended in the guest, in seconds (`tests.injected.phase`)."""
    found: dict[str, float] = json.loads(PHASES.read_text("utf-8")) if PHASES.exists() else {}
    return found


@cache
def recorded() -> dict[str, Any]:
    """The kernel's answers to each script, and the script as it was played."""
    if not RECORD.exists():
        return {}
    found: dict[str, Any] = json.loads(lzma.decompress(RECORD.read_bytes()))
    return found


def save(answers: dict[str, Any]) -> None:
    """Keep the answers."""
    RECORD.parent.mkdir(exist_ok=True)
    RECORD.write_bytes(lzma.compress(json.dumps(dict(sorted(answers.items())), separators=(",", ":")).encode()))


class Simulated(Player):
    """The host, simulated."""

    def __init__(self, phase: float = 0) -> None:
        """phase : seconds from the script's beginning to a tick at which the timer wheel's slots of 8 ticks end"""
        super().__init__()
        self.lab = Lab(seed=0, hz=RECORDER_HZ)
        self.sim = self.lab.sim
        self.host = self.lab.host("router", nics={}, ipv6=True)
        for line in SETUP:
            result = self.host.sh(line)
            assert not result.code, (line, str(result))
        self.lab.run(4 + WHEEL_SLOT - phase)
        self.sides = {ns: self.host.kernel.netns[ns].dev("eth0") for ns in (NEAR, FAR)}
        self.listener: TcpSocket | None = None
        self.socket: TcpSocket | None = None
        self.begun = self.sim.now
        self.frames: list[Seen] = []
        for side, dev in self.sides.items():
            dev.add_tap(self._tap(side))

    def _tap(self, side: str) -> Any:
        def see(kind: PacketType, frame: Frame) -> None:
            if kind is not PacketType.OUTGOING:
                self.frames.append(((self.sim.now - self.begun) / SECOND, side, frame.wire))

        return see

    def step(self, step: Step) -> dict[str, Any]:
        self.begun = self.sim.now
        answer = super().step(step)
        if self.socket is not None and self.socket.connection is not None:
            _check_books(self.socket.connection)
        return answer

    def inject(self, frame: bytes, side: str) -> None:
        send_frame(self.sides[side], frame)

    def wait(self, seconds: float) -> None:
        self.sim.run(until=self.sim.now + round(seconds * SECOND))

    def sh(self, command: str) -> str:
        result = self.host.sh(command)
        return result.stdout + result.stderr + (f"[{result.code}]" if result.code else "")

    def call(self, name: str, *values: Any) -> str:
        try:
            return self._call(name, *values)
        except SocketError as error:
            return error.errno

    def _call(self, name: str, *values: Any) -> str:
        if name == "listen":
            if self.listener is not None:
                self.listener.close()
            self.listener = TcpSocket(self.host.ns)
            self.listener.reuse_address = True
            self.listener.bind(0, values[0])
            self.listener.listen(values[1] if len(values) > 1 else 5)
            return ""
        if name == "accept":
            assert self.listener is not None
            accepted = self.listener.accept()
            if accepted is None:
                return "EAGAIN"
            self._replaced()
            self.socket = accepted
            return ""
        if name == "connect":
            self._replaced()
            self.socket = TcpSocket(self.host.ns)
            self.socket.bind(0, values[1])
            self.talk.ports = (values[0], values[1])
            self.socket.connect(ip_int("10.0.0.2"), values[0])
            return "EINPROGRESS"
        if name == "close_listener":
            assert self.listener is not None
            self.listener.close()
            return ""
        if self.socket is None:
            return "EBADF"
        match name:
            case "write" | "more":
                taken = self.socket.send(bytes(values[0]), more=name == "more")
                return str(taken) if taken else "EAGAIN"
            case "read":
                data = self.socket.recv(values[0])
                return "EAGAIN" if data is None else str(len(data))
            case "shutdown":
                self.socket.shutdown()
            case "close":
                self.socket.close()
                self.socket = None
            case "keepalive":
                self.socket.set_keepalive()
            case "nodelay":
                self.socket.set_nodelay()
            case _:
                raise AssertionError(name)
        return ""

    def _replaced(self) -> None:
        """The script speaks of another connection now: as in the guest, the one before is closed with its socket."""
        if self.socket is not None:
            self.socket.close()

    def seen(self) -> list[Seen]:
        found, self.frames = self.frames, []
        return found

    def counters(self) -> dict[str, int]:
        found: dict[str, int] = {}
        lines = self.host.sh("cat /proc/net/snmp").stdout.splitlines()
        for names, values in zip(lines[::2], lines[1::2], strict=True):
            group, *keys = names.split()
            found |= {group + key: int(value) for key, value in zip(keys, values.split()[1:], strict=True)}
        for key, count in self.host.ns.snmp.ext.items():
            found[("IpExt:" if key in _IP_EXT else "TcpExt:") + key] = count
        for line in self.host.sh("cat /proc/net/snmp6").stdout.splitlines():
            key, value = line.split()
            found[key] = int(value)
        return found

    def info(self) -> dict[str, int]:
        c = self.socket.connection if self.socket is not None else None
        return {} if c is None else _info(c)


def _check_books(c: Connection) -> None:
    """Counts and memory are the sums over the queued segments (tcp_verify_left_out, sk_wmem_queued)."""
    tx = c.tx
    if c.state is State.CLOSE:
        return  # tcp_write_queue_purge leaves the numbers
    assert (tx.lost_out, tx.retrans_out) == (sum(skb.lost for skb in tx.rtx), sum(skb.retrans for skb in tx.rtx))
    assert not c.sack_ok or tx.sacked_out == sum(skb.sacked for skb in tx.rtx)
    assert tx.wmem == sum(len(skb.data) + skb.overhead for skb in (*tx.rtx, *tx.queue))


def _info(c: Connection) -> dict[str, int]:
    tx, rtt, board = c.tx, c.rtt, c.recovery.board
    return {
        "state": int(c.state),
        "ca_state": int(c.recovery.state),
        "retransmits": c.timers.retransmits,
        "probes": c.timers.probes,
        "backoff": rtt.backoff,
        "rto": rtt.rto // US,
        "ato": c.acks.ato // US,
        "snd_mss": c.mss_cache,
        "rcv_mss": c.acks.rcv_mss,
        "unacked": len(tx.rtx),
        "sacked": tx.sacked_out,
        "lost": tx.lost_out,
        "retrans": tx.retrans_out,
        "pmtu": c.pmtu,
        "rcv_ssthresh": c.win.ssthresh,
        "rtt": rtt.srtt >> 3,
        "rttvar": rtt.mdev >> 2,
        "snd_ssthresh": tx.ssthresh,
        "snd_cwnd": tx.cwnd,
        "advmss": c.advmss,
        "reordering": board.reordering,
        "rcv_space": c.win.space,
        "min_rtt": rtt.min_us,
        "delivered": tx.delivered,
        "reord_seen": board.reordering_seen,
        "snd_wnd": tx.wnd,
    }


def compared(name: str, phase: float | None = None) -> dict[int, list[str]]:
    """Differences by the number of the step, of a script that was recorded."""
    told = recorded()[name]
    player = Simulated(phases().get(name, 0) if phase is None else phase)
    found: dict[int, list[str]] = {}
    for number, (step, kernel) in enumerate(zip(told["script"], told["answers"], strict=True)):
        lines = list(differences(number, step, kernel, player.step(step)))
        if lines:
            found[number] = lines
    return found


def differences(number: int, step: Step, kernel: dict[str, Any], simulated: dict[str, Any]) -> Iterator[str]:
    """A line for each difference between two answers to a step."""
    place = f"step {number} {step}"
    if kernel["out"] != simulated["out"]:
        yield f"{place}: out: kernel {kernel['out']!r}, simulation {simulated['out']!r}"
    theirs, ours = ([(side, _plain(told)) for _, side, told in one["sent"]] for one in (kernel, simulated))
    if step[0] == "wait" and not any(" " in told for _, told in theirs):
        theirs.sort()  # timers of different things: their order is chance
        ours.sort()
    if theirs != ours:
        yield f"{place}: sent: kernel {theirs}, simulation {ours}"
    else:
        for (when, _, told), (at, _, _) in zip(kernel["sent"], simulated["sent"], strict=True):
            if " " in told and abs(when - at) > TICKS + WHEEL * when:
                yield f"{place}: {told} at {when} ms, simulation {at} ms"
    segments = any(" " in told for _, _, told in kernel["sent"])
    yield from (f"{place}: {line}" for line in _counts(kernel["moved"], simulated["moved"], segments))
    if bool(kernel["info"]) != bool(simulated["info"]):
        yield f"{place}: only one has a connection"
        return
    for key, ours in simulated["info"].items():
        theirs = kernel["info"][key]
        if key == "rttvar" and not kernel["info"]["rtt"]:
            continue  # no trip was measured yet
        near = _TICK if key == "rto" else _SETTLING + theirs // 25 if key in _TRIPS else 0
        if abs(theirs - ours) > near:
            yield f"{place}: {key}: kernel {theirs}, simulation {ours}"


def _counts(kernel: dict[str, int], simulated: dict[str, int], segments: bool) -> Iterator[str]:
    for key in sorted({*kernel, *simulated}):
        group, _, name = key.partition(":")
        if name in _UNCOUNTED or (group == "IpExt" and name not in _IP_EXT) or (segments and key in _OF_BURSTS):
            continue
        if kernel.get(key) != simulated.get(key):
            yield f"{key}: kernel {kernel.get(key)}, simulation {simulated.get(key)}"


_IP_EXT = ("InNoRoutes",)
"""The counters of this group that macvsim has."""
_UNCOUNTED = (
    "TCPPureAcks", "TCPHPAcks", "TCPHPHits", "TCPDelivered", "TCPSackShifted", "TCPSackMerged", "TCPSackShiftFallback",
    "TCPAutoCorking", "TCPRcvCoalesce", "TCPSACKDiscard", "TCPRenoReorder", "TcpTimeoutRehash", "TCPLostRetransmit",
    "TCPDSACKIgnoredDubious", "TcpDuplicateDataRehash", "TCPHystartTrainDetect", "TCPHystartTrainCwnd",
    "TCPHystartDelayDetect", "TCPHystartDelayCwnd", "TCPKeepAlive_", "TCPMD5NotFound", "TW", "TWRecycled", "TWKilled",
    "TCPDSACKIgnoredNoUndo", "TCPDSACKIgnoredOld", "TCPDSACKRecvSegs", "TCPSlowStartRetrans",
)  # fmt: skip
"""How the kernel came by its decision, which macvsim does not count."""
_OF_BURSTS = ("Ip:OutRequests", "Ip:OutTransmits")
"""The kernel counts segments that leave together as one packet."""
_TRIPS = ("rtt", "rttvar", "min_rtt")
_SETTLING, _TICK = 300, 10_000
"""Microseconds: steps take a moment."""


def _plain(told: str) -> str:
    """A frame without what is random; so is the nonce of duplicate address detection (RFC 7527)."""
    if " " in told:
        return told
    frame = bytearray(plain(bytes.fromhex(told)))
    if frame[12:14] == b"\x86\xdd" and frame[54:55] == b"\x87" and frame[22:38] == bytes(16):
        frame[56:58], frame[80:86] = bytes(2), bytes(6)
    at = {b"\x08\x00\x11": 34, b"\x86\xdd\x11": 54}.get(bytes(frame[12:14]) + frame[23 if frame[12] == 8 else 20 :][:1])
    if at and 33434 <= int.from_bytes(frame[at + 2 : at + 4], "big") < 33534:  # traceroute draws its own port
        frame[at : at + 2] = frame[at + 6 : at + 8] = bytes(2)
    return frame.hex()
