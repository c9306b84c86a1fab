"""Fetching over HTTP as curl 8.14 does."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from macvsim.apps import netio
from macvsim.apps.base import Machine, Sink, resolve
from macvsim.apps.netio import Steps
from macvsim.engine.sim import MS, SECOND
from macvsim.errors import Effect, MacvsimError, NotSimulated, SocketError
from macvsim.net.tcp.socket import TcpSocket
from macvsim.wire.addr import ip_text

AGENT = "curl/8.14.1"
_MAX_REDIRECTS = 50
_BUFFER = 16384
_REDIRECTIONS = (301, 302, 303, 307, 308)
_URL = re.compile(r"(?:([A-Za-z][\w+.-]*)://)?(?:[^/?#@]*@)?([^/:?#]*)(?::([^/?#]*))?([/?][^#]*)?(?:#.*)?")


class Failed(Exception):
    """A transfer ends here: curl's exit code, and what it says."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code


@dataclass(frozen=True)
class Url:
    """``http://HOST[:PORT]/PATH``; `path` with its slash and query."""

    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """The host, with the port if it is not the usual one."""
        return self.host if self.port == 80 else f"{self.host}:{self.port}"

    def __str__(self) -> str:
        return f"http://{self.authority}{self.path}"

    def joined(self, location: str) -> Url:
        """Where a redirection leads."""
        if "://" in location:
            return parse_url(location)
        folder = "" if location.startswith("/") else self.path.partition("?")[0].rpartition("/")[0] + "/"
        return replace(self, path=folder + location)


def parse_url(text: str) -> Url:
    """`Failed` for what is no URL, `NotSimulated` for other protocols than HTTP."""
    match = _URL.fullmatch(text)
    if match is None or any(c.isspace() for c in text):
        raise Failed(3, "URL rejected: Malformed input to a URL function")
    scheme, host, port, path = match.groups()
    scheme = (scheme or "http").lower()
    if scheme in ("https", "ftp", "ftps", "file", "tftp", "telnet", "ws", "wss", "scp", "sftp") or host[:1] == "[":
        raise NotSimulated(f"curl {scheme}://{host if host[:1] == '[' else ''}", Effect.READS)
    if scheme != "http":
        raise Failed(1, f'Protocol "{scheme}" not supported')
    if port and not (port.isascii() and port.isdigit() and int(port) <= 0xFFFF):
        raise Failed(3, "URL rejected: Port number was not a decimal number between 0 and 65535")
    if not host:
        raise Failed(3, "URL rejected: No host part in the URL")
    path = path or "/"
    return Url(host, int(port or 80), path if path.startswith("/") else f"/{path}")


@dataclass
class Options:
    """What the command line asks for; times in ns."""

    method: str = ""
    head: bool = False
    headers: list[str] = field(default_factory=list)
    data: bytes | None = None
    agent: str = AGENT
    fail: bool = False
    follow: bool = False
    shows_headers: bool = False
    max_time: int | None = None
    connect_timeout: int | None = None
    device: str = ""


@dataclass
class Outcome:
    """What came of a transfer; times in ns from its start, addresses as (IP, port)."""

    url: str = ""
    method: str = ""
    status: int = 0
    size: int = 0
    kind: str = ""
    redirects: int = 0
    local: tuple[int, int] | None = None
    remote: tuple[int, int] | None = None
    connected: int = 0
    took: int = 0
    code: int = 0
    error: str = ""


