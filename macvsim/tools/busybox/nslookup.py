"""busybox nslookup: its words (networking/nslookup.c)."""

from __future__ import annotations

from macvsim.apps.base import inet_aton, resolve
from macvsim.apps.nslookup import Lookup, Query, Server, Unreachable
from macvsim.engine.sim import US
from macvsim.errors import Effect, MacvsimError
from macvsim.machine.call import Call, Waiting
from macvsim.machine.files import FileError
from macvsim.machine.tool import BUSYBOX_OWN, ToolError, UsageError, tool
from macvsim.tools.busybox.applet import USAGE
from macvsim.tools.ports import port_number
from macvsim.wire import dns

_LOCALHOST = 0x7F000001


@tool("nslookup", flavour="busybox", usage=USAGE, manner=BUSYBOX_OWN, effect=Effect.READS)
def nslookup(call: Call) -> Waiting:
    """``nslookup [-type=QUERY_TYPE] [-debug] HOST [DNS_SERVER]``."""
    kinds: list[int] = []
    debug = False
    words: list[str] = []
    for word in call.args:
        if not word.startswith("-"):
            words.append(word)
        elif word in ("-debug", "-d"):
            debug = True
        elif word.startswith(("-type=", "-querytype=", "-t=", "-q=")):
            kinds.append(_kind(word.partition("=")[2]))
        else:
            raise UsageError
    if not 1 <= len(words) <= 2:
        raise UsageError
    servers = [_server(call, words[1])] if len(words) == 2 else _configured(call)
    name = words[0].removesuffix(".")
    address = inet_aton(name) if name.count(".") == 3 else None
    if address is not None:
        name = dns.reverse_name(address)
    kinds = kinds or ([dns.TYPES["PTR"]] if address is not None else [dns.TYPES["A"], dns.TYPES["AAAA"]])
    first = int(call.box.sim.now) // US
    queries = [Query(first + number & 0xFFFF, name, kind) for number, kind in enumerate(kinds)]
    lookup = Lookup(call.box, queries, debug=debug, out=call.out, err=call.err)
    try:
        yield from lookup.run(servers)
    except Unreachable as error:
        raise ToolError(str(error)) from None
    return lookup.code


def _kind(text: str) -> int:
    kind = dns.TYPES.get(text.upper())
    if kind is None:
        raise ToolError(f'invalid query type "{text}"')
    return kind


def _server(call: Call, text: str) -> Server:
    host, colon, port_text = text.partition(":")
    port = port_number(port_text) if colon else dns.PORT
    if port is None:
        raise ToolError(f"bad port '{port_text}'")
    try:
        return Server(text, resolve(call.box, host), port)
    except MacvsimError:
        raise ToolError(f"bad address '{host}'") from None


def _configured(call: Call) -> list[Server]:
    """The servers of /etc/resolv.conf; this host where none is named."""
    try:
        lines = call.files.read("/etc/resolv.conf").splitlines()
    except FileError:
        lines = []
    names = [line.split()[1] for line in lines if line.split()[:1] == ["nameserver"] and len(line.split()) > 1]
    found = [Server(name, address, dns.PORT) for name in names if (address := inet_aton(name)) is not None]
    return found or [Server("127.0.0.1", _LOCALHOST, dns.PORT)]
