"""Routing decisions for packets that come in and packets that go out (net/ipv4/route.c).

Decide, then do: `Router` only answers; net/ipv4.py acts.  Decisions are kept by exact match and forgotten whenever
a route, an address, a device or a parameter changes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, cast

from macvsim.dev.attributes import NOTHING
from macvsim.engine.drop import DropReason
from macvsim.net.dst import CHILD, DROP, ERROR, FORWARD, LOCAL, SEND, Dst, Special
from macvsim.net.fibroute import ERRORS, RTN_BROADCAST, RTN_LOCAL, Route, RouteType, Scope
from macvsim.net.parts import altered
from macvsim.wire.addr import BROADCAST_IP, IN_LOOPBACKNET, is_multicast_ip, is_zeronet_ip

if TYPE_CHECKING:
    from macvsim.dev.base import NetDevice
    from macvsim.net.exceptions import Exceptions, RouteException
    from macvsim.net.multipath import Hop
    from macvsim.net.namespace import Namespace

_CACHE_LIMIT = 8192
LOCAL_GROUPS = 0xE0000000
"""The first of the groups, of which those up to 224.0.0.255 stay on the link."""


class Router:
    """Input and output routing of one namespace."""

    __slots__ = ("_exceptions", "_hash_key", "_keeps", "_known", "_to_us", "generation", "ns")

    def __init__(self, ns: Namespace) -> None:
        self.ns = ns
        self.generation = 0
        """Counts what made decisions void."""
        self._known: Mapping[object, Dst] = NOTHING
        """Decisions by what was asked: on the way out destination and source in one number, on the way in the index of
        the device, source and destination in a larger one; or all of it where that is more.
        """
        self._to_us: Dst | None = None
        """What was decided last of packets for an address of ours: all those for it go one way."""
        self._keeps = False
        """Something has been decided since it was last told to forget."""
        self._hash_key = b""
        self._exceptions: Exceptions | Mapping[int, RouteException] = NOTHING

    @property
    def exceptions(self) -> Exceptions:
        """What routers have told of the ways to single destinations."""
        if self._exceptions is NOTHING:
            from macvsim.net.exceptions import Exceptions

            self._exceptions = Exceptions(self.ns.sim)
            self.ns.sim.mark_made(self.ns, "exceptions")
        return cast("Exceptions", self._exceptions)

    def forget(self) -> None:
        """Something that decisions depend on has changed (rt_cache_flush)."""
        if self.ns.sim.is_unchanged:
            return
        if self._keeps:
            self._keeps = False
            self._known = NOTHING
            self._to_us = None
        self.generation += 1
        self.ns.sim.change()

    def _keep(self, key: object, way: Dst) -> None:
        """A decision lasts until `forget`."""
        known = self._known
        if not isinstance(known, dict) or len(known) >= _CACHE_LIMIT:
            self._known = known = {}
        known[key] = way
        self._keeps = True

    # -- output --------------------------------------------------------------------------------------------------------

    def output(
        self, dst: int, src: int = 0, oif: NetDevice | None = None, any_source: bool = False, mark: int = 0
    ) -> Dst:
        """The way for a locally made packet (ip_route_output_key); `src` 0 lets the route choose, `oif` binds to a
        device, `any_source` allows sources that are not ours (FLOWI_FLAG_ANYSRC), `mark` is for rules.
        """
        key: object = dst << 32 | src
        if oif is not None or any_source or mark:
            key = dst, src, oif, any_source, mark
        found = self._known.get(key)
        if found is None:
            found = self._decide_output(dst, src, oif, any_source, mark)
            if found.lasting:
                self._keep(key, found)
        return found

    def on_link(self, group: int, dev: NetDevice) -> Dst:
        """The way of IGMP to a group, which asks no table."""
        if not dev.up:
            return Special(ERROR, errno="ENETUNREACH")
        return self._group(group, self.ns.addresses.select_source(dev, 0, Scope.LINK), dev)

    def _decide_output(self, dst: int, src: int, oif: NetDevice | None, any_source: bool, mark: int) -> Dst:
        ns = self.ns
        if src:
            if src >= LOCAL_GROUPS and _is_many(src):
                return Special(ERROR, errno="EINVAL")
            if oif is None and dst >= LOCAL_GROUPS and _is_many(dst):
                oif = self._owner(src)
            if not any_source and not ns.is_local(src) and not ns.ipv4_conf.ip_nonlocal_bind:
                return Special(ERROR, errno="EINVAL")
        if oif is not None:
            if not oif.up or oif.inet is None:
                return Special(ERROR, errno="ENETUNREACH")
            if (is_multicast_ip(dst) and dst >> 8 == LOCAL_GROUPS >> 8) or dst == BROADCAST_IP:
                chosen = src or ns.addresses.select_source(oif, 0, Scope.LINK)
                return self._group(dst, chosen, oif)
            if not src and is_multicast_ip(dst):
                src = ns.addresses.select_source(oif, 0, Scope.UNIVERSE)
        if not dst:
            lo, dst = ns.devices["lo"], src or 0x7F000001
            return Dst(LOCAL, dev=lo, nexthop=dst, src=src or dst, mtu=lo.mtu)
        route = ns.fib.lookup(dst, oif, self._usable_linkdown, src, None, mark)
        if route is None or (oif is not None and route.type in ERRORS):
            if oif is None:
                return Special(ERROR, errno="ENETUNREACH", reason=DropReason.IP_OUTNOROUTES)
            # bound to a device without a usable route: the destination is taken to be on the link
            if is_multicast_ip(dst):
                return self._group(dst, src or ns.addresses.select_source(oif, 0, Scope.LINK), oif)
            chosen = src or ns.addresses.select_source(oif, 0, Scope.LINK)
            return Dst(SEND, dev=oif, nexthop=dst, src=chosen, mtu=oif.mtu)
        kind = route.info.type
        if kind in ERRORS:
            reason = DropReason.IP_BLACKHOLE if kind is RouteType.BLACKHOLE else DropReason.IP_UNREACHABLE_ROUTE
            return Special(ERROR, errno=ERRORS[kind], route=route, reason=reason)
        if kind is RTN_LOCAL:
            lo = ns.devices["lo"]
            return Dst(LOCAL, dev=lo, nexthop=dst, src=src or route.src or dst, route=route, mtu=lo.mtu)
        if route.hops:
            route = self._by_hash(route, src, dst, oif)
        alone = True
        if route.gateway and not route.plen:
            rivals = ns.fib.defaults_like(route)
            alone = len(rivals) < 2
            if not alone and rivals[0] is route:
                route = self._live_default(rivals)
        dev = route.dev
        chosen = src or route.src or self.preferred_source(route, dst)
        if chosen >> 24 == IN_LOOPBACKNET and not self._may_carry_loopback(dev):
            return Special(ERROR, errno="EINVAL", route=route, reason=DropReason.IP_MARTIAN_SOURCE)
        if kind is RTN_BROADCAST or (dst >= LOCAL_GROUPS and _is_many(dst)):
            return self._group(dst, chosen, dev, route)
        mtu, gateway = route.info.mtu or dev.mtu, route.gateway
        exception = self._exceptions.get(dst)
        if exception is None and alone:
            return Dst(SEND, dev=dev, nexthop=gateway or dst, src=chosen, route=route, mtu=mtu)
        if exception is not None:
            mtu, gateway = exception.applied(mtu, gateway)
        locked = exception is not None and exception.locked
        return Special(
            SEND, dev=dev, nexthop=gateway or dst, src=chosen, route=route, mtu=mtu, lasting=False, locked=locked
        )

    def _by_hash(self, route: Route, src: int, dst: int, oif: NetDevice | None = None) -> Route:
        """A route with several next hops as if it had but the one this flow takes (fib_select_path)."""
        from macvsim.net.multipath import choose, flow_hash

        if not self._hash_key:
            self._hash_key = self.ns.sim.rng(f"multipath/{self.ns.name}").randbytes(16)
        bound = [hop for hop in route.hops if oif is None or hop.dev is oif]
        hop = choose(bound, flow_hash(self._hash_key, src, dst), self._usable_hop)
        if hop.view is None:
            hop.view = altered(route, gateway=hop.gateway, dev=hop.dev, hops=())
        view: Route = hop.view
        return view

    def _usable_hop(self, hop: Hop) -> bool:
        """Where the parameters say so, hops without carrier or with a dead neighbour do not count."""
        if hop.linkdown and not self._usable_without_carrier(hop.dev):
            return False
        if not self.ns.ipv4_conf.fib_multipath_use_neigh or not hop.gateway:
            return True
        from macvsim.net.nud import VALID

        entry = self.ns.neigh.lookup(hop.dev, hop.gateway)
        return entry is None or bool(entry.state & VALID)

    def _may_carry_loopback(self, dev: NetDevice) -> bool:
        """Addresses of loopback may be seen on a device (IN_DEV_NET_ROUTE_LOCALNET)."""
        return bool(dev.loopback or dev.inet.conf.route_localnet or self.ns.conf_all.route_localnet)

    def _usable_linkdown(self, route: Route) -> bool:
        """A route whose device has no carrier counts, unless ignore_routes_with_linkdown says otherwise."""
        return self._usable_without_carrier(route.dev)

    def _usable_without_carrier(self, dev: NetDevice) -> bool:
        conf = dev.inet.conf
        return not (conf.ignore_routes_with_linkdown or self.ns.conf_all.ignore_routes_with_linkdown)

    def _live_default(self, rivals: Sequence[Route]) -> Route:
        """Of equal default routes the first whose gateway is not known to be dead (fib_select_default)."""
        from macvsim.net.nud import VALID, Nud

        first = rivals[0]
        resort, at = first, -1
        for order, rival in enumerate(rivals):
            entry = self.ns.neigh.lookup(rival.dev, rival.gateway)
            valid = entry is not None and bool(entry.state & VALID)
            if entry is None or entry.state is Nud.REACHABLE or (valid and order != first.chosen):
                first.chosen = order
                return rival
            if valid or (at < 0 and order > first.chosen and entry.state is not Nud.INCOMPLETE):
                resort, at = rival, order
        first.chosen = at
        return resort

    def _group(self, dst: int, src: int, dev: NetDevice, route: Route | None = None) -> Dst:
        """A broadcast or multicast on `dev`."""
        multicast = is_multicast_ip(dst)
        return Special(
            SEND,
            dev=dev,
            nexthop=dst,
            src=src,
            route=route,
            mtu=dev.mtu,
            broadcast=not multicast,
            multicast=multicast,
            loops=not dev.loopback and (not multicast or dst in dev.inet.groups),
        )

    def preferred_source(self, route: Route, dst: int) -> int:
        """fib_result_prefsrc: the route's own, else the best address of its device towards the next hop."""
        return route.src or self.ns.addresses.select_source(route.dev, route.gateway or dst, route.scope)

    def _owner(self, ip: int) -> NetDevice | None:
        """Device that has the address."""
        ns = self.ns
        for dev in (ns.devices if ip >> 24 == IN_LOOPBACKNET else ns.present).values():
            for address in dev.inet.addresses:
                if address.local == ip:
                    return dev
        return None

    # -- input ---------------------------------------------------------------------------------------------------------

    def input(self, addresses: bytes, dev: NetDevice, mark: int = 0) -> Dst:
        """What becomes of a packet that came in on `dev` (ip_route_input_noref).

        addresses : source and destination, 8 bytes as they stand in the header; mark : for rules
        """
        if mark and self.ns.fib.looks_at_marks:
            src, dst = int.from_bytes(addresses[:4], "big"), int.from_bytes(addresses[4:], "big")
            return self._decide_input(dst, src, dev, mark)
        asked = int.from_bytes(addresses)
        key = dev.ifindex << 64 | asked
        found = self._known.get(key)
        if found is None:
            if dev.rx_handler is not None and dev.rx_handler.owner == "ipvlan":
                from macvsim.dev.ipvlan import l3s_child

                child = l3s_child(dev.rx_handler, addresses[4:])
                local = None if child is None else cast("Namespace", child.ns).router.input(addresses, child)
                if local is not None and local.kind is LOCAL:
                    return Dst(CHILD, dev=child, nexthop=local.nexthop, route=local.route)
            found = self._decide_input(asked & 0xFFFFFFFF, asked >> 32, dev)
            if found.lasting:
                self._keep(key, found)
        return found

    def _decide_input(self, dst: int, src: int, dev: NetDevice, mark: int = 0) -> Dst:
        """ip_route_input_slow, first match wins (linux.md 8.2)."""
        ns = self.ns
        conf = dev.inet.conf
        if not 0 < src < LOCAL_GROUPS or not 0 < dst < LOCAL_GROUPS:
            way = self._decide_special(dst, src, dev)
            if way is not None:
                return way
        of_loopback = dst >> 24 == IN_LOOPBACKNET or src >> 24 == IN_LOOPBACKNET
        if of_loopback and not self._may_carry_loopback(dev):
            return Special(DROP, reason=DropReason.IP_LOCALNET)
        to_us = self._to_us
        if to_us is not None and to_us.nexthop == dst and ns.fib.is_plain:
            route = to_us.route
        else:
            route = ns.fib.lookup(dst, None, self._usable_linkdown, src, dev, mark)
        if route is None:
            if conf.forwarding:
                return Special(ERROR, errno="ENETUNREACH", reason=DropReason.IP_INNOROUTES)
            return Special(DROP, errno="EHOSTUNREACH", reason=DropReason.FORWARDING_OFF)
        kind = route.info.type
        if kind is RTN_BROADCAST:
            if conf.bc_forwarding and ns.conf_all.bc_forwarding:
                return self._forward(dst, src, dev, route, mark)
            return self._input_broadcast(src, dev)
        if kind is RTN_LOCAL:
            reason = self.validate_source(src, dev, None, dst, mark)
            if reason is not None:
                return Special(DROP, reason=reason)
            if to_us is None or to_us.nexthop != dst or to_us.route is not route:
                to_us = Dst(LOCAL, nexthop=dst, route=route)
                self._to_us, self._keeps = to_us, True
            return to_us
        if not conf.forwarding:
            return Special(DROP, errno="EHOSTUNREACH", reason=DropReason.FORWARDING_OFF)
        if kind is RouteType.BLACKHOLE:
            return Special(DROP, reason=DropReason.IP_BLACKHOLE, route=route)
        if kind in ERRORS:
            return Special(ERROR, errno=ERRORS[kind], reason=DropReason.IP_UNREACHABLE_ROUTE, route=route)
        return self._forward(dst, src, dev, route, mark)

    def _decide_special(self, dst: int, src: int, dev: NetDevice) -> Dst | None:
        """What becomes of a packet with an address that is no host's; None where it may be one all the same."""
        if is_multicast_ip(dst):
            if dst in dev.inet.groups:
                return Special(LOCAL, nexthop=dst, multicast=True)
            return Special(DROP, reason=DropReason.IP_NOT_JOINED)
        if is_multicast_ip(src) or src == BROADCAST_IP:
            return Special(DROP, reason=DropReason.IP_MARTIAN_SOURCE)
        if dst == BROADCAST_IP or (not src and not dst):
            return self._input_broadcast(src, dev)
        if is_zeronet_ip(src):
            return Special(DROP, reason=DropReason.IP_MARTIAN_SOURCE)
        return Special(DROP, reason=DropReason.IP_MARTIAN_DEST) if is_zeronet_ip(dst) else None

    def _input_broadcast(self, src: int, dev: NetDevice) -> Dst:
        if src:
            reason = self.validate_source(src, dev, None)
            if reason is not None:
                return Special(DROP, reason=reason)
        return Special(LOCAL, broadcast=True)

    def _forward(self, dst: int, src: int, dev: NetDevice, route: Route, mark: int = 0) -> Dst:
        """__mkroute_input: source check, and whether the sender should be told of a shorter way."""
        if route.hops:
            route = self._by_hash(route, src, dst)
        out = route.dev
        reason = self.validate_source(src, dev, out, dst, mark)
        if reason is not None:
            return Special(DROP, reason=reason)
        ns = self.ns
        exception = self._exceptions.get(dst)
        mtu, gateway = route.mtu or out.mtu, route.gateway
        if exception is not None:
            mtu, gateway = exception.applied(mtu, gateway)
        if not ns.ipv4_conf.ip_forward_use_pmtu:
            mtu = route.mtu or out.mtu
        nexthop = gateway or dst
        detour = out is dev and self._sends_redirects(dev) and self._is_detour(src, dev, route.gateway)
        if exception is None and not detour:
            return Dst(FORWARD, dev=out, nexthop=nexthop, route=route, mtu=mtu)
        lasting = exception is None
        return Special(FORWARD, dev=out, nexthop=nexthop, route=route, mtu=mtu, lasting=lasting, do_redirect=detour)

    def _is_detour(self, src: int, dev: NetDevice, gateway: int) -> bool:
        """The sender could reach the next hop itself, by the link that the packet came from."""
        back = self.ns.fib.lookup(src, usable=self._usable_linkdown)
        if back is None or back.dev is not dev or back.gateway or back.type is not RouteType.UNICAST:
            return False
        shared = max(dev.inet.conf.shared_media, self.ns.conf_all.shared_media)
        return bool(shared) or any(a.contains(src) and (not gateway or a.contains(gateway)) for a in dev.inet.addresses)

    def _sends_redirects(self, dev: NetDevice) -> bool:
        return bool(dev.inet.conf.send_redirects or self.ns.conf_all.send_redirects)

    def validate_source(
        self, src: int, dev: NetDevice, out_dev: NetDevice | None, dst: int = 0, mark: int = 0
    ) -> DropReason | None:
        """Why a packet from `src` is not believed on `dev`, or None (fib_validate_source, __fib_validate_source)."""
        if dev.loopback:
            return None
        ns = self.ns
        conf, everywhere = dev.inet.conf, ns.conf_all
        mode = max(conf.rp_filter, everywhere.rp_filter)
        accept_local = conf.accept_local or everywhere.accept_local
        if not mode and (out_dev is not dev or not self._sends_redirects(dev)):
            if accept_local:
                return None
            if not ns.fib.custom_local_routes:
                return DropReason.IP_LOCAL_SOURCE if self._owner(src) is not None else None
        valid_mark = mark if conf.src_valid_mark or ns.conf_all.src_valid_mark else 0
        back = ns.fib.lookup(src, None, self._usable_linkdown, dst, out_dev, valid_mark)
        if back is None or back.type in ERRORS:
            return DropReason.IP_RPFILTER if mode else None
        if back.type is not RouteType.UNICAST and not (back.type is RouteType.LOCAL and accept_local):
            return DropReason.IP_LOCAL_SOURCE if back.type is RouteType.LOCAL else DropReason.IP_MARTIAN_SOURCE
        if dev in (back.dev, *(hop.dev for hop in back.hops)) or not mode:
            return None
        if not dev.inet.addresses or mode == 1:
            return DropReason.IP_RPFILTER
        return None


def _is_many(ip: int) -> bool:
    """True for groups and for everybody."""
    return is_multicast_ip(ip) or ip == BROADCAST_IP
