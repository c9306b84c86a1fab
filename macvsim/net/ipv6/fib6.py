"""IPv6 routing tables: longest prefix, then metric, then reachability of the gateway (net/ipv6/ip6_fib.c, route.c).

A kernel built without IPV6_MULTIPLE_TABLES has one table for everything, the recorder's among them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from macvsim.errors import Effect, NetlinkError, NotSimulated
from macvsim.net.fibroute import TABLE_LOCAL, TABLE_MAIN, RouteType
from macvsim.net.rules import Action, Flow, Rules
from macvsim.wire.addr6 import ALL_ONES, ip6_text, mask6

if TYPE_CHECKING:
    from macvsim.dev.base import NetDevice

METRIC_USER = 1024
METRIC_ADDRCONF = 256
HOST_ONLY = (RouteType.LOCAL, RouteType.ANYCAST)
REFUSALS = {RouteType.UNREACHABLE: "EHOSTUNREACH", RouteType.PROHIBIT: "EACCES", RouteType.BLACKHOLE: "EINVAL",
            RouteType.THROW: "EAGAIN"}  # fmt: skip


@dataclass(slots=True, eq=False)
class Route6:
    """One route with one next hop (struct fib6_info).

    dst, plen : prefix; gateway : 0 when the destination is on the link; src : preferred source, 0 for none; expires :
    in jiffies, 0 for never; pref : router preference (``low``, ``medium``, ``high``)
    """

    dst: int
    plen: int
    dev: NetDevice
    type: RouteType = RouteType.UNICAST
    gateway: int = 0
    src: int = 0
    metric: int = METRIC_USER
    proto: str = "boot"
    table: int = TABLE_MAIN
    mtu: int = 0
    hop_limit: int = 0
    expires: int = 0
    pref: str = "medium"
    onlink: bool = False

    @property
    def prefix(self) -> str:
        """``fd00::/64``, ``fd00::1`` for host routes, ``default``."""
        if self.plen == 0 and self.dst == 0:
            return "default"
        return ip6_text(self.dst) if self.plen == 128 else f"{ip6_text(self.dst)}/{self.plen}"

    @property
    def linkdown(self) -> bool:
        """True while the device is up but has no carrier."""
        return self.dev.up and not self.dev.carrier

    @property
    def order(self) -> tuple[int, int]:
        """Place of the prefix in a listing: the tree is walked below a prefix before the prefix itself is told."""
        return self.dst | (ALL_ONES ^ mask6(self.plen)), -self.plen


Score = Callable[[Route6], int]
"""How good a route is at this moment; negative: it must not be used."""


class Table6:
    """One routing table: routes by prefix, in order of metric and then of age."""

    __slots__ = ("by_length", "lengths")

    def __init__(self) -> None:
        self.by_length: dict[int, dict[int, list[Route6]]] = {}
        self.lengths: list[int] = []

    def nodes(self, dst: int) -> Iterator[list[Route6]]:
        """Routes of every prefix that matches, the longest first."""
        for plen in self.lengths:
            routes = self.by_length[plen].get(dst & mask6(plen))
            if routes:
                yield routes

    def at(self, dst: int, plen: int) -> list[Route6]:
        """Routes of one prefix."""
        return self.by_length.get(plen, {}).get(dst, [])

    def insert(self, route: Route6) -> None:
        """Behind the routes of the same prefix whose metric is not greater."""
        if route.plen not in self.by_length:
            self.by_length[route.plen] = {}
            self.lengths = sorted(self.by_length, reverse=True)
        routes = self.by_length[route.plen].setdefault(route.dst, [])
        place = next((i for i, r in enumerate(routes) if r.metric > route.metric), len(routes))
        routes.insert(place, route)

    def remove(self, route: Route6) -> None:
        routes = self.by_length[route.plen][route.dst]
        routes.remove(route)
        if not routes:
            del self.by_length[route.plen][route.dst]
            if not self.by_length[route.plen]:
                del self.by_length[route.plen]
                self.lengths.remove(route.plen)

    def routes(self) -> list[Route6]:
        """All routes in listing order."""
        found = [r for nets in self.by_length.values() for routes in nets.values() for r in routes]
        return sorted(found, key=lambda route: route.order)


class Fib6:
    """The tables of one namespace.

    multiple : own addresses and groups stand in table local (CONFIG_IPV6_MULTIPLE_TABLES); otherwise all is in main
    """

    __slots__ = ("_changed", "_rules", "local_table", "multiple", "tables")

    def __init__(self, *, multiple: bool, changed: Callable[[], None]) -> None:
        self.multiple = multiple
        self.local_table = TABLE_LOCAL if multiple else TABLE_MAIN
        self.tables: dict[int, Table6] = {TABLE_MAIN: Table6()}
        if multiple:
            self.tables[TABLE_LOCAL] = Table6()
        self._changed = changed
        self._rules: Rules | None = None

    @property
    def rules(self) -> Rules:
        """Which tables are asked in which order."""
        if self._rules is None:
            self._rules = Rules(128, self._changed)
        return self._rules

    @property
    def is_plain(self) -> bool:
        """There are but the default rules: who asks does not matter."""
        return self._rules is None or self._rules.plain

    def lookup(self, dst: int, score: Score, src: int = 0, iif: NetDevice | None = None) -> Route6 | None:
        """The route for `dst`: by the rules, which by default ask table local, then main (fib6_rule_lookup)."""
        if self._rules is not None and not self._rules.plain:

            def in_table(number: int) -> Route6 | None:
                table = self.tables.get(number)
                return None if table is None else self._in_table(table, dst, score)

            found = self._rules.lookup(Flow(dst, src, None, iif), in_table)
            return found if not isinstance(found, Action) else self._refusal(found, dst)
        if self.multiple:
            route = self._in_table(self.tables[TABLE_LOCAL], dst, score)
            if route is not None:
                return route
        return self._in_table(self.tables[TABLE_MAIN], dst, score)

    def _refusal(self, action: Action, dst: int) -> Route6 | None:
        """What a rule says without a table; where one says unreachable, there is no route."""
        kind = {Action.BLACKHOLE: RouteType.BLACKHOLE, Action.PROHIBIT: RouteType.PROHIBIT}.get(action)
        some = next(iter(self.routes()), None)
        return None if kind is None or some is None else Route6(dst, 128, some.dev, kind)

    @staticmethod
    def _in_table(table: Table6, dst: int, score: Score) -> Route6 | None:
        """The longest prefix with a usable route, then the lowest metric, then the best score (fib6_table_lookup)."""
        for routes in table.nodes(dst):
            at = 0
            while at < len(routes):
                metric = routes[at].metric
                best, high = None, -1
                while at < len(routes) and routes[at].metric == metric:
                    points = score(routes[at])
                    if points > high:
                        best, high = routes[at], points
                    at += 1
                if best is not None:
                    return best
        return None

    def add(self, route: Route6, *, replace: bool = False, create: bool = True, append: bool = False) -> Route6:
        """Put a route in (fib6_add); EEXIST for one like a route that is there."""
        if not self.multiple:
            route.table = TABLE_MAIN
        table = self.tables.setdefault(route.table, Table6())
        alike = [r for r in table.at(route.dst, route.plen) if r.metric == route.metric]
        if replace and alike:
            for old in alike:
                table.remove(old)
        elif replace and not create:
            raise NetlinkError(
                "ENOENT",
                f"there is no route to {route.prefix} to change: add it",
                "Can not replace route - no match found",
            )
        elif append and route.gateway and route.proto != "ra" and any(r.gateway and r.proto != "ra" for r in alike):
            raise NotSimulated(
                f"multipath routes (two gateways to {route.prefix} with metric {route.metric})", Effect.CHANGES
            )
        elif any(r.dev is route.dev and r.gateway == route.gateway for r in alike):
            raise NetlinkError("EEXIST", f"there is a route to {route.prefix} like this already")
        elif alike and not append:
            raise NetlinkError("EEXIST", f"there is a route to {route.prefix} with metric {route.metric} already")
        table.insert(route)
        self._changed()
        return route

    def ensure(self, route: Route6) -> None:
        """Put in one of the kernel's own routes unless it is there (ip6_ins_rt)."""
        if not self.multiple:
            route.table = TABLE_MAIN
        at = self.tables[route.table].at(route.dst, route.plen)
        if not any((r.metric, r.dev, r.type) == (route.metric, route.dev, route.type) for r in at):
            self.tables[route.table].insert(route)
            self._changed()

    def remove(self, route: Route6) -> None:
        """Take out a route that is in."""
        self.tables[route.table].remove(route)
        self._changed()

    def remove_if(self, condition: Callable[[Route6], bool]) -> list[Route6]:
        """Take out every route for which the condition holds; returns them."""
        gone = [r for table in self.tables.values() for r in table.routes() if condition(r)]
        for route in gone:
            self.tables[route.table].remove(route)
        if gone:
            self._changed()
        return gone

    def routes(self, table: int | None = None) -> list[Route6]:
        """Routes of a table, or of all, in listing order."""
        if table is None:
            return [r for number in sorted(self.tables) for r in self.tables[number].routes()]
        return self.tables[table].routes() if table in self.tables else []
