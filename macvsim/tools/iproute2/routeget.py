"""``ip route get`` and ``ip route show cache``: what the kernel would do with a packet (inet_rtm_getroute)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from macvsim.dev.base import NetDevice
from macvsim.engine.drop import DropReason
from macvsim.errors import Effect, NetlinkError, NotSimulated
from macvsim.machine.tool import UsageError
from macvsim.net.dst import ERROR, Dst, Kind
from macvsim.net.fibroute import TABLE_MAIN, Route, RouteType
from macvsim.net.namespace import Namespace
from macvsim.tools.iproute2.family import Family
from macvsim.tools.iproute2.messages import RouteMessage, fib_dump_info, rt6_fill_node
from macvsim.tools.iproute2.output import Printer
from macvsim.tools.iproute2.routeprint import Hidden, print_route
from macvsim.tools.iproute2.tool import Tool
from macvsim.tools.iproute2.words import Words, complaint, matches
from macvsim.wire.addr import ip_text
from macvsim.wire.addr6 import ip6_text

if TYPE_CHECKING:
    from macvsim.net.exceptions import RouteException


_NOT_ASKED = ("tos", "dsfield", "uid", "ipproto", "sport", "dport")
"""What no rule that is simulated can ask for."""


@dataclass
class Question:
    """The words of ``ip route get``."""

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
    oif = tool.device(asked.oif) if asked.oif else None
    found = decide(asked, oif, tool, family)
    with tool.printer() as out, out.object():
        print_route(out, found, tool, Hidden(table=asked.fibmatch))
    return 0


def decide(asked: Question, oif: NetDevice | None, tool: Tool, family: Family) -> RouteMessage:
    """The kernel's decision; `NetlinkError` where there is no way."""
    return (_get6 if family.six else _get4)(asked, oif, tool)


def _get4(asked: Question, oif: NetDevice | None, tool: Tool) -> RouteMessage:
    """inet_rtm_getroute."""
    ns = tool.ns
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
    if not asked.fibmatch:
        return _decision(way, asked, tool)
    if way.route is None:
        raise NetlinkError("EHOSTUNREACH", f"{ns.name} has no route to {ip_text(asked.dst)}")
    return fib_dump_info(way.route)


def _get6(asked: Question, oif: NetDevice | None, tool: Tool) -> RouteMessage:
    """inet6_rtm_getroute."""
    ipv6 = tool.ns.ipv6
    way = ipv6.router.output(asked.dst, asked.src, oif)
    if way.kind is ERROR or way.route is None:
        refusal = "ENETUNREACH" if way.route is None else way.errno
        raise NetlinkError(refusal, f"{tool.ns.name} has no way to {ip6_text(asked.dst)}")
    return rt6_fill_node(way.route, tool.ns.sim, dst=asked.dst, way=way, learnt=ipv6.exceptions.get(asked.dst))


def _parse(words: Words, tool: Tool, family: Family) -> Question:
    found = Question()
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


def _decision(way: Dst, asked: Question, tool: Tool) -> RouteMessage:
    """A routing decision of IPv4 (rt_fill_info)."""
    ns = tool.ns
    type_, marks = _kind(way, asked.dst)
    leaves = way.kind in (Kind.SEND, Kind.FORWARD)
    learnt = ns.exceptions.get(asked.dst) if leaves else None
    redirected = learnt is not None and bool(learnt.gateway)
    mtu = learnt.mtu if learnt is not None and learnt.mtu else (way.route.mtu if way.route is not None else 0)
    return RouteMessage(
        dst=ip_text(asked.dst),
        type=type_,
        src=ip_text(asked.src) if asked.src else "",
        gateway=ip_text(way.nexthop) if leaves and (way.nexthop != asked.dst or redirected) else "",
        dev=ns.devices["lo"] if way.kind is Kind.LOCAL else way.dev,
        table=way.route.table if way.route is not None and type_ is RouteType.UNICAST else TABLE_MAIN,
        prefsrc=ip_text(way.src) if way.src and not asked.src else "",
        # the flag for multicast has the number of another one (RTCF_MULTICAST, RTM_F_OFFLOAD_FAILED)
        flags=["rt_offload_failed"] if way.multicast and not asked.iif else [],
        mark=asked.mark,
        uid=not asked.iif,
        cache=[*marks, *(["redirected"] if redirected else [])],
        expires=_expires(ns, learnt),
        metrics={"mtu": mtu},
        iif=asked.iif,
    )


def _kind(way: Dst, dst: int) -> tuple[RouteType, list[str]]:
    """Type of the decision, and its flags in the line about the cache."""
    if way.broadcast:
        return RouteType.BROADCAST, ["local", "brd"]
    if way.multicast:
        joined = way.dev is not None and dst in way.dev.inet.groups
        return RouteType.MULTICAST, ["local", "mc"] if joined or way.kind is Kind.LOCAL else ["mc"]
    if way.kind is Kind.LOCAL:
        return RouteType.LOCAL, ["local"]
    if way.dev is not None and way.dev.loopback:
        return RouteType.UNICAST, ["local"]
    return RouteType.UNICAST, ["redirect"] if way.do_redirect else []


def _expires(ns: Namespace, learnt: RouteException | None) -> int | None:
    """Seconds that an exception of IPv4 is still valid; None for ever."""
    if learnt is None or not learnt.expires:
        return None
    return max(learnt.expires // ns.sim.tick - ns.sim.jiffies, 0) // ns.sim.hz


def show_cache(out: Printer, tool: Tool, family: Family) -> None:
    """The exceptions of single destinations (fib_dump_info_fnhe, rt6_dump_route with RTM_F_CLONED)."""
    for route in _exceptions6(tool.ns) if family.six else _exceptions4(tool.ns):
        with out.object():
            print_route(out, route, tool, Hidden(table=True))


def _exceptions4(ns: Namespace) -> Iterator[RouteMessage]:
    for dst in list(ns.exceptions.by_dst):
        learnt = ns.exceptions.get(dst)
        route: Route | None = ns.fib.lookup(dst)
        if learnt is None or route is None:
            continue
        gateway = learnt.gateway or route.gateway
        yield RouteMessage(
            dst=ip_text(dst),
            gateway=ip_text(gateway) if gateway else "",
            dev=route.dev,
            cache=["redirected"] if learnt.gateway else [],
            expires=_expires(ns, learnt),
            metrics={"mtu": learnt.mtu},
        )


def _exceptions6(ns: Namespace) -> Iterator[RouteMessage]:
    ipv6 = ns.ipv6
    for dst in list(ipv6.exceptions.by_dst):
        learnt, route = ipv6.exceptions.get(dst), ipv6.router.lookup(dst)
        if learnt is not None and route is not None:
            yield rt6_fill_node(route, ns.sim, dst=dst, learnt=learnt)
