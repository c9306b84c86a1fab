"""Asking name servers as busybox nslookup does (networking/nslookup.c)."""

from __future__ import annotations

from contextlib import suppress
from ipaddress import IPv6Address
from typing import NamedTuple

from macvsim.apps.base import Machine, Sink
from macvsim.apps.netio import Steps
from macvsim.engine.sim import MS, SECOND
from macvsim.errors import ERRNO_TEXT, SocketError
from macvsim.net.packet import Packet
from macvsim.net.socket import UdpSocket
from macvsim.wire import dns
from macvsim.wire.addr import ip_text

TIMEOUT = 5 * SECOND
RETRIES = 2
_ACCURACY = 1000
"""poll() may be late by a thousandth."""
_CODES = ("NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED", "YXDOMAIN", "YXRRSET", "NXRRSET",
          "NOTAUTH", "NOTZONE", "RESERVED11", "RESERVED12", "RESERVED13", "RESERVED14", "RESERVED15")  # fmt: skip
_TYPE = dns.TYPES
_SHORTEST = 4
"""Bytes an answer has at least."""


class Unreachable(Exception):
    """A server's address has no route; the text is what connect() says."""


class Server(NamedTuple):
    """A server as it was written, its address and port."""

    name: str
    address: int
    port: int


class Query:
    """One question; `text` is what people call the name."""

    def __init__(self, ident: int, name: str, kind: int) -> None:
        self.ident = ident
        self.name = name
        self.data: bytes | None = None
        """None for a name that no message can hold."""
        with suppress(ValueError):
            self.data = dns.query(ident, name, kind)
        self.answered = False


