"""The program with which the recorder of the real kernel sends and receives single datagrams (its runner/udp.py)."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, NamedTuple

import simpy

from macvsim.apps.base import App, Machine, Sink, poll_time
from macvsim.errors import SocketError
from macvsim.net.packet import Packet
from macvsim.net.socket import IcmpError, UdpSocket
from macvsim.wire import icmp
from macvsim.wire.addr import ip_int, ip_text

_ERRORS = {icmp.PORT_UNREACH: "[Errno 111] Connection refused", icmp.PROT_UNREACH: "[Errno 92] Protocol not available"}


_NUMBERS = {"EPERM": 1, "EACCES": 13, "EINVAL": 22, "EMSGSIZE": 90, "EADDRINUSE": 98, "ENETUNREACH": 101,
            "ENOBUFS": 105, "EHOSTUNREACH": 113}  # fmt: skip
_MADE = "s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); "
_LINES = {
    "connect": (5, _MADE, "s.connect", "((sys.argv[2], int(sys.argv[3])))", ""),
    "send": (7, "", "s.send", "((sys.argv[4] + '\\n').encode())", ""),
    "bind": (11, _MADE, "s.bind", "(('', int(sys.argv[2])))", "; s.settimeout(float(sys.argv[3]))"),
}
"""Number and text of the program's lines that may fail: what stands before the call, the call, what stands behind."""


class Crash(Exception):
    """The program ends with a traceback, which is the text."""

    def __init__(self, call: str, error: SocketError) -> None:
        number, before, function, arguments, behind = _LINES[call]
        kind = "PermissionError" if error.errno in ("EPERM", "EACCES") else "OSError"
        super().__init__(
            "Traceback (most recent call last):\n"
            f'  File "/oracle/runner/udp.py", line {number}, in <module>\n'
            f"    {before}{function}{arguments}{behind}\n"
            f"    {' ' * len(before)}{'~' * len(function)}{'^' * len(arguments)}\n"
            f"{kind}: [Errno {_NUMBERS.get(error.errno, 0)}] {error}\n"
        )


class Datagram(NamedTuple):
    """What came, and from where."""

    payload: bytes
    address: int
    port: int


class UdpProbe(App):
    """Waits for one datagram, `timeout` seconds at most; always ends with 0."""

    def __init__(self, box: Machine, timeout: float, stdout: Sink) -> None:
        super().__init__(box, stdout)
        self.out = stdout
        self.socket = UdpSocket(box.ns, self._arrive_datagram, self._arrive)
        self._timeout = timeout
        self._heard: list[Datagram | IcmpError] = []
        self._woken: simpy.Event | None = None

    def main(self) -> None:
        """`Crash` where the socket refuses."""
        self.open()
        self.sim.process(self._life())

    def open(self) -> None:
        """What is done with the socket before waiting."""
        raise NotImplementedError

    def answer(self, datagram: Datagram) -> None:
        """What is done with what came."""
        raise NotImplementedError

    def close(self) -> None:
        self.socket.close()

    def _arrive_datagram(self, payload: bytes, address: int, port: int, packet: Packet) -> None:
        self._arrive(Datagram(payload, address, port))

    def _arrive(self, item: Datagram | IcmpError) -> None:
        self._heard.append(item)
        if self._woken is not None and not self._woken.triggered:
            self._woken.succeed()

    def _life(self) -> Generator[simpy.Event, Any, None]:
        if not self._heard:
            self._woken = self.sim.event()
            yield self._woken | self.sim.timeout(poll_time(round(self._timeout * 1000)))
        if self.code is not None:
            return
        if not self._heard:
            self.out("error timed out\n")
        elif isinstance(item := self._heard[0], IcmpError):
            self.out(f"error {_ERRORS[item.code]}\n")
        else:
            self.answer(item)
        self.exit(0)


class UdpSender(UdpProbe):
    """``udp.py send ADDRESS PORT TEXT [SECONDS]``: sends a line and prints the answer."""

    def __init__(self, box: Machine, address: str, port: int, text: str, timeout: float, stdout: Sink) -> None:
        super().__init__(box, timeout, stdout)
        self._to = ip_int(address), port
        self._text = text

    def open(self) -> None:
        call = "connect"
        try:
            self.socket.connect(*self._to)
            call = "send"
            self.socket.send(self._text.encode() + b"\n")
        except SocketError as error:
            raise Crash(call, error) from error

    def answer(self, datagram: Datagram) -> None:
        self.out(f"reply {datagram.payload!r}\n")


class UdpListener(UdpProbe):
    """``udp.py listen PORT SECONDS``: prints one datagram and sends it back."""

    def __init__(self, box: Machine, port: int, timeout: float, stdout: Sink) -> None:
        super().__init__(box, timeout, stdout)
        self._port = port

    def open(self) -> None:
        try:
            self.socket.bind(0, self._port)
        except SocketError as error:
            raise Crash("bind", error) from error

    def answer(self, datagram: Datagram) -> None:
        self.out(f"got {datagram.payload!r} from {ip_text(datagram.address)}\n")
        try:
            self.socket.send_to(b"echo " + datagram.payload, datagram.address, datagram.port)
        except SocketError as error:
            self.out(f"error {error}\n")
