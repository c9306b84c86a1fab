"""Fetching over HTTP as busybox wget does (networking/wget.c)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from macvsim.apps import netio
from macvsim.apps.base import Machine, Sink, resolve
from macvsim.apps.netio import Steps
from macvsim.engine.sim import SECOND
from macvsim.errors import Effect, MacvsimError, NotSimulated, SocketError
from macvsim.net.tcp.socket import TcpSocket
from macvsim.wire.addr import ip_text

_MAX_REDIRECTS = 5
_CHUNK = 65536
"""Bytes that wget asks for at once."""
_BUFFER = 4096
"""Bytes that the C library reads for those who want less."""
_BAR = 32
_DEFAULT_TIMEOUT = 900


class Failed(Exception):
    """wget ends here; the text goes behind its name."""


class Target(Protocol):
    """Where a document goes."""

    def open(self) -> None:
        """Before the first byte; `Failed` where it cannot be written."""

    def restart(self) -> None:
        """What is there already does not count."""

    def write(self, data: bytes) -> None: ...


@dataclass
class Options:
    """What the command line said."""

    quiet: bool = False
    spider: bool = False
    show_headers: bool = False
    agent: str = "Wget"
    headers: list[str] = field(default_factory=list)
    post: bytes | None = None
    timeout: int = _DEFAULT_TIMEOUT
    start: int = 0
    """Bytes that are there already (-c)."""


@dataclass
class Url:
    """``host`` as it was written, with the port if that was; `path` without the first slash."""

    host: str
    port: int
    path: str

    @property
    def name(self) -> str:
        """The host without the port."""
        return self.host.partition(":")[0]


def parse_url(text: str, port_of: Callable[[str], int | None]) -> Url:
    """An URL; without a scheme it is http."""
    scheme, found, rest = text.partition("://")
    if not found:
        scheme, rest = "http", text
    if scheme in ("https", "ftp"):
        raise NotSimulated(scheme, Effect.READS)
    if scheme != "http":
        raise Failed(f"not an http or ftp url: {text}")
    cut = min((rest.index(mark) for mark in "/?#" if mark in rest), default=len(rest))
    host, path = rest[:cut], rest[cut:].split("#")[0]
    path = path[1:] if path.startswith("/") else path
    host = host.rpartition("@")[2]
    if host.startswith("["):
        raise NotSimulated("TCP of IPv6", Effect.READS)
    _, colon, port_text = host.partition(":")
    port = port_of(port_text) if colon else 80
    if port is None:
        raise Failed(f"bad port '{port_text}'")
    return Url(host, port, path)


class Wget:
    """One download.

    target : where the document goes; saving : what is said of it before and after, as (before, after); label : the
    name in the progress bar
    """

    def __init__(
        self, box: Machine, options: Options, target: Target, saving: tuple[str, str], label: str, err: Sink
    ) -> None:
        self.box = box
        self.sim = box.sim
        self.options = options
        self.target = target
        self._saving = saving
        self._label = label
        self._err = err
        self._received = 0
        self._total: int | None = None
        self._started = 0

    def _say(self, text: str) -> None:
        if not self.options.quiet:
            self._err(text)

    def fetch(self, url: Url, port_of: Callable[[str], int | None]) -> Steps[None]:
        """Get a document, following redirections; `Failed` with the text of the failure."""
        address = self._resolve(url)
        self._say(f"Connecting to {url.host} ({ip_text(address)}:{url.port})\n")
        for _ in range(_MAX_REDIRECTS):
            sock = TcpSocket(self.box.ns)
            try:
                location = yield from self._request(sock, url, address)
            finally:
                sock.close()
            if location is None:
                return
            if location.startswith("/"):
                url = Url(url.host, url.port, location[1:])
            else:
                url = parse_url(location, port_of)
                address = self._resolve(url)
        raise Failed("too many redirections")

    def _resolve(self, url: Url) -> int:
        try:
            return resolve(self.box, url.name)
        except MacvsimError:
            raise Failed(f"bad address '{url.name}'") from None

    def _alarm(self) -> int | None:
        seconds = self.options.timeout
        return int(self.sim.now) + seconds * SECOND if seconds else None

    def _request(self, sock: TcpSocket, url: Url, address: int) -> Steps[str | None]:
        """One request; where to go on if it was redirected."""
        try:
            yield from netio.connect(sock, address, url.port, self._alarm())
        except SocketError as error:
            raise Failed(f"can't connect to remote host ({ip_text(address)}): {error}") from None
        except netio.TimedOut:
            raise Failed("download timed out") from None
        try:
            yield from netio.send_all(sock, self._request_text(url))
            return (yield from self._response(_Reader(sock, self._alarm)))
        except SocketError as error:
            raise Failed(f"error getting response: {error}") from None
        except netio.TimedOut:
            raise Failed("download timed out") from None

    def _request_text(self, url: Url) -> bytes:
        options = self.options
        method = "GET" if options.post is None else "POST"
        if options.spider:
            method = "HEAD"
        lines = [f"{method} /{url.path} HTTP/1.1", f"Host: {url.host}", f"User-Agent: {options.agent}"]
        lines.append("Connection: close")
        if options.start:
            lines.append(f"Range: bytes={options.start}-")
        lines += options.headers
        if options.post is not None:
            named = any(header.lower().startswith("content-type:") for header in options.headers)
            lines += [] if named else ["Content-Type: application/x-www-form-urlencoded"]
            lines.append(f"Content-Length: {len(options.post)}")
        head = "".join(f"{line}\r\n" for line in lines) + "\r\n"
        return head.encode() + (options.post or b"")

    # -- the answer ----------------------------------------------------------------------------------------------------

    def _line(self, reader: _Reader) -> Steps[str]:
        line = yield from reader.line()
        if not line:
            raise Failed("error getting response")
        text = line.decode("latin-1").rstrip("\r\n")
        if self.options.show_headers:
            self._err(f"  {text}\n")
        return text

    def _response(self, reader: _Reader) -> Steps[str | None]:
        status = 0
        while status in (0, 100):
            first = yield from self._line(reader)
            words = first.split(None, 1)
            digits = words[1][:3] if len(words) > 1 else ""
            status = int(digits) if digits.isdecimal() else 0
            if status in (0, 100):
                while (yield from self._line(reader)):
                    pass
        redirected = status in (300, 301, 302, 303, 307, 308)
        if status == 404 and self.options.spider:
            raise Failed(f"server returned error: {first}")
        if not (status in (200, 201, 202, 203, 204) or redirected or (status == 206 and self.options.start)):
            raise Failed(f"server returned error: {first}")
        if self.options.start and status != 206 and not redirected:
            self.options.start = 0
            self.target.restart()
        headers = yield from self._headers(reader)
        if redirected and "location" in headers:
            return headers["location"]
        length = headers.get("content-length")
        if length is not None and not length.isdecimal():
            raise Failed(f"content-length {length} is garbage")
        if self.options.spider:
            self._say("remote file exists\n")
            return None
        yield from self._body(reader, length, headers.get("transfer-encoding", "").lower() == "chunked")
        return None

    def _headers(self, reader: _Reader) -> Steps[dict[str, str]]:
        headers: dict[str, str] = {}
        while True:
            text = yield from self._line(reader)
            if not text:
                return headers
            name, colon, value = text.partition(":")
            if not colon:
                raise Failed(f"bad header line: {text}")
            headers[name.lower()] = value.strip()

    def _body(self, reader: _Reader, length: str | None, chunked: bool) -> Steps[None]:
        self.target.open()
        self._say(self._saving[0])
        self._started = int(self.sim.now)
        self._total = int(length) if length is not None and not chunked else None
        if chunked:
            while True:
                size = int((yield from reader.line()).split(b";")[0].strip() or b"0", 16)
                if not size:
                    break
                yield from self._copy(reader, size)
                yield from reader.line()
        else:
            yield from self._copy(reader, self._total)
        self._progress()
        self._say(self._saving[1])

    def _copy(self, reader: _Reader, size: int | None) -> Steps[None]:
        """Take over `size` bytes, all there are if it is None; a line of progress every second."""
        next_line = int(self.sim.now) + SECOND
        silent = 0
        while size is None or size > 0:
            try:
                data = yield from reader.some(_CHUNK if size is None else min(size, _CHUNK), next_line)
            except netio.TimedOut:
                silent += 1
                if self.options.timeout and silent >= self.options.timeout:
                    self._progress()
                    raise
                self._progress()
                next_line += SECOND
                continue
            silent = 0
            if not data:
                break
            self.target.write(data)
            self._received += len(data)
            size = None if size is None else size - len(data)
            if int(self.sim.now) >= next_line:
                self._progress()
                next_line = int(self.sim.now) + SECOND

    def _progress(self) -> None:
        """A line as on a stream that is no terminal (bb_progress_update)."""
        start = self.options.start
        done = self._received + start
        line = f"{self._label:<20.20}"
        total = None if self._total is None else self._total + start
        if total:
            share = min(100 * done // total, 100)
            stars = _BAR * done // total
            line += f"{share:4}% |{'*' * stars:<{_BAR}}|"
        self._say(f"{line}{_size(done)}{self._rest(done, total)}\n")

    def _rest(self, done: int, total: int | None) -> str:
        elapsed = (int(self.sim.now) - self._started) // SECOND
        if total is None:
            return f"  {_clock(elapsed)} ETA"
        left = (total - done) * elapsed // self._received if self._received else 0
        return f"  {_clock(left)} ETA"


class _Reader(netio.Lines):
    """Buffered reading of a connection, as the C library does it (fgets, and fread that does not wait)."""

    def __init__(self, sock: TcpSocket, alarm: Callable[[], int | None]) -> None:
        super().__init__(sock, _BUFFER, alarm)

    def some(self, most: int, until: int) -> Steps[bytes]:
        """Up to `most` bytes, all of those that are there; empty at the end."""
        while True:
            data, is_end = self._read(most)
            if data or is_end:
                return data
            yield from netio.wait(self._sock.ns.sim, [netio.changed(self._sock)], until)

    def _read(self, most: int) -> tuple[bytes, bool]:
        """What is there of `most` bytes, and whether the stream ends: whole buffers go past ours (_IO_file_xsgetn)."""
        data, self._data = self._data[:most], self._data[most:]
        while len(data) < most:
            want = most - len(data)
            more = self._sock.recv(want - want % _BUFFER or _BUFFER)
            if not more:
                return data, more is not None
            data += more[:want]
            self._data = more[want:]
        return data, False


def _size(count: int) -> str:
    """Six columns: bytes, or a number with k or M."""
    if count < 1_000_000:
        return f"{count:6}"
    for unit in "kMGTPEZY":
        count //= 1024
        if count < 100_000:
            return f"{count:5}{unit}"
    return f"{count:6}"


def _clock(seconds: int) -> str:
    return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"
