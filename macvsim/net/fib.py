"""Routing tables: longest prefix, then metric, then age (net/ipv4/fib_trie.c, fib_semantics.c).  Pure: no clock, no
packets.

With only the default rules the tables local and main are searched as one; at equal length local wins.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import TYPE_CHECKING, Any, Protocol

from macvsim.errors import NetlinkError
from macvsim.net.fibroute import RTN_LOCAL, RTN_THROW, TABLE_DEFAULT, TABLE_LOCAL, TABLE_MAIN, Route, RouteType
from macvsim.wire.addr import IN_LOOPBACKNET, mask_int

if TYPE_CHECKING:
    from macvsim.net.rules import Rules


class Table(tuple[Route, ...]):
    """One routing table: the routes by length of their prefixes, the longest first, then by destination, then in order
    of preference.  Another route makes another table.
    """

    __slots__ = ()

    def candidates(self, dst: int) -> Iterator[Route]:
        """Routes that match, longest prefix first."""
        return (route for route in self.near(dst) if not (route.dst ^ dst) >> 32 - route.plen)

    def first(self, dst: int) -> Route | None:
        """The first of them."""
        for route in self if len(self) <= _SHORT else self._found(dst):
            if not (route.dst ^ dst) >> 32 - route.plen:
                return route
        return None

    def near(self, dst: int) -> Iterable[Route]:
        """Routes among which all are that match, longest prefix first: of a short table all, of a long one no more
        than a search for every length of prefix has found.
        """
        return self if len(self) <= _SHORT else self._found(dst)

    def _found(self, dst: int) -> Iterator[Route]:
        at = 0
        while at < len(self):
            plen = self[at].plen
            yield from self.of(dst & mask_int(plen), plen)
            at = bisect_right(self, -plen, at, key=lambda route: -route.plen)

    def of(self, dst: int, plen: int) -> tuple[Route, ...]:
        """Routes of one prefix."""
        if len(self) <= _SHORT:
            return tuple(route for route in self if route.dst == dst and route.plen == plen)
        where = (-plen, dst)
        first = bisect_left(self, where, key=_prefix)
        return self[first : bisect_right(self, where, first, key=_prefix)]

    def plus(self, route: Route) -> Table:
        """With one more route."""
        place = bisect_right(self, (*_prefix(route), route.order), key=lambda r: (*_prefix(r), r.order))
        return Table((*self[:place], route, *self[place:]))

    def minus(self, gone: Route) -> Table:
        """Without a route, which ends."""
        gone.gone = True
        for hop in gone.hops:
            hop.end()
        return Table(route for route in self if route is not gone)

    def routes(self) -> list[Route]:
        """All routes by destination, longer prefixes first, then preference: the order `ip route` lists them in."""
        return sorted(self, key=lambda r: (r.dst, -r.plen, *r.order))


def _prefix(route: Route) -> tuple[int, int]:
    return -route.plen, route.dst


_SHORT = 16
"""Routes that are looked through faster than searched."""
_EMPTY = Table()


class Dependent(Protocol):
    """Whose decisions rest on routes."""

    def routes_changed(self) -> None:
        """A route came or went, or a rule."""

    def wake_lo(self) -> None:
        """Somebody looks at routes to 127.0.0.0/8: those that lo brings must be there."""


class Fib:
    """The tables of one namespace, `owner`."""

    __slots__ = ("_age", "_further", "_local", "_main", "_owner", "_rules", "custom_local_routes", "ours")

    def __init__(self, owner: Dependent) -> None:
        self._owner = owner
        self._local = self._main = _EMPTY
        self._further: dict[int, Table] | None = None
        self._rules: Rules | None = None
        self._age = 0
        self.ours = -1
        """The own address that was last asked about; -1: none since the local table has changed."""
        self.custom_local_routes = False
        """Somebody added a local route by hand: addresses alone do not tell what is ours any more."""

    @property
    def tables(self) -> dict[int, Table]:
        """Every table there is, by its number."""
        self._owner.wake_lo()
        return self._tables

    @property
    def _tables(self) -> dict[int, Table]:
        usual = {TABLE_LOCAL: self._local, TABLE_MAIN: self._main, TABLE_DEFAULT: _EMPTY}
        return usual | self._further if self._further else usual

    def table(self, number: int) -> Table:
        """A table; one that is not there is empty."""
        if number == TABLE_LOCAL:
            self._owner.wake_lo()
        return self._table(number)

    def _table(self, number: int) -> Table:
        if number == TABLE_LOCAL:
            return self._local
        if number == TABLE_MAIN:
            return self._main
        return self._further.get(number, _EMPTY) if self._further else _EMPTY

    def _put(self, number: int, table: Table) -> None:
        if number == TABLE_LOCAL:
            self._local = table
            self.ours = -1
        elif number == TABLE_MAIN:
            self._main = table
        else:
            self._further = {**(self._further or {}), number: table}

    def changed(self) -> None:
        """Forget what was derived from routes (rt_cache_flush)."""
        self._owner.routes_changed()

    @property
    def rules(self) -> Rules:
        """Which tables are asked in which order."""
        if self._rules is None:
            from macvsim.net.rules import Rules  # namespaces with the default rules do not load it

            self._rules = Rules(32, self.changed)
        return self._rules

    def first_local(self, dst: int) -> Route | None:
        """The longest match in the local table."""
        if dst >> 24 == IN_LOOPBACKNET:
            self._owner.wake_lo()
        route = self._local.first(dst)
        if route is not None and route.info.type is RTN_LOCAL:
            self.ours = dst
        return route

    @property
    def looks_at_marks(self) -> bool:
        """Some rule depends on the marks of packets."""
        return self._rules is not None and self._rules.marks

    @property
    def is_plain(self) -> bool:
        """There are but the default rules: routes depend on the destination alone."""
        return self._rules is None or self._rules.plain

    def lookup(
        self,
        dst: int,
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
        if dst >> 24 == IN_LOOPBACKNET:
            self._owner.wake_lo()
        if self._rules is None or self._rules.plain:
            best = _longest((self._local, self._main), dst, oif, usable)
            if best is None and self._further is not None:
                best = _longest((self._table(TABLE_DEFAULT),), dst, oif, usable)
            return best
        from macvsim.net.rules import Action, Flow

        flow = Flow(dst, src, oif, iif, mark)
        found = self._rules.lookup(flow, lambda table: _longest((self._table(table),), dst, oif, usable))
        if found in (Action.BLACKHOLE, Action.PROHIBIT):  # where a rule says unreachable, there is no route
            return Route(0, 0, RouteType.BLACKHOLE if found is Action.BLACKHOLE else RouteType.PROHIBIT)
        return None if isinstance(found, Action) else found

    def add(self, route: Route, *, replace: bool = False, append: bool = False, prepend: bool = False) -> Route:
        """Put a route in; EEXIST when one with that prefix, TOS and metric is there, unless it is to replace it, or to
        stand behind (`append`) or before it (`prepend`) and has another next hop.
        """
        same = self._like(route)
        table = self._table(route.table)
        if same and replace:
            table = table.minus(same[0])
            route.age = same[0].age
        elif same and (not (append or prepend) or any(_same_hop(r, route) for r in same)):
            raise NetlinkError(
                "EEXIST",
                f"there is a route to {route.prefix} with metric {route.metric} already: delete it, or use replace",
            )
        self._insert(table, route, prepend)
        return route

    def ensure(self, route: Route) -> None:
        """Put one of the kernel's own routes in, behind those like it; one with this next hop that is there stays."""
        if not any(_same_hop(other, route) for other in self._like(route)):
            self._insert(self._table(route.table), route)

    def _insert(self, table: Table, route: Route, prepend: bool = False) -> None:
        if not route.age:
            self._age += 1
            route.age = -self._age if prepend else self._age
        self._put(route.table, table.plus(route))
        self.changed()

    def _like(self, route: Route) -> list[Route]:
        """Those there are with its prefix, TOS and metric."""
        if route.dst >> 24 == IN_LOOPBACKNET:
            self._owner.wake_lo()
        there = self._table(route.table).of(route.dst, route.plen)
        return [other for other in there if other.tos == route.tos and other.metric == route.metric]

    def defaults_like(self, route: Route) -> list[Route]:
        """The default routes by way of a gateway that differ from this one in nothing but the next hop."""
        alike = (route.type, route.metric, route.scope, route.tos)
        defaults = self._table(route.table).of(0, 0)
        return [r for r in defaults if r.gateway and (r.type, r.metric, r.scope, r.tos) == alike]

    def has_gateway(self, gateway: int, dev: Any) -> bool:
        """True if some route goes by this gateway on this device (ip_fib_check_default)."""
        return any(r.gateway == gateway and r.dev is dev for r in self.all_routes())

    def remove(self, route: Route) -> None:
        """Take a route out that is in."""
        self._put(route.table, self._table(route.table).minus(route))
        self.changed()

    def remove_if(self, condition: Any) -> list[Route]:
        """Take out every route for which ``condition(route)`` holds; returns them."""
        gone = [r for table in self.tables.values() for r in table.routes() if condition(r)]
        for route in gone:
            self._put(route.table, self._table(route.table).minus(route))
        if gone:
            self.changed()
        return gone

    def routes(self, table: int = TABLE_MAIN) -> list[Route]:
        """Routes of a table in listing order."""
        return self.table(table).routes()

    def all_routes(self) -> Iterable[Route]:
        """Those of every table."""
        self._owner.wake_lo()
        return self.further_routes()

    def further_routes(self) -> Iterable[Route]:
        """The same, but for those of a lo that rests."""
        return chain(self._local, self._main, *(self._further.values() if self._further else ()))


