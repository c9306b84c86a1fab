"""What programs that talk TCP share: waiting for sockets, connecting, and a life with a deadline.

The functions are generators that yield simpy events, for programs that are simpy processes.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Any, TypeVar

import simpy

from macvsim.engine.sim import Sim
from macvsim.errors import SocketError

if TYPE_CHECKING:
    from macvsim.net.tcp.socket import TcpSocket


_PIPE = 65536

T = TypeVar("T")
Steps = Generator[simpy.Event, Any, T]


class TimedOut(Exception):
    """The time a program gives itself is up."""


class _Waiter:
    """Turns the socket's word that something has changed into an event."""

    def __init__(self, sim: Sim) -> None:
        self.event = sim.event()

    def __call__(self) -> None:
        if not self.event.triggered:
            self.event.succeed()


def changed(sock: TcpSocket) -> simpy.Event:
    """An event that happens when something has changed at a socket, once."""
    sock.waiters = [w for w in sock.waiters if not isinstance(w, _Waiter) or w.event.callbacks]
    waiter = _Waiter(sock.ns.sim)
    sock.waiters.append(waiter)
    return waiter.event


def wait(sim: Sim, events: list[simpy.Event], until: int | None = None) -> Steps[None]:
    """Wait for the first of `events`; `TimedOut` when the clock shows `until` (ns) before that."""
    if until is None:
        yield sim.any_of(events)
        return
    if until <= sim.now:
        raise TimedOut
    timeout = sim.timeout(until - int(sim.now))
    yield sim.any_of([*events, timeout])
    if not any(event.triggered for event in events):
        raise TimedOut


def connect(sock: TcpSocket, ip: int, port: int, until: int | None = None) -> Steps[None]:
    """A blocking connect(): `SocketError`, or `TimedOut` at `until`."""
    sock.connect(ip, port)
    while sock.connecting:
        yield from wait(sock.ns.sim, [changed(sock)], until)
    if error := sock.take_error():
        raise SocketError(error)


def accept(sock: TcpSocket, until: int | None = None) -> Steps[TcpSocket]:
    """A blocking accept()."""
    while True:
        found = sock.accept()
        if found is not None:
            return found
        yield from wait(sock.ns.sim, [changed(sock)], until)


def receive(sock: TcpSocket, most: int, until: int | None = None) -> Steps[bytes]:
    """A blocking recv(): empty at the end of the stream."""
    while True:
        data = sock.recv(most)
        if data is not None:
            return data
        yield from wait(sock.ns.sim, [changed(sock)], until)


class Lines:
    """A connection that is read line by line: `most` bytes at a time come from it, what is left over is kept.

    until : till when to wait for a line (ns), None for ever
    """

    def __init__(self, sock: TcpSocket, most: int, until: Callable[[], int | None]) -> None:
        self._sock = sock
        self._most = most
        self._until = until
        self._data = b""

    def line(self) -> Steps[bytes]:
        """The next line with its end; empty at the end of the stream."""
        until = self._until()
        while b"\n" not in self._data:
            more = yield from receive(self._sock, self._most, until)
            if not more:
                break
            self._data += more
        at = self._data.find(b"\n") + 1 or len(self._data)
        line, self._data = self._data[:at], self._data[at:]
        return line


def send_all(sock: TcpSocket, data: bytes) -> Steps[None]:
    """A blocking write of all of `data`."""
    at = sock.send(data)
    while at < len(data):
        while not sock.writable:
            yield changed(sock)
        at += sock.send(data[at:])


def send_file(sock: TcpSocket, data: bytes) -> Steps[None]:
    """sendfile() of all of a file's `data`: as much at a time as a pipe holds (splice_direct_to_actor)."""
    at = 0
    while at < len(data):
        while not sock.writable:
            yield changed(sock)
        end = at - at % _PIPE + _PIPE
        at += sock.send(data[at:end], shared=True, more=True)
    sock.flush()
