"""busybox httpd: one answer per connection (networking/httpd.c)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import NamedTuple
from urllib.parse import unquote

import simpy

from macvsim.apps import netio
from macvsim.apps.netio import Steps
from macvsim.engine.sim import SECOND
from macvsim.errors import SocketError
from macvsim.net.tcp.socket import TcpSocket

HEADER_TIMEOUT = 60 * SECOND
_BUFFER = 8192
_DATE = "%a, %d %b %Y %H:%M:%S GMT"
_MIME = {
    "htm": "text/html", "html": "text/html", "txt": "text/plain", "h": "text/plain", "c": "text/plain",
    "cc": "text/plain", "cpp": "text/plain", "jpg": "image/jpeg", "jpeg": "image/jpeg", "gif": "image/gif",
    "png": "image/png", "svg": "image/svg+xml", "css": "text/css", "js": "application/javascript",
    "wav": "audio/wav", "avi": "video/x-msvideo", "qt": "video/quicktime", "mov": "video/quicktime",
    "mpe": "video/mpeg", "mpeg": "video/mpeg", "mid": "audio/midi", "midi": "audio/midi", "mp3": "audio/mpeg",
}  # fmt: skip
_STATUS = {
    200: ("OK", None),
    206: ("Partial Content", None),
    302: ("Found", None),
    400: ("Bad Request", "Unsupported method"),
    403: ("Forbidden", ""),
    404: ("Not Found", "The requested URL was not found"),
    408: ("Request Timeout", "No request appeared within 60 seconds"),
    501: ("Not Implemented", "The requested method is not recognized"),
}


class Document(NamedTuple):
    """A file to serve: its bytes and when it was changed (s since 1970)."""

    data: bytes
    modified: int


Lookup = Callable[[str], Document | bool]
"""What is at a path below the home directory: a file, True for a directory, False for nothing."""


class Server:
    """What a running httpd knows: `lookup` finds files, `clock` gives the time of day in seconds since 1970."""

    def __init__(self, server: TcpSocket, lookup: Lookup, clock: Callable[[], int]) -> None:
        self.server = server
        self.sim = server.ns.sim
        self._lookup = lookup
        self._clock = clock

    def run(self) -> Steps[None]:
        """Accept for ever; each connection has a process of its own."""
        try:
            while True:
                sock = yield from netio.accept(self.server)
                sock.set_keepalive()
                self.sim.process(self._serve(sock))
        finally:
            self.server.close()

    def _serve(self, sock: TcpSocket) -> Steps[None]:
        until = int(self.sim.now) + HEADER_TIMEOUT
        try:
            request = yield from self._read_request(sock, until)
            if request is not None and not request[0]:
                return  # a browser that opened it for later; the rest is in `finally`
            head, body = self._answer(request)
            yield from netio.send_all(sock, head)
            yield from netio.send_file(sock, body)
            sock.shutdown()
            while sock.recv(_BUFFER):
                pass
        except (SocketError, simpy.Interrupt):
            pass
        finally:
            sock.close()

    def _read_request(self, sock: TcpSocket, until: int) -> Steps[list[str] | None]:
        """The lines of a request; None when none came in time."""
        data = b""
        while True:
            first, whole, _ = data.partition(b"\n")
            if whole and _parsed(first.decode("latin-1").rstrip("\r")) is None:
                return [first.decode("latin-1").rstrip("\r")]
            head, end, _ = data.replace(b"\r\n", b"\n").partition(b"\n\n")
            if end:
                return head.decode("latin-1").split("\n")
            try:
                more = yield from netio.receive(sock, _BUFFER, until)
            except netio.TimedOut:
                return None
            if not more:
                return data.decode("latin-1").split("\n")
            data += more

    # -- answers -------------------------------------------------------------------------------------------------------

    def _answer(self, lines: list[str] | None) -> tuple[bytes, bytes]:
        """What is written, and what is sent of a file then (handle_incoming_and_exit)."""
        if lines is None:
            return self._error(408), b""
        request = _parsed(lines[0])
        if request is None:
            return self._error(400), b""
        method, target = request
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
        path = _normal(unquote(target.split("?")[0], encoding="utf-8", errors="surrogateescape"))
        if path is None:
            return self._error(400), b""
        if method.upper() not in ("GET", "HEAD"):
            return self._error(501), b""
        found = self._lookup(path)
        if found is True and not path.endswith("/"):
            return self._head(302, "text/html", f"Location: {path}/\r\n"), b""
        if found is True:
            path += "index.html"
            found = self._lookup(path)
        if isinstance(found, bool):
            return self._error(404), b""
        return self._file(path, found, headers.get("range", ""))

    def _file(self, path: str, document: Document, wanted: str) -> tuple[bytes, bytes]:
        data, size = document.data, len(document.data)
        status, extra = 200, ""
        part = _range(wanted, size)
        if part is not None:
            status = 206
            data = data[part[0] : part[1] + 1]
            extra = f"Content-Range: bytes {part[0]}-{part[1]}/{size}\r\n"
        extra += (
            f"Accept-Ranges: bytes\r\nLast-Modified: {_date(document.modified)}\r\n"
            f'ETag: "{document.modified:x}-{size:x}"\r\nContent-Length: {len(data)}\r\n'
        )
        kind = "text/html" if part is not None else _MIME.get(path.rsplit("/", 1)[-1].rpartition(".")[2], "")
        return self._head(status, kind, extra), data

    def _head(self, status: int, kind: str, extra: str = "") -> bytes:
        line = f"HTTP/1.1 {status} {_STATUS[status][0]}\r\nDate: {_date(self._clock())}\r\nConnection: close\r\n"
        return (line + (f"Content-type: {kind}\r\n" if kind else "") + extra + "\r\n").encode("latin-1")

    def _error(self, status: int) -> bytes:
        title, text = _STATUS[status]
        heading = f"{status} {title}"
        body = f"<HTML><HEAD><TITLE>{heading}</TITLE></HEAD>\n<BODY><H1>{heading}</H1>\n{text}\n</BODY></HTML>\n"
        return self._head(status, "text/html") + body.encode()


def _parsed(line: str) -> tuple[str, str] | None:
    """Method and target of the first line of a request; None if it is none."""
    method, _, rest = line.partition(" ")
    target, _, version = rest.partition(" ")
    return (method, target) if target.startswith("/") and version.startswith("HTTP/") else None


def _normal(path: str) -> str | None:
    """A path without dots and double slashes; None where it leaves the home directory."""
    parts: list[str] = []
    for part in path.split("/"):
        if part == "..":
            if not parts:
                return None
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    tail = "/" if path.endswith(("/", "/.", "/..")) and parts else ""
    return "/" + "/".join(parts) + tail


def _range(wanted: str, size: int) -> tuple[int, int] | None:
    """First and last byte of ``bytes=A-B`` or ``bytes=A-``; None for everything."""
    unit, _, span = wanted.partition("=")
    first, dash, last = span.partition("-")
    if unit != "bytes" or not dash or not first.isdecimal() or (last and not last.isdecimal()):
        return None
    start, end = int(first), min(int(last or size - 1), size - 1)
    return (start, end) if start <= end else None


def _date(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime(_DATE)
