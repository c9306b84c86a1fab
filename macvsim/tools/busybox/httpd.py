"""busybox httpd: starting it (networking/httpd.c)."""

from __future__ import annotations

from macvsim.apps.base import resolve
from macvsim.apps.httpd import Document, Server
from macvsim.engine.sim import SECOND
from macvsim.errors import Effect, MacvsimError, SocketError
from macvsim.machine.call import Call, Waiting
from macvsim.machine.files import FileError, FileSystem
from macvsim.machine.job import Job
from macvsim.machine.tool import BUSYBOX, ToolError, tool
from macvsim.net.tcp.socket import TcpSocket
from macvsim.tools.busybox.applet import USAGE
from macvsim.tools.socketstreams import to_bytes

_BACKLOG = 9


@tool(
    "httpd",
    flavour="busybox",
    usage=USAGE,
    letters="p:v",
    left_out={
        "-i": "a server behind inetd",
        "-v": "messages about requests",
        "-c": "configuration files",
        "-u": "users",
        "-r": "authentication",
        "-m": "MD5",
        "-e": "HTML",
        "-d": "URLs",
    },
    effect=Effect.CHANGES,
    manner=BUSYBOX,
)
def httpd(call: Call) -> int | Waiting:
    """``httpd [-f] [-p [IP:]PORT] [-h HOME]``."""
    given = call.given
    home = given.get("-h", ".")
    files = FileSystem(call.box, call.cwd)
    if not files.is_directory(home):
        why = "Not a directory" if files.exists(home) else "No such file or directory"
        raise ToolError(f"can't change directory to '{home}': {why}")
    files = FileSystem(call.box, files.absolute(home))
    sock = _bind(call, given.get("-p") or "80")
    server = Server(sock, lambda path: _look(files, path), lambda: call.box.wall_clock // SECOND)
    if "-f" in given:
        return _foreground(server)
    Job(call.box, lambda job: _foreground(server), text=" ".join(call.argv))
    return 0


def _foreground(server: Server) -> Waiting:
    yield from server.run()
    return 0


def _bind(call: Call, where: str) -> TcpSocket:
    """The listening socket (openServer)."""
    host, colon, port_text = where.rpartition(":")
    if not colon and where.isdecimal() and int(where) > 0xFFFF:
        raise ToolError("bind: Cannot assign requested address")  # the number is taken for an address
    if not port_text.isdecimal() or int(port_text) > 0xFFFF:
        raise ToolError(f"bad port '{port_text}'" if colon else f"bad address '{where}'")
    port = int(port_text)
    sock = TcpSocket(call.box.ns, dual=not host)
    sock.reuse_address = True
    try:
        sock.bind(resolve(call.box, host) if host else 0, port)
        sock.listen(_BACKLOG)
    except SocketError as error:
        raise ToolError(f"bind: {error}") from None
    except MacvsimError:
        raise ToolError(f"bad address '{where}'") from None
    return sock


def _look(files: FileSystem, path: str) -> Document | bool:
    """What is at a path below the home directory."""
    below = files.absolute("." + path)
    if files.is_directory(below):
        return True
    try:
        text = files.read(below)
    except FileError:
        return False
    return Document(to_bytes(text), (files.box.kernel.boot_time + files.box.file_times.get(below, 0)) // SECOND)
