"""A stream of a test: a simpy process that sends or receives blocks or datagrams, and counts them.

TCP streams count whole blocks (iperf_tcp.c): a block that is under way when the test ends is none.  A datagram begins
with the sender's clock and its number (iperf_udp.c), by which the receiver tells losses and jitter (RFC 1889).
"""

from __future__ import annotations

import struct
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import simpy

from macvsim.apps.iperf3.settings import Settings
from macvsim.apps.netio import receive, send_all
from macvsim.engine.sim import SECOND, US
from macvsim.errors import SocketError
from macvsim.net.packet import Packet
from macvsim.net.socket import UdpSocket
from macvsim.net.tcp.info import TcpInfo
from macvsim.net.tcp.socket import TcpSocket

if TYPE_CHECKING:
    from macvsim.engine.sim import Sim

Life = Generator[simpy.Event, Any, None]
PACE = 300_000_000
"""Bits per second that a program writes at most where nobody names a bit rate: cables without a rate have no end."""


class Interval(NamedTuple):
    """Counts of a stream between two reports; times are ns since the test began."""

    start: int
    end: int
    size: int
    omitted: bool
    info: TcpInfo | None
    retransmits: int
    packets: int
    lost: int
    jitter: float


@dataclass
class Counts:
    """Bytes, datagrams and losses of a stream up to some time."""

    size: int = 0
    packets: int = 0
    lost: int = 0
    out_of_order: int = 0
    retransmits: int = 0


class Stream(ABC):
    """One stream of a test; `number` is the file descriptor that reports show, `ident` its name in results."""

    def __init__(self, sim: Sim, settings: Settings, number: int, ident: int, *, sends: bool) -> None:
        self.sim = sim
        self.settings = settings
        self.number = number
        self.ident = ident
        self.sends = sends
        self.counts = Counts()
        self.omitted = Counts()
        """The counts when the time that is left out ended."""
        self.jitter = 0.0
        self.intervals: list[Interval] = []
        self.infos: list[TcpInfo] = []
        self.peer: dict[str, Any] | None = None
        """Counts of this stream at the other side."""
        self.total_sent = 0
        self.error = ""
        """The text of an error that has ended the process."""
        self._before = Counts()
        self._since = 0
        self._began = 0
        self._process: simpy.Process | None = None

    # -- the process ---------------------------------------------------------------------------------------------------

    def start(self, more: Any, dice: bytes) -> None:
        """Begin to send `dice` again and again while ``more()``, or to receive."""
        self._began = self._since = int(self.sim.now)
        self._process = self.sim.process(self._live(self._send(more, dice) if self.sends else self._receive()))

    def stop(self) -> None:
        """End the process, at once."""
        process, self._process = self._process, None
        if process is not None and process.is_alive:
            process.interrupt()

    def _live(self, body: Life) -> Life:
        try:
            yield from body
        except simpy.Interrupt:
            return
        except SocketError as error:
            self.error = f"unable to {'write to' if self.sends else 'read from'} stream socket: {error}"

    def _send(self, more: Any, block: bytes) -> Life:
        settings = self.settings
        rate = settings.rate or PACE // settings.streams
        while more():
            yield from self._write(block)
            self.total_sent += len(block)
            self.counts.size += len(block)
            self.counts.packets += settings.udp
            due = self._began + self.total_sent * 8 * SECOND // rate
            if due > self.sim.now:
                yield self.sim.timeout(due - int(self.sim.now))

    @abstractmethod
    def _write(self, block: bytes) -> Life:
        """Send one block."""

    @abstractmethod
    def _receive(self) -> Life:
        """Receive until the process is stopped."""

    @abstractmethod
    def info(self) -> TcpInfo | None:
        """TCP_INFO of the connection that sends."""

    @property
    @abstractmethod
    def ends(self) -> tuple[tuple[int, int], tuple[int, int]]:
        """The address and port of this end and of the other."""

    @abstractmethod
    def close(self) -> None:
        """Close the socket."""

    # -- counts --------------------------------------------------------------------------------------------------------

    def gather(self, *, omitted: bool) -> None:
        """End an interval (iperf_stats_callback)."""
        now, counts, before = int(self.sim.now), self.counts, self._before
        info = self.info() if self.sends else None
        if info is not None:
            self.infos.append(info)
            counts.retransmits = info.retransmits
        self.intervals.append(
            Interval(
                self._since - self._began,
                now - self._began,
                counts.size - before.size,
                omitted,
                info,
                counts.retransmits - before.retransmits,
                counts.packets - before.packets,
                counts.lost - before.lost,
                self.jitter,
            )
        )
        self._before = Counts(**vars(counts))
        self._since = now

    def omit(self) -> None:
        """Counts so far are forgotten, and the clock starts anew (iperf_reset_stats)."""
        self._began = self._since = int(self.sim.now)
        self.total_sent = 0
        info = self.info() if self.sends else None
        if info is not None:
            self.counts.retransmits = info.retransmits
        self._before = Counts(**vars(self.counts))
        self.omitted = Counts(**vars(self.counts))
        self.infos.clear()
        self.jitter = 0.0

    @property
    def result(self) -> Counts:
        """The counts of the time that counts."""
        return Counts(**{name: value - getattr(self.omitted, name) for name, value in vars(self.counts).items()})


