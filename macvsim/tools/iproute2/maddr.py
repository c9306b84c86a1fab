"""``ip maddr``: the groups devices listen to (ip/ipmaddr.c of iproute2)."""

from __future__ import annotations

from functools import partial

from macvsim.dev.base import NetDevice
from macvsim.machine.kernelfs.linkgroups import link_groups
from macvsim.machine.tool import UsageError
from macvsim.tools.iproute2.family import families
from macvsim.tools.iproute2.linkargs import lladdr
from macvsim.tools.iproute2.objects import Object
from macvsim.tools.iproute2.output import Printer
from macvsim.tools.iproute2.tool import LINK, Options, Tool
from macvsim.tools.iproute2.words import Words, complaint, garbage, matches
from macvsim.wire.addr import mac_bytes, mac_text

MAC_LENGTH = 6


def _change(words: Words, tool: Tool, *, add: bool) -> int:
    """A link-layer group that somebody wants, whoever else does (SIOCADDMULTI, SIOCDELMULTI)."""
    name, mac = "", b""
    while words:
        word = words.take()
        if word == "dev":
            name = words.value()
        elif matches(word, "help"):
            raise UsageError(topic="ip maddr")
        else:
            mac = lladdr(words.value() if word == "address" else word)
    if not name:
        raise complaint('Not enough information: "dev" is required.\n')
    dev = tool.ns.devices.get(name)
    if dev is None:
        raise complaint("ioctl: No such device\n", 1)
    if len(mac) != MAC_LENGTH:
        raise complaint(f"Error: Invalid address length {len(mac)} - must be {MAC_LENGTH} bytes\n", 1)
    if dev.loopback:
        raise complaint("ioctl: Invalid argument\n", 1)
    if add and mac not in dev.mc_static:
        dev.mc_static |= {mac}
        dev.add_mc(mac)
    elif not add:
        if mac not in dev.mc_static:
            raise complaint("ioctl: No such file or directory\n", 1)
        dev.mc_static -= {mac}
        dev.del_mc(mac)
    return 0


def _show(words: Words, tool: Tool) -> int:
    name = ""
    while words:
        word = words.take()
        if word == "dev":
            word = words.value()
        elif matches(word, "help"):
            raise UsageError(topic="ip maddr")
        if name:
            raise garbage("dev", word)
        name = word
    with tool.printer() as out:
        for dev in tool.ns.devices.values():
            groups = _groups(dev, tool.options.family)
            if groups and name in ("", dev.name):
                _print(out, dev, groups, tool.options)
    return 0


def _groups(dev: NetDevice, family: str) -> list[tuple[str, str, int]]:
    """``(family, address, users)``: link-layer groups first, of IPv4 and IPv6 the newest first."""
    found: list[tuple[str, str, int]] = []
    if family in ("", LINK):
        found += [("link", mac_text(mac), users) for mac, users in link_groups(dev)]
    for one in families(family):
        found += [(one.name, one.text(group), users) for group, users in one.groups(dev)]
    return found


def _print(out: Printer, dev: NetDevice, groups: list[tuple[str, str, int]], options: Options) -> None:
    head = f"{dev.ifindex}:\t{dev.name}"
    with out.object():
        out.both("ifindex", "", dev.ifindex)
        out.member("ifname", dev.name)
        if not options.oneline:
            out.text(f"{head}\n")
        for family, address, users in groups:
            if out.json:
                with out.item("maddr"):
                    if family != "link":
                        out.member("family", family)
                    out.member("link" if family == "link" else "address", address)
                    if users > 1:
                        out.member("users", users)
                    if family == "link" and mac_bytes(address) in dev.mc_static:
                        out.member("static", True)
                continue
            more = f" users {users}" if users > 1 else ""
            if family == "link" and mac_bytes(address) in dev.mc_static:
                more += " static"
            out.text(f"{head}\\" if options.oneline else "")
            out.text(f"\t{family:<5} {address}{more}\n")


work = Object(
    topic="ip maddr",
    name="ip maddr",
    commands={
        "add": partial(_change, add=True),
        "delete": partial(_change, add=False),
        **dict.fromkeys(("show", "list", "lst"), _show),
    },
    default="show",
)
