"""busybox httpd: starting it (networking/httpd.c)."""

from __future__ import annotations

from macvsim.apps.base import resolve
from macvsim.apps.httpd import Document, Server
from macvsim.engine.sim import SECOND
from macvsim.errors import MacvsimError, SocketError
from macvsim.machine.call import Call, Waiting
from macvsim.machine.files import FileError, FileSystem
from macvsim.machine.job import Job
from macvsim.machine.tool import tool
from macvsim.net.tcp.socket import TcpSocket
from macvsim.tools.busybox.applet import usage
from macvsim.tools.getopt import OptionError, getopt
from macvsim.tools.ports import port_number
from macvsim.tools.socketstreams import to_bytes

_USAGE = """\
httpd [-ifv[v]] [-c CONFFILE] [-p [IP:]PORT] [-u USER[:GRP]] [-r REALM] [-h HOME]
or httpd -d/-e/-m STRING

Listen for incoming HTTP requests

	-i		Inetd mode
	-f		Run in foreground
	-v[v]		Verbose
	-p [IP:]PORT	Bind to IP:PORT (default *:80)
	-u USER[:GRP]	Set uid/gid after binding to port
	-r REALM	Authentication Realm for Basic Authentication
	-h HOME		Home directory (default .)
	-c FILE		Configuration file (default {/etc,HOME}/httpd.conf)
	-m STRING	MD5 crypt STRING
	-e STRING	HTML encode STRING
	-d STRING	URL decode STRING
"""
_BACKLOG = 9


@tool("httpd", flavour="busybox")
def httpd(call: Call) -> int | Waiting:
    """``httpd [-f] [-p [IP:]PORT] [-h HOME]``."""
    try:
        found, words = getopt(call.args, "c:d:h:e:r:m:u:p:ifv")
    except OptionError as error:
        call.err(f"httpd: {error}\n")
        return usage(call, _USAGE)
    given = dict(found)
    if words:
        return usage(call, _USAGE)
    for letter in "cdermuiv":
        if letter in given:
            return call.not_simulated(f"httpd -{letter}")
    home = given.get("h", ".")
    files = FileSystem(call.box, call.cwd)
    if not files.is_directory(home):
        why = "Not a directory" if files.exists(home) else "No such file or directory"
        call.err(f"httpd: can't change directory to '{home}': {why}\n")
        return 1
    files = FileSystem(call.box, files.absolute(home))
    sock = _bind(call, given.get("p", "80"))
    if isinstance(sock, int):
        return sock
    server = Server(sock, lambda path: _look(files, path), lambda: call.box.wall_clock // SECOND)
    if "f" in given:
        return _foreground(server)
    Job(call.box, lambda job: _foreground(server), text=" ".join(call.argv))
    return 0


def _foreground(server: Server) -> Waiting:
    yield from server.run()
    return 0


def _bind(call: Call, where: str) -> TcpSocket | int:
    """The listening socket, or an exit code (openServer)."""
    host, _, port_text = where.rpartition(":")
    port = port_number(port_text)
    if port is None:
        call.err(f"httpd: bad port '{port_text}'\n")
        return 1
    sock = TcpSocket(call.box.ns, dual=not host)
    sock.reuse_address = True
    try:
        sock.bind(resolve(call.box, host) if host else 0, port)
        sock.listen(_BACKLOG)
    except SocketError as error:
        call.err(f"httpd: bind: {error}\n")
        return 1
    except MacvsimError:
        call.err(f"httpd: bad address '{host}'\n")
        return 1
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
