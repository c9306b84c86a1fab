"""Adding routes with the kernel's checks (fib_create_info, fib_check_nh in net/ipv4/fib_semantics.c)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from macvsim.dev.base import NetDevice
from macvsim.errors import NetlinkError
from macvsim.net.fibroute import Route, RouteType, Scope
from macvsim.net.namespace import Namespace
from macvsim.wire.addr import ip_text, mask_int

if TYPE_CHECKING:
    from macvsim.net.multipath import Hop


def add_route(
    ns: Namespace,
    dst: int,
    plen: int,
    *,
    type: RouteType = RouteType.UNICAST,
    gateway: int = 0,
    dev: NetDevice | None = None,
    metric: int = 0,
    src: int = 0,
    scope: Scope | None = None,
    proto: str = "boot",
    table: int = 254,
    mtu: int = 0,
    onlink: bool = False,
    hops: Sequence[tuple[int, NetDevice | None, int, bool]] = (),
    replace: bool = False,
    append: bool = False,
    prepend: bool = False,
) -> Route:
    """Check a route as the kernel does (fib_create_info, fib_check_nh) and put it in.

    hops : several next hops instead of `gateway` and `dev`: gateway, device, weight, and whether it is on the link

    Raises `NetlinkError`: EINVAL for host bits in the prefix, ENETDOWN on a device that is down, ENETUNREACH for a
    gateway that
    is not on the link, EEXIST for a route that is there.
    """
    where = f"route to {ip_text(dst)}/{plen} on {ns.name}"
    if dst & ~mask_int(plen) & 0xFFFFFFFF:
        good = f"{ip_text(dst & mask_int(plen))}/{plen}"
        raise NetlinkError(
            "EINVAL", f"{where}: host bits are set, write {good}", "Invalid prefix for given prefix length"
        )
    ways = [_hop(ns, *hop, where) for hop in hops]
    if ways:
        gateway, dev, onlink = ways[0].gateway, ways[0].dev, ways[0].onlink
        if any(way.gateway for way in ways):
            scope = Scope.UNIVERSE if scope is None else scope
    needs_dev = type in (RouteType.UNICAST, RouteType.LOCAL, RouteType.BROADCAST)
    if needs_dev and dev is None and not gateway:
        raise NetlinkError("ENODEV", f"{where}: name a gateway (via …) or a device (dev …)")
    if needs_dev and gateway and not ways:
        dev = _check_gateway(ns, gateway, dev, onlink, where)
        scope = Scope.UNIVERSE if scope is None else scope
    if needs_dev and dev is not None and not dev.up:
        raise NetlinkError(
            "ENETDOWN", f"{where}: {dev.label} is down, ip link set {dev.name} up first", "Device for nexthop is not up"
        )
    if src and not ns.is_local(src):
        raise NetlinkError(
            "EINVAL", f"{where}: {ip_text(src)} is not an address of {ns.name}", "Invalid prefsrc address"
        )
    if scope is None:
        scope = {RouteType.LOCAL: Scope.HOST, RouteType.UNICAST: Scope.LINK, RouteType.BROADCAST: Scope.LINK}.get(
            type, Scope.UNIVERSE
        )
    route = Route(
        dst, plen, type, gateway, dev if needs_dev else None, scope, src, proto, table,
        metric=metric, mtu=mtu, onlink=onlink,
    )  # fmt: skip
    if len(ways) > 1:
        route.hops = tuple(ways)
    added = ns.fib.add(route, replace=replace, append=append, prepend=prepend)
    if type is RouteType.LOCAL and not ns.fib.custom_local_routes:
        ns.fib.custom_local_routes = True
        ns.router.forget()
    return added


def _hop(ns: Namespace, gateway: int, dev: NetDevice | None, weight: int, onlink: bool, where: str) -> Hop:
    """One next hop of several, checked (fib_get_nhs)."""
    if onlink and dev is None:
        raise NetlinkError(
            "EINVAL", f"{where}: a gateway on the link needs its device", "Nexthop device required for onlink"
        )
    if gateway:
        dev = _check_gateway(ns, gateway, dev, onlink, where)
    if dev is None:
        raise NetlinkError("ENODEV", f"{where}: name a gateway (via …) or a device (dev …)")
    if not dev.up:
        raise NetlinkError(
            "ENETDOWN", f"{where}: {dev.label} is down, ip link set {dev.name} up first", "Device for nexthop is not up"
        )
    from macvsim.net.multipath import Hop

    return Hop(gateway, dev, weight, onlink=onlink)


def _check_gateway(ns: Namespace, gateway: int, dev: NetDevice | None, onlink: bool, where: str) -> NetDevice:
    """The device a gateway is reached through."""
    kind = ns.address_type(gateway)
    invalid = NetlinkError(
        "EINVAL" if kind is not RouteType.UNICAST else "ENETUNREACH",
        f"{where}: gateway {ip_text(gateway)} is not on a connected network; add an address in its subnet first",
        "Nexthop has invalid gateway",
    )
    if kind is not RouteType.UNICAST and (onlink or kind is not RouteType.LOCAL):
        raise invalid
    if onlink and dev is not None:
        return dev
    way = ns.fib.lookup(gateway, oif=dev)
    if way is None or way.gateway or way.type not in (RouteType.UNICAST, RouteType.LOCAL) or way.dev is None:
        if dev is not None and not dev.up:
            raise NetlinkError(
                "ENETDOWN",
                f"{where}: {dev.label} is down, ip link set {dev.name} up first",
                "Device for nexthop is not up",
            )
        raise invalid
    found: NetDevice = way.dev
    return found
