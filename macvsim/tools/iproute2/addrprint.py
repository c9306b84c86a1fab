"""How `ip addr` shows addresses (print_addrinfo of iproute2)."""

from __future__ import annotations

from collections.abc import Sequence

from macvsim.dev.base import NetDevice
from macvsim.net.addr import FOREVER
from macvsim.net.ipv6.address import Flag
from macvsim.tools.iproute2.linkshow import FLAGS, print_link
from macvsim.tools.iproute2.linkstats import print_stats
from macvsim.tools.iproute2.messages import AddressMessage
from macvsim.tools.iproute2.output import Printer
from macvsim.tools.iproute2.tool import INET, INET6, LINK, Tool

PROTOCOLS = {"kernel_lo": 1, "kernel_ra": 2, "kernel_ll": 3}


def print_device(
    out: Printer,
    dev: NetDevice,
    addresses: Sequence[AddressMessage],
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
        print_link(out, dev, tool, link=False, dump6=dump6)
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


def print_address(out: Printer, dev: NetDevice, address: AddressMessage, tool: Tool, *, numbered: bool = False) -> None:
    """One address; `numbered`: behind the device's number and name, as with ``-o``."""
    brief = tool.options.brief
    if numbered:
        out.text(f"{dev.ifindex}: {dev.name}")
    if not brief:
        out.both("family", f"    {address.family} ", address.family)
    out.both("local", address.local, address.local)
    if address.peer:
        out.both("address", f" peer {address.peer}", address.peer)
    out.both("prefixlen", f"/{address.plen} ", address.plen)
    if address.metric:
        out.both("metric", f"metric {address.metric} ", address.metric)
    if brief:
        return
    if address.broadcast:
        out.both("broadcast", f"brd {address.broadcast} ", address.broadcast)
    scope = tool.named(address.scope.text, address.scope)
    out.both("scope", f"scope {scope} ", scope)
    for name in flag_names(address):
        out.both(name, f"{name} ", True)
    if address.proto:
        number = f"{PROTOCOLS[address.proto]:#x}" if address.proto in PROTOCOLS else address.proto
        proto = tool.named(address.proto, number)
        out.both("protocol", f"proto {proto} ", proto)
    if address.label:
        out.both("label", address.label, address.label)
    out.line()
    valid, preferred = ("forever" if left == FOREVER else f"{left}sec" for left in (address.valid, address.preferred))
    out.text(f"       valid_lft {valid} preferred_lft {preferred}")
    out.member("valid_life_time", address.valid)
    out.member("preferred_life_time", address.preferred)
    out.end()


def flag_names(address: AddressMessage) -> list[str]:
    """Words for its flags (print_ifa_flags); ``dynamic`` is shown where its flag is missing."""
    hidden = {INET: "temporary", INET6: "secondary"}[address.family]
    return [
        "dynamic" if flag is Flag.PERMANENT else name
        for name, flag in ((name, Flag[flag]) for name, flag in FLAGS.items())
        if name != hidden and bool(address.flags & flag) != (flag is Flag.PERMANENT)
    ]
