"""Answers of rtnetlink about routes and addresses, as each family fills them in (struct rtmsg, struct ifaddrmsg).

Addresses are texts.  An attribute that a message does not have is empty, 0 or None.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from macvsim.dev.base import NetDevice
from macvsim.engine.sim import SECOND, Sim
from macvsim.net.addr import FOREVER, Address
from macvsim.net.fibroute import TABLE_MAIN, Route, RouteType, Scope
from macvsim.net.ipv6.address import NO_FLAGS, Address6, Flag
from macvsim.net.ipv6.fib6 import HOST_ONLY, REFUSALS, Route6
from macvsim.wire.addr import ip_text
from macvsim.wire.addr6 import SCOPE_LINK, SCOPE_NODE, SCOPE_SITE, ip6_text

if TYPE_CHECKING:
    from macvsim.net.exceptions import RouteException
    from macvsim.net.ipv6.route6 import Dst6
    from macvsim.net.multipath import Hop


# -- addresses ---------------------------------------------------------------------------------------------------------


class AddressMessage(NamedTuple):
    """One address.

    ip : the number behind `local`; peer : empty where it equals `local`; valid, preferred : seconds that are left
    """

    family: str
    ip: int
    local: str
    peer: str
    plen: int
    metric: int
    scope: Scope
    flags: Flag
    valid: int
    preferred: int
    broadcast: str = ""
    label: str = ""
    proto: str = ""


def inet_fill_ifaddr(address: Address, sim: Sim) -> AddressMessage:
    valid, preferred = address.lifetimes(sim)
    flags = NO_FLAGS
    for flag, is_set in (
        (Flag.TEMPORARY, address.secondary),
        (Flag.DEPRECATED, not preferred),
        (Flag.PERMANENT, valid == FOREVER),
        (Flag.NOPREFIXROUTE, address.noprefixroute),
        (Flag.MCAUTOJOIN, address.autojoin),
    ):
        flags |= flag if is_set else NO_FLAGS
    return AddressMessage(
        "inet",
        address.local,
        ip_text(address.local),
        ip_text(address.peer) if address.peer not in (0, address.local) else "",
        address.plen,
        address.metric,
        address.scope,
        flags,
        valid,
        preferred,
        ip_text(address.broadcast) if address.broadcast else "",
        address.label,
    )


_SCOPES6 = {SCOPE_NODE: Scope.HOST, SCOPE_LINK: Scope.LINK, SCOPE_SITE: Scope.SITE}


def inet6_fill_ifaddr(address: Address6, sim: Sim) -> AddressMessage:
    return AddressMessage(
        "inet6",
        address.local,
        ip6_text(address.local),
        ip6_text(address.peer) if address.peer not in (0, address.local) else "",
        address.plen,
        address.metric,
        _SCOPES6.get(address.scope, Scope.UNIVERSE),
        address.flags,
        *address.lifetimes(sim),
        proto=address.proto,
    )


# -- routes ------------------------------------------------------------------------------------------------------------


@dataclass(slots=True, kw_only=True)
class RouteMessage:
    """One route, or the decision about a destination.

    proto, scope : None in a decision about IPv4; cache : flags of such a decision; uid : the program that asks is told
    """

    dst: str
    type: RouteType = RouteType.UNICAST
    tos: int = 0
    src: str = ""
    gateway: str = ""
    dev: NetDevice | None = None
    table: int = TABLE_MAIN
    proto: str | None = None
    scope: Scope | None = None
    prefsrc: str = ""
    metric: int | None = None
    flags: list[str] = field(default_factory=list)
    mark: int = 0
    uid: bool = False
    cache: list[str] | None = None
    expires: int | None = None
    metrics: dict[str, int] = field(default_factory=dict)
    iif: str = ""
    hops: tuple[Hop, ...] = ()
    pref: str = ""


def fib_dump_info(route: Route) -> RouteMessage:
    """A route of IPv4; one with several next hops has its gateway, device and flags there."""
    single = not route.hops
    return RouteMessage(
        dst=route.prefix,
        type=route.type,
        tos=route.tos,
        gateway=ip_text(route.gateway) if route.gateway and single else "",
        dev=route.dev if single else None,
        table=route.table,
        proto=route.proto,
        scope=route.scope,
        prefsrc=ip_text(route.src) if route.src else "",
        metric=route.metric or None,
        flags=_fib_flags(route) if single else [],
        metrics={"mtu": route.mtu},
        hops=route.hops,
    )


def _fib_flags(route: Route) -> list[str]:
    """Flags of the next hop; a route kept from use by its lost carrier is dead (fib_nexthop_info)."""
    flags = ["onlink"] if route.onlink else []
    if route.linkdown and route.type is not RouteType.LOCAL:
        if route.dev.inet.conf.ignore_routes_with_linkdown:
            flags.insert(0, "dead")
        flags.append("linkdown")
    return flags


def rt6_fill_node(
    route: Route6, sim: Sim, *, dst: int | None = None, way: Dst6 | None = None, learnt: RouteException | None = None
) -> RouteMessage:
    """A route of IPv6.

    dst : a single destination that it was looked up for; way : the decision for it; learnt : its exception
    """
    linkdown = route.linkdown and route.type not in HOST_ONLY and route.type not in REFUSALS
    gateway = (learnt.gateway if learnt is not None else 0) or route.gateway
    prefsrc = route.src if way is None else way.src
    expires = int((route.expires - sim.jiffies) / sim.hz) if route.expires else None
    return RouteMessage(
        dst=route.prefix if dst is None else ip6_text(dst),
        type=route.type,
        gateway=ip6_text(gateway) if gateway else "",
        dev=route.dev if way is None or way.dev is None else way.dev,
        table=route.table,
        proto=route.proto,
        scope=Scope.UNIVERSE,
        prefsrc=ip6_text(prefsrc) if prefsrc else "",
        metric=route.metric,
        flags=[*(["onlink"] if route.onlink else []), *(["linkdown"] if linkdown else [])],
        expires=expires if learnt is None else (learnt.expires - int(sim.now)) // SECOND,
        metrics={"mtu": (learnt.mtu if learnt is not None else 0) or route.mtu, "hoplimit": route.hop_limit},
        pref=route.pref,
    )
