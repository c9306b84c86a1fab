"""Routing decisions for IPv6 packets that come in and that go out (net/ipv6/route.c).

Decide, then do: `Router6` only answers; net/ipv6/ip6.py acts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from macvsim.engine.drop import DropReason
from macvsim.net.dst import DROP, ERROR, FORWARD, LOCAL, SEND, Kind
from macvsim.net.fibroute import RouteType
from macvsim.net.ipv6.address import select_source
from macvsim.net.ipv6.fib6 import HOST_ONLY, REFUSALS, Route6
from macvsim.net.nud import VALID, Nud
from macvsim.wire.addr6 import LOOPBACK, is_multicast6, multicast_scope, needs_zone

if TYPE_CHECKING:
    from macvsim.dev.base import NetDevice
    from macvsim.net.ipv6.outgoing import Outgoing6
    from macvsim.net.ipv6.stack import Ipv6
    from macvsim.net.neigh import Neighbour

_CACHE_LIMIT = 4096
_STRAIGHT = -1
"""In place of a source: what `direct` has decided."""
_MATCH = 2
_PREFERENCE = {"low": 1, "medium": 2, "high": 3}
"""Router preference (RFC 4191) as it counts in the score (IPV6_DECODE_PREF)."""
_FAIL_HARD = -3
_FAIL_PROBE = -2


class Dst6:
    """A decision (struct rt6_info).

    src : the source address to use, or the packet's own
    """

    __slots__ = ("anycast", "dev", "errno", "kind", "lasting", "mtu", "multicast", "neighbour", "nexthop",
                 "outgoing", "reason", "route", "src")  # fmt: skip

    def __init__(
        self,
        kind: Kind,
        *,
        dev: NetDevice | None = None,
        nexthop: int = 0,
        src: int = 0,
        route: Route6 | None = None,
        errno: str = "",
        reason: DropReason | None = None,
        mtu: int = 0,
        multicast: bool = False,
    ) -> None:
        self.kind = kind
        self.dev = dev
        self.nexthop = nexthop
        self.src = src
        self.route = route
        self.errno = errno
        self.reason = reason
        self.mtu = mtu
        self.multicast = multicast
        self.anycast = route is not None and route.type is RouteType.ANYCAST
        self.lasting = True
        """False where time or the state of neighbours may change the decision."""
        self.neighbour: Neighbour | None = None
        self.outgoing: Outgoing6 | None = None
        """The latest packets that this host sent this way."""


class Router6:
    """Input and output routing of one namespace."""

    __slots__ = ("_input", "_output", "ipv6")

    def __init__(self, ipv6: Ipv6) -> None:
        self.ipv6 = ipv6
        self._input: dict[tuple[int, NetDevice], Dst6] = {}
        self._output: dict[tuple[int, int, NetDevice | None], Dst6] = {}

    def forget(self) -> None:
        """Something that decisions depend on has changed (rt_genid_bump_ipv6)."""
        self.ipv6.ns.sim.change()
        self._input.clear()
        self._output.clear()

    # -- looking up ----------------------------------------------------------------------------------------------------

    def lookup(
        self,
        dst: int,
        oif: NetDevice | None = None,
        *,
        strict: bool = False,
        src: int = 0,
        iif: NetDevice | None = None,
    ) -> Route6 | None:
        """The FIB's answer; `strict`: only routes of `oif` will do (RT6_LOOKUP_F_IFACE); `src`, `iif` : for rules."""
        if not self.ipv6.conf_all.forwarding:  # a host avoids routers that do not answer
            found = self.ipv6.fib.lookup(dst, lambda route: self._score(route, oif, strict, reachable=True), src, iif)
            if found is not None:
                return found
        return self.ipv6.fib.lookup(dst, lambda route: self._score(route, oif, strict, reachable=False), src, iif)

    def _score(self, route: Route6, oif: NetDevice | None, strict: bool, *, reachable: bool) -> int:
        """How good a route is for this question (rt6_score_route, find_match)."""
        dev = route.dev
        if route.linkdown and route.type is RouteType.UNICAST:
            inet6 = dev.inet.inet6
            if inet6 is not None and inet6.conf.ignore_routes_with_linkdown:
                return _FAIL_HARD
        if route.expires and route.expires < self.ipv6.ns.sim.jiffies:
            return _FAIL_HARD
        points = _MATCH if oif is None or dev is oif else 0
        if not points and strict:
            return _FAIL_HARD
        if reachable and route.gateway:
            entry = self.ipv6.neigh.lookup(dev, route.gateway)
            if entry is not None and not entry.state & VALID and entry.state & Nud.FAILED:
                return _FAIL_PROBE
        return points | (_PREFERENCE[route.pref] << 2)

    # -- output --------------------------------------------------------------------------------------------------------

    def output(self, dst: int, src: int = 0, oif: NetDevice | None = None) -> Dst6:
        """The way for a locally made packet (ip6_dst_lookup); `src` 0 lets the route choose, `oif` binds."""
        key = (dst, src, oif)
        found = self._output.get(key)
        if found is None:
            found = self._decide_output(dst, src, oif)
            if found.lasting:
                self._keep(key, found)
        return found

    def _keep(self, key: tuple[int, int, NetDevice | None], way: Dst6) -> None:
        """A decision lasts until `forget`."""
        if len(self._output) >= _CACHE_LIMIT:
            self._output.clear()
        self._output[key] = way

    def _decide_output(self, dst: int, src: int, oif: NetDevice | None) -> Dst6:
        ipv6 = self.ipv6
        lo = ipv6.ns.devices["lo"]
        dst = dst or LOOPBACK
        if is_multicast6(dst) and oif is None and src:
            oif = ipv6.owner(src)
        strict = oif is not None and (needs_zone(dst) or not src)
        route = self.lookup(dst, oif, strict=strict, src=src)
        if route is None:
            found = src or select_source(ipv6.ns.devices.values(), None, dst)
            errno = "EADDRNOTAVAIL" if found is None else "ENETUNREACH"
            return Dst6(ERROR, dev=lo, errno=errno, reason=DropReason.IP_OUTNOROUTES)
        if route.type in REFUSALS:
            reason = DropReason.IP_BLACKHOLE if route.type is RouteType.BLACKHOLE else DropReason.IP_UNREACHABLE_ROUTE
            return Dst6(ERROR, dev=lo, errno=REFUSALS[route.type], route=route, reason=reason)
        chosen = src or route.src
        if not chosen:
            only = self._out_only(route.dev)
            found = select_source(ipv6.ns.devices.values(), route.dev, dst, out_only=only)
            if found is None:
                return Dst6(ERROR, dev=lo, errno="EADDRNOTAVAIL", reason=DropReason.IP_OUTNOROUTES)
            chosen = found
        if route.type in HOST_ONLY:
            return Dst6(LOCAL, dev=lo, nexthop=dst, src=chosen, route=route, mtu=ipv6.mtu(lo))
        way = Dst6(SEND, dev=route.dev, src=chosen, route=route, multicast=is_multicast6(dst))
        self._towards(way, dst, route)
        return way

    def _out_only(self, dev: NetDevice) -> bool:
        inet6 = dev.inet.inet6
        return inet6 is not None and bool(inet6.conf.use_oif_addrs_only)

    def _towards(self, way: Dst6, dst: int, route: Route6) -> None:
        """Next hop and MTU, with what was learnt about the destination."""
        learnt = self.ipv6.exceptions.get(dst)
        mtu = route.mtu or self.ipv6.mtu(route.dev)
        way.nexthop = route.gateway or dst
        way.mtu = mtu
        way.lasting = not route.expires
        if learnt is not None:
            way.mtu = min(mtu, learnt.mtu) if learnt.mtu else mtu
            way.nexthop = learnt.gateway or way.nexthop
            way.lasting = False

    def direct(self, dev: NetDevice, dst: int) -> Dst6:
        """Straight to a neighbour, whatever the routes say: how neighbour discovery sends (icmp6_dst_alloc)."""
        key = dst, _STRAIGHT, dev
        found = self._output.get(key)
        if found is None:
            found = Dst6(SEND, dev=dev, nexthop=dst, mtu=self.ipv6.mtu(dev), multicast=is_multicast6(dst))
            if not found.multicast:
                self._keep(key, found)
        return found

    # -- input ---------------------------------------------------------------------------------------------------------

    def input(self, dst: int, dev: NetDevice, src: int = 0) -> Dst6:
        """What becomes of a packet that came in on `dev` (ip6_route_input); `src` : for rules."""
        if not self.ipv6.fib.is_plain:
            return self._decide_input(dst, dev, src)
        key = (dst, dev)
        found = self._input.get(key)
        if found is None:
            found = self._decide_input(dst, dev)
            if len(self._input) >= _CACHE_LIMIT:
                self._input.clear()
            if found.lasting:
                self._input[key] = found
        return found

    def _decide_input(self, dst: int, dev: NetDevice, src: int = 0) -> Dst6:
        # what comes by lo was routed when it was sent, and keeps that decision
        bound = None if dev.loopback else dev
        route = self.lookup(dst, bound, strict=bound is not None and needs_zone(dst), src=src, iif=dev)
        if route is None:
            return Dst6(ERROR, errno="ENETUNREACH", reason=DropReason.IP_INNOROUTES)
        if route.type in HOST_ONLY:
            return Dst6(LOCAL, dev=self.ipv6.ns.devices["lo"], nexthop=dst, route=route)
        if is_multicast6(dst):
            inet6 = dev.inet.inet6
            if inet6 is not None and dst in inet6.groups:
                return Dst6(LOCAL, dev=self.ipv6.ns.devices["lo"], nexthop=dst, route=route, multicast=True)
            return Dst6(DROP, route=route, reason=DropReason.IP_NOT_JOINED, multicast=True)
        if route.type is RouteType.BLACKHOLE:
            return Dst6(DROP, route=route, reason=DropReason.IP_BLACKHOLE)
        if route.type in REFUSALS:
            return Dst6(ERROR, route=route, errno=REFUSALS[route.type], reason=DropReason.IP_UNREACHABLE_ROUTE)
        way = Dst6(FORWARD, dev=route.dev, route=route)
        self._towards(way, dst, route)
        way.mtu = route.mtu or self.ipv6.mtu(route.dev)
        return way


def loops_back(way: Dst6, dst: int) -> bool:
    """True if a packet of our own to a group is for us too (ip6_finish_output2)."""
    dev = way.dev
    if dev is None or dev.loopback or not way.multicast or multicast_scope(dst) < 1:
        return False
    inet6 = dev.inet.inet6
    return inet6 is not None and dst in inet6.groups
