"""How `ip addr` shows IPv6 addresses, and devices where only IPv6 was asked about (print_addrinfo of iproute2)."""

from __future__ import annotations

from macvsim.dev import flags as device_flags
from macvsim.dev.base import NetDevice
from macvsim.net.ipv6.address import FOREVER, Address6, Flag
from macvsim.tools.iproute2.linkfilter import scope_of
from macvsim.tools.iproute2.linkshow import flag_words
from macvsim.tools.iproute2.output import Printer
from macvsim.tools.iproute2.tool import Tool
from macvsim.wire.addr import mac_text
from macvsim.wire.addr6 import ip6_text

_FLAGS = (
    (Flag.TEMPORARY, "temporary"),
    (Flag.NODAD, "nodad"),
    (Flag.OPTIMISTIC, "optimistic"),
    (Flag.DADFAILED, "dadfailed"),
    (Flag.HOMEADDRESS, "home"),
    (Flag.DEPRECATED, "deprecated"),
    (Flag.TENTATIVE, "tentative"),
    (Flag.PERMANENT, "dynamic"),
    (Flag.MANAGETEMPADDR, "mngtmpaddr"),
    (Flag.NOPREFIXROUTE, "noprefixroute"),
    (Flag.MCAUTOJOIN, "autojoin"),
)
"""In iproute2's order; ``dynamic`` is shown where its flag is missing."""


def print_link6(out: Printer, dev: NetDevice, tool: Tool) -> None:
    """The first line of a device in a dump of IPv6's devices, which tells less (inet6_fill_ifinfo)."""
    brief = tool.options.brief
    label, below_down = dev.name, False
    if dev.iflink != dev.ifindex:
        below = next((d for d in tool.ns.devices.values() if d.ifindex == dev.iflink), None)
        name = f"if{dev.iflink}" if below is None else below.name
        label, below_down = f"{label}@{name}", below is not None and not below.up
    else:
        name = ""
    state = device_flags.operstate(dev).upper()
    if not brief:
        out.both("ifindex", f"{dev.ifindex}: ", dev.ifindex)
    if name:
        out.member("link", name)
    out.both("ifname", f"{label:<16} " if brief else f"{label}: ", dev.name)
    if brief:
        out.both("operstate", f"{state:<14} ", state)
        return
    words = [*flag_words(dev), *(["M-DOWN"] if below_down else [])]
    out.both("flags", f"<{','.join(words)}> ", words)
    out.both("mtu", f"mtu {dev.mtu} ", dev.mtu)
    out.both("operstate", f"state {state} ", state)
    if dev.txqlen:
        out.both("txqlen", f"qlen {dev.txqlen}", dev.txqlen)
    if tool.options.details:
        kind = "loopback" if dev.loopback else "ether"
        out.line()
        out.both("link_type", f"    link/{kind} ", kind)
        out.both("address", mac_text(dev.mac), mac_text(dev.mac))
    out.end()


def print_address6(out: Printer, dev: NetDevice, address: Address6, tool: Tool, *, numbered: bool = False) -> None:
    """One address; `numbered`: behind the device's number and name, as with ``-o``."""
    brief = tool.options.brief
    if numbered:
        out.text(f"{dev.ifindex}: {dev.name}")
    if not brief:
        out.both("family", "    inet6 ", "inet6")
    local = ip6_text(address.local)
    out.both("local", local, local)
    if address.peer and address.peer != address.local:
        peer = ip6_text(address.peer)
        out.both("address", f" peer {peer}", peer)
    out.both("prefixlen", f"/{address.plen} ", address.plen)
    if address.metric:
        out.both("metric", f"metric {address.metric} ", address.metric)
    if brief:
        return
    scope = scope_of(address).text
    out.both("scope", f"scope {scope} ", scope)
    for flag, name in _FLAGS:
        if bool(address.flags & flag) != (flag is Flag.PERMANENT):
            out.both(name, f"{name} ", True)
    if address.proto:
        out.both("protocol", f"proto {address.proto} ", address.proto)
    out.line()
    now, hz = tool.ns.sim.jiffies, tool.ns.sim.hz
    valid = address.left(address.valid, now, hz)
    preferred = address.left(address.preferred, now, hz)
    out.text(f"       valid_lft {_lifetime(valid)} preferred_lft {_lifetime(preferred)}")
    out.member("valid_life_time", valid)
    out.member("preferred_life_time", preferred)
    out.end()


def _lifetime(seconds: int) -> str:
    return "forever" if seconds == FOREVER else f"{seconds}sec"
