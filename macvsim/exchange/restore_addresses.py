"""Addresses, routes and neighbours."""

from __future__ import annotations

from collections.abc import Iterable

from macvsim.exchange.machine import Device, Place
from macvsim.exchange.records import AddrInfo, Route, listed
from macvsim.exchange.restore import Restorer

_RULES = {(0, "all"), (32766, "all"), (32767, "all")}
_POLICY = "policy routing beyond the default rules"


def restore_addresses(restorer: Restorer, places: Iterable[Place]) -> None:
    """Addresses that are not there yet."""
    for place in places:
        there = {
            (row["ifname"], one.get("local"), one.get("prefixlen"))
            for row in restorer.look(place.name, "ip", "-j", "addr")
            for one in row["addr_info"]
        }
        for row in place.addresses:
            device = Device(place.name, row.ifname)
            if row.ifname != "lo" and device not in restorer.made:
                continue
            for address in row.all:
                if (row.ifname, address.local, address.prefixlen) not in there and _is_chosen(address):
                    what = f"address {address.local} of {row.ifname}"
                    restorer.run(place.name, "ip", "addr", "add", *_words(address, row.ifname), what=what)


def _is_chosen(address: AddrInfo) -> bool:
    """False for those that the kernel makes."""
    if address.family not in ("inet", "inet6") or address.local in ("127.0.0.1", "::1", ""):
        return False
    return not (address.family == "inet6" and (address.scope == "link" or address.temporary))


def _words(address: AddrInfo, dev: str) -> list[str]:
    words = [f"{address.local}/{address.prefixlen}"]
    if address.address:
        words = [address.local, "peer", f"{address.address}/{address.prefixlen}"]
    if address.broadcast:
        words += ["broadcast", address.broadcast]
    words += ["dev", dev]
    if address.label and address.label != dev:
        words += ["label", address.label]
    if address.scope not in ("global", "host") or (address.scope == "host" and dev != "lo"):
        words += ["scope", address.scope]
    if address.metric:
        words += ["metric", str(address.metric)]
    return words + (["noprefixroute"] if address.noprefixroute else [])


def restore_routes(restorer: Restorer, places: Iterable[Place]) -> None:
    """Routes: those that are missing are added, those that should not be there go."""
    for place in places:
        main = [route for route in place.routes if route.table == "main"]
        there = listed(Route, restorer.look(place.name, "ip", "-j", "route"))
        wanted, now = {_key(route) for route in main}, {_key(route) for route in there}
        for route in there if place.routes else ():
            if _key(route) not in wanted:
                restorer.run(place.name, "ip", "route", "del", *_way(route))
        for route in sorted(main, key=lambda route: route.gateway is not None):
            if route.nexthops or route.via:
                restorer.note(f"route {route.dst}", "multipath routes" if route.nexthops else "gateways of IPv6")
            elif _key(route) not in now:
                words = [*_way(route), *_how(route)]
                restorer.run(place.name, "ip", "route", "add", *words, what=f"route {route.dst}")
        for route in place.routes6:
            is_made = route.gateway is None and route.protocol in ("kernel", "ra")
            if route.table == "main" and not is_made and not route.nexthops:
                words = [*_way(route), *_how(route)]
                restorer.run(place.name, "ip", "-6", "route", "add", *words, what=f"route {route.dst}")
        for table in dict.fromkeys(route.table for route in place.routes):
            if table not in ("main", "local", "default"):
                restorer.note(f"routes of table {table}", _POLICY)
        for rule in place.rules:
            if (rule.priority, rule.src) not in _RULES:
                restorer.note(f"ip rule {rule.priority}", _POLICY)


def _key(route: Route) -> tuple[str, str, str | None, str | None, int]:
    return route.type, route.dst, route.gateway, route.dev, route.metric


def _way(route: Route) -> list[str]:
    words = [] if route.type == "unicast" else [route.type]
    words.append(route.dst)
    if route.gateway is not None:
        words += ["via", route.gateway]
    if route.dev is not None and route.type == "unicast":
        words += ["dev", route.dev]
    return words + (["metric", str(route.metric)] if route.metric else [])


def _how(route: Route) -> list[str]:
    words = [] if route.protocol == "boot" else ["proto", route.protocol]
    if route.prefsrc:
        words += ["src", route.prefsrc]
    if route.scope not in ("global", "link"):
        words += ["scope", route.scope]
    return words + (["onlink"] if "onlink" in route.flags else [])


def restore_neighbours(restorer: Restorer, places: Iterable[Place]) -> None:
    """Entries that are permanent, or all that have an address."""
    for place in places:
        for entry in place.neighbours:
            permanent = "PERMANENT" in entry.state
            if entry.lladdr and (permanent or (restorer.all_neighbours and "NOARP" not in entry.state)):
                words = ["ip", "neigh", "replace", entry.dst, "lladdr", entry.lladdr, "dev", entry.dev]
                restorer.run(place.name, *words, "nud", "permanent" if permanent else "stale")


__all__ = ["restore_addresses", "restore_neighbours", "restore_routes"]
