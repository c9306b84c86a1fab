"""The differences between the families of `ip route`, as AF_INET and AF_INET6 do for iproute2."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from macvsim.errors import Effect, NotSimulated
from macvsim.net.fibroute import TABLE_LOCAL, TABLE_MAIN, Route, RouteType
from macvsim.net.ipv6.fib6 import Route6
from macvsim.net.namespace import Namespace
from macvsim.tools.iproute2.output import Printer
from macvsim.tools.iproute2.prefixes import Prefix, parse_address, parse_prefix
from macvsim.tools.iproute2.routeprint import Hidden, print_route
from macvsim.tools.iproute2.routeprint6 import print_route6
from macvsim.tools.iproute2.routewords import route_address
from macvsim.tools.iproute2.tool import INET, INET6, Tool

ALL_TABLES = -1
_DOTTED = re.compile(r"\d+(\.\d+)+(/\d+)?")


@dataclass(frozen=True)
class Family:
    """One family.

    name : as the option ``-f`` has it; kernel : as the kernel's messages have it
    command, routes : how `not simulated` calls the command and what it shows
    address : reads a single address; picked : the routes of a table, None for a table that is not there
    show : prints a route; remove : takes it out of its table
    show_left_out, get_left_out, change_left_out : words of the real `ip route` that are not simulated
    """

    name: str
    kernel: str
    command: str
    routes: str
    address: Callable[[str], int]
    picked: Callable[[Namespace, int], Sequence[Route | Route6] | None]
    show: Callable[..., None]
    remove: Callable[[Namespace, Any], object]
    show_left_out: tuple[str, ...]
    get_left_out: tuple[str, ...]
    change_left_out: tuple[str, ...]

    @property
    def six(self) -> bool:
        return self.name == INET6

    def prefix(self, word: str, tool: Tool) -> Prefix:
        """A prefix; one of IPv6 among words about IPv4 is left out."""
        found = parse_prefix(word, INET6 if self.six else tool.options.family)
        if found.family == INET6 and not self.six:
            raise NotSimulated("routes of IPv6", Effect.CHANGES)
        return found

    def print(self, out: Printer, routes: Sequence[Route | Route6], tool: Tool, hidden: Hidden) -> None:
        """Routes, each an object of its own."""
        for route in routes:
            with out.object():
                self.show(out, route, tool, hidden)


def _picked4(ns: Namespace, table: int) -> list[Route] | None:
    fib = ns.fib
    if table == ALL_TABLES:
        return [route for number in sorted(fib.tables) for route in fib.routes(number)]
    return fib.routes(table) if table in fib.tables and (table != 253 or fib.routes(253)) else None


def _picked6(ns: Namespace, table: int) -> list[Route6] | None:
    """With one table for all, the tool tells them apart by their types."""
    fib = ns.ipv6.fib
    if table == ALL_TABLES:
        return fib.routes()
    if fib.multiple:
        return fib.routes(table) if table in fib.tables else None
    wanted = {TABLE_LOCAL: True, TABLE_MAIN: False}.get(table)
    return [route for route in fib.routes(TABLE_MAIN) if (route.type is RouteType.LOCAL) == wanted]


_SHOW = ("tos", "dsfield", "mark", "metric", "vrf", "nhid", "realms", "from", "as")
IPV4 = Family(
    INET,
    "ipv4",
    "ip route",
    "routes",
    route_address,
    _picked4,
    print_route,
    lambda ns, route: ns.fib.remove(route),
    ("iif", *_SHOW),
    ("vrf", "as", "flowlabel"),
    ("tos", "dsfield", "realms", "encap", "nhid", "weight", "pervasive", "ttl-propagate", "vrf", "expires", "advmss",
     "rtt", "rttvar", "window", "cwnd", "initcwnd", "initrwnd", "ssthresh", "reordering", "rto_min", "features",
     "quickack", "congctl", "hoplimit", "fastopen_no_cookie"),
)  # fmt: skip
IPV6 = Family(
    INET6,
    "ipv6",
    "ip -6 route",
    "IPv6 routes",
    lambda word: parse_address(word, INET6).ip,
    _picked6,
    print_route6,
    lambda ns, route: ns.ipv6.fib.remove(route),
    ("iif", *_SHOW, "scope"),
    ("iif", "fibmatch", "tos", "mark", "vrf", "uid", "ipproto", "sport", "dport", "as", "flowlabel"),
    ("nexthop", "nhid", "encap", "realms", "from", "vrf", "advmss", "rtt", "window", "features"),
)


def family_of(words: list[str], tool: Tool) -> Family:
    """The family that an option names, or an address among the words."""
    if tool.options.family:
        return IPV6 if tool.options.family == INET6 else IPV4
    six = any(":" in word for word in words) and not any(_DOTTED.fullmatch(word) for word in words)
    return IPV6 if six else IPV4
