"""``ip route``: show, get, flush and the changes (ip/iproute.c of iproute2)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from macvsim.dev.base import NetDevice
from macvsim.errors import Effect, NotSimulated
from macvsim.machine.tool import UsageError
from macvsim.net.fibroute import TABLE_MAIN, Route, RouteType, Scope
from macvsim.net.ipv6.fib6 import Route6
from macvsim.tools.iproute2.family import ALL_TABLES, IPV6, Family, family_of
from macvsim.tools.iproute2.guard import flushed, may_flush
from macvsim.tools.iproute2.objects import Object
from macvsim.tools.iproute2.output import Printer
from macvsim.tools.iproute2.prefixes import Prefix
from macvsim.tools.iproute2.routechange import CHANGES, Way, change
from macvsim.tools.iproute2.routeget import get, show_cache
from macvsim.tools.iproute2.routeprint import Hidden
from macvsim.tools.iproute2.routewords import route_proto, route_table, scope_of
from macvsim.tools.iproute2.tool import Tool
from macvsim.tools.iproute2.words import Words, complaint, matches

_CACHE = -2


@dataclass
class _Filter:
    """Conditions that ``show`` and ``flush`` have for routes."""

    table: int = TABLE_MAIN
    root: Prefix | None = None
    match: Prefix | None = None
    dev: NetDevice | None = None
    via: int | None = None
    src: int | None = None
    proto: str | None = None
    scope: Scope | None = None
    type: RouteType | None = None

    def takes(self, route: Route | Route6) -> bool:
        """True if the route is among those asked for (filter_nlmsg)."""
        if self.root is not None and (route.plen < self.root.plen or not self.root.holds(route.dst)):
            return False
        if self.match is not None:
            here = Prefix(self.match.family, route.dst, route.plen, True)
            if route.plen > self.match.plen or not here.holds(self.match.ip):
                return False
        single = isinstance(route, Route6) or not route.hops
        return (
            self.dev in (None, route.dev)
            and (self.via is None or (self.via == route.gateway and single))
            and self.src in (None, route.src)
            and self.proto in (None, route.proto)
            and (self.scope is None or (isinstance(route, Route) and self.scope is route.scope))
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


def _parse(words: Words, tool: Tool, family: Family) -> _Filter:
    """iproute_list_flush_or_save."""
    found = _Filter()
    dev = ""
    while words:
        word = words.take()
        if matches(word, "table"):
            value = words.value()
            everything = value in ("all", "0")
            found.table = _CACHE if matches(value, "cache") else ALL_TABLES if everything else route_table(value)
        elif matches(word, "cached") or matches(word, "cloned"):
            found.table = _CACHE
        elif matches(word, "protocol"):
            value = words.value()
            found.proto = None if value == "all" else route_proto(value)
        elif word in family.show_left_out:
            raise NotSimulated(f"showing {family.routes} by {word}", Effect.READS)
        elif matches(word, "scope") and word != "s" and not family.six:
            value = words.value()
            found.scope = None if value == "all" else scope_of(value)
        elif matches(word, "type"):
            found.type = _type(words.value())
        elif word in ("dev", "oif"):
            dev = words.value()
        elif word == "via":
            found.via = family.address(words.value())
        elif word == "src":
            found.src = family.prefix(words.value(), tool).ip
        else:
            _parse_prefix(word, words, tool, found, family)
    if dev:
        found.dev = tool.device(dev)
    return found


def _parse_prefix(word: str, words: Words, tool: Tool, found: _Filter, family: Family) -> None:
    kind = "exact"
    if matches(word, "to"):
        word = words.value()
    if word in ("root", "match", "exact"):
        kind, word = word, words.value()
    elif matches(word, "help"):
        raise UsageError(topic="ip route")
    prefix = family.prefix(word, tool)
    if kind in ("root", "exact"):
        found.root = prefix
    if kind in ("match", "exact"):
        found.match = prefix


def _type(word: str) -> RouteType:
    try:
        return RouteType(word)
    except ValueError:
        raise complaint(f'Error: argument "{word}" is wrong: node type value is invalid\n\n') from None


def _picked(found: _Filter, tool: Tool, family: Family, doing: str = "Dump") -> list[Route | Route6]:
    routes = family.picked(tool.ns, found.table)
    if routes is None:
        raise complaint(f"Error: {family.kernel}: FIB table does not exist.\n{doing} terminated\n", 2)
    return [route for route in routes if found.takes(route)]


def _show(words: Words, tool: Tool) -> int:
    family = family_of(words.all, tool)
    found = _parse(words, tool, family)
    with tool.printer() as out:
        if found.table == _CACHE:
            show_cache(out, tool, family)
            return 0
        family.print(out, _picked(found, tool, family), tool, found.hidden)
        if found.table == ALL_TABLES and not family.six and not tool.options.family:
            IPV6.print(out, _picked(_Filter(table=ALL_TABLES), tool, IPV6), tool, Hidden())
    return 0


def _flush(words: Words, tool: Tool) -> int:
    family = family_of(words.all, tool)
    if not words:
        raise complaint('"ip route flush" requires arguments.\n', 1)
    found = _parse(words, tool, family)
    if found.table == _CACHE:
        _flush_cache(tool, family)
        return 0
    doomed = _picked(found, tool, family, "Flush")
    if doomed:
        may_flush(tool, 2)
    if tool.options.stats > 1:
        out = Printer(tool.call.out)
        family.print(out, doomed, tool, found.hidden)
        out.close()
    for route in doomed:
        family.remove_route(tool.ns, route)
    flushed(tool, len(doomed), "entries")
    return 0


def _flush_cache(tool: Tool, family: Family) -> None:
    ns = tool.ns
    if family.six:
        ns.ipv6.exceptions.clear()
        ns.ipv6.router.forget()
        return
    ns.exceptions.clear()
    ns.fib.changed()
    if tool.options.stats:
        tool.call.out("*** IPv4 routing cache is flushed.\n")


def _change(words: Words, tool: Tool, way: Way) -> int:
    return change(words, tool, way, family_of(words.all, tool))


work = Object(
    topic="ip route",
    name="ip route",
    commands={
        **dict.fromkeys(("list", "show", "lst"), _show),
        "get": lambda words, tool: get(words, tool, family_of(words.all, tool)),
        **{name: partial(_change, way=way) for name, way in CHANGES.items()},
        "flush": _flush,
    },
    default="list",
    left_out={"test": Effect.READS, "save": Effect.READS, "showdump": Effect.READS, "restore": Effect.CHANGES},
)