def _longest(tables: Iterable[Table], dst: int, oif: Any, usable: Callable[[Route], bool] | None) -> Route | None:
    """The longest prefix in any of the tables, unless that throws the packet back (fib_table_lookup)."""
    best: Route | None = None
    longest = -1
    for table in tables:
        for route in table if len(table) <= _SHORT else table.near(dst):
            if not (route.dst ^ dst) >> 32 - route.plen:
                if route.plen <= longest:
                    break
                if _is_usable(route, oif, usable):
                    best, longest = route, route.plen
                    break
    return None if best is None or best.info.type is RTN_THROW else best


def _is_usable(route: Route, oif: Any, usable: Callable[[Route], bool] | None) -> bool:
    """True if it leaves by `oif`, if that is asked for, and `usable` does not refuse it without a carrier."""
    dev = route.dev
    if route.hops:
        if all(hop.dead or (oif is not None and hop.dev is not oif) for hop in route.hops):
            return False
    elif dev is None or dev.carrier:
        return oif is None or dev is None or dev is oif
    elif oif is not None and dev is not oif:
        return False
    return usable is None or not route.linkdown or usable(route)


def _same_hop(a: Route, b: Route) -> bool:
    alike = a.type is b.type and a.dev is b.dev and a.gateway == b.gateway and a.src == b.src and a.scope == b.scope
    return alike and [hop.way for hop in a.hops] == [hop.way for hop in b.hops]
