"""Why a host would not even send: its routes and devices, as they stand."""

from __future__ import annotations

from macvsim.dev.base import NetDevice
from macvsim.engine.drop import DropReason
from macvsim.errors import MacvsimError
from macvsim.explain.fate import Ending
from macvsim.net.fibroute import RouteType
from macvsim.net.ipv6.address import Flag
from macvsim.net.namespace import Namespace
from macvsim.wire.addr import ip_int
from macvsim.wire.addr6 import ip6_int

_REFUSING = {
    RouteType.BLACKHOLE: DropReason.IP_BLACKHOLE,
    RouteType.UNREACHABLE: DropReason.IP_UNREACHABLE_ROUTE,
    RouteType.PROHIBIT: DropReason.IP_UNREACHABLE_ROUTE,
}


def unsent(ns: Namespace, address: str, said: str) -> Ending | None:
    """What stands against a packet from `ns` to `address` that was not sent; None: nothing that shows."""
    try:
        kind, prefix = _route(ns, address)
    except (MacvsimError, ValueError):
        return None
    if kind in _REFUSING:
        reason = _REFUSING[kind]
        family = "-6 " if ":" in address else ""
        hint = f"ip {family}route del {kind.value} {prefix}   (on {ns.name})"
        return Ending(ns.name, reason, "the packet", 0, hint, f"the route to {prefix} is {kind.value}")
    if kind is not None and "unreachable" not in said and "Cannot assign" not in said:
        return None
    down = [dev.name for dev in ns.devices.values() if not dev.up and not dev.loopback]
    bare = [dev.name for dev in ns.devices.values() if not dev.loopback and not _has_address(dev, ":" in address)]
    known = [f"{', '.join(down)} is down"] if down else [f"{', '.join(bare)} has no address"] if bare else []
    failed = [
        a.text
        for dev in ns.devices.values()
        if dev.inet.inet6
        for a in dev.inet.inet6.addresses
        if a.flags & Flag.DADFAILED
    ]
    known += [f"duplicate address detection failed for {', '.join(failed)}"] if failed else []
    if kind is not None and not known:
        return None
    if not known and ":" not in address:
        own = [a.text for dev in ns.devices.values() if not dev.loopback for a in dev.inet.addresses]
        known = [f"its addresses are {', '.join(own)}"] if own else []
    missing = "no route to the destination" if kind is None else "no address to send from"
    hint = f"ip link set {down[0]} up   (on {ns.name})" if down else ""
    return Ending(ns.name, DropReason.IP_OUTNOROUTES, "the packet", 0, hint, "; ".join([missing, *known]))


def _route(ns: Namespace, address: str) -> tuple[RouteType | None, str]:
    """Type and prefix of the route to an address; None: there is no route."""
    if ":" in address:
        route6 = ns.ipv6.router.lookup(ip6_int(address.partition("%")[0]))
        return (None, "") if route6 is None else (route6.type, route6.prefix)
    route = ns.fib.lookup(ip_int(address))
    return (None, "") if route is None else (route.type, route.prefix)


def _has_address(dev: NetDevice, six: bool) -> bool:
    return bool(dev.inet.addresses6 if six else dev.inet.addresses)
