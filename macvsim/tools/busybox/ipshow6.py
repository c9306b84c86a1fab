"""What busybox ip shows of IPv6 (libiproute/ipaddress.c, iproute.c)."""

from __future__ import annotations

from macvsim.dev.base import NetDevice
from macvsim.errors import NetlinkError
from macvsim.net.dst import ERROR
from macvsim.net.fibroute import TABLE_LOCAL, TABLE_MAIN, TABLE_NAMES, RouteType
from macvsim.net.ipv6.address import FOREVER, Address6, Flag
from macvsim.net.ipv6.fib6 import Route6
from macvsim.net.namespace import Namespace
from macvsim.tools.iproute2.linkshow import flag_words
from macvsim.tools.iproute2.messages import inet6_fill_ifaddr
from macvsim.tools.iproute2.prefixes import parse_prefix
from macvsim.tools.iproute2.tool import INET6, Options
from macvsim.wire.addr6 import ip6_text

_FLAGS = ((Flag.TEMPORARY, "secondary"), (Flag.TENTATIVE, "tentative"), (Flag.DEPRECATED, "deprecated"))
_UNNAMED = Flag.NODAD | Flag.OPTIMISTIC | Flag.HOMEADDRESS | Flag.DADFAILED


def link6(ns: Namespace, dev: NetDevice) -> str:
    """The line of a device in a dump of IPv6's devices."""
    label, flags = dev.name, flag_words(dev)
    if dev.iflink != dev.ifindex:
        here = next((d for d in ns.devices.values() if d.ifindex == dev.iflink), None)
        label += f"@if{dev.iflink}" if here is None else f"@{here.name}"
        if here is None or not here.up:
            flags.append("M-DOWN")
    text = f"{dev.ifindex}: {label}: <{','.join(flags)}> mtu {dev.mtu} "
    return text + (f"qlen {dev.txqlen}" if dev.txqlen else "") + "\n"


def address6(ns: Namespace, dev: NetDevice, address: Address6, options: Options) -> str:
    """One address; it knows neither peers nor metrics nor who gave an address."""
    text = f"{dev.ifindex}: {dev.name}" if options.oneline else ""
    text += f"    inet6 {address.text} scope {inet6_fill_ifaddr(address, ns.sim).scope.text} "
    flags = address.flags
    text += "".join(f"{name} " for flag, name in _FLAGS if flags & flag)
    if not flags & Flag.PERMANENT:
        text += "dynamic "
    for flag, name in ((Flag.MANAGETEMPADDR, "mngtmpaddr"), (Flag.NOPREFIXROUTE, "noprefixroute"),
                       (Flag.MCAUTOJOIN, "autojoin")):  # fmt: skip
        text += f"{name} " if flags & flag else ""
    rest = flags & _UNNAMED
    text += f"flags {int(rest):02x} " if rest else ""
    valid, preferred = (_lifetime(left) for left in address.lifetimes(ns.sim))
    end = "\\" if options.oneline else "\n"
    return f"{text}{end}       valid_lft {valid} preferred_lft {preferred}\n"


def _lifetime(seconds: int) -> str:
    return "forever" if seconds == FOREVER else f"{seconds}sec"


def routes6(ns: Namespace, table: int, dev: str, dst: str, *, via: bool) -> str:
    """``ip -6 route``; without tables of their own, addresses and groups are listed with the rest."""
    fib = ns.ipv6.fib
    if fib.multiple:
        found = fib.routes(table)
    else:
        found = fib.routes(TABLE_MAIN) if table in (TABLE_MAIN, TABLE_LOCAL) else []
        found = [r for r in found if table != TABLE_LOCAL or r.type is RouteType.LOCAL]
    if dst and dst not in ("all", "any"):
        wanted = parse_prefix(dst, INET6)
        found = [r for r in found if (r.dst, r.plen) == (wanted.ip, wanted.plen)]
    return "".join(_route_line(ns, r, via=via) for r in found if dev in ("", r.dev.name))


def _route_line(ns: Namespace, route: Route6, *, via: bool, dst: str = "", src: int | None = None) -> str:
    text = "" if route.type is RouteType.UNICAST else f"{route.type.value} "
    text += f"{dst or route.prefix} "
    if route.gateway and via:
        text += f"via {ip6_text(route.gateway)} "
    text += f"dev {route.dev.name} "
    if route.table != TABLE_MAIN and dst:
        text += f" table {TABLE_NAMES.get(route.table, route.table)} "
    source = route.src if src is None else src
    if source:
        text += f" src {ip6_text(source)} "
    text += f" metric {route.metric} "
    if route.expires:
        text += " expires 0sec"  # it takes the packet scheduler's clock for the kernel's
    return text + "\n"


def way_line6(ns: Namespace, dst: int) -> str:
    """``ip route get``; `NetlinkError` when there is no way."""
    way = ns.ipv6.router.output(dst)
    if way.kind is ERROR or way.route is None:
        raise NetlinkError("ENETUNREACH" if way.route is None else way.errno, f"no way to {ip6_text(dst)}")
    return _route_line(ns, way.route, via=True, dst=ip6_text(dst), src=way.src)
