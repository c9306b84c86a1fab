"""``ip -6 route``: show, get, flush and the changes (ip/iproute.c of iproute2, net/ipv6/route.c)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from macvsim.dev.base import NetDevice
from macvsim.errors import NetlinkError, NotSimulated
from macvsim.machine.tool import UsageError
from macvsim.net.dst import ERROR
from macvsim.net.fibroute import TABLE_LOCAL, TABLE_MAIN, RouteType
from macvsim.net.ipv6.fib6 import Route6
from macvsim.net.ipv6.routes6 import add_route6, delete_route6
from macvsim.tools.iproute2.guard import flushed, may_change, may_flush
from macvsim.tools.iproute2.output import Printer
from macvsim.tools.iproute2.prefixes import Prefix, parse_address, parse_prefix
from macvsim.tools.iproute2.routeprint import Hidden
from macvsim.tools.iproute2.routeprint6 import print_route6
from macvsim.tools.iproute2.routewords import route_proto, route_table
from macvsim.tools.iproute2.tool import INET, INET6, Tool
from macvsim.tools.iproute2.words import Words, complaint, garbage, matches
from macvsim.wire.addr6 import ip6_text

ALL_TABLES = -1
_CACHE = -2
_DOTTED = re.compile(r"\d+(\.\d+)+(/\d+)?")
_CHANGES = {"add": "c", "change": "r", "chg": "r", "replace": "cr", "prepend": "cp", "append": "ca", "delete": "d"}
"""Letters: create, replace, prepend, append, delete."""
_TYPES = ("unicast", "local", "unreachable", "prohibit", "blackhole", "throw")
_PREFERENCES = ("low", "medium", "high")


def concerns(args: list[str], tool: Tool) -> bool:
    """True if the words are about IPv6: by an option, or because of an address among them."""
    if tool.options.family:
        return tool.options.family == INET6
    return any(":" in word for word in args) and not any(_DOTTED.fullmatch(word) for word in args)


def work(words: Words, tool: Tool) -> int:
    """Do what ``ip -6 route …`` asks for; raises `ToolError`, `NetlinkError` and `NotSimulated`."""
    if not words:
        return _show(words, tool)
    word = words.take()
    if any(matches(word, full) for full in ("list", "show", "lst")):
        return _show(words, tool)
    if matches(word, "get"):
        return _get(words, tool)
    for name, way in _CHANGES.items():
        if matches(word, name):
            return _change(words, tool, way)
    if matches(word, "flush"):
        return _flush(words, tool)
    if any(matches(word, full) for full in ("test", "save", "showdump", "restore")):
        raise NotSimulated(f"ip -6 route {word}")
    if matches(word, "help"):
        raise UsageError(topic="ip route")
    raise complaint(f'Command "{word}" is unknown, try "ip route help".\n')


# -- show and flush ----------------------------------------------------------------------------------------------------


@dataclass
class _Filter:
    """What ``show`` and ``flush`` pick."""

    table: int = TABLE_MAIN
    root: Prefix | None = None
    match: Prefix | None = None
    dev: NetDevice | None = None
    via: int | None = None
    src: int | None = None
    proto: str | None = None
    type: RouteType | None = None

    def takes(self, route: Route6) -> bool:
        if self.root is not None and (route.plen < self.root.plen or not self.root.holds(route.dst)):
            return False
        if self.match is not None:
            here = Prefix(INET6, route.dst, route.plen, True)
            if route.plen > self.match.plen or not here.holds(self.match.ip):
                return False
        return (
            self.dev in (None, route.dev)
            and self.via in (None, route.gateway)
            and self.src in (None, route.src)
            and self.proto in (None, route.proto)
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
            table=self.table >= 0,
        )


def _parse(words: Words, tool: Tool) -> _Filter:
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
        elif matches(word, "type"):
            found.type = _type(words.value())
        elif word in ("dev", "oif"):
            dev = words.value()
        elif word == "via":
            found.via = parse_address(words.value(), INET6).ip
        elif word == "src":
            found.src = parse_prefix(words.value(), INET6).ip
        elif word in ("iif", "tos", "dsfield", "mark", "metric", "vrf", "nhid", "realms", "from", "as", "scope"):
            raise NotSimulated(f"showing IPv6 routes by {word}")
        else:
            kind = "exact"
            if matches(word, "to"):
                word = words.value()
            if word in ("root", "match", "exact"):
                kind, word = word, words.value()
            elif matches(word, "help"):
                raise UsageError(topic="ip route")
            prefix = parse_prefix(word, INET6)
            found.root = prefix if kind in ("root", "exact") else found.root
            found.match = prefix if kind in ("match", "exact") else found.match
    if dev:
        found.dev = tool.device(dev)
    return found


def _type(word: str) -> RouteType:
    try:
        return RouteType(word)
    except ValueError:
        raise complaint(f'Error: argument "{word}" is wrong: node type value is invalid\n\n') from None


def _picked(found: _Filter, tool: Tool, doing: str = "Dump") -> list[Route6]:
    fib = tool.ns.ipv6.fib
    if found.table == ALL_TABLES:
        routes = fib.routes()
    elif fib.multiple:
        if found.table not in fib.tables:
            raise complaint(f"Error: ipv6: FIB table does not exist.\n{doing} terminated\n", 2)
        routes = fib.routes(found.table)
    else:  # one table for all: the tool tells them apart by their types
        wanted = {TABLE_LOCAL: True, TABLE_MAIN: False}.get(found.table)
        routes = [r for r in fib.routes(TABLE_MAIN) if (r.type is RouteType.LOCAL) == wanted]
    return [route for route in routes if found.takes(route)]


def show_all(out: Printer, tool: Tool) -> None:
    """What ``ip route show table all`` adds to the routes of IPv4."""
    for route in _picked(_Filter(table=ALL_TABLES), tool):
        with out.object():
            print_route6(out, route, tool, Hidden())


def _show(words: Words, tool: Tool) -> int:
    found = _parse(words, tool)
    with tool.printer() as out:
        if found.table == _CACHE:
            _show_cache(out, tool)
            return 0
        for route in _picked(found, tool):
            with out.object():
                print_route6(out, route, tool, found.hidden)
    return 0


def _show_cache(out: Printer, tool: Tool) -> None:
    """What was learnt about single destinations (rt6_dump_route with RTM_F_CLONED)."""
    ipv6 = tool.ns.ipv6
    for dst in list(ipv6.exceptions.by_dst):
        learnt, route = ipv6.exceptions.get(dst), ipv6.router.lookup(dst)
        if learnt is not None and route is not None:
            with out.object():
                print_route6(out, route, tool, Hidden(table=True), dst=dst, learnt=learnt)


def _flush(words: Words, tool: Tool) -> int:
    if not words:
        raise complaint('"ip route flush" requires arguments.\n', 1)
    found = _parse(words, tool)
    ipv6 = tool.ns.ipv6
    if found.table == _CACHE:
        ipv6.exceptions.clear()
        ipv6.router.forget()
        return 0
    doomed = _picked(found, tool, "Flush")
    if doomed:
        may_flush(tool, 2)
    if tool.options.stats > 1:
        out = Printer(tool.call.out)
        for route in doomed:
            with out.object():
                print_route6(out, route, tool, found.hidden)
        out.close()
    for route in doomed:
        ipv6.fib.remove(route)
    flushed(tool, len(doomed), "entries")
    return 0


# -- get ---------------------------------------------------------------------------------------------------------------


def _get(words: Words, tool: Tool) -> int:
    dst, src, oif = None, 0, ""
    while words:
        word = words.take()
        if matches(word, "from"):
            src = parse_address(words.value(), INET6).ip
        elif word in ("oif", "dev"):
            oif = words.value()
        elif word in ("iif", "fibmatch", "tos", "mark", "vrf", "uid", "ipproto", "sport", "dport", "as", "flowlabel"):
            raise NotSimulated(f"ip -6 route get … {word}")
        else:
            dst = parse_prefix(words.value() if word == "to" else word, INET6)
    if dst is None:
        raise complaint("need at least a destination address\n", 1)
    ipv6 = tool.ns.ipv6
    way = ipv6.router.output(dst.ip, src, tool.device(oif) if oif else None)
    if way.kind is ERROR or way.route is None:
        refusal = "ENETUNREACH" if way.route is None else way.errno
        raise NetlinkError(refusal, f"{tool.ns.name} has no way to {ip6_text(dst.ip)}")
    with tool.printer() as out, out.object():
        print_route6(out, way.route, tool, Hidden(), dst=dst.ip, way=way, learnt=ipv6.exceptions.get(dst.ip))
    return 0


# -- changes -----------------------------------------------------------------------------------------------------------


def _change(words: Words, tool: Tool, way: str) -> int:
    given: dict[str, object] = {}
    dst: Prefix | None = None
    while words:
        word = words.take()
        if word == "src":
            given["src"] = parse_address(words.value(), INET6).ip
        elif word == "via":
            value = words.value()
            value = words.value() if value == "inet6" else value
            if value == INET:
                raise NotSimulated("gateways of IPv4 for IPv6 routes")
            given["gateway"] = parse_address(value, INET6).ip
        elif word in ("mtu", "hoplimit", "expires"):
            key = {"hoplimit": "hop_limit"}.get(word, word)
            given[key] = words.integer(word, message=f'"{word}" value is invalid\n')
        elif word == "onlink":
            given["onlink"] = True
        elif word == "pref":
            given["pref"] = _preference(words.value())
        elif any(matches(word, full) for full in ("metric", "priority", "preference")):
            given["metric"] = words.integer("metric", message='"metric" value is invalid\n')
        elif matches(word, "scope"):
            words.value()
        elif matches(word, "protocol"):
            given["proto"] = route_proto(words.value())
        elif matches(word, "table"):
            given["table"] = route_table(words.value())
        elif word in ("dev", "oif"):
            given["dev"] = tool.device(words.value())
        elif word in ("nexthop", "nhid", "encap", "realms", "from", "vrf", "advmss", "rtt", "window", "features"):
            raise NotSimulated(f"ip -6 route … {word}")
        else:
            word = words.value() if word == "to" else word
            if word in _TYPES and dst is None:
                given["type"] = RouteType(word)
                word = words.value()
            elif word in ("anycast", "multicast", "broadcast", "nat", "xresolve"):
                raise NotSimulated(f"routes of type {word}")
            if matches(word, "help"):
                raise UsageError(topic="ip route")
            if dst is not None:
                raise garbage("to", word)
            dst = parse_prefix(word, INET6)
    if dst is None:
        raise UsageError(topic="ip route")
    if given.get("type") is RouteType.LOCAL:
        given.setdefault("table", TABLE_LOCAL)
    may_change(tool)
    if way == "d":
        for key in ("src", "mtu", "hop_limit", "expires", "pref", "onlink"):
            given.pop(key, None)
        delete_route6(tool.ns.ipv6, dst.ip, dst.plen, **given)  # type: ignore[arg-type]
        return 0
    if "p" in way:
        raise NotSimulated("ip -6 route prepend")
    add_route6(tool.ns.ipv6, dst.ip, dst.plen, create="c" in way, replace="r" in way, append="a" in way,
               **given)  # type: ignore[arg-type] # fmt: skip
    return 0


def _preference(word: str) -> str:
    if word not in _PREFERENCES:
        raise complaint(f'Error: argument "{word}" is wrong: "pref" value is invalid\n\n')
    return word
