"""``ip route get`` and ``ip route show cache``: what the kernel would do with a packet (inet_rtm_getroute)."""

from __future__ import annotations

from dataclasses import dataclass

from macvsim.dev.base import NetDevice
from macvsim.engine.drop import DropReason
from macvsim.errors import Effect, NetlinkError, NotSimulated
from macvsim.machine.tool import UsageError
from macvsim.net.dst import ERROR, Dst, Kind
from macvsim.net.fibroute import TABLE_MAIN, TABLE_NAMES, Route
from macvsim.tools.iproute2.family import Family
from macvsim.tools.iproute2.output import Printer
from macvsim.tools.iproute2.routeprint import Hidden, print_dev, print_gateway, print_metrics, print_route
from macvsim.tools.iproute2.routeprint6 import print_route6
from macvsim.tools.iproute2.tool import Tool
from macvsim.tools.iproute2.words import Words, complaint, matches
from macvsim.wire.addr import ip_text
from macvsim.wire.addr6 import ip6_text

_NOT_ASKED = ("tos", "dsfield", "uid", "ipproto", "sport", "dport")
"""What no rule that is simulated can ask for."""


@dataclass
class _Question:
    dst: int = 0
    src: int = 0
    oif: str = ""
    iif: str = ""
    mark: int = 0
    fibmatch: bool = False
    asked: bool = False


def get(words: Words, tool: Tool, family: Family) -> int:
    """Ask for a destination and print the way there."""
    asked = _parse(words, tool, family)
    if not asked.asked:
        raise complaint("need at least a destination address\n", 1)
    ns = tool.ns
    oif = tool.device(asked.oif) if asked.oif else None
    if family.six:
        return _get6(asked, oif, tool)
    iif = tool.device(asked.iif) if asked.iif else None
    if iif is not None:
        way = ns.router.input(asked.src.to_bytes(4, "big") + asked.dst.to_bytes(4, "big"), iif, asked.mark)
    else:
        if asked.src and not ns.is_local(asked.src):
            raise NetlinkError("ENETUNREACH", f"{ip_text(asked.src)} is not an address of {ns.name}")
        way = ns.router.output(asked.dst, asked.src, oif, mark=asked.mark)
    if way.kind in (Kind.ERROR, Kind.DROP):
        refusal = way.errno or ("EXDEV" if way.reason is DropReason.IP_RPFILTER else "EINVAL")
        raise NetlinkError(refusal, f"{ns.name} has no way to {ip_text(asked.dst)}")
    with tool.printer() as out, out.object():
        if asked.fibmatch:
            if way.route is None:
                raise NetlinkError("EHOSTUNREACH", f"{ns.name} has no route to {ip_text(asked.dst)}")
            print_route(out, way.route, tool, Hidden(table=True))
        else:
            _print_way(out, way, asked, tool)
    return 0


def _get6(asked: _Question, oif: NetDevice | None, tool: Tool) -> int:
    """inet6_rtm_getroute."""
    ipv6 = tool.ns.ipv6
    way = ipv6.router.output(asked.dst, asked.src, oif)
    if way.kind is ERROR or way.route is None:
        refusal = "ENETUNREACH" if way.route is None else way.errno
        raise NetlinkError(refusal, f"{tool.ns.name} has no way to {ip6_text(asked.dst)}")
    with tool.printer() as out, out.object():
        print_route6(out, way.route, tool, Hidden(), dst=asked.dst, way=way, learnt=ipv6.exceptions.get(asked.dst))
    return 0


def _parse(words: Words, tool: Tool, family: Family) -> _Question:
    found = _Question()
    while words:
        word = words.take()
        if matches(word, "from"):
            found.src = family.address(words.value())
        elif word in family.get_left_out or matches(word, "notify") or matches(word, "connected"):
            raise NotSimulated(f"{family.command} get … {word}", Effect.READS)
        elif word == "iif":
            found.iif = words.value()
        elif word in ("oif", "dev"):
            found.oif = words.value()
        elif word == "mark":
            found.mark = words.integer("mark", message='"mark" value is invalid\n')
        elif word == "fibmatch":
            found.fibmatch = True
        elif word in _NOT_ASKED:
            words.value()
        else:
            if word == "to":
                word = words.value()
            elif matches(word, "help"):
                raise UsageError(topic="ip route")
            wanted = family.prefix(word, tool)
            found.dst, found.asked = wanted.ip, True
            if wanted.given and wanted.plen != 32 and not family.six:
                tool.call.err(f"Warning: /{wanted.plen} as prefix is invalid, only /32 (or none) is supported.\n")
    return found


