"""``ip route``: show, get, flush and the changes (ip/iproute.c of iproute2)."""

from __future__ import annotations

from dataclasses import dataclass

from macvsim.dev.base import NetDevice
from macvsim.errors import NotSimulated
from macvsim.machine.tool import UsageError
from macvsim.net.fibroute import TABLE_MAIN, Route, RouteType, Scope
from macvsim.tools.iproute2 import route6
from macvsim.tools.iproute2.guard import flushed, may_flush, only_ipv4
from macvsim.tools.iproute2.output import Printer
from macvsim.tools.iproute2.routechange import CHANGES, change
from macvsim.tools.iproute2.routeget import get, show_cache
from macvsim.tools.iproute2.routeprint import Hidden, print_route
from macvsim.tools.iproute2.routewords import route_address, route_proto, route_scope, route_table
from macvsim.tools.iproute2.tool import Tool
from macvsim.tools.iproute2.words import Words, complaint, matches, prefix
from macvsim.wire.addr import mask_int

ALL_TABLES = -1
_CACHE = -2


@dataclass
class _Filter:
    """What ``show`` and ``flush`` pick; `root`, `match` and `exact` are ``(address, length)``."""

    table: int = TABLE_MAIN
    root: tuple[int, int] | None = None
    match: tuple[int, int] | None = None
    dev: NetDevice | None = None
    via: int | None = None
    src: int | None = None
    proto: str | None = None
    scope: Scope | None = None
    type: RouteType | None = None

    def takes(self, route: Route) -> bool:
        """True if the route is among those asked for (filter_nlmsg)."""
        if self.root is not None:
            dst, plen = self.root
            if route.plen < plen or (route.dst ^ dst) & mask_int(plen):
                return False
        if self.match is not None:
            dst, plen = self.match
            if route.plen > plen or (route.dst ^ dst) & mask_int(route.plen):
                return False
        return (
            self.dev in (None, route.dev)
            and (self.via is None or (self.via == route.gateway and not route.hops))
            and self.src in (None, route.src)
            and self.proto in (None, route.proto)
            and self.scope in (None, route.scope)
            and self.type in (None, route.type)
        )

    @property
    def hidden(self) -> Hidden:
        """What need not be told as it was asked for."""
        return Hidden(
            dev=self.dev is not None,
            via=self.via is not None,
            src=self.src is not None,
            proto=self.proto is not None,
            scope=self.scope is not None,
            table=self.table >= 0,
        )


def work(words: Words, tool: Tool) -> int:
    """Do what ``ip route …`` asks for; raises `UsageError`, `ToolError`, `NetlinkError` and `NotSimulated`."""
    if route6.concerns(words.all, tool):
        return route6.work(words, tool)
    if not words:
        return _show(words, tool)
    word = words.take()
    if any(matches(word, full) for full in ("list", "show", "lst")):
        return _show(words, tool)
    if matches(word, "get"):
        return get(words, tool)
    for name, way in CHANGES.items():
        if matches(word, name):
            return change(words, tool, way)
    if matches(word, "flush"):
        return _flush(words, tool)
    if any(matches(word, full) for full in ("test", "save", "showdump", "restore")):
        raise NotSimulated(f"ip route {word}")
    if matches(word, "help"):
        raise UsageError(topic="ip route")
    raise complaint(f'Command "{word}" is unknown, try "ip route help".\n')


def _parse(words: Words, tool: Tool) -> _Filter:
    """iproute_list_flush_or_save."""
    found = _Filter()
    dev = ""
    while words:
        word = words.take()
        if matches(word, "table"):
            value = words.value()
            if matches(value, "cache"):
                found.table = _CACHE
            elif value in ("all", "0"):
                found.table = ALL_TABLES
            else:
                found.table = route_table(value)
        elif matches(word, "cached") or matches(word, "cloned"):
            found.table = _CACHE
        elif matches(word, "protocol"):
            value = words.value()
            found.proto = None if value == "all" else route_proto(value)
        elif matches(word, "scope") and word != "s":
            value = words.value()
            found.scope = None if value == "all" else route_scope(value)
        elif matches(word, "type"):
            value = words.value()
            found.type = _type(value)
        elif word in ("dev", "oif", "iif"):
            if word == "iif":
                raise NotSimulated("showing routes by input device")
            dev = words.value()
        elif word == "via":
            found.via = route_address(words.value())
        elif word == "src":
            found.src = prefix(words.value())[0]
        elif word in ("tos", "dsfield", "mark", "metric", "vrf", "nhid", "realms", "from", "as"):
            raise NotSimulated(f"showing routes by {word}")
        else:
            _parse_prefix(word, words, tool, found)
    if dev:
        found.dev = tool.device(dev)
    return found


def _parse_prefix(word: str, words: Words, tool: Tool, found: _Filter) -> None:
    if matches(word, "to"):
        word = words.value()
    if word in ("root", "match", "exact"):
        kind, word = word, words.value()
    elif matches(word, "help"):
        raise UsageError(topic="ip route")
    else:
        kind = "exact"
    only_ipv4(tool, "routes", word)
    local, plen, given = prefix(word)
    if not given and word not in ("default", "any", "all"):
        plen = 32
    if kind in ("root", "exact"):
        found.root = (local, plen)
    if kind in ("match", "exact"):
        found.match = (local, plen)


def _type(word: str) -> RouteType:
    try:
        return RouteType(word)
    except ValueError:
        raise complaint(f'Error: argument "{word}" is wrong: node type value is invalid\n\n') from None


def _picked(found: _Filter, tool: Tool, doing: str = "Dump") -> list[Route]:
    fib = tool.ns.fib
    if found.table != ALL_TABLES and not (found.table in fib.tables and (found.table != 253 or fib.routes(253))):
        raise complaint(f"Error: ipv4: FIB table does not exist.\n{doing} terminated\n", 2)
    tables = sorted(fib.tables) if found.table == ALL_TABLES else [found.table]
    return [route for table in tables for route in fib.routes(table) if found.takes(route)]


def _show(words: Words, tool: Tool) -> int:
    found = _parse(words, tool)
    with tool.printer() as out:
        if found.table == _CACHE:
            show_cache(out, tool)
            return 0
        for route in _picked(found, tool):
            with out.object():
                print_route(out, route, tool, found.hidden)
        if found.table == ALL_TABLES and not tool.options.family:
            route6.show_all(out, tool)
    return 0


def _flush(words: Words, tool: Tool) -> int:
    if not words:
        raise complaint('"ip route flush" requires arguments.\n', 1)
    found = _parse(words, tool)
    if found.table == _CACHE:
        tool.ns.exceptions.clear()
        tool.ns.fib.changed()
        if tool.options.stats:
            tool.call.out("*** IPv4 routing cache is flushed.\n")
        return 0
    doomed = _picked(found, tool, "Flush")
    if doomed:
        may_flush(tool, 2)
    if tool.options.stats > 1:
        out = Printer(tool.call.out)
        for route in doomed:
            with out.object():
                print_route(out, route, tool, found.hidden)
        out.close()
    for route in doomed:
        tool.ns.fib.remove(route)
    flushed(tool, len(doomed), "entries")
    return 0
