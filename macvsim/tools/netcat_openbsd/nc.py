"""nc of OpenBSD (Debian's netcat-openbsd 1.229): TCP, tried, talked to and listened for."""

from __future__ import annotations

import re
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any

import simpy

from macvsim.apps import netio
from macvsim.apps.base import inet_aton, name_of, resolve
from macvsim.engine.sim import SECOND
from macvsim.errors import Effect, MacvsimError, SocketError
from macvsim.machine.call import Call, Waiting
from macvsim.machine.tool import Manner, Texts, ToolError, UsageError, tool
from macvsim.net.services import service_name, service_port
from macvsim.net.tcp.socket import TcpSocket
from macvsim.tools.socketstreams import Decoder, to_bytes
from macvsim.wire.addr import ip_text

_BUFFER = 16384


@dataclass(frozen=True)
class _Asked:
    """Words of the command line; seconds are None where nothing was said."""

    verbose: bool
    numeric: bool
    ends: bool
    """The connection is shut down when standard input ends (-N)."""
    wait: int | None
    quit: int | None
    source: tuple[int, int]


def _seconds(what: str) -> Callable[[str], int]:
    """A reader of seconds (strtonum)."""

    def read(text: str) -> int:
        if not re.fullmatch(r"-?[0-9]+", text):
            raise ToolError(f"{what} invalid: {text}")
        if int(text) < 0:
            raise ToolError(f"{what} too small: {text}")
        return int(text)

    return read


@tool(
    "nc",
    "netcat",
    "nc.openbsd",
    flavour="debian",
    usage=Texts(__package__),
    letters="b",
    works="-4 -k -l -N -n -v -z -p -q -s -w",
    values={"-w": _seconds("timeout"), "-q": _seconds("quit timer")},
    effect=Effect.CHANGES,
    manner=Manner(
        long=False,
        usage_part="usage:.*?(?=\tCommand)",
        help_options=("-h",),
        help_on_stderr=True,
        version_options=(),
    ),
)
def nc(call: Call) -> Waiting:
    """``nc [-klNnvz] [-p PORT] [-q SEC] [-s ADDRESS] [-w SEC] [HOST] PORT[-PORT]``."""
    given = call.given
    words = given.operands
    if not words and "-l" not in given:
        raise UsageError
    local = _ports(given.get("-p"))[0] if "-p" in given else 0
    asked = _Asked(
        "-v" in given,
        "-n" in given,
        "-N" in given,
        given.get("-w", 0) or None,
        given.get("-q", None),
        (_address(call, given.get("-s"), numeric=True, port=str(local)) if "-s" in given else 0, local),
    )
    if "-l" in given:
        return _listen(call, asked, words, forever="-k" in given)
    if len(words) < 2:
        raise ToolError("missing port number")
    return _try_all(call, asked, words[0], words[1], talks="-z" not in given)


def _ports(text: str) -> list[int]:
    """``PORT`` or ``FIRST-LAST``."""
    known = service_port(text, "tcp")
    if known is not None:
        return [known]
    ends = []
    for word in text.split("-", 1):
        if not (word.isascii() and word.isdigit()):
            raise ToolError(f"port number invalid: {word}")
        if not 1 <= int(word) <= 0xFFFF:
            raise ToolError(f"port number too {'small' if int(word) < 1 else 'large'}: {word}")
        ends.append(int(word))
    return list(range(min(ends), max(ends) + 1))


def _address(call: Call, host: str, *, numeric: bool, port: str) -> int:
    known = inet_aton(host)
    if known is not None:
        return known
    try:
        if not numeric:
            return resolve(call.box, host)
    except MacvsimError:
        pass
    why = "Name or service not known" if numeric else "Temporary failure in name resolution"
    raise ToolError(f'getaddrinfo for host "{host}" port {port}: {why}') from None


def _service(port: int, asked: _Asked) -> str:
    return "*" if asked.numeric else service_name(port, "tcp") or "*"


