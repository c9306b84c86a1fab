"""How `ip -6 route` shows a route (print_route of iproute2)."""

from __future__ import annotations

from macvsim.engine.sim import SECOND
from macvsim.net.exceptions import RouteException
from macvsim.net.fibroute import TABLE_MAIN, TABLE_NAMES, RouteType
from macvsim.net.ipv6.fib6 import HOST_ONLY, REFUSALS, Route6
from macvsim.net.ipv6.route6 import Dst6
from macvsim.tools.iproute2.output import Printer
from macvsim.tools.iproute2.routeprint import Hidden, print_dev
from macvsim.tools.iproute2.routewords import PROTOCOLS
from macvsim.tools.iproute2.tool import Tool
from macvsim.wire.addr6 import ip6_text


def print_route6(
    out: Printer,
    route: Route6,
    tool: Tool,
    hidden: Hidden,
    *,
    dst: int | None = None,
    way: Dst6 | None = None,
    learnt: RouteException | None = None,
) -> None:
    """One route, its line ended.

    dst : a single destination that it was looked up for; way : the decision for it; learnt : what is known of it
    """
    details = tool.options.details
    if details or route.type is not RouteType.UNICAST:
        out.both("type", f"{route.type.value} ", route.type.value)
    prefix = route.prefix if dst is None else ip6_text(dst)
    out.both("dst", f"{prefix} ", prefix)
    gateway = (learnt.gateway if learnt is not None else 0) or route.gateway
    if gateway and not hidden.via:
        out.both("gateway", f"via {ip6_text(gateway)} ", ip6_text(gateway))
    dev = route.dev if way is None or way.dev is None else way.dev
    if not hidden.dev:
        tool.ns.linkwatch.sync(dev)
        print_dev(out, dev.name)
    if not hidden.table and (route.table != TABLE_MAIN or details):
        table = TABLE_NAMES.get(route.table, str(route.table))
        out.both("table", f"table {table} ", table)
    if not hidden.proto and (route.proto != "boot" or details):
        proto = str(PROTOCOLS.get(route.proto, route.proto)) if tool.options.numeric else route.proto
        out.both("protocol", f"proto {proto} ", proto)
    if details and not hidden.scope:
        out.both("scope", "scope global ", "global")
    src = route.src if way is None else way.src
    if src and not hidden.src:
        out.both("prefsrc", f"src {ip6_text(src)} ", ip6_text(src))
    out.both("metric", f"metric {route.metric} ", route.metric)
    flags = ["onlink"] if route.onlink else []
    if route.linkdown and route.type not in HOST_ONLY and route.type not in REFUSALS:
        flags.append("linkdown")
    out.both("flags", "".join(f"{flag} " for flag in flags), flags)
    _print_rest(out, route, tool, learnt)
    out.both("pref", f"pref {route.pref}", route.pref)
    out.end()


def _print_rest(out: Printer, route: Route6, tool: Tool, learnt: RouteException | None) -> None:
    """What is left of its time, and its metrics."""
    sim = tool.ns.sim
    left: int | None = None
    if learnt is not None:
        left = (learnt.expires - int(sim.now)) // SECOND
    elif route.expires:
        left = int((route.expires - sim.jiffies) / sim.hz)
    if left is not None:
        out.both("expires", f"expires {left}sec ", left)
    metrics = {"mtu": (learnt.mtu if learnt is not None else 0) or route.mtu, "hoplimit": route.hop_limit}
    known = {name: value for name, value in metrics.items() if value}
    out.text("".join(f"{name} {value} " for name, value in known.items()))
    if known and out.json:
        with out.item("metrics"):
            for name, value in known.items():
                out.member(name, value)
