"""busybox nc (networking/nc.c)."""

from __future__ import annotations

from collections.abc import Generator
from copy import copy
from dataclasses import replace
from typing import Any

import simpy

from macvsim.apps import netio
from macvsim.apps.base import resolve
from macvsim.apps.names6 import is_text6
from macvsim.engine.sim import SECOND
from macvsim.errors import Effect, MacvsimError, NotSimulated, SocketError
from macvsim.machine.applets import BUSYBOX_APPLETS
from macvsim.machine.call import Call, Waiting
from macvsim.machine.execute import run_program
from macvsim.machine.host import BUSYBOX
from macvsim.machine.options import Given
from macvsim.machine.tool import BUSYBOX_OWN, ToolError, UsageError, tool
from macvsim.net.tcp.socket import TcpSocket
from macvsim.tools.busybox.applet import USAGE, number
from macvsim.tools.ports import port_number
from macvsim.tools.socketstreams import Decoder, SocketFile, to_bytes
from macvsim.wire.addr import ip_text

_BUFFER = 1024


def _port(text: str) -> int:
    port = port_number(text)
    if port is None:
        raise ToolError(f"bad port '{text}'")
    return port


@tool(
    "nc",
    flavour="busybox",
    usage=USAGE,
    letters="lp:w:i:f:",
    left_out={"-f": "there are no terminals and devices to open"},
    values={"-w": number(), "-i": number(), "-p": _port},
    manner=replace(BUSYBOX_OWN, long=False),
    effect=Effect.CHANGES,
)
def nc(call: Call) -> Waiting:
    """``nc [-iN] [-wN] [-l] [-p PORT] [-f FILE|IPADDR PORT] [-e PROG]``."""
    words, program = _cut_program(call.args)
    given = nc.read(call, words)
    try:
        return (yield from _nc(call, given, program))
    except netio.TimedOut:
        raise ToolError("timed out") from None


def _nc(call: Call, given: Given, program: list[str]) -> Waiting:
    rest, listens = given.operands, given.names.count("-l")
    if len(rest) > 1 if listens else not 1 <= len(rest) <= 2:
        raise UsageError
    seconds, delay, local = given.get("-w", 0), given.get("-i", 0), given.get("-p", 0)
    until = int(call.box.sim.now) + seconds * SECOND if seconds else None
    if not listens:
        sock = TcpSocket(call.box.ns)
        try:
            yield from _connect(call, sock, rest, local, until)
            return (yield from _talk(call, sock, program, delay))
        finally:
            sock.close()
    server = _bind(call, rest, local, listens)
    try:
        while True:
            sock = yield from netio.accept(server, until)
            if listens > 1 and program:
                call.box.sim.process(_serve(call, sock, program))
                continue
            if not program:
                server.close()
            try:
                return (yield from _talk(call, sock, program, delay))
            finally:
                sock.close()
    finally:
        server.close()


def _cut_program(args: list[str]) -> tuple[list[str], list[str]]:
    """The words for nc, and those behind -e, which are all for the program."""
    for at, word in enumerate(args):
        if word == "--":
            break
        if word.startswith("-") and "e" in word and not set(word[1 : word.index("e")]) & set("pwif"):
            place = word.index("e")
            before = [*args[:at], word[:place]] if place > 1 else args[:at]
            inside = word[place + 1 :]
            return before, [*([inside] if inside else []), *args[at + 1 :]]
    return args, []


def _address(call: Call, name: str) -> int:
    if is_text6(name):
        raise NotSimulated("TCP of IPv6", Effect.READS)
    try:
        return resolve(call.box, name)
    except MacvsimError:
        raise ToolError(f"bad address '{name}'") from None


def _connect(
    call: Call, sock: TcpSocket, words: list[str], local: int, until: int | None
) -> Generator[simpy.Event, Any, None]:
    """create_and_connect_stream_or_die; a local port is not asked for with -p unless -l is there."""
    port = _port(words[1]) if len(words) > 1 else 0
    address = _address(call, words[0])
    try:
        yield from netio.connect(sock, address, port, until)
    except SocketError as error:
        raise ToolError(f"can't connect to remote host ({ip_text(address)}): {error}") from None


def _bind(call: Call, words: list[str], port: int, backlog: int) -> TcpSocket:
    """create_and_bind_stream_or_die: a socket for both families, unless an address is named."""
    server = TcpSocket(call.box.ns, dual=not words)
    server.reuse_address = True
    try:
        server.bind(_address(call, words[0]) if words else 0, port)
        server.listen(backlog)
    except SocketError as error:
        server.close()
        raise ToolError(f"bind: {error}") from None
    return server


def _talk(call: Call, sock: TcpSocket, program: list[str], delay: int) -> Waiting:
    if program:
        return (yield from _run(call, sock, program))
    return (yield from _copy(call, sock, delay))


def _serve(call: Call, sock: TcpSocket, program: list[str]) -> Generator[simpy.Event, Any, None]:
    """One connection of a server that goes on (-ll)."""
    try:
        yield from _run(call, sock, program)
    finally:
        sock.close()


def _run(call: Call, sock: TcpSocket, program: list[str]) -> Waiting:
    """A program whose standard input and output are the connection; busybox' own before those of the machine."""
    file = SocketFile(sock)
    box = call.box
    if program[0] in BUSYBOX_APPLETS and box.flavour is not BUSYBOX:
        box = copy(box)
        box.flavour = BUSYBOX
    inner = call.derived(program, box=box, fds=call.fds.having(stdin=file, stdout=file))
    code = yield from run_program(inner, failed=f"nc: can't execute '{program[0]}'")
    yield from file.drain()
    return code


def _copy(call: Call, sock: TcpSocket, delay: int) -> Waiting:
    """Standard input to the connection, the connection to standard output, until the peer has closed."""
    sim = call.box.sim
    decode = Decoder()
    source = call.fds.stdin
    reading = True
    while True:
        if not sock.readable and not (reading and source.ready):
            events = [netio.changed(sock)]
            if reading and (news := source.news()) is not None:
                events.append(news)
            yield from netio.wait(sim, events)
            continue
        if reading and source.ready:
            text = source.take(_BUFFER)
            reading = bool(text)
            try:
                if text:
                    yield from netio.send_all(sock, to_bytes(text))
                else:
                    sock.shutdown()
            except SocketError as error:
                if text:
                    raise ToolError(f"write error: {error}") from None
            if text and delay:
                yield sim.timeout(delay * SECOND)
        if sock.readable:
            try:
                data = sock.recv(_BUFFER)
            except SocketError:
                return 0
            if not data:
                return 0
            call.out(decode(data))
            if delay:
                yield sim.timeout(delay * SECOND)