def _try_all(call: Call, asked: _Asked, host: str, ports: str, *, talks: bool) -> Waiting:
    """Connect to each port; 0 if one of them answers."""
    numbers = _ports(ports)
    address = _address(call, host, numeric=asked.numeric, port=str(numbers[0]))
    code = 1
    for port in numbers:
        sock = TcpSocket(call.box.ns)
        place = f"{host} port {port} (tcp)"
        try:
            if asked.source != (0, 0):
                sock.reuse_address = True
                sock.bind(*asked.source)
        except SocketError as error:
            sock.close()
            raise ToolError(f"bind failed: {error}") from None
        try:
            until = None if asked.wait is None else int(call.box.sim.now) + asked.wait * SECOND
            yield from netio.connect(sock, address, port, until)
            if asked.verbose or not talks:
                call.err(f"Connection to {host} {port} port [tcp/{_service(port, asked)}] succeeded!\n")
            code = 0
            if talks:
                yield from _talk(call, sock, asked)
        except SocketError as error:
            call.err(f"nc: connect to {place} failed: {error}\n" if asked.verbose else "")
        except netio.TimedOut:
            said = f"nc: connect to {place} timed out: Operation now in progress\n"
            call.err(said if asked.verbose else "")
        finally:
            sock.close()
    return code


def _listen(call: Call, asked: _Asked, words: list[str], *, forever: bool) -> Waiting:
    """``nc -l [HOST] PORT``."""
    port_word = words[-1] if words else str(asked.source[1] or "")
    if not port_word:
        raise ToolError("missing port number")
    (port, *_) = _ports(port_word)
    address = _address(call, words[0], numeric=asked.numeric, port=port_word) if len(words) > 1 else asked.source[0]
    server = TcpSocket(call.box.ns)
    server.reuse_address = True
    try:
        server.bind(address, port)
        server.listen(1)
    except SocketError as error:
        server.close()
        raise ToolError(str(error)) from None
    try:
        _report(call, asked, "Listening", (address, port))
        while True:
            sock = yield from netio.accept(server)
            if not forever:
                server.close()
            try:
                _report(call, asked, "Connection received", sock.peer())
                yield from _talk(call, sock, asked)
            finally:
                sock.close()
            if not forever:
                return 0
    finally:
        server.close()


def _report(call: Call, asked: _Asked, what: str, end: tuple[int, int]) -> None:
    """Whom it talks to, by name unless that is not wanted (report_sock)."""
    if not asked.verbose:
        return
    name = ip_text(end[0]) if asked.numeric else name_of(call.box, end[0])
    if name is None:
        call.err("nc: getnameinfo: Temporary failure in name resolution\n")
    else:
        call.err(f"{what} on {name} {end[1]}\n")


def _talk(call: Call, sock: TcpSocket, asked: _Asked) -> Generator[simpy.Event, Any, None]:
    """Standard input to the connection and back, until both have ended, or nothing happens for long (readwrite)."""
    sim = call.box.sim
    decode = Decoder()
    source = call.fds.stdin
    reading = hearing = True
    quits: int | None = None
    while reading or hearing:
        if reading and source.ready:
            text = source.take(_BUFFER)
            reading = bool(text)
            try:
                if text:
                    yield from netio.send_all(sock, to_bytes(text))
            except SocketError:
                return
            if not reading and asked.ends:
                sock.shutdown()
            if not reading and asked.quit is not None:
                quits = int(sim.now) + asked.quit * SECOND
            continue
        if hearing and sock.readable:
            try:
                data = sock.recv(_BUFFER)
            except SocketError:
                return
            hearing = bool(data)
            call.out(decode(data or b""))
            continue
        events = [netio.changed(sock)] if hearing else []
        if reading and (news := source.news()) is not None:
            events.append(news)
        ends = [quits] if quits is not None else []
        ends += [] if asked.wait is None else [int(sim.now) + asked.wait * SECOND]
        try:
            yield from netio.wait(sim, events, min(ends, default=None))
        except netio.TimedOut:
            return
