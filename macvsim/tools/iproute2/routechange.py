"""``ip route add|del|change|append|prepend|replace`` (iproute_modify of iproute2, fib_table_delete)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from macvsim.errors import Effect, NetlinkError, NotSimulated
from macvsim.machine.tool import UsageError
from macvsim.net.fibroute import TABLE_LOCAL, TABLE_MAIN, Route, RouteType, Scope
from macvsim.net.ipv6.routes6 import add_route6, delete_route6
from macvsim.net.namespace import Namespace
from macvsim.net.routes import add_route
from macvsim.tools.iproute2.family import Family
from macvsim.tools.iproute2.guard import may_change
from macvsim.tools.iproute2.routewords import route_proto, route_table, scope_of
from macvsim.tools.iproute2.tool import INET, INET6, Tool
from macvsim.tools.iproute2.words import Words, complaint, garbage, invalid, matches
from macvsim.wire.addr import ip_text, mask_int


class Way(NamedTuple):
    """Flags of the request (NLM_F_CREATE, NLM_F_REPLACE, …)."""

    create: bool = False
    replace: bool = False
    append: bool = False
    prepend: bool = False
    delete: bool = False


CHANGES = {
    "add": Way(create=True),
    "change": Way(replace=True),
    "chg": Way(replace=True),
    "replace": Way(create=True, replace=True),
    "prepend": Way(create=True, prepend=True),
    "append": Way(create=True, append=True),
    "delete": Way(delete=True),
}
MAX_WEIGHT = 256
_LOCAL_TYPES = (RouteType.LOCAL, RouteType.BROADCAST)
_TYPES = tuple(kind.value for kind in RouteType)
_LEFT_OUT_TYPES = ("anycast", "multicast", "nat", "xresolve")
_PREFERENCES = ("low", "medium", "high")
_TYPES6 = ("unicast", "local", "unreachable", "prohibit", "blackhole", "throw")


@dataclass
class HopRequest:
    """One next hop of several."""

    gateway: int = 0
    dev: str = ""
    weight: int = 1
    onlink: bool = False


@dataclass
class RouteRequest:
    """A route as it was written; None and empty: not given."""

    dst: int | None = None
    plen: int = 0
    type: RouteType | None = None
    gateway: int = 0
    dev: str = ""
    src: int = 0
    scope: Scope | None = None
    metric: int = 0
    proto: str = ""
    table: int | None = None
    mtu: int = 0
    onlink: bool = False
    hoplimit: int = 0
    expires: int = 0
    pref: str = ""
    hops: list[HopRequest] = field(default_factory=list)

    @property
    def table_or_default(self) -> int:
        """Routes to own addresses and broadcasts belong in the local table."""
        if self.table is not None:
            return self.table
        return TABLE_LOCAL if self.type in _LOCAL_TYPES else TABLE_MAIN


def change(words: Words, tool: Tool, way: Way, family: Family) -> int:
    """Change the table; the exit code."""
    wanted = _parse(words, tool, family)
    if wanted.dst is None:
        raise UsageError(topic="ip route")
    for name in (wanted.dev, *(hop.dev for hop in wanted.hops)):
        if name:
            tool.device(name)
    may_change(tool)
    if family.six:
        change_route6(tool.ns, wanted, way)
    elif way.delete:
        delete_route(tool.ns, wanted)
    else:
        put_route(tool.ns, wanted, way)
    return 0


def _parse(words: Words, tool: Tool, family: Family) -> RouteRequest:
    found = RouteRequest()
    while words:
        word = words.take()
        if word == "src":
            found.src = family.address(words.value())
        elif word == "via":
            found.gateway = _gateway(words, family)
        elif word in family.change_left_out:
            raise NotSimulated(f"{family.command} … {word}", Effect.CHANGES)
        elif word in ("mtu", "hoplimit", "expires"):
            if words and words.here == "lock":
                raise NotSimulated("a locked path MTU", Effect.CHANGES)
            setattr(found, word, words.integer(word, message=f'"{word}" value is invalid\n'))
        elif word == "onlink":
            found.onlink = True
        elif word == "pref" and family.six:
            found.pref = words.value()
            if found.pref not in _PREFERENCES:
                raise invalid('"pref" value is invalid\n', found.pref)
        elif any(matches(word, full) for full in ("metric", "priority", "preference")):
            found.metric = words.integer("metric", message='"metric" value is invalid\n')
        elif matches(word, "scope"):
            found.scope = scope_of(words.value())
        elif matches(word, "protocol"):
            found.proto = route_proto(words.value())
        elif matches(word, "table"):
            found.table = route_table(words.value())
        elif word in ("dev", "oif"):
            found.dev = words.value()
        elif word == "nexthop":
            _parse_hops(words, found, family)
        else:
            _parse_prefix(word, words, tool, found, family)
    return found


def _gateway(words: Words, family: Family) -> int:
    """``via [FAMILY] ADDRESS``."""
    value = words.value()
    if value not in (INET, INET6):
        return family.address(value)
    if value != family.name:
        raise NotSimulated("gateways of IPv4 for IPv6 routes" if family.six else "gateways of IPv6", Effect.CHANGES)
    return family.address(words.value())


def _parse_hops(words: Words, found: RouteRequest, family: Family) -> None:
    """``nexthop …`` to the end of the line (parse_nexthops)."""
    while True:
        if not words:
            raise complaint('Error: unexpected end of line after "nexthop"\n')
        hop = HopRequest()
        found.hops.append(hop)
        while words and words.here != "nexthop":
            word = words.take()
            if word == "via":
                hop.gateway = family.address(words.value())
            elif word == "dev":
                hop.dev = words.value()
            elif word == "weight":
                hop.weight = words.integer("weight", message='"weight" is invalid\n', limit=MAX_WEIGHT)
                if not hop.weight:
                    raise invalid('"weight" is invalid\n', "0")
            elif word == "onlink":
                hop.onlink = True
            elif word in ("encap", "realms", "as"):
                raise NotSimulated(f"ip route … nexthop … {word}", Effect.CHANGES)
            else:
                raise complaint(f'Error: "nexthop" or end of line is expected instead of "{word}"\n')
        if not words:
            return
        words.take()


def _parse_prefix(word: str, words: Words, tool: Tool, found: RouteRequest, family: Family) -> None:
    if word == "to":
        word = words.value()
    types = _TYPES6 if family.six else _TYPES
    if word in _LEFT_OUT_TYPES or (word == "broadcast" and family.six):
        raise NotSimulated(f"routes of type {word}", Effect.CHANGES)
    if word in types and found.dst is None:
        found.type = RouteType(word)
        word = words.value()
    if matches(word, "help"):
        raise UsageError(topic="ip route")
    if found.dst is not None:
        raise garbage("to", word)
    wanted = family.prefix(word, tool)
    found.dst, found.plen = wanted.ip, wanted.plen


def put_route(ns: Namespace, wanted: RouteRequest, way: Way) -> Route:
    """RTM_NEWROUTE; `NetlinkError` as the kernel answers."""
    dst = wanted.dst or 0
    kind = wanted.type or RouteType.UNICAST
    table = wanted.table_or_default
    if way.replace and not way.create and not _same_place(ns, wanted, table):
        raise NetlinkError("ENOENT", f"{ns.name} has no route to {ip_text(dst)}/{wanted.plen} to change: add it")
    if wanted.gateway and wanted.scope is not None and wanted.scope >= Scope.LINK:
        raise NetlinkError(
            "EINVAL",
            f"route to {ip_text(dst)}/{wanted.plen} on {ns.name}: by way of a gateway its scope is global",
            "Nexthop has invalid gateway" if wanted.scope is Scope.LINK else "Invalid scope",
        )
    return add_route(
        ns,
        dst,
        wanted.plen,
        type=kind,
        gateway=wanted.gateway,
        dev=ns.dev(wanted.dev) if wanted.dev else None,
        metric=wanted.metric,
        src=wanted.src,
        scope=wanted.scope,
        proto=wanted.proto or "boot",
        table=table,
        mtu=wanted.mtu,
        onlink=wanted.onlink,
        hops=[(hop.gateway, ns.dev(hop.dev) if hop.dev else None, hop.weight, hop.onlink) for hop in wanted.hops],
        replace=way.replace,
        append=way.append,
        prepend=way.prepend,
    )


def _same_place(ns: Namespace, wanted: RouteRequest, table: int) -> bool:
    return any(
        (r.dst, r.plen, r.tos, r.metric) == (wanted.dst, wanted.plen, 0, wanted.metric) for r in ns.fib.routes(table)
    )


def delete_route(ns: Namespace, wanted: RouteRequest) -> Route:
    """RTM_DELROUTE: the first route that fits all that is given; ESRCH when none does."""
    dst = wanted.dst or 0
    if dst & ~mask_int(wanted.plen) & 0xFFFFFFFF:
        raise NetlinkError(
            "EINVAL", f"{ip_text(dst)}/{wanted.plen}: host bits are set", "Invalid prefix for given prefix length"
        )
    dev = ns.dev(wanted.dev) if wanted.dev else None
    scope = wanted.scope
    if scope is None and wanted.type in _LOCAL_TYPES:
        scope = Scope.HOST if wanted.type is RouteType.LOCAL else Scope.LINK
    for route in ns.fib.routes(wanted.table_or_default):
        if (
            (route.dst, route.plen) == (dst, wanted.plen)
            and wanted.type in (None, route.type)
            and (scope in (None, Scope.NOWHERE) or scope is route.scope)
            and (not wanted.src or wanted.src == route.src)
            and (not wanted.proto or wanted.proto == route.proto)
            and (not wanted.metric or wanted.metric == route.metric)
            and (not wanted.gateway or wanted.gateway == route.gateway)
            and (not wanted.mtu or wanted.mtu == route.mtu)
            and dev in (None, route.dev)
        ):
            ns.fib.remove(route)
            return route
    raise NetlinkError("ESRCH", f"{ns.name} has no such route to {ip_text(dst)}/{wanted.plen}: see ip route")


def change_route6(ns: Namespace, wanted: RouteRequest, way: Way) -> None:
    """RTM_NEWROUTE and RTM_DELROUTE of IPv6; what was not given is the kernel's to choose."""
    dst = wanted.dst or 0
    given: dict[str, Any] = {
        "type": wanted.type, "gateway": wanted.gateway, "metric": wanted.metric, "proto": wanted.proto,
        "dev": ns.dev(wanted.dev) if wanted.dev else None, "table": wanted.table,
    }  # fmt: skip
    if wanted.type is RouteType.LOCAL and wanted.table is None:
        given["table"] = TABLE_LOCAL
    if way.delete:
        delete_route6(ns.ipv6, dst, wanted.plen, **_chosen(given))
        return
    if way.prepend:
        raise NotSimulated("ip -6 route prepend", Effect.CHANGES)
    given |= {"src": wanted.src, "mtu": wanted.mtu, "hop_limit": wanted.hoplimit, "expires": wanted.expires,
              "pref": wanted.pref, "onlink": wanted.onlink}  # fmt: skip
    add_route6(ns.ipv6, dst, wanted.plen, create=way.create, replace=way.replace, append=way.append, **_chosen(given))


def _chosen(given: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in given.items() if value not in (None, 0, "")}