class Transfer:
    """One URL, redirections followed if asked for.

    write : takes what is shown of the answer; note : takes the lines of ``-v``
    """

    def __init__(self, box: Machine, options: Options, write: Callable[[bytes], None], note: Sink, first: int) -> None:
        self.box = box
        self.sim = box.sim
        self.options = options
        self.outcome = Outcome()
        self.connections = first
        """Connections that were made, also before."""
        self._write = write
        self._note = note
        self._begin = int(self.sim.now)
        self._until: int | None = None if options.max_time is None else self._begin + options.max_time + MS

    def run(self, text: str) -> Steps[Outcome]:
        """Fetch; the outcome says what failed, if something did."""
        outcome = self.outcome
        outcome.url = text
        try:
            yield from self._fetch(parse_url(text))
        except Failed as error:
            outcome.code, outcome.error = error.code, str(error)
        outcome.took = int(self.sim.now) - self._begin
        return outcome

    def _say(self, text: str) -> None:
        self._note(f"* {text}\n")

    def _fetch(self, url: Url) -> Steps[None]:
        method, data = self._method()
        while True:
            self.outcome.url, self.outcome.method = str(url), method
            location = yield from self._visit(url, method, data)
            if location is None:
                return
            self.outcome.redirects += 1
            if self.outcome.redirects > _MAX_REDIRECTS:
                raise Failed(47, f"Maximum ({_MAX_REDIRECTS}) redirects followed")
            if self.outcome.status in (301, 302, 303) and data is not None:
                method, data = self.options.method or "GET", None
            url = url.joined(location)
            self._say(f"Issue another request to this URL: '{url}'")
            self._say(f"Hostname {url.host} was found in DNS cache")

    def _method(self) -> tuple[str, bytes | None]:
        options = self.options
        usual = "HEAD" if options.head else "GET" if options.data is None else "POST"
        return options.method or usual, options.data

    def _visit(self, url: Url, method: str, data: bytes | None) -> Steps[str | None]:
        """One request; where to go on, if it was redirected and that is followed."""
        number = self.connections
        try:
            address = resolve(self.box, url.host)
        except MacvsimError:
            self._say(f"Could not resolve host: {url.host}")
            self._say(f"shutting down connection #{number}")
            raise Failed(6, f"Could not resolve host: {url.host}") from None
        self.connections += 1
        sock = TcpSocket(self.box.ns)
        try:
            yield from self._connect(sock, url, address)
            yield from self._ask(sock, url, method, data)
            answer = _Answer(sock, self._until)
            location, lasts = yield from self._answer(answer)
            left = f"Connection #{number} to host {url.host} left intact"
            self._say(left if lasts else f"shutting down connection #{number}")
            return location
        except netio.TimedOut:
            text = f"Operation timed out after {self._elapsed()} milliseconds with {self.outcome.size} bytes received"
            raise self._closing(number, Failed(28, text)) from None
        except SocketError as error:
            raise self._closing(number, Failed(56, f"Recv failure: {error}")) from None
        except Failed as error:
            raise self._closing(number, error, said=error.code == 22) from None
        finally:
            sock.close()

    def _closing(self, number: int, error: Failed, *, said: bool = False) -> Failed:
        if not said:
            self._say(str(error))
        self._say(f"closing connection #{number}")
        return error

    def _elapsed(self) -> int:
        return (int(self.sim.now) - self._begin) // MS

    def _connect(self, sock: TcpSocket, url: Url, address: int) -> Steps[None]:
        place = f"{ip_text(address)} port {url.port}"
        self._say(f"  Trying {ip_text(address)}:{url.port}...")
        until = self._until
        if self.options.connect_timeout is not None:
            own = int(self.sim.now) + self.options.connect_timeout + MS
            until = own if until is None else min(own, until)
        if self.options.device:
            try:
                sock.bind_device(self.options.device)
            except MacvsimError:
                raise Failed(45, f"Couldn't bind to '{self.options.device}' with errno 19: No such device") from None
        try:
            yield from netio.connect(sock, address, url.port, until)
        except SocketError as error:
            came = f"connect to {place} from {ip_text(sock.source)} port {sock.port} failed: {error}"
            self._say(came if sock.port else f"Immediate connect fail for {ip_text(address)}: {error}")
            text = f"Failed to connect to {url.host} port {url.port} after {self._elapsed()} ms"
            raise Failed(7, f"{text}: Could not connect to server") from None
        except netio.TimedOut:
            raise Failed(28, f"Connection timed out after {self._elapsed()} milliseconds") from None
        sock.set_nodelay()
        self.outcome.local, self.outcome.remote = (sock.source, sock.port), (address, url.port)
        self.outcome.connected = int(self.sim.now) - self._begin
        self._say(f"Connected to {url.host} ({ip_text(address)}) port {url.port}")
        self._say("using HTTP/1.x")

    def _ask(self, sock: TcpSocket, url: Url, method: str, data: bytes | None) -> Steps[None]:
        given = {header.partition(":")[0].lower() for header in self.options.headers}
        lines = [f"{method} {url.path} HTTP/1.1"]
        usual = [f"Host: {url.authority}", f"User-Agent: {self.options.agent}", "Accept: */*"]
        lines += [line for line in usual if line.partition(":")[0].lower() not in given]
        own = [header for header in self.options.headers if header.partition(":")[2].strip()]
        lines[1:1] = [header for header in own if header.lower().startswith("host:")]
        lines += [header for header in own if not header.lower().startswith("host:")]
        if data is not None:
            lines.append(f"Content-Length: {len(data)}")
            lines += [] if "content-type" in given else ["Content-Type: application/x-www-form-urlencoded"]
        for line in (*lines, ""):
            self._note(f"> {line}\r\n")
        yield from netio.send_all(sock, "".join(f"{line}\r\n" for line in (*lines, "")).encode() + (data or b""))
        self._say("Request completely sent off" if data is None else f"upload completely sent off: {len(data)} bytes")

    def _answer(self, answer: _Answer) -> Steps[tuple[str | None, bool]]:
        """Where a followed redirection leads, and whether the connection stays."""
        options, outcome = self.options, self.outcome
        first = yield from answer.line()
        if not first:
            raise Failed(52, "Empty reply from server")
        if not first.startswith(b"HTTP/"):
            raise Failed(1, "Received HTTP/0.9 when not allowed")
        words = first.split()
        outcome.status = int(words[1]) if len(words) > 1 and words[1].isdigit() else 0
        headers: dict[str, str] = {}
        line = first
        while line:
            text = line.decode("latin-1")
            name, colon, value = text.partition(":")
            if colon and line is not first:
                headers[name.strip().lower()] = value.strip()
            is_last = not text.strip()
            if is_last and options.fail and outcome.status >= 400:
                self._say(f"The requested URL returned error: {outcome.status}")
            self._note(f"< {text}")
            if options.shows_headers and not (is_last and options.fail and outcome.status >= 400):
                self._write(line)
            if is_last:
                break
            line = yield from answer.line()
        outcome.kind = headers.get("content-type", "")
        if options.fail and outcome.status >= 400:
            raise Failed(22, f"The requested URL returned error: {outcome.status}")
        location = headers.get("location") if options.follow and outcome.status in _REDIRECTIONS else None
        if outcome.method != "HEAD" and outcome.status not in (204, 304):
            yield from self._body(answer, headers, shown=location is None)
        return location, headers.get("connection", "").lower() != "close" and first.startswith(b"HTTP/1.1")

    def _body(self, answer: _Answer, headers: dict[str, str], *, shown: bool) -> Steps[None]:
        if headers.get("transfer-encoding", "").lower() == "chunked":
            while size := int((yield from answer.line()).split(b";")[0].strip() or b"0", 16):
                yield from self._copy(answer, size, shown=shown)
                yield from answer.line()
            yield from answer.line()
            return
        length = headers.get("content-length", "")
        yield from self._copy(answer, int(length) if length.isdecimal() else None, shown=shown)

    def _copy(self, answer: _Answer, size: int | None, *, shown: bool) -> Steps[None]:
        """Take over `size` bytes, or all there are."""
        while size is None or size > 0:
            data = yield from answer.some(size)
            if not data:
                break
            if shown:
                self._write(data)
                self.outcome.size += len(data)
            size = None if size is None else size - len(data)
        if size:
            raise Failed(18, f"end of response with {size} bytes missing")


class _Answer(netio.Lines):
    """Reading a connection."""

    def __init__(self, sock: TcpSocket, until: int | None) -> None:
        super().__init__(sock, _BUFFER, lambda: until)

    def some(self, most: int | None) -> Steps[bytes]:
        """Up to `most` bytes; empty at the end of the stream."""
        data = self._data or (yield from netio.receive(self._sock, _BUFFER, self._until()))
        end = len(data) if most is None else most
        data, self._data = data[:end], data[end:]
        return data


def seconds(time: int) -> str:
    """A time (ns) as ``-w`` shows it."""
    return f"{time / SECOND:.6f}"
