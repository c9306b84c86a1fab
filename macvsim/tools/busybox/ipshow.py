"""What busybox ip shows (libiproute/ipaddress.c, iproute.c, ipneigh.c)."""

from __future__ import annotations

from macvsim.dev.base import NetDevice
from macvsim.errors import NetlinkError
from macvsim.net.addr import Address
from macvsim.net.devices import link_namespace
from macvsim.net.dst import Kind
from macvsim.net.fibroute import TABLE_NAMES, Route, RouteType, Scope
from macvsim.net.namespace import Namespace
from macvsim.net.nud import IN_TIMER, VALID
from macvsim.net.rules import Action, Rule
from macvsim.tools.busybox.ipshow6 import address6, link6
from macvsim.tools.iproute2.linkshow import flag_words
from macvsim.tools.iproute2.tool import INET, INET6, LINK, Options
from macvsim.wire.addr import BROADCAST_MAC, ZERO_MAC, ip_text, mac_text
from macvsim.wire.addr6 import ip6_text


def links(ns: Namespace, options: Options, name: str = "") -> str:
    """``ip link``."""
    return "".join(_link(ns, dev, options) for dev in ns.devices.values() if name in ("", dev.name))


def addresses(ns: Namespace, options: Options, name: str = "") -> str:
    """``ip addr``; with a family only devices that have addresses of it."""
    text = ""
    for dev in ns.devices.values():
        if name not in ("", dev.name):
            continue
        inet = dev.inet.addresses if options.family in ("", INET) else []
        inet6 = dev.inet.inet6.addresses if options.family in ("", INET6) and dev.inet.inet6 is not None else []
        if options.family in (INET, INET6) and not inet and not inet6:
            continue
        if not options.oneline or options.family == LINK:
            text += link6(ns, dev) if options.family == INET6 else _link(ns, dev, options)
        text += "".join(_address(dev, address, options) for address in inet)
        text += "".join(address6(ns, dev, address, options) for address in inet6)
    return text


def _link(ns: Namespace, dev: NetDevice, options: Options) -> str:
    """A device; without its peer's namespace busybox takes an unknown lower device for one that is down."""
    label, flags = dev.name, flag_words(dev)
    if dev.iflink != dev.ifindex or link_namespace(ns, dev) is not None:
        here = next((d for d in ns.devices.values() if d.ifindex == dev.iflink), None)
        label += f"@if{dev.iflink}" if here is None else f"@{here.name}"
        if here is None or not here.up:
            flags.append("M-DOWN")
    text = f"{dev.ifindex}: {label}: <{','.join(flags)}> mtu {dev.mtu} qdisc {dev.qdisc} "
    if dev.master is not None:
        text += f"master {dev.master.name} "
    if dev.txqlen:
        text += f"qlen {dev.txqlen}"
    if options.family in ("", LINK):
        kind = "loopback" if dev.loopback else "ether"
        text += "\\" if options.oneline else "\n"
        text += f"    link/{kind} {mac_text(dev.mac)} brd {mac_text(ZERO_MAC if dev.loopback else BROADCAST_MAC)}"
    return text + "\n"


def _address(dev: NetDevice, address: Address, options: Options) -> str:
    text = f"{dev.ifindex}: {dev.name}" if options.oneline else ""
    text += f"    inet {address.text} "
    if address.broadcast:
        text += f"brd {ip_text(address.broadcast)} "
    text += f"scope {address.scope.text} " + ("secondary " if address.secondary else "") + address.label
    return text + ("\\" if options.oneline else "\n") + "       valid_lft forever preferred_lft forever\n"


def route_line(route: Route, *, via: bool = True) -> str:
    """One line of ``ip route``."""
    text = "" if route.type is RouteType.UNICAST else f"{route.type.value} "
    text += f"{route.prefix} "
    if route.gateway and via:
        text += f"via {ip_text(route.gateway)} "
    if route.dev is not None:
        text += f"dev {route.dev.name} "
    if route.scope is not Scope.UNIVERSE:
        text += f"scope {route.scope.text} "
    if route.src:
        text += f" src {ip_text(route.src)} "
    if route.metric:
        text += f" metric {route.metric} "
    return text + "\n"


def way_line(ns: Namespace, dst: int) -> str:
    """``ip route get``; `NetlinkError` when there is no way."""
    way = ns.router.output(dst)
    if way.kind is Kind.ERROR or way.dev is None:
        raise NetlinkError(way.errno or "ENETUNREACH", f"{ns.name} has no way to {ip_text(dst)}")
    kind = (
        "local " if way.kind is Kind.LOCAL else "broadcast " if way.broadcast else "multicast " if way.multicast else ""
    )
    text = f"{kind}{ip_text(dst)} "
    if not kind and way.nexthop != dst:
        text += f"via {ip_text(way.nexthop)} "
    return text + f"dev {way.dev.name}  src {ip_text(way.src)} \n"


def neighbours(ns: Namespace, options: Options, name: str = "") -> str:
    """``ip neigh``, the newest first."""
    text = ""
    tables = [ns.neigh] if options.family in ("", INET) else []
    tables += [ns.ipv6.neigh] if options.family in ("", INET6) else []
    for entry in [entry for table in tables for entry in reversed(table.listing())]:
        if name not in ("", entry.dev.name):
            continue
        text += f"{entry.table.text(entry.ip)} " + ("" if name else f"dev {entry.dev.name} ")
        known = bool(entry.state & VALID)
        text += f"lladdr {mac_text(entry.ha)}" if known else ""
        text += " router" if entry.router else ""
        text += " ref 1" if entry.state & IN_TIMER else ""
        # it takes the packet scheduler's clock of 1 GHz for the kernel's (get_hz): all ages come out as 0
        text += f" used 0/0/0 probes {entry.probes} {entry.state.name}\n"
    return text


def rule_line(rule: Rule, bits: int) -> str:
    """A routing rule (print_rule of busybox' iprule.c)."""
    shown = ip_text if bits == 32 else ip6_text
    parts = [f"{rule.priority}:\tfrom"]
    for word, address, length in (("", rule.src, rule.src_len), ("to", rule.dst, rule.dst_len)):
        if length:
            text = shown(address) if length == bits else f"{shown(address)}/{length}"
            parts += [*([word] if word else []), text]
        elif not word:
            parts.append("all")
    if rule.mask or rule.mark:
        parts.append(f"fwmark {rule.mark:#x}" + ("" if rule.mask == 0xFFFFFFFF else f"/{rule.mask:#x}"))
    if rule.iif:
        parts.append(f"iif {rule.iif}")
    parts.append(f"lookup {TABLE_NAMES.get(rule.table, rule.table or 'unspec')}")
    if rule.suppress >= 0:
        parts.append(f"suppress_prefixlength {rule.suppress}")
    return " ".join(parts) + f" {'' if rule.action is Action.LOOKUP else rule.action.value}\n"