class Lookup:
    """Asks servers one after the other; `code` is the exit code."""

    def __init__(self, box: Machine, queries: list[Query], *, debug: bool, out: Sink, err: Sink) -> None:
        self.sim = box.sim
        self.ns = box.ns
        self.code = 0
        self._queries = queries
        self._debug = debug
        self._out = out
        self._err = err
        self._arrived: list[bytes] = []
        self._woken = self.sim.event()
        self._retries = 0
        self._introduced = False

    def run(self, servers: list[Server]) -> Steps[None]:
        """Ask until a server answers; `Unreachable`."""
        for server in servers:
            if (yield from self._ask(server)):
                return
        self._out(";; connection timed out; no servers could be reached\n\n")
        self.code = 1

    def _ask(self, server: Server) -> Steps[bool]:
        """Send the queries, twice if need be; True if anything was answered (send_queries)."""
        sock = UdpSocket(self.ns, self._receive, lambda error: self._wake())
        try:
            sock.connect(server.address, server.port)
        except SocketError as error:
            sock.close()
            raise Unreachable(f"can't connect to remote host ({ip_text(server.address)}): {error}") from None
        try:
            return (yield from self._exchange(sock, server))
        finally:
            sock.close()

    def _exchange(self, sock: UdpSocket, server: Server) -> Steps[bool]:
        interval = TIMEOUT // RETRIES
        start = int(self.sim.now)
        sent: int | None = None
        replies = 0
        self._retries = 0
        while int(self.sim.now) - start < TIMEOUT:
            now = int(self.sim.now)
            if sent is None or now - sent >= interval:
                for query in self._queries:
                    if not query.answered and not self._send(sock, server, query):
                        return False
                sent = now
                self._retries = 2 * len(self._queries)
            left = interval - (now - sent)
            yield from self._wait(sock, left + left // _ACCURACY)
            if sock.error:
                self._err(f"nslookup: read: {ERRNO_TEXT[sock.take_error()]}\n")
                continue
            while self._arrived:
                data = self._arrived.pop(0)
                asked = self._asked(data)
                if asked is None:
                    continue
                self._introduce(server)
                if data[3] & 15 == dns.SERVFAIL and self._retries:
                    self._retries -= 1
                    sock.send(asked.data or b"")
                    continue
                self._reply(asked, data, (int(self.sim.now) - start) // MS)
                replies += 1
                if replies == len(self._queries):
                    return True
        return replies > 0

    def _send(self, sock: UdpSocket, server: Server, query: Query) -> bool:
        """write(); False when the server is not worth asking further."""
        if error := sock.take_error():
            self._err(f"nslookup: write to '{server.name}': {ERRNO_TEXT[error]}\n")
            return False
        try:
            if query.data is None:
                raise SocketError("EMSGSIZE")
            sock.send(query.data)
        except SocketError as failed:
            self._err(f"nslookup: write to '{server.name}': {failed}\n")
            return False
        self.sim.run_softirqs()
        return True

    def _asked(self, data: bytes) -> Query | None:
        """The question an answer is to, if it was not answered yet."""
        for query in self._queries:
            if len(data) >= _SHORTEST and data[:2] == query.ident.to_bytes(2, "big"):
                return None if query.answered else query
        return None

    def _introduce(self, server: Server) -> None:
        """Say who answers, once."""
        if not self._introduced:
            self._introduced = True
            self._out(f"Server:\t\t{server.name}\nAddress:\t{ip_text(server.address)}:{server.port}\n\n")

    def _wait(self, sock: UdpSocket, time: int) -> Steps[None]:
        """poll()."""
        if self._arrived or sock.error:
            return
        self._woken = self.sim.event()
        yield self._woken | self.sim.timeout(time)

    def _receive(self, payload: bytes, address: int, port: int, packet: Packet) -> None:
        self._arrived.append(payload)
        self._wake()

    def _wake(self) -> None:
        if not self._woken.triggered:
            self._woken.succeed()

    # -- answers -------------------------------------------------------------------------------------------------------

    def _reply(self, query: Query, data: bytes, elapsed: int) -> None:
        """Print an answer."""
        query.answered = True
        if self._debug:
            self._out(f"Query #{self._queries.index(query)} completed in {elapsed}ms:\n")
        code = data[3] & 15
        if code:
            self._out(f"** server can't find {query.name}: {_CODES[code]}\n\n")
            self.code = 1
            return
        try:
            self._show(dns.parse(data), data)
        except dns.BadMessage:
            self._out(f"*** Can't find {query.name}: Parse error\n")
            self.code = 1
        self._out("\n")

    def _show(self, message: dns.Message, data: bytes) -> None:
        """parse_reply."""
        if not message.authoritative:
            self._out("Non-authoritative answer:\n")
        elif self._debug:
            self._out("authoritative answer:\n")
        for record in message.answers:
            self._out(record_text(record, data))


def record_text(record: dns.Record, message: bytes) -> str:
    """A line or more for a record."""
    name, data, kind = record.name, record.data, record.kind
    if kind == _TYPE["A"] and len(data) == 4:
        return f"Name:\t{name}\nAddress: {ip_text(int.from_bytes(data, 'big'))}\n"
    if kind == _TYPE["AAAA"] and len(data) == 16:
        return f"Name:\t{name}\nAddress: {IPv6Address(data)}\n"
    words = {_TYPE["NS"]: "nameserver", _TYPE["CNAME"]: "canonical name", _TYPE["PTR"]: "name"}
    if kind in words:
        return f"{name}\t{words[kind]} = {dns.read_name(message, record.at)[0]}\n"
    if kind == _TYPE["MX"] and len(data) > 2:
        preference = int.from_bytes(data[:2], "big")
        return f"{name}\tmail exchanger = {preference} {dns.read_name(message, record.at + 2)[0]}\n"
    if kind == _TYPE["TXT"] and data:
        return f'{name}\ttext = "{data[1 : 1 + data[0]].decode("utf-8", "surrogateescape")}"\n'
    if kind == _TYPE["SRV"] and len(data) > 6:
        numbers = " ".join(str(int.from_bytes(data[at : at + 2], "big")) for at in (0, 2, 4))
        return f"{name}\tservice = {numbers} {dns.read_name(message, record.at + 6)[0]}\n"
    if kind == _TYPE["SOA"]:
        return _soa_text(record, message)
    return ""


def _soa_text(record: dns.Record, message: bytes) -> str:
    origin, at = dns.read_name(message, record.at)
    mail, at = dns.read_name(message, at)
    names = ("serial", "refresh", "retry", "expire", "minimum")
    numbers = [int.from_bytes(message[at + 4 * n : at + 4 * n + 4], "big") for n in range(len(names))]
    lines = "".join(f"\t{name} = {number}\n" for name, number in zip(names, numbers, strict=True))
    return f"{record.name}\n\torigin = {origin}\n\tmail addr = {mail}\n{lines}"
