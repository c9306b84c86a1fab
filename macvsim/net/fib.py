"""Routing tables: longest prefix, then metric, then age (net/ipv4/fib_trie.c, fib_semantics.c).  Pure: no clock, no
packets.

With only the default rules the tables local and main are searched as one; at equal length local wins.
"""

from __future__ import annotations

import enum
from bisect import insort
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from macvsim.errors import NetlinkError
from macvsim.net.multipath import Hop
from macvsim.net.rules import Action, Flow, Rules
from macvsim.wire.addr import ip_text, mask_int

TABLE_DEFAULT = 253
TABLE_MAIN = 254
TABLE_LOCAL = 255
TABLE_NAMES = {TABLE_DEFAULT: "default", TABLE_MAIN: "main", TABLE_LOCAL: "local"}


class RouteType(enum.Enum):
    """rtm_type."""

    __hash__ = object.__hash__  # that of Enum is a Python function

    UNICAST = "unicast"
    LOCAL = "local"
    BROADCAST = "broadcast"
    UNREACHABLE = "unreachable"
    PROHIBIT = "prohibit"
    BLACKHOLE = "blackhole"
    THROW = "throw"
    ANYCAST = "anycast"
    """Only in IPv6, like the next one."""
    MULTICAST = "multicast"


ERRORS = {RouteType.UNREACHABLE: "EHOSTUNREACH", RouteType.PROHIBIT: "EACCES", RouteType.BLACKHOLE: "EINVAL"}


class Scope(enum.IntEnum):
    """rtm_scope: how far away the destination may be."""

    UNIVERSE = 0
    SITE = 200
    LINK = 253
    HOST = 254
    NOWHERE = 255

    @property
    def text(self) -> str:
        return "global" if self is Scope.UNIVERSE else self.name.lower()


@dataclass(slots=True, eq=False)
class Route:
    """One route with one next hop.

    dst, plen : prefix; gateway : 0 when the destination is on the link; dev : None for unreachable, prohibit, blackhole
    and throw
    src : preferred source, 0 for none; proto : who made it (``kernel``, ``boot``, ``static``, ``dhcp`` or a number)
    """

    dst: int
    plen: int
    type: RouteType = RouteType.UNICAST
    gateway: int = 0
    dev: Any = None
    scope: Scope = Scope.UNIVERSE
    src: int = 0
    metric: int = 0
    proto: str = "boot"
    table: int = TABLE_MAIN
    tos: int = 0
    mtu: int = 0
    onlink: bool = False
    age: int = field(default=0)
    chosen: int = -1
    """Which of the default routes like this one was taken last (fa_default)."""
    hops: tuple[Hop, ...] = ()
    """The ways of a multipath route, of which `gateway` and `dev` are the first."""
    gone: bool = False
    """Taken out: what still waits to go this way has no device any more (dst_dev_put)."""

    @property
    def prefix(self) -> str:
        """``172.16.10.0/24``, ``172.16.10.1`` for host routes, ``default``."""
        if self.plen == 0 and self.dst == 0:
            return "default"
        return ip_text(self.dst) if self.plen == 32 else f"{ip_text(self.dst)}/{self.plen}"

    @property
    def linkdown(self) -> bool:
        """True while the device is up but has no carrier (RTNH_F_LINKDOWN)."""
        if self.hops:
            return all(hop.linkdown for hop in self.hops)
        return self.dev is not None and self.dev.up and not self.dev.carrier

    @property
    def order(self) -> tuple[int, int, int]:
        """Preference within one prefix: exact TOS before none, lower metric, older."""
        return -self.tos, self.metric, self.age


_REFUSALS = {
    Action.BLACKHOLE: Route(0, 0, RouteType.BLACKHOLE),
    Action.PROHIBIT: Route(0, 0, RouteType.PROHIBIT),
}
"""What rules say without a table; where one says unreachable, there is no route (fib4_rule_action)."""


