"""The differences between the address families, as AF_INET and AF_INET6 have them for the objects of `ip`."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from macvsim.dev.base import NetDevice
from macvsim.engine.sim import Sim
from macvsim.errors import Effect, NotSimulated
from macvsim.net.addr import Address
from macvsim.net.fibroute import TABLE_LOCAL, TABLE_MAIN, Route, RouteType
from macvsim.net.namespace import Namespace
from macvsim.tools.iproute2 import messages
from macvsim.tools.iproute2.output import Printer
from macvsim.tools.iproute2.prefixes import BITS, Prefix, parse_address, parse_prefix
from macvsim.tools.iproute2.routeprint import Hidden, print_route
from macvsim.tools.iproute2.tool import INET, INET6, Tool
from macvsim.wire.addr import ip_text
from macvsim.wire.addr6 import ip6_text

if TYPE_CHECKING:
    from macvsim.net.ipv6.fib6 import Route6
    from macvsim.net.neightable import NeighTable
    from macvsim.net.rules import Rules


ALL_TABLES = -1
_DOTTED = re.compile(r"\d+(\.\d+)+(/\d+)?")


@dataclass(frozen=True, kw_only=True)
class Family:
    """One family.

    name : as the option ``-f`` has it; text : writes an address
    addresses : of a device; address_message : describes one; remove_address : takes one away, if it is still there
    groups : multicast groups that a device listens to, the newest first, and how many users each has
    neighbours : the table; rules : the rules, None for a kernel without them
    kernel : as the kernel's messages have it
    command, routes : how `not simulated` calls the command and what it shows
    picked : the routes of a table, None for a table that is not there
    route_message : describes a route; remove_route : takes it out of its table
    show_left_out, get_left_out, change_left_out : words of the real `ip route` that are not simulated
    """

    name: str
    text: Callable[[int], str]
    addresses: Callable[[NetDevice], Sequence[Any]]
    address_message: Callable[[Any, Sim], messages.AddressMessage]
    remove_address: Callable[[Namespace, NetDevice, Any], None]
    groups: Callable[[NetDevice], Sequence[tuple[int, int]]]
    neighbours: Callable[[Namespace], NeighTable]
    rules: Callable[[Namespace], Rules | None]
    kernel: str
    command: str
    routes: str
    picked: Callable[[Namespace, int], Sequence[Route | Route6] | None]
    route_message: Callable[[Any, Sim], messages.RouteMessage]
    remove_route: Callable[[Namespace, Any], object]
    show_left_out: tuple[str, ...]
    get_left_out: tuple[str, ...]
    change_left_out: tuple[str, ...]

    @property
    def six(self) -> bool:
        return self.name == INET6

    @property
    def bits(self) -> int:
        return BITS[self.name]

    def address(self, word: str) -> int:
        """A single address."""
        return parse_address(word, self.name).ip

    def prefix(self, word: str, tool: Tool) -> Prefix:
        """A prefix; one of IPv6 among words about IPv4 is left out."""
        found = parse_prefix(word, INET6 if self.six else tool.options.family)
        if found.family == INET6 and not self.six:
            raise NotSimulated("routes of IPv6", Effect.CHANGES)
        return found

    def print(self, out: Printer, routes: Sequence[Route | Route6], tool: Tool, hidden: Hidden) -> None:
        """Routes, each an object of its own."""
        for route in routes:
            with out.object():
                print_route(out, self.route_message(route, tool.ns.sim), tool, hidden)


def _remove_address4(ns: Namespace, dev: NetDevice, address: Address) -> None:
    if address in dev.inet.addresses:  # a secondary address went with its primary one
        ns.addresses.remove(dev, address.local, address.plen)


def _picked4(ns: Namespace, table: int) -> list[Route] | None:
    fib = ns.fib
    if table == ALL_TABLES:
        return [route for number in sorted(fib.tables) for route in fib.routes(number)]
    return fib.routes(table) if table in fib.tables and (table != 253 or fib.routes(253)) else None


def _picked6(ns: Namespace, table: int) -> list[Route6] | None:
    """With one table for all, the tool tells them apart by their types."""
    fib = ns.ipv6.fib
    if table == ALL_TABLES:
        return fib.routes()
    if fib.multiple:
        return fib.routes(table) if table in fib.tables else None
    wanted = {TABLE_LOCAL: True, TABLE_MAIN: False}.get(table)
    return [route for route in fib.routes(TABLE_MAIN) if (route.type is RouteType.LOCAL) == wanted]


def _groups6(dev: NetDevice) -> list[tuple[int, int]]:
    inet6 = dev.inet.inet6
    return [] if inet6 is None else [(group.group, group.users) for group in reversed(inet6.groups.values())]


_SHOW = ("tos", "dsfield", "mark", "metric", "vrf", "nhid", "realms", "from", "as")
IPV4 = Family(
    name=INET,
    text=ip_text,
    addresses=lambda dev: dev.inet.addresses,
    address_message=messages.inet_fill_ifaddr,
    remove_address=_remove_address4,
    groups=lambda dev: list(reversed(dev.inet.groups.items())),
    neighbours=lambda ns: ns.neigh,
    rules=lambda ns: ns.fib.rules,
    kernel="ipv4",
    command="ip route",
    routes="routes",
    picked=_picked4,
    route_message=lambda route, sim: messages.fib_dump_info(route),
    remove_route=lambda ns, route: ns.fib.remove(route),
    show_left_out=("iif", *_SHOW),
    get_left_out=("vrf", "as", "flowlabel"),
    change_left_out=(
        "tos", "dsfield", "realms", "encap", "nhid", "weight", "pervasive", "ttl-propagate", "vrf", "expires",
        "advmss", "rtt", "rttvar", "window", "cwnd", "initcwnd", "initrwnd", "ssthresh", "reordering", "rto_min",
        "features", "quickack", "congctl", "hoplimit", "fastopen_no_cookie",
    ),
)  # fmt: skip
IPV6 = Family(
    name=INET6,
    text=ip6_text,
    addresses=lambda dev: dev.inet.addresses6,
    address_message=messages.inet6_fill_ifaddr,
    remove_address=lambda ns, dev, address: ns.ipv6.addrconf.remove(dev, address),
    groups=_groups6,
    neighbours=lambda ns: ns.ipv6.neigh,
    rules=lambda ns: ns.ipv6.fib.rules if ns.ipv6.fib.multiple else None,
    kernel="ipv6",
    command="ip -6 route",
    routes="IPv6 routes",
    picked=_picked6,
    route_message=messages.rt6_fill_node,
    remove_route=lambda ns, route: ns.ipv6.fib.remove(route),
    show_left_out=("iif", *_SHOW, "scope"),
    get_left_out=("iif", "fibmatch", "tos", "mark", "vrf", "uid", "ipproto", "sport", "dport", "as", "flowlabel"),
    change_left_out=("nexthop", "nhid", "encap", "realms", "from", "vrf", "advmss", "rtt", "window", "features"),
)


def families(name: str) -> tuple[Family, ...]:
    """The family of a name, both where it is empty, none for ``link``."""
    return tuple(family for family in (IPV4, IPV6) if name in ("", family.name))


def family_of(words: list[str], tool: Tool) -> Family:
    """The family that an option names, or an address among the words."""
    if tool.options.family:
        return IPV6 if tool.options.family == INET6 else IPV4
    six = any(":" in word for word in words) and not any(_DOTTED.fullmatch(word) for word in words)
    return IPV6 if six else IPV4
