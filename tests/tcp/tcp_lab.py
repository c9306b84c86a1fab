"""Two machines on one cable that tests may damage, programs that send and receive, and what was on the wire."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from macvsim.dev.cable import Cable, CableEnd, Line
from macvsim.engine.drop import DropReason
from macvsim.engine.sim import MS, SECOND, Sim
from macvsim.net.namespace import Namespace
from macvsim.net.tcp.connection import Connection
from macvsim.net.tcp.socket import TcpSocket
from macvsim.wire import ipv4, tcp
from macvsim.wire.addr import ip_int
from macvsim.wire.frame import Frame
from macvsim.wire.tcp import Segment
from tests.conformance.lab import Lab

A, B = ip_int("10.0.0.1"), ip_int("10.0.0.2")
PORT = 5000


class OnWire(NamedTuple):
    """A segment that was put on the cable: when (ns), by whom (``a`` or ``b``), and the damage done to it."""

    at: int
    sender: str
    segment: Segment
    lost: bool

    @property
    def flags(self) -> str:
        return "".join(letter for bit, letter in enumerate("FSRPAU") if self.segment.flags >> bit & 1)


Damage = Callable[[str, Segment, int], "int | None"]
"""(sender, segment, number of the segment from that side, from 0): extra delay in ns, or None to lose it."""


class WatchedLine(Line):
    """A direction of a cable that notes segments and asks about each."""

    plain = property(lambda self: False, lambda self, value: None)

    def send(self, frame: Frame) -> DropReason | None:
        data = frame.raw[14:]
        segment = None
        if frame.raw[12:14] == b"\x08\x00" and data[9] == ipv4.PROTO_TCP:
            segment = tcp.parse(data[(data[0] & 15) * 4 :])
        if segment is None:
            return super().send(frame)
        assert isinstance(self.cable, Wire)
        pair = self.cable.pair
        sender = "a" if self.near is self.cable.a else "b"
        number = pair.count[sender]
        pair.count[sender] += 1
        extra = self.cable.damage(sender, segment, number) if self.cable.damage else 0
        pair.seen.append(OnWire(int(self.sim.now), sender, segment, extra is None))
        if extra is None:
            return self.sim.drop(frame.uid, self.cable, DropReason.CABLE_LOSS, frame)
        if extra:
            self.sim.call_later(extra, super().send, frame)
            return None
        return super().send(frame)


class Wire(Cable):
    """A cable that notes segments and asks `damage` about each."""

    damage: Damage | None = None
    pair: Pair

    def __init__(self, sim: Sim, a: CableEnd, b: CableEnd, *, delay: int, rate: int | None, queue: int) -> None:
        super().__init__(sim, a, b, delay=delay, rate=rate, queue=queue)
        self._from_a, self._from_b = WatchedLine(self, a, b), WatchedLine(self, b, a)


class Receiver:
    """A program that reads what comes."""

    def __init__(self, sock: TcpSocket) -> None:
        self.sock = sock
        self._parts: list[bytes] = []
        self.ended = False
        self.finished_at = 0
        self._read()

    @property
    def data(self) -> bytes:
        return b"".join(self._parts)

    def _read(self) -> None:
        while (data := self.sock.recv(65536)) is not None:
            if not data:
                self.ended = True
                self.finished_at = int(self.sock.ns.sim.now)
                return
            self._parts.append(data)
        self.sock.waiters.append(self._read)


class Sender:
    """A program that writes all of `data`, then closes its side."""

    def __init__(self, sock: TcpSocket, data: bytes) -> None:
        self.sock = sock
        self.data = data
        self.at = 0
        self._write()

    def _write(self) -> None:
        while self.at < len(self.data) and self.sock.writable:
            self.at += self.sock.send(self.data[self.at : self.at + 65536])
        if self.at < len(self.data):
            self.sock.waiters.append(self._write)
        else:
            self.sock.shutdown()


class Pair:
    """a (10.0.0.1) and b (10.0.0.2), neighbours known, on one cable."""

    def __init__(
        self,
        *,
        delay: int = MS,
        rate: int | None = None,
        queue: int = 1000,
        loss: float = 0.0,
        damage: Damage | None = None,
        seed: int = 0,
        mtu: int = 1500,
    ) -> None:
        self.lab = lab = Lab(seed=seed)
        self.sim = lab.sim
        self.seen: list[OnWire] = []
        self.count = {"a": 0, "b": 0}
        self.a, self.b = lab.ns("a"), lab.ns("b")
        ends = [lab.nic(self.a, "eth0", "10.0.0.1/24"), lab.nic(self.b, "eth0", "10.0.0.2/24")]
        for end in ends:
            end.set_mtu(mtu)
        self.wire = Wire(lab.sim, ends[0], ends[1], delay=delay, rate=rate, queue=queue)
        self.wire.pair = self
        assert lab.ping(self.a, "10.0.0.2", wait=2).ok
        self.wire.loss = loss
        self.wire.damage = damage

    def listen(self, port: int = PORT, backlog: int = 5) -> TcpSocket:
        server = TcpSocket(self.b)
        server.reuse_address = True
        server.bind(0, port)
        server.listen(backlog)
        return server

    def connect(self, port: int = PORT) -> TcpSocket:
        client = TcpSocket(self.a)
        client.connect(B, port)
        return client

    def open(self) -> tuple[TcpSocket, TcpSocket]:
        """A connection; the listening socket is closed again."""
        server, client = self.listen(), self.connect()
        for _ in range(200):
            self.run(0.1)
            accepted = server.accept()
            if accepted is not None:
                server.close()
                return client, accepted
        raise AssertionError("no connection")

    def run(self, seconds: float) -> None:
        self.sim.run(until=int(self.sim.now) + round(seconds * SECOND))

    def transfer(self, data: bytes, *, limit: float = 600) -> tuple[Receiver, float]:
        """Send data from a to b; the receiver, and how long it took (s) until the end of the stream was read."""
        client, accepted = self.open()
        start = int(self.sim.now)
        receiver = Receiver(accepted)
        Sender(client, data)
        while not receiver.ended and int(self.sim.now) < start + limit * SECOND:
            self.run(1)
        return receiver, (receiver.finished_at - start) / SECOND

    def sent(self, sender: str) -> list[OnWire]:
        return [seen for seen in self.seen if seen.sender == sender]


def connection(sock: TcpSocket) -> Connection:
    assert sock.connection is not None
    return sock.connection


def counters(ns: Namespace) -> dict[str, int]:
    """All counters of TCP."""
    return {**ns.snmp.tcp, **ns.snmp.ext}