class Table:
    """One routing table.

    at : routes by prefix, ``length << 32 | destination``, in order of preference
    prefixes : ``length << 32`` and mask of the lengths that occur, the longest first
    """

    __slots__ = ("at", "prefixes")

    def __init__(self) -> None:
        self.at: dict[int, tuple[Route, ...]] = {}
        self.prefixes: tuple[tuple[int, int], ...] = ()

    def candidates(self, dst: int) -> Iterator[Route]:
        """Routes that match, longest prefix first."""
        for length, mask in self.prefixes:
            yield from self.at.get(length | dst & mask, ())

    def first(self, dst: int) -> Route | None:
        """The first of them."""
        for length, mask in self.prefixes:
            routes = self.at.get(length | dst & mask)
            if routes is not None:
                return routes[0]
        return None

    def of(self, dst: int, plen: int) -> tuple[Route, ...]:
        """Routes of one prefix."""
        return self.at.get(plen << 32 | dst, ())

    def add(self, route: Route) -> None:
        prefix = route.plen << 32, mask_int(route.plen)
        if prefix not in self.prefixes:
            self.prefixes = tuple(sorted((*self.prefixes, prefix), reverse=True))
        routes = [*self.of(route.dst, route.plen)]
        insort(routes, route, key=lambda r: r.order)
        self.at[route.plen << 32 | route.dst] = tuple(routes)

    def remove(self, route: Route) -> None:
        route.gone = True
        for hop in route.hops:
            hop.end()
        key = route.plen << 32 | route.dst
        self.at[key] = tuple(other for other in self.at[key] if other is not route)
        if not self.at[key]:
            del self.at[key]
            if not any(other >> 32 == route.plen for other in self.at):
                self.prefixes = tuple(prefix for prefix in self.prefixes if prefix[0] >> 32 != route.plen)

    def routes(self) -> list[Route]:
        """All routes by destination, longer prefixes first, then preference: the order `ip route` lists them in."""
        found = [route for routes in self.at.values() for route in routes]
        return sorted(found, key=lambda r: (r.dst, -r.plen, *r.order))


