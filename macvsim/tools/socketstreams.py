"""Sockets as the streams of commands: what a program reads and writes when its standard streams are a connection."""

from __future__ import annotations

import codecs
from collections.abc import Generator
from typing import Any

import simpy

from macvsim.apps.netio import changed, send_all
from macvsim.errors import SocketError
from macvsim.machine.streams import Input
from macvsim.net.tcp.socket import TcpSocket

_ENCODING = ("utf-8", "surrogateescape")
_EVERYTHING = 1 << 20


def to_bytes(text: str) -> bytes:
    """Text of the shell as bytes on the wire; bytes that are no text come back as they were."""
    return text.encode(*_ENCODING)


class Decoder:
    """Bytes from the wire as text of the shell, piece by piece."""

    def __init__(self) -> None:
        self._decode = codecs.getincrementaldecoder(_ENCODING[0])(_ENCODING[1]).decode

    def __call__(self, data: bytes) -> str:
        return self._decode(data)


class SocketInput(Input):
    """Standard input that is a connection; nothing is read from it before a program reads."""

    def __init__(self, sock: TcpSocket) -> None:
        super().__init__("")
        self._sock = sock
        self._decoder = Decoder()
        self._ended = False

    def _pull(self) -> None:
        """Take over what has come."""
        while not self._ended:
            try:
                data = self._sock.recv(_EVERYTHING)
            except SocketError:
                data = b""
            if data is None:
                return
            self._ended = not data
            self._text = self._text[self._at :] + self._decoder(data)
            self._at = 0

    @property
    def ready(self) -> bool:
        return self._at < len(self._text) or self._ended or self._sock.readable

    def news(self) -> simpy.Event | None:
        return None if self.ready else changed(self._sock)

    def take(self, most: int) -> str:
        self._pull()
        return super().take(most)

    def rest(self) -> str:
        self._pull()
        return super().rest()

    def read_line(self) -> Generator[simpy.Event, Any, str]:
        self._pull()
        while not self._ended and "\n" not in self._text[self._at :]:
            yield changed(self._sock)
            self._pull()
        return self.take_line()

    def wait_closed(self) -> Generator[simpy.Event, Any, None]:
        self._pull()
        while not self._ended:
            yield changed(self._sock)
            self._pull()


class SocketOutput:
    """Standard output that is a connection: a sink.  What the connection does not take at once waits (`drain`)."""

    def __init__(self, sock: TcpSocket) -> None:
        self._sock = sock
        self._waiting = b""
        self.broken = False

    def __call__(self, text: str) -> None:
        data = to_bytes(text)
        if self.broken or not data:
            return
        if self._waiting:
            self._waiting += data
            return
        try:
            self._waiting = data[self._sock.send(data) :]
        except SocketError:
            self.broken = True

    def drain(self) -> Generator[simpy.Event, Any, None]:
        """Wait until all is handed over."""
        data, self._waiting = self._waiting, b""
        if data and not self.broken:
            try:
                yield from send_all(self._sock, data)
            except SocketError:
                self.broken = True