class TcpStream(Stream):
    """A stream that is a connection of TCP."""

    def __init__(self, sock: TcpSocket, settings: Settings, number: int, ident: int, *, sends: bool) -> None:
        super().__init__(sock.ns.sim, settings, number, ident, sends=sends)
        self.sock = sock
        self._ends = ((sock.source, sock.port), sock.peer())

    def _write(self, block: bytes) -> Life:
        yield from send_all(self.sock, block)

    def _receive(self) -> Life:
        block, have = self.settings.length, 0
        while data := (yield from receive(self.sock, block - have)):
            have += len(data)
            if have == block:
                self.counts.size += have
                have = 0
        self.counts.size += have

    def info(self) -> TcpInfo | None:
        return self.sock.info()

    @property
    def ends(self) -> tuple[tuple[int, int], tuple[int, int]]:
        return self._ends

    def close(self) -> None:
        self.sock.close()


class UdpStream(Stream):
    """A stream that is a connected socket of UDP."""

    def __init__(self, sock: UdpSocket, settings: Settings, number: int, ident: int, *, sends: bool) -> None:
        super().__init__(sock.ns.sim, settings, number, ident, sends=sends)
        self.sock = sock
        self._head = struct.Struct("!IIQ" if settings.wide else "!III")
        self._number = 0
        self._transit: int | None = None
        self._arrived: deque[bytes] = deque()
        sock.on_receive = self._heard

    def _write(self, block: bytes) -> Life:
        self._number += 1
        now = int(self.sim.now) // US
        head = self._head.pack(now // 1_000_000, now % 1_000_000, self._number)
        self.sock.send(head + block[len(head) :])
        yield from ()

    def _receive(self) -> Life:
        yield self.sim.event()  # datagrams are counted as they come

    def _heard(self, payload: bytes, address: int, port: int, packet: Packet) -> None:
        if self._process is None or self.sends or len(payload) < self._head.size:
            return
        counts = self.counts
        seconds, micros, number = self._head.unpack_from(payload)
        counts.size += len(payload)
        if number > self._number:
            counts.lost += number - 1 - self._number
            counts.packets += number - self._number
            self._number = number
        else:
            counts.out_of_order += 1
            counts.lost -= counts.lost > 0
        transit = int(self.sim.now) - (seconds * 1_000_000 + micros) * US
        change = abs(transit - (transit if self._transit is None else self._transit)) / SECOND
        self._transit = transit
        self.jitter += (change - self.jitter) / 16

    def info(self) -> TcpInfo | None:
        return None

    @property
    def ends(self) -> tuple[tuple[int, int], tuple[int, int]]:
        assert self.sock.peer is not None
        return (self.sock.source, self.sock.port), self.sock.peer

    def close(self) -> None:
        self.sock.close()
