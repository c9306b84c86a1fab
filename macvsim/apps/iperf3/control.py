"""The control connection of iperf3: a cookie, states of one byte, and JSON behind its length (iperf_api.h)."""

from __future__ import annotations

import json
from collections.abc import Generator
from enum import IntEnum
from random import Random
from typing import Any, TypeVar

import simpy

from macvsim.apps.iperf3.cjson import Object, compact
from macvsim.apps.netio import changed, send_all, wait
from macvsim.errors import MacvsimError, SocketError
from macvsim.net.tcp.socket import TcpSocket

T = TypeVar("T")
Steps = Generator[simpy.Event, Any, T]
COOKIE = 37
_LETTERS = "abcdefghijklmnopqrstuvwxyz234567"
_LONGEST = 1 << 24


class State(IntEnum):
    """The byte that one side sends to bring the other to the next step."""

    TEST_START = 1
    TEST_RUNNING = 2
    TEST_END = 4
    PARAM_EXCHANGE = 9
    CREATE_STREAMS = 10
    SERVER_TERMINATE = 11
    CLIENT_TERMINATE = 12
    EXCHANGE_RESULTS = 13
    DISPLAY_RESULTS = 14
    IPERF_DONE = 16
    SERVER_ERROR = 254
    ACCESS_DENIED = 255


class Failed(MacvsimError):
    """The test cannot go on; the text stands behind the program's name.

    kind : ``error`` or ``interrupt``, or empty where the text is all
    """

    def __init__(self, text: str, kind: str = "error") -> None:
        super().__init__(text)
        self.text = text
        self.kind = kind

    def __str__(self) -> str:
        return self.text


_UNSENT = "unable to send control message - port may not be available, the other side may have stopped running, etc."


def _refuse(constant: str) -> None:
    """NaN and Infinity are no JSON."""
    raise ValueError(constant)


LOST = "unable to receive control message - port may not be available, the other side may have stopped running, etc."
CLOSED = "control socket has closed unexpectedly"
UNKNOWN = "received an unknown control message (ensure other side is iperf3 and not iperf)"
IESETMSS = 123
"""iperf3's number of the error that the size of segments cannot be set (iperf_api.h)."""


def new_cookie(dice: Random) -> bytes:
    """Letters that the control connection and the streams of one test share."""
    return bytes(ord(dice.choice(_LETTERS)) for _ in range(COOKIE - 1)) + b"\0"


class Control:
    """One end of the control connection."""

    def __init__(self, sock: TcpSocket) -> None:
        self.sock = sock
        self._data = b""
        sock.set_nodelay()

    def send(self, state: State) -> Steps[None]:
        """Send a state."""
        yield from self._send(bytes([state]), _UNSENT)

    def _send(self, data: bytes, wrong: str) -> Steps[None]:
        try:
            yield from send_all(self.sock, data)
        except SocketError as error:
            raise Failed(f"{wrong}: {error}") from None

    def send_refusal(self, *numbers: int) -> Steps[None]:
        """SERVER_ERROR, with iperf3's number of the error, and errno."""
        yield from self._send(b"".join((bytes([State.SERVER_ERROR]), *(one.to_bytes(4) for one in numbers))), _UNSENT)

    def state(self) -> State | None:
        """The next state, if it is there; `Failed` at the end of the connection."""
        if not self._data:
            self._pull(1)
        if not self._data:
            return None
        number, self._data = self._data[0], self._data[1:]
        try:
            return State(number)
        except ValueError:
            raise Failed(UNKNOWN) from None

    def changed(self) -> list[simpy.Event]:
        """Events to wait for until there is a state."""
        return [] if self._data or self.sock.readable else [changed(self.sock)]

    def read(self, count: int) -> Steps[bytes]:
        """So many bytes."""
        while len(self._data) < count:
            if not self._pull(count - len(self._data)):
                yield from wait(self.sock.ns.sim, [changed(self.sock)])
        data, self._data = self._data[:count], self._data[count:]
        return data

    def _pull(self, most: int) -> bool:
        try:
            data = self.sock.recv(most)
        except SocketError as error:
            raise Failed(f"{LOST}: {error}") from None
        if data == b"":
            raise Failed(CLOSED)
        self._data += data or b""
        return data is not None

    def read_refusal(self) -> Steps[tuple[int, int]]:
        """The two numbers behind SERVER_ERROR: iperf3's of the error, and errno."""
        data = yield from self.read(8)
        return int.from_bytes(data[:4]), int.from_bytes(data[4:])

    def send_json(self, value: Object, wrong: str) -> Steps[None]:
        """Send a message: its length, then its text; `Failed` with the text `wrong` where the connection is gone."""
        text = compact(value).encode("utf-8", "surrogateescape")
        yield from self._send(len(text).to_bytes(4), wrong)
        yield from self._send(text, wrong)

    def read_json(self, wrong: str) -> Steps[dict[str, Any]]:
        """The other side's message; `Failed` with the text `wrong` where it makes no sense."""
        length = int.from_bytes((yield from self.read(4)), "big")
        if length > _LONGEST:
            raise Failed(wrong)
        try:
            value = json.loads((yield from self.read(length)), parse_constant=_refuse)
        except (ValueError, RecursionError):
            raise Failed(wrong) from None
        if not isinstance(value, dict):
            raise Failed(wrong)
        return value
