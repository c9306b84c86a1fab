"""How `ip route` shows a route (print_route of iproute2)."""

from __future__ import annotations

from typing import NamedTuple

from macvsim.net.fibroute import TABLE_MAIN, TABLE_NAMES, Route, RouteType, Scope
from macvsim.net.multipath import Hop
from macvsim.tools.iproute2.output import Printer
from macvsim.tools.iproute2.routewords import PROTOCOLS
from macvsim.tools.iproute2.tool import Tool
from macvsim.wire.addr import ip_text


class Hidden(NamedTuple):
    """Fields that are left out in text as they were asked for."""

    dev: bool = False
    via: bool = False
    src: bool = False
    proto: bool = False
    scope: bool = False
    table: bool = False


def print_route(out: Printer, route: Route, tool: Tool, hidden: Hidden) -> None:
    """One route, its line ended."""
    details = tool.options.details
    if details or route.type is not RouteType.UNICAST:
        out.both("type", f"{route.type.value} ", route.type.value)
    out.both("dst", f"{route.prefix} ", route.prefix)
    if route.tos:
        out.both("tos", f"tos {route.tos:#04x} ", f"{route.tos:#04x}")
    if route.gateway and not hidden.via and not route.hops:
        print_gateway(out, route.gateway)
    if route.dev is not None and not hidden.dev and not route.hops:
        tool.ns.linkwatch.sync(route.dev)  # a name is asked of the kernel (ll_index_to_name)
        print_dev(out, route.dev.name)
    if not hidden.table and (route.table != TABLE_MAIN or details):
        table = TABLE_NAMES.get(route.table, str(route.table))
        out.both("table", f"table {table} ", table)
    if not hidden.proto and (route.proto != "boot" or details):
        proto = str(PROTOCOLS.get(route.proto, route.proto)) if tool.options.numeric else route.proto
        out.both("protocol", f"proto {proto} ", proto)
    if not hidden.scope and (route.scope is not Scope.UNIVERSE or details):
        scope = str(int(route.scope)) if tool.options.numeric else route.scope.text
        out.both("scope", f"scope {scope} ", scope)
    if route.src and not hidden.src:
        out.both("prefsrc", f"src {ip_text(route.src)} ", ip_text(route.src))
    if route.metric:
        out.both("metric", f"metric {route.metric} ", route.metric)
    flags = [] if route.hops else _flags(route)
    out.both("flags", "".join(f"{flag} " for flag in flags), flags)
    print_metrics(out, route.mtu)
    for hop in route.hops:
        _print_hop(out, hop)
    out.end()


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


def print_gateway(out: Printer, gateway: int) -> None:
    """``via``."""
    out.both("gateway", f"via {ip_text(gateway)} ", ip_text(gateway))


def print_dev(out: Printer, name: str) -> None:
    """``dev``."""
    out.both("dev", f"dev {name} ", name)


def print_metrics(out: Printer, mtu: int) -> None:
    """The path MTU, where there is one (print_rta_metrics)."""
    if not mtu:
        return
    out.text(f"mtu {mtu} ")
    if out.json:
        with out.item("metrics"):
            out.member("mtu", mtu)


def _flags(route: Route) -> list[str]:
    """Flags of the next hop; a route kept from use by its lost carrier is dead (fib_nexthop_info)."""
    flags = ["onlink"] if route.onlink else []
    if route.linkdown and route.type is not RouteType.LOCAL:
        conf = route.dev.inet.conf
        if conf.ignore_routes_with_linkdown:
            flags.insert(0, "dead")
        flags.append("linkdown")
    return flags
