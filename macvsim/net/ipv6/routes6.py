"""Adding and deleting routes with the kernel's checks (ip6_route_info_create, fib6_nh_init, ip6_route_del)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from macvsim.dev.base import NetDevice
from macvsim.errors import NetlinkError
from macvsim.net.fibroute import TABLE_MAIN, RouteType
from macvsim.net.ipv6.fib6 import METRIC_USER, REFUSALS, Route6
from macvsim.wire.addr6 import ip6_text, is_link_local6, is_multicast6, mask6

if TYPE_CHECKING:
    from macvsim.net.ipv6.stack import Ipv6


def add_route6(
    stack: Ipv6,
    dst: int,
    plen: int,
    *,
    type: RouteType = RouteType.UNICAST,
    gateway: int = 0,
    dev: NetDevice | None = None,
    metric: int = 0,
    src: int = 0,
    proto: str = "boot",
    table: int = TABLE_MAIN,
    mtu: int = 0,
    hop_limit: int = 0,
    expires: int = 0,
    pref: str = "medium",
    onlink: bool = False,
    create: bool = True,
    replace: bool = False,
    append: bool = False,
) -> Route6:
    """Check a route and put it in; host bits of the prefix are cleared, and `expires` (s) is 0 for never.

    Raises `NetlinkError`: ENODEV, EINVAL, EHOSTUNREACH for a gateway that is not on a link, ENETDOWN, EACCES where IPv6
    is off, EEXIST, ENOENT when there is nothing to change.
    """
    ns = stack.ns
    where = f"route to {ip6_text(dst)}/{plen} on {ns.name}"
    if type in REFUSALS:
        dev = ns.devices["lo"]
    elif gateway:
        dev = _check_gateway(stack, gateway, dev, where, onlink=onlink)
    if dev is None:
        raise NetlinkError("ENODEV", f"{where}: name a gateway (via …) or a device (dev …)")
    inet6 = dev.inet.inet6
    if type not in REFUSALS and (inet6 is None or inet6.conf.disable_ipv6):
        raise NetlinkError(
            "EACCES", f"{where}: IPv6 is off on {dev.label}: turn it on", "IPv6 is disabled on nexthop device"
        )
    if not dev.up:
        raise NetlinkError(
            "ENETDOWN", f"{where}: {dev.label} is down, ip link set {dev.name} up first", "Nexthop device is not up"
        )
    if src and not stack.is_local(src, dev if is_link_local6(src) else None, tentative=False):
        raise NetlinkError("EINVAL", f"{where}: {ip6_text(src)} is not an address here", "Invalid source address")
    until = ns.sim.jiffies + expires * ns.sim.hz if expires else 0
    route = Route6(dst & mask6(plen), plen, dev, type, gateway, src, metric or METRIC_USER, proto, table, mtu,
                   hop_limit, until, pref, onlink)  # fmt: skip
    return stack.fib.add(route, replace=replace, create=create, append=append)


def _check_gateway(stack: Ipv6, gateway: int, dev: NetDevice | None, where: str, *, onlink: bool) -> NetDevice:
    """The device a gateway is reached through (ip6_validate_gw)."""
    text = ip6_text(gateway)
    if is_multicast6(gateway):
        raise NetlinkError("EINVAL", f"{where}: {text} is a group", "Invalid gateway address")
    link = is_link_local6(gateway)
    if stack.is_local(gateway, dev if link else None) and (dev is not None or not link):
        raise NetlinkError("EINVAL", f"{where}: {text} is this host itself", "Gateway can not be a local address")
    if not link and not onlink:
        way = stack.router.lookup(gateway, dev, strict=dev is not None)
        if way is None or way.gateway or way.type is not RouteType.UNICAST or (dev is not None and way.dev is not dev):
            raise NetlinkError("EHOSTUNREACH", f"{where}: {text} is not on a connected network; add an address first")
        dev = way.dev
    if dev is None:
        raise NetlinkError("EINVAL", f"{where}: name the device of {text}", "Egress device not specified")
    if dev.loopback:
        raise NetlinkError(
            "EINVAL", f"{where}: a gateway is behind a device other than lo",
            "Egress device can not be loopback device for this route",
        )  # fmt: skip
    return dev


def delete_route6(
    stack: Ipv6,
    dst: int,
    plen: int,
    *,
    type: RouteType | None = None,
    gateway: int = 0,
    dev: NetDevice | None = None,
    metric: int = 0,
    proto: str = "",
    table: int = TABLE_MAIN,
) -> Route6:
    """Take out the first route that fits all that is given; ESRCH when none does."""
    dst &= mask6(plen)
    for route in stack.fib.routes(table if stack.fib.multiple else TABLE_MAIN):
        if (
            (route.dst, route.plen) == (dst, plen)
            and type in (None, route.type)
            and gateway in (0, route.gateway)
            and dev in (None, route.dev)
            and metric in (0, route.metric)
            and proto in ("", route.proto)
        ):
            stack.fib.remove(route)
            return route
    raise NetlinkError("ESRCH", f"{stack.ns.name} has no such route to {ip6_text(dst)}/{plen}: see ip -6 route")
