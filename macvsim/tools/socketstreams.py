"""Sockets as the streams of commands: what a program reads and writes when its standard streams are a connection."""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING

import simpy

from macvsim.apps.netio import changed, send_all
from macvsim.errors import SocketError
from macvsim.machine.streams import OpenFile, Steps

if TYPE_CHECKING:
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


class SocketFile(OpenFile):
    """A connection as an open file.  Nothing is read from it before a program reads; what it does not take at once of
    what is written waits (`drain`).
    """

    def __init__(self, sock: TcpSocket) -> None:
        self._sock = sock
        self._decoder = Decoder()
        self._text = ""
        self._ended = False
        self._waiting = b""
        self._broken = False

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
            self._text += self._decoder(data)

    @property
    def ready(self) -> bool:
        return bool(self._text) or self._ended or self._sock.readable

    def news(self) -> simpy.Event | None:
        return None if self.ready else changed(self._sock)

    def take(self, most: int) -> str:
        self._pull()
        text, self._text = self._text[:most], self._text[most:]
        return text

    def take_line(self) -> str:
        self._pull()
        return self.take(self._text.find("\n") + 1 or len(self._text))

    def write(self, text: str) -> None:
        data = to_bytes(text)
        if self._broken or not data:
            return
        if self._waiting:
            self._waiting += data
            return
        try:
            self._waiting = data[self._sock.send(data) :]
        except SocketError:
            self._broken = True

    def put(self, text: str) -> Steps:
        self.write(text)
        yield from self.drain()

    def drain(self) -> Steps:
        """Wait until all is handed over."""
        data, self._waiting = self._waiting, b""
        if data and not self._broken:
            try:
                yield from send_all(self._sock, data)
            except SocketError:
                self._broken = True