class Fib:
    """The tables of one namespace."""

    __slots__ = ("_age", "_changed", "_rules", "custom_local_routes", "tables")

    def __init__(self) -> None:
        self.tables: dict[int, Table] = {TABLE_LOCAL: Table(), TABLE_MAIN: Table(), TABLE_DEFAULT: Table()}
        self._rules: Rules | None = None
        self._age = 0
        self.custom_local_routes = False
        """Somebody added a local route by hand: addresses alone do not tell what is ours any more."""
        self._changed: list[Any] = []

    def on_change(self, fn: Any) -> None:
        """Call `fn()` whenever a route comes or goes."""
        self._changed.append(fn)

    def changed(self) -> None:
        """Forget what was derived from routes (rt_cache_flush)."""
        for fn in self._changed:
            fn()

    @property
    def rules(self) -> Rules:
        """Which tables are asked in which order."""
        if self._rules is None:
            self._rules = Rules(32, self.changed)
        return self._rules

    @property
    def looks_at_marks(self) -> bool:
        """Some rule depends on the marks of packets."""
        return self._rules is not None and self._rules.marks

    def lookup(
        self,
        dst: int,
        *,
        oif: Any = None,
        usable: Callable[[Route], bool] | None = None,
        src: int = 0,
        iif: Any = None,
        mark: int = 0,
    ) -> Route | None:
        """The route for `dst` (fib_lookup): by the rules, which by default ask local and main as one table, then the
        default table.

        oif : restricts the device; usable : asked about routes whose device has no carrier; src, iif, mark : what rules
        may look at
        """
        if self._rules is None or self._rules.plain:
            best = self._in_tables((TABLE_LOCAL, TABLE_MAIN), dst, oif, usable)
            return best or self._in_tables((TABLE_DEFAULT,), dst, oif, usable)
        flow = Flow(dst, src, oif, iif, mark)
        found = self._rules.lookup(flow, lambda table: self._in_tables((table,), dst, oif, usable))
        return _REFUSALS.get(found) if isinstance(found, Action) else found

    def _in_tables(
        self, tables: tuple[int, ...], dst: int, oif: Any, usable: Callable[[Route], bool] | None
    ) -> Route | None:
        """The longest prefix in any of the tables, unless that throws the packet back (fib_table_lookup)."""
        best: Route | None = None
        longest = -1
        for number in tables:
            table = self.tables.get(number)
            for length, mask in () if table is None else table.prefixes:
                if length <= longest:
                    break
                assert table is not None
                routes = table.at.get(length | dst & mask)
                found = None if routes is None else _usable(routes, oif, usable)
                if found is not None:
                    best, longest = found, length
                    break
        return None if best is None or best.type is RouteType.THROW else best

    def add(self, route: Route, *, replace: bool = False, append: bool = False, prepend: bool = False) -> Route:
        """Put a route in; EEXIST when one with that prefix, TOS and metric is there, unless it is to replace it, or to
        stand behind (`append`) or before it (`prepend`) and has another next hop.
        """
        table = self.tables.setdefault(route.table, Table())
        same = [r for r in table.of(route.dst, route.plen) if r.tos == route.tos and r.metric == route.metric]
        if same and replace:
            table.remove(same[0])
            route.age = same[0].age
        elif same and (not (append or prepend) or any(_same_hop(r, route) for r in same)):
            raise NetlinkError(
                "EEXIST",
                f"there is a route to {route.prefix} with metric {route.metric} already: delete it, or use replace",
            )
        if not route.age:
            self._age += 1
            route.age = -self._age if prepend else self._age
        table.add(route)
        self.changed()
        return route

    def defaults_like(self, route: Route) -> list[Route]:
        """The default routes by way of a gateway that differ from this one in nothing but the next hop."""
        alike = (route.type, route.metric, route.scope, route.tos)
        defaults = self.tables[route.table].of(0, 0)
        return [r for r in defaults if r.gateway and (r.type, r.metric, r.scope, r.tos) == alike]

    def has_gateway(self, gateway: int, dev: Any) -> bool:
        """True if some route goes by this gateway on this device (ip_fib_check_default)."""
        return any(r.gateway == gateway and r.dev is dev for table in self.tables.values() for r in table.routes())

    def remove(self, route: Route) -> None:
        """Take a route out that is in."""
        self.tables[route.table].remove(route)
        self.changed()

    def remove_if(self, condition: Any) -> list[Route]:
        """Take out every route for which ``condition(route)`` holds; returns them."""
        gone = [r for table in self.tables.values() for r in table.routes() if condition(r)]
        for route in gone:
            self.tables[route.table].remove(route)
        if gone:
            self.changed()
        return gone

    def routes(self, table: int = TABLE_MAIN) -> list[Route]:
        """Routes of a table in listing order."""
        return self.tables[table].routes() if table in self.tables else []


def _usable(routes: tuple[Route, ...], oif: Any, usable: Callable[[Route], bool] | None) -> Route | None:
    """The first that leaves by `oif`, if that is asked for, and that `usable` does not refuse without a carrier."""
    for route in routes:
        if route.hops:
            if all(hop.dead or (oif is not None and hop.dev is not oif) for hop in route.hops):
                continue
        elif oif is not None and route.dev is not None and route.dev is not oif:
            continue
        if usable is None or not route.linkdown or usable(route):
            return route
    return None


def _same_hop(a: Route, b: Route) -> bool:
    alike = a.type is b.type and a.dev is b.dev and a.gateway == b.gateway and a.src == b.src and a.scope == b.scope
    return alike and [hop.way for hop in a.hops] == [hop.way for hop in b.hops]
