"""How `ip addr` shows addresses (print_addrinfo of iproute2)."""

from __future__ import annotations

from collections.abc import Sequence

from macvsim.dev.base import NetDevice
from macvsim.net.addr import FOREVER, Address
from macvsim.net.ipv6.address import Address6
from macvsim.tools.iproute2.addrprint6 import print_address6, print_link6
from macvsim.tools.iproute2.linkshow import print_link
from macvsim.tools.iproute2.linkstats import print_stats
from macvsim.tools.iproute2.output import Printer
from macvsim.tools.iproute2.tool import LINK, Tool
from macvsim.wire.addr import ip_text


def print_device(
    out: Printer,
    dev: NetDevice,
    addresses: Sequence[Address | Address6],
    tool: Tool,
    *,
    header: bool,
    dump6: bool = False,
) -> None:
    """A device and the addresses picked; `header`: with the lines about the device itself; `dump6`: as IPv6 tells
    them.
    """
    options = tool.options
    plain = options.oneline and not options.json and options.family != LINK and not options.brief
    if header and not plain:
        if dump6:
            print_link6(out, dev, tool)
        else:
            print_link(out, dev, tool, link=False)
    out.member("addr_info", [])
    for address in addresses:
        if out.json:
            with out.item("addr_info"):
                print_address(out, dev, address, tool)
        else:
            print_address(out, dev, address, tool, numbered=plain)
    if options.brief:
        out.end()
    elif header and options.stats and not plain:
        print_stats(out, dev, options)
        out.end()


def print_address(
    out: Printer, dev: NetDevice, address: Address | Address6, tool: Tool, *, numbered: bool = False
) -> None:
    """One address; `numbered`: behind the device's number and name, as with ``-o``."""
    if isinstance(address, Address6):
        print_address6(out, dev, address, tool, numbered=numbered)
        return
    brief = tool.options.brief
    if numbered:
        out.text(f"{dev.ifindex}: {dev.name}")
    if not brief:
        out.both("family", "    inet ", "inet")
    local = ip_text(address.local)
    out.both("local", local, local)
    peer = ip_text(address.peer or address.local)
    if peer != local:
        out.both("address", f" peer {peer}", peer)
    out.both("prefixlen", f"/{address.plen} ", address.plen)
    if address.metric:
        out.both("metric", f"metric {address.metric} ", address.metric)
    if brief:
        return
    if address.broadcast:
        broadcast = ip_text(address.broadcast)
        out.both("broadcast", f"brd {broadcast} ", broadcast)
    out.both("scope", f"scope {address.scope.text} ", address.scope.text)
    valid, preferred = address.lifetimes(tool.ns.sim)
    for name, is_set in (
        ("secondary", address.secondary),
        ("deprecated", not preferred),
        ("dynamic", valid != FOREVER),
        ("noprefixroute", address.noprefixroute),
        ("autojoin", address.autojoin),
    ):
        if is_set:
            out.both(name, f"{name} ", True)
    out.both("label", address.label, address.label)
    out.line()
    lives = [f"{life}_lft {'forever' if left == FOREVER else f'{left}sec'}" for life, left in
             (("valid", valid), ("preferred", preferred))]  # fmt: skip
    out.text(f"       {' '.join(lives)}")
    out.member("valid_life_time", valid)
    out.member("preferred_life_time", preferred)
    out.end()
