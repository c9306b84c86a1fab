"""Routes as the socket ioctls change them and /proc/net/route shows them (rtentry_to_fib_config in
net/ipv4/fib_frontend.c, fib_route_seq_show in net/ipv4/fib_trie.c).

These are the system calls of the route command; iproute2 uses netlink instead.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from macvsim.dev.base import NetDevice
from macvsim.errors import Effect, NetlinkError, NoSuchDevice, NotSimulated
from macvsim.net.fibroute import Route, RouteType, Scope
from macvsim.net.ifioctl import device, labelled, mask_length
from macvsim.net.namespace import Namespace
from macvsim.net.routes import add_route
from macvsim.wire.addr import ip_text, mask_int

_SHOWN = frozenset((RouteType.UNICAST, RouteType.UNREACHABLE, RouteType.PROHIBIT, RouteType.BLACKHOLE, RouteType.THROW))
_REJECTS = frozenset((RouteType.UNREACHABLE, RouteType.PROHIBIT))


@dataclass
class RtEntry:
    """What SIOCADDRT and SIOCDELRT take (struct rtentry).

    dst, mask : a network, or with `host` one address and no mask
    gateway : None for none; metric : None for none; dev : name of a device or an alias, "" for none
    """

    dst: int = 0
    mask: int = 0
    host: bool = True
    gateway: int | None = None
    metric: int | None = None
    dev: str = ""
    reject: bool = False


class _Config(NamedTuple):
    """The entry in the kernel's terms (struct fib_config)."""

    plen: int
    type: RouteType
    scope: Scope | None
    gateway: int
    dev: NetDevice | None
    src: int


def _config(ns: Namespace, entry: RtEntry) -> _Config:
    """rtentry_to_fib_config."""
    plen: int | None = 32 if entry.host else mask_length(entry.mask)
    where = f"route to {ip_text(entry.dst)} on {ns.name}"
    if plen is None or entry.dst & ~mask_int(plen) & 0xFFFFFFFF:
        raise NetlinkError("EINVAL", f"{where}: netmask {ip_text(entry.mask)} does not fit it")
    if entry.reject:
        return _Config(plen, RouteType.UNREACHABLE, Scope.HOST, 0, None, 0)
    dev: NetDevice | None = None
    src = 0
    if entry.dev:
        dev = device(ns, entry.dev)
        if entry.dev != dev.name:
            address = labelled(ns, entry.dev)
            if address is None:
                raise NoSuchDevice("ENODEV", f"{ns.name} has no alias {entry.dev}")
            src = address.local
    gateway = entry.gateway or 0
    scope = Scope.UNIVERSE if gateway and ns.address_type(gateway) is RouteType.UNICAST else None
    return _Config(plen, RouteType.UNICAST, scope, gateway, dev, src)


def add(ns: Namespace, entry: RtEntry) -> None:
    """SIOCADDRT: the route goes before one with the same prefix and metric; `NetlinkError` as the kernel answers."""
    config = _config(ns, entry)
    where = f"route to {ip_text(entry.dst)} on {ns.name}"
    if entry.gateway == 0:
        raise NetlinkError("EINVAL", f"{where}: 0.0.0.0 is no gateway")
    if config.gateway and config.scope is None:
        kind = ns.address_type(config.gateway)
        if kind is RouteType.LOCAL:
            raise NotSimulated(f"{where}: a gateway that is an own address; name a device instead", Effect.CHANGES)
        raise NetlinkError("ENETUNREACH", f"{where}: the gateway {ip_text(config.gateway)} is not a unicast address")
    add_route(
        ns,
        entry.dst,
        config.plen,
        type=config.type,
        gateway=config.gateway,
        dev=config.dev,
        metric=entry.metric or 0,
        src=config.src,
        scope=config.scope,
        prepend=True,
    )


def delete(ns: Namespace, entry: RtEntry) -> Route:
    """SIOCDELRT: the first route that fits all that is given; ESRCH when none does."""
    config = _config(ns, entry)
    for route in ns.fib.routes():
        if (
            (route.dst, route.plen, route.type) == (entry.dst, config.plen, config.type)
            and (config.scope is None or config.scope is route.scope)
            and (not entry.metric or entry.metric == route.metric)
            and (config.dev is None or config.dev is route.dev)
            and (not config.gateway or config.gateway == route.gateway)
            and (not config.src or config.src == route.src)
        ):
            ns.fib.remove(route)
            return route
    raise NetlinkError("ESRCH", f"{ns.name} has no such route to {ip_text(entry.dst)}: see route -n")


class RouteRow(NamedTuple):
    """One line of /proc/net/route; `iface` is ``*`` for routes without a device."""

    iface: str
    dst: int
    gateway: int
    mask: int
    metric: int
    up: bool
    via: bool
    host: bool
    reject: bool

    @property
    def flags(self) -> int:
        """RTF_UP, RTF_GATEWAY, RTF_HOST, RTF_REJECT."""
        return self.up | self.via << 1 | self.host << 2 | self.reject << 9


def table(ns: Namespace) -> list[RouteRow]:
    """The main table, in the order of /proc/net/route."""
    return [
        RouteRow(
            "*" if route.dev is None else route.dev.name,
            route.dst,
            route.gateway,
            mask_int(route.plen),
            route.metric,
            up=True,
            via=bool(route.gateway),
            host=route.plen == 32,
            reject=route.type in _REJECTS,
        )
        for route in ns.fib.routes()
        if route.type in _SHOWN
    ]
