"""How `ip route` shows a route (print_route of iproute2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from macvsim.net.fibroute import TABLE_MAIN, RouteType, Scope
from macvsim.tools.iproute2.messages import RouteMessage
from macvsim.tools.iproute2.output import Printer
from macvsim.tools.iproute2.routewords import TYPES, proto_name, table_name
from macvsim.tools.iproute2.tool import Tool
from macvsim.wire.addr import ip_text

if TYPE_CHECKING:
    from macvsim.net.multipath import Hop


class Hidden(NamedTuple):
    """Fields that are left out in text as they were asked for."""

    dev: bool = False
    via: bool = False
    src: bool = False
    proto: bool = False
    scope: bool = False
    table: bool = False


def print_route(out: Printer, route: RouteMessage, tool: Tool, hidden: Hidden) -> None:
    """One route, its line ended."""
    details = tool.options.details
    if details or route.type is not RouteType.UNICAST:
        kind = tool.named(route.type.value, TYPES.index(route.type.value) + 1)
        out.both("type", f"{kind} ", kind)
    out.both("dst", f"{route.dst} ", route.dst)
    if route.src:
        out.both("from", f"from {route.src} ", route.src)
    if route.tos:
        out.both("tos", f"tos {route.tos:#04x} ", f"{route.tos:#04x}")
    if route.gateway and not hidden.via:
        out.both("gateway", f"via {route.gateway} ", route.gateway)
    if route.dev is not None and not hidden.dev:
        tool.ns.linkwatch.sync(route.dev)  # a name is asked of the kernel (ll_index_to_name)
        out.both("dev", f"dev {route.dev.name} ", route.dev.name)
    if not hidden.table and (route.table != TABLE_MAIN or details):
        table = table_name(route.table, tool)
        out.both("table", f"table {table} ", table)
    if route.proto is not None and not hidden.proto and (route.proto != "boot" or details):
        proto = proto_name(route.proto, tool)
        out.both("protocol", f"proto {proto} ", proto)
    if route.scope is not None and not hidden.scope and (route.scope is not Scope.UNIVERSE or details):
        scope = tool.named(route.scope.text, route.scope)
        out.both("scope", f"scope {scope} ", scope)
    if route.prefsrc and not hidden.src:
        out.both("prefsrc", f"src {route.prefsrc} ", route.prefsrc)
    if route.metric is not None:
        out.both("metric", f"metric {route.metric} ", route.metric)
    out.both("flags", "".join(f"{flag} " for flag in route.flags), route.flags)
    if route.mark:
        out.both("mark", f"mark {route.mark:#x} " if route.mark >= 16 else f"mark {route.mark} ", route.mark)
    if route.uid:
        out.both("uid", "uid 0 ", 0)
    _print_cache(out, route)
    if route.iif:
        out.both("iif", f"iif {route.iif} ", route.iif)
    for hop in route.hops:
        _print_hop(out, hop)
    if route.pref:
        out.both("pref", f"pref {route.pref}", route.pref)
    out.end()


def _print_cache(out: Printer, route: RouteMessage) -> None:
    """Flags of a decision, remaining lifetime and metrics (print_rta_cacheinfo, print_rta_metrics)."""
    if route.cache is not None:
        out.line()
        out.both("cache", "    cache " + (f"<{','.join(route.cache)}> " if route.cache else ""), route.cache)
    if route.expires is not None:
        out.both("expires", f"expires {route.expires}sec ", route.expires)
    known = {name: value for name, value in route.metrics.items() if value}
    out.text("".join(f"{name} {value} " for name, value in known.items()))
    if known and out.json:
        with out.item("metrics"):
            for name, value in known.items():
                out.member(name, value)


def _print_hop(out: Printer, hop: Hop) -> None:
    """One next hop of several (print_rta_multipath)."""
    flags = ["onlink"] if hop.onlink else []
    if hop.dead:
        flags.insert(0, "dead")
    if hop.linkdown:
        flags.append("linkdown")
    via = f"via {ip_text(hop.gateway)} " if hop.gateway else ""
    out.line()
    out.text(f"\tnexthop {via}dev {hop.dev.name} weight {hop.weight} {''.join(f'{flag} ' for flag in flags)}")
    if out.json:
        with out.item("nexthops"):
            if hop.gateway:
                out.member("gateway", ip_text(hop.gateway))
            out.member("dev", hop.dev.name)
            out.member("weight", hop.weight)
            out.member("flags", flags)
