"""Texts of busybox ip's lists (libiproute/ipaddress.c, iproute.c, ipneigh.c, iprule.c)."""

from __future__ import annotations

from macvsim.dev.base import NetDevice
from macvsim.net.addr import FOREVER
from macvsim.net.devices import link_namespace
from macvsim.net.fibroute import TABLE_MAIN, TABLE_NAMES, RouteType, Scope
from macvsim.net.ipv6.address import Flag
from macvsim.net.namespace import Namespace
from macvsim.net.nud import IN_TIMER, VALID
from macvsim.net.rules import Action, Rule
from macvsim.tools.iproute2.family import Family, families
from macvsim.tools.iproute2.linkshow import flag_words
from macvsim.tools.iproute2.messages import AddressMessage, RouteMessage
from macvsim.tools.iproute2.tool import INET6, LINK, Options
from macvsim.wire.addr import BROADCAST_MAC, ZERO_MAC, mac_text

_FLAGS = {
    "secondary": Flag.TEMPORARY, "tentative": Flag.TENTATIVE, "deprecated": Flag.DEPRECATED, "dynamic": Flag.PERMANENT,
    "mngtmpaddr": Flag.MANAGETEMPADDR, "noprefixroute": Flag.NOPREFIXROUTE,
}  # fmt: skip
"""Words for flags; ``dynamic`` is shown where its flag is missing."""
_UNNAMED = Flag.NODAD | Flag.OPTIMISTIC | Flag.HOMEADDRESS | Flag.DADFAILED | Flag.MCAUTOJOIN


def links(ns: Namespace, options: Options, name: str = "") -> str:
    """``ip link``."""
    return "".join(_link(ns, dev, options) for dev in ns.devices.values() if name in ("", dev.name))


def addresses(ns: Namespace, options: Options, name: str = "") -> str:
    """``ip addr``; with a family only devices that have addresses of it."""
    text = ""
    for dev in ns.devices.values():
        if name not in ("", dev.name):
            continue
        found = [
            family.address_message(address, ns.sim)
            for family in families(options.family)
            for address in family.addresses(dev)
        ]
        if options.family not in ("", LINK) and not found:
            continue
        if not options.oneline or options.family == LINK:
            text += _link(ns, dev, options, dump6=options.family == INET6)
        text += "".join(_address(dev, address, options) for address in found)
    return text


def _link(ns: Namespace, dev: NetDevice, options: Options, *, dump6: bool = False) -> str:
    """A device; without its peer's namespace busybox takes an unknown lower device for one that is down.

    dump6 : it comes from IPv6's list of devices, which tells less
    """
    label, flags = dev.name, flag_words(dev)
    if dev.iflink != dev.ifindex or (not dump6 and link_namespace(ns, dev) is not None):
        here = next((d for d in ns.devices.values() if d.ifindex == dev.iflink), None)
        label += f"@if{dev.iflink}" if here is None else f"@{here.name}"
        if here is None or not here.up:
            flags.append("M-DOWN")
    text = f"{dev.ifindex}: {label}: <{','.join(flags)}> mtu {dev.mtu} "
    if not dump6:
        text += f"qdisc {dev.qdisc} " + ("" if dev.master is None else f"master {dev.master.name} ")
    if dev.txqlen:
        text += f"qlen {dev.txqlen}"
    if options.family in ("", LINK):
        kind = "loopback" if dev.loopback else "ether"
        text += "\\" if options.oneline else "\n"
        text += f"    link/{kind} {mac_text(dev.mac)} brd {mac_text(ZERO_MAC if dev.loopback else BROADCAST_MAC)}"
    return text + "\n"


def _address(dev: NetDevice, address: AddressMessage, options: Options) -> str:
    """One address; it knows neither metrics nor the origin of an address."""
    text = f"{dev.ifindex}: {dev.name}" if options.oneline else ""
    text += f"    {address.family} {address.local}" + (f" peer {address.peer}" if address.peer else "")
    text += f"/{address.plen} " + (f"brd {address.broadcast} " if address.broadcast else "")
    text += f"scope {address.scope.text} "
    for name, flag in _FLAGS.items():
        text += f"{name} " if bool(address.flags & flag) != (flag is Flag.PERMANENT) else ""
    rest = address.flags & _UNNAMED
    text += (f"flags {int(rest):02x} " if rest else "") + address.label + ("\\" if options.oneline else "\n")
    valid, preferred = ("forever" if left == FOREVER else f"{left}sec" for left in (address.valid, address.preferred))
    return f"{text}       valid_lft {valid} preferred_lft {preferred}\n"


def route_line(route: RouteMessage, *, via: bool = True, table: bool = False) -> str:
    """A route, or the answer of ``ip route get``; table : it is named unless it is the main one."""
    text = "" if route.type is RouteType.UNICAST else f"{route.type.value} "
    text += f"{route.dst} "
    if route.gateway and via:
        text += f"via {route.gateway} "
    if route.dev is not None:
        text += f"dev {route.dev.name} "
    if table and route.table != TABLE_MAIN:
        text += f"table {TABLE_NAMES.get(route.table, route.table)} "
    if route.scope not in (None, Scope.UNIVERSE):
        text += f"scope {route.scope.text} "
    if route.prefsrc:
        text += f" src {route.prefsrc} "
    if route.metric is not None:
        text += f" metric {route.metric} "
    if route.expires is not None and route.cache is None:
        text += " expires 0sec"  # it takes the packet scheduler's clock for the kernel's
    return text + "\n"


def neighbours(ns: Namespace, options: Options, name: str = "") -> str:
    """``ip neigh``, the newest first."""
    text = ""
    tables = [family.neighbours(ns) for family in families(options.family)]
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


def rule_line(rule: Rule, family: Family) -> str:
    """A routing rule (print_rule of busybox' iprule.c)."""
    parts = [f"{rule.priority}:\tfrom"]
    for word, address, length in (("", rule.src, rule.src_len), ("to", rule.dst, rule.dst_len)):
        if length:
            text = family.text(address) + ("" if length == family.bits else f"/{length}")
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