def _print_way(out: Printer, way: Dst, asked: _Question, tool: Tool) -> None:
    """A routing decision as rt_fill_info tells it."""
    type_, marks = _kind(way, asked.dst, tool)
    if type_ != "unicast" or tool.options.details:
        out.both("type", f"{type_} ", type_)
    out.both("dst", f"{ip_text(asked.dst)} ", ip_text(asked.dst))
    if asked.src:
        out.both("from", f"from {ip_text(asked.src)} ", ip_text(asked.src))
    learnt = tool.ns.exceptions.get(asked.dst) if way.kind in (Kind.SEND, Kind.FORWARD) else None
    direct = way.nexthop == asked.dst and not (learnt and learnt.gateway)
    if way.kind in (Kind.SEND, Kind.FORWARD) and not direct:
        print_gateway(out, way.nexthop)
    dev = tool.ns.devices["lo"] if way.kind is Kind.LOCAL else way.dev
    if dev is not None:
        print_dev(out, dev.name)
    table = way.route.table if way.route is not None and type_ == "unicast" else TABLE_MAIN
    if tool.options.details or table != TABLE_MAIN:
        name = TABLE_NAMES.get(table, str(table))
        out.both("table", f"table {name} ", name)
    if way.src and not asked.src:
        out.both("prefsrc", f"src {ip_text(way.src)} ", ip_text(way.src))
    # the flag for multicast has the number of another one (RTCF_MULTICAST, RTM_F_OFFLOAD_FAILED)
    flags = ["rt_offload_failed"] if way.multicast and not asked.iif else []
    out.both("flags", "".join(f"{flag} " for flag in flags), flags)
    if asked.mark:
        out.both("mark", f"mark {asked.mark:#x} " if asked.mark >= 16 else f"mark {asked.mark} ", asked.mark)
    if not asked.iif:
        out.both("uid", "uid 0 ", 0)
    _print_cache(out, tool, marks, learnt.expires if learnt else 0, bool(learnt and learnt.gateway))
    mtu = learnt.mtu if learnt and learnt.mtu else (way.route.mtu if way.route is not None else 0)
    print_metrics(out, mtu)
    if asked.iif:
        out.both("iif", f"iif {asked.iif} ", asked.iif)
    out.end()


def _kind(way: Dst, dst: int, tool: Tool) -> tuple[str, list[str]]:
    """Type of the decision, and its flags in the line about the cache."""
    if way.broadcast:
        return "broadcast", ["local", "brd"]
    if way.multicast:
        joined = way.dev is not None and dst in way.dev.inet.groups
        return "multicast", ["local", "mc"] if joined or way.kind is Kind.LOCAL else ["mc"]
    if way.kind is Kind.LOCAL:
        return "local", ["local"]
    if way.dev is not None and way.dev.loopback:
        return "unicast", ["local"]
    return "unicast", ["redirect"] if way.do_redirect else []


def _print_cache(out: Printer, tool: Tool, marks: list[str], expires: int, redirected: bool) -> None:
    flags = [*marks, *(["redirected"] if redirected else [])]
    out.line()
    out.both("cache", "    cache " + (f"<{','.join(flags)}> " if flags else ""), flags)
    if expires:
        sim = tool.ns.sim
        left = max(expires // sim.tick - sim.jiffies, 0) // sim.hz
        out.both("expires", f"expires {left}sec ", left)


def show_cache(out: Printer, tool: Tool, family: Family) -> None:
    """What was learnt about single destinations (fib_dump_info_fnhe, rt6_dump_route with RTM_F_CLONED)."""
    if family.six:
        ipv6 = tool.ns.ipv6
        for dst in list(ipv6.exceptions.by_dst):
            known, way = ipv6.exceptions.get(dst), ipv6.router.lookup(dst)
            if known is not None and way is not None:
                with out.object():
                    print_route6(out, way, tool, Hidden(table=True), dst=dst, learnt=known)
        return
    ns = tool.ns
    for dst in list(ns.exceptions.by_dst):
        learnt = ns.exceptions.get(dst)
        route: Route | None = ns.fib.lookup(dst)
        if learnt is None or route is None:
            continue
        with out.object():
            out.both("dst", f"{ip_text(dst)} ", ip_text(dst))
            gateway = learnt.gateway or route.gateway
            if gateway:
                print_gateway(out, gateway)
            if route.dev is not None:
                print_dev(out, route.dev.name)
            out.member("flags", [])
            _print_cache(out, tool, [], learnt.expires, bool(learnt.gateway))
            print_metrics(out, learnt.mtu)
            out.end()
