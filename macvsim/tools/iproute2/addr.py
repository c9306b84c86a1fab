"""``ip addr``: its commands, show and flush (ip/ipaddress.c of iproute2)."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from macvsim.dev.base import NetDevice
from macvsim.errors import Effect
from macvsim.tools.iproute2 import addrchange
from macvsim.tools.iproute2.addrprint import print_address, print_device
from macvsim.tools.iproute2.family import Family, families
from macvsim.tools.iproute2.guard import flushed, may_flush
from macvsim.tools.iproute2.linkshow import LinkFilter, kernel_picks, parse_filter
from macvsim.tools.iproute2.messages import AddressMessage
from macvsim.tools.iproute2.objects import Object
from macvsim.tools.iproute2.output import Printer
from macvsim.tools.iproute2.tool import INET6, LINK, Tool
from macvsim.tools.iproute2.words import Words, complaint

if TYPE_CHECKING:
    from macvsim.net.addr import Address
    from macvsim.net.ipv6.address import Address6


# -- show and flush ----------------------------------------------------------------------------------------------------


def _show(words: Words, tool: Tool) -> int:
    wanted = parse_filter(words, tool)
    shown = Tool(tool.call, tool.ns, replace(tool.options, family=wanted.family(tool)))
    dump6 = tool.options.family == INET6 and wanted.dev is None
    with shown.printer() as out:
        for dev in tool.ns.devices.values():
            if kernel_picks(dev, wanted):
                _show_device(out, dev, wanted, shown, dump6=dump6)
    return 0


class _Found(NamedTuple):
    """One address of a device: its message, its family, the address itself."""

    message: AddressMessage
    family: Family
    address: Address | Address6


def _addresses(dev: NetDevice, tool: Tool, family: str) -> list[_Found]:
    """The addresses of a family, of both where none is asked for: IPv4 first."""
    return [
        _Found(one.address_message(address, tool.ns.sim), one, address)
        for one in families(family)
        for address in one.addresses(dev)
    ]


def _show_device(out: Printer, dev: NetDevice, wanted: LinkFilter, tool: Tool, *, dump6: bool) -> None:
    """A device without addresses is listed where no family is asked for, others if one is picked (ipaddr_filter)."""
    family = tool.options.family
    there = _addresses(dev, tool, family)
    picked = [found.message for found in there if wanted.takes(found.message, dev)]
    listed = family == LINK or picked or (family == "" and not there)
    if not listed or (wanted.up and not dev.up) or (tool.options.oneline and family != LINK and not picked):
        return
    with out.object():
        print_device(out, dev, picked, tool, header=not wanted.label, dump6=dump6)


def _flush(words: Words, tool: Tool) -> int:
    if not words:
        raise complaint("Flush requires arguments.\n", 1)
    wanted = parse_filter(words, tool)
    family = wanted.family(tool)
    if family == LINK:
        raise complaint("Cannot flush link addresses.\n", 255)
    doomed = [
        (dev, found)
        for dev in tool.ns.devices.values()
        if kernel_picks(dev, wanted) and (dev.up or not wanted.up)
        for found in _addresses(dev, tool, family)
        if wanted.takes(found.message, dev)
    ]
    if doomed:
        may_flush(tool, 255)
    if tool.options.stats > 1:
        out = Printer(tool.call.out)
        for dev, found in doomed:
            with out.object():
                print_address(out, dev, found.message, tool, numbered=True)
        out.close()
    for dev, found in doomed:
        found.family.remove_address(tool.ns, dev, found.address)
    flushed(tool, len(doomed), "addresses")
    return 0


work = Object(
    topic="ip address",
    name="ip addr",
    commands={
        "add": partial(addrchange.put, replace=False),
        **dict.fromkeys(("change", "chg", "replace"), partial(addrchange.put, replace=True)),
        "delete": addrchange.delete,
        **dict.fromkeys(("show", "lst", "list"), _show),
        "flush": _flush,
    },
    default="show",
    left_out={"save": Effect.READS, "restore": Effect.CHANGES, "showdump": Effect.READS},
)
