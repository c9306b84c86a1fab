"""Which devices and addresses `ip link` and `ip addr` pick, and a device as they and their brief and JSON forms show it
(ipaddr_list_flush_or_save and print_linkinfo of iproute2).
"""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from macvsim.dev import state as device
from macvsim.dev.base import NetDevice
from macvsim.errors import Effect, NotSimulated
from macvsim.machine.tool import UsageError
from macvsim.net.devices import link_namespace
from macvsim.net.fibroute import Scope
from macvsim.net.namespace import Namespace
from macvsim.tools.iproute2.output import Printer
from macvsim.tools.iproute2.tool import INET, INET6, Tool
from macvsim.tools.iproute2.words import Words, complaint, device_group, garbage, invalid, matches
from macvsim.wire.addr import BROADCAST_MAC, ZERO_MAC, mac_text

if TYPE_CHECKING:
    from macvsim.net.ipv6.address import Flag
    from macvsim.tools.iproute2.messages import AddressMessage
    from macvsim.tools.iproute2.prefixes import Prefix

SCOPES = {
    "global": Scope.UNIVERSE,
    "site": Scope.SITE,
    "link": Scope.LINK,
    "host": Scope.HOST,
    "nowhere": Scope.NOWHERE,
}
FLAGS = {
    "secondary": "TEMPORARY", "temporary": "TEMPORARY", "nodad": "NODAD", "optimistic": "OPTIMISTIC",
    "dadfailed": "DADFAILED", "home": "HOMEADDRESS", "deprecated": "DEPRECATED", "tentative": "TENTATIVE",
    "permanent": "PERMANENT", "mngtmpaddr": "MANAGETEMPADDR", "noprefixroute": "NOPREFIXROUTE",
    "autojoin": "MCAUTOJOIN",
}  # fmt: skip
"""Words for flags (`macvsim.net.ipv6.address.Flag`), in iproute2's order (ifa_flag_data)."""
_CLEAR = {"primary": "TEMPORARY", "dynamic": "PERMANENT"}
"""Words for flags that are not set."""


@dataclass
class LinkFilter:
    """Everything empty: all devices, all addresses.

    flags : names of address flags, with a ``-`` before those that must not be set
    """

    dev: NetDevice | None = None
    master: NetDevice | None = None
    no_master: bool = False
    group: int | None = None
    up: bool = False
    kind: str = ""
    slave_kind: str = ""
    label: str = ""
    scope: Scope | None = None
    to: Prefix | None = None
    flags: tuple[str, ...] = ()

    def takes(self, address: AddressMessage, dev: NetDevice) -> bool:
        """True if the address is among those asked for."""
        if self.label and not fnmatchcase(address.label or dev.name, self.label):
            return False
        if self.scope not in (None, address.scope):
            return False
        to = self.to
        if to is not None and to.family and (to.family != address.family or not to.holds(address.ip)):
            return False
        return all(self._has(address.flags, word.removeprefix("-")) != word.startswith("-") for word in self.flags)

    @staticmethod
    def _has(flags: Flag, name: str) -> bool:
        return not flags & type(flags)[_CLEAR[name]] if name in _CLEAR else bool(flags & type(flags)[FLAGS[name]])

    def family(self, tool: Tool) -> str:
        """The family asked for: by an option, or by the prefix addresses are to be in."""
        return tool.options.family or ("" if self.to is None else self.to.family)


def parse_filter(words: Words, tool: Tool) -> LinkFilter:
    """Read what follows ``show``."""
    wanted = LinkFilter()
    name: str | None = None
    flags: list[str] = []
    while words:
        word = words.take()
        if word == "to":
            from macvsim.tools.iproute2.prefixes import parse_prefix

            family = tool.options.family
            wanted.to = parse_prefix(words.value(), family if family in (INET, INET6) else "")
        elif word == "scope":
            value = words.value()
            if value not in SCOPES and value != "all":
                raise invalid('invalid "scope"\n', value)
            wanted.scope = SCOPES.get(value)
        elif word == "up":
            wanted.up = True
        elif word.removeprefix("-") in (*FLAGS, *_CLEAR):
            flags.append(word)
        elif word == "label":
            wanted.label = words.value()
        elif word == "group":
            value = words.value()
            wanted.group = device_group(value)
        elif word == "master":
            value = words.value()
            if value not in tool.ns.devices:
                raise invalid("Device does not exist\n", value)
            wanted.master = tool.ns.devices[value]
        elif word in ("vrf", "proto"):
            raise NotSimulated(f"showing by {word}", Effect.READS)
        elif word == "nomaster":
            wanted.no_master = True
        elif word == "type":
            value = words.value()
            if value.endswith("_slave"):
                wanted.slave_kind = value.removesuffix("_slave")
            else:
                wanted.kind = value
        elif word == "novf":
            pass
        else:
            if word == "dev":
                word = words.value()
            elif matches(word, "help"):
                raise UsageError(topic="ip address")
            if name is not None:
                raise garbage("dev", word)
            name = word
    wanted.flags = tuple(flags)
    if name is not None:
        wanted.dev = tool.ns.devices.get(name)
        if wanted.dev is None:
            raise complaint(f'Device "{name}" does not exist.\n', 1)
    return wanted


def kernel_picks(dev: NetDevice, wanted: LinkFilter) -> bool:
    """True if the kernel sends the device in a dump that is filtered by master and kind (link_dump_filtered)."""
    if wanted.dev is not None and dev is not wanted.dev:
        return False
    if wanted.master is not None and dev.master is not wanted.master:
        return False
    if wanted.group is not None and dev.group != wanted.group:
        return False
    if wanted.no_master and dev.master is not None:
        return False
    if wanted.kind and (dev.kind != wanted.kind or not dev.link_kind.made):
        return False
    return not wanted.slave_kind or (dev.master is not None and dev.master.kind == wanted.slave_kind)


_FLAGS = (
    ("LOOPBACK", device.IFF_LOOPBACK),
    ("BROADCAST", device.IFF_BROADCAST),
    ("MULTICAST", device.IFF_MULTICAST),
    ("NOARP", device.IFF_NOARP),
    ("ALLMULTI", device.IFF_ALLMULTI),
    ("PROMISC", device.IFF_PROMISC),
    ("UP", device.IFF_UP),
    ("LOWER_UP", device.IFF_LOWER_UP),
)


def flag_words(dev: NetDevice) -> list[str]:
    """The words between ``<`` and ``>`` but for M-DOWN, in iproute2's order."""
    flags = device.user_flags(dev)
    no_carrier = flags & device.IFF_UP and not flags & device.IFF_RUNNING
    return [*(["NO-CARRIER"] if no_carrier else []), *(name for name, bit in _FLAGS if flags & bit)]


def print_link(out: Printer, dev: NetDevice, tool: Tool, *, link: bool, dump6: bool = False) -> None:
    """The first lines of a device; `link` is True for `ip link`, which shows more than `ip addr`.

    dump6 : it comes from IPv6's list of devices, which tells less (inet6_fill_ifinfo)
    """
    options = tool.options
    other = None if dump6 else link_namespace(tool.ns, dev)
    if not options.brief:
        out.both("ifindex", f"{dev.ifindex}: ", dev.ifindex)
    below_down = _print_name(out, dev, "{:<16} " if options.brief else "{}: ", elsewhere=other is not None)
    state = device.operstate(dev).upper()
    if options.brief:
        out.both("operstate", f"{state:<14} ", state)
        if link:
            out.both("address", f"{mac_text(dev.mac)} ", mac_text(dev.mac))
            _print_flags(out, dev, below_down)
            out.end()
        return
    _print_flags(out, dev, below_down)
    out.both("mtu", f"mtu {dev.mtu} ", dev.mtu)
    if not dump6:
        out.both("qdisc", f"qdisc {dev.qdisc} ", dev.qdisc)
        if dev.master is not None:
            out.both("master", f"master {dev.master.name} ", dev.master.name)
    out.both("operstate", f"state {state} ", state)
    if link:
        out.both("linkmode", "mode DEFAULT ", "DEFAULT")
    if not dump6:
        group = tool.named(str(dev.group) if dev.group else "default", dev.group)
        out.both("group", f"group {group} ", group)
    if dev.txqlen:
        out.both("txqlen", f"qlen {dev.txqlen}", dev.txqlen)
    if link or options.family in ("", "link") or options.details:
        kind = tool.named("loopback", "[772]") if dev.loopback else tool.named("ether", "[1]")
        out.line()
        out.both("link_type", f"    link/{kind} ", kind)
        out.both("address", mac_text(dev.mac), mac_text(dev.mac))
    if not dump6:
        _print_more(out, dev, tool, link=link, other=other)
    if link and options.stats:
        from macvsim.tools.iproute2.linkstats import print_stats

        out.line()
        print_stats(out, dev, options)
    out.end()


def _print_more(out: Printer, dev: NetDevice, tool: Tool, *, link: bool, other: Namespace | None) -> None:
    """The rest, from the broadcast address on; other : the namespace of the lower device or the peer."""
    options = tool.options
    if link or options.family in ("", "link") or options.details:
        broadcast = mac_text(ZERO_MAC if dev.loopback else BROADCAST_MAC)
        out.both("broadcast", f" brd {broadcast}", broadcast)
        if dev.permanent_mac and dev.permanent_mac != dev.mac:
            permanent = mac_text(dev.permanent_mac)
            out.both("permaddr", f" permaddr {permanent}", permanent)
    if other is not None:
        number = tool.ns.nsid(other)
        name = next((name for name, ns in tool.kernel.netns.items() if ns is other), "")
        out.both("link_netnsid", f" link-netns {name}" if name else f" link-netnsid {number}", number)
    if options.details:
        _print_details(out, dev, link=link)
    if dev.alias and (link or options.details):
        out.line()
        out.both("ifalias", f"    alias {dev.alias}", dev.alias)


def _print_name(out: Printer, dev: NetDevice, form: str, *, elsewhere: bool) -> bool:
    """``NAME`` or ``NAME@LOWER``; True if the lower device is here and down (print_name_and_link)."""
    index = dev.iflink
    name, below_down = dev.name, False
    if elsewhere:
        out.member("link_index", index)
        name = f"{name}@if{index}"
    elif index != dev.ifindex:
        below = next((d for d in dev.ns.devices.values() if d.ifindex == index), None)
        label = f"if{index}" if below is None else below.name
        out.member("link", label)
        name = f"{name}@{label}"
        below_down = below is not None and not below.up
    out.text(form.format(name))
    out.member("ifname", dev.name)
    return below_down


def _print_flags(out: Printer, dev: NetDevice, below_down: bool) -> None:
    words = flag_words(dev)
    if below_down:
        words.append("M-DOWN")
    out.both("flags", f"<{','.join(words)}> ", words)


def _print_details(out: Printer, dev: NetDevice, *, link: bool) -> None:
    """``-d``: counters, limits, what the kind of device has to say, queues and offload sizes."""
    from macvsim.net.ipv6.conf import GEN_MODES, DevConf6
    from macvsim.tools.iproute2.linkkinds import print_kind

    out.both("promiscuity", f" promiscuity {dev.promiscuity} ", dev.promiscuity)
    out.both("allmulti", f"allmulti {dev.allmulti} ", dev.allmulti)
    out.both("min_mtu", f"minmtu {dev.min_mtu} ", dev.min_mtu)
    out.both("max_mtu", f"maxmtu {dev.max_mtu} ", dev.max_mtu)
    print_kind(out, dev)
    quiet = dev.inet.quiet6 is not None
    inet6 = None if quiet else dev.inet.inet6
    if link and (quiet or inet6 is not None):
        mode = GEN_MODES[(DevConf6 if inet6 is None else inet6.conf).addr_gen_mode]
        out.both("inet6_addr_gen_mode", f"addrgenmode {mode} ", mode)
    out.both("num_tx_queues", f"numtxqueues {dev.numtxqueues} ", dev.numtxqueues)
    for key, value in (
        ("gso_max_size", 65536),
        ("gso_max_segs", 65535),
        ("tso_max_size", dev.tso_max_size),
        ("tso_max_segs", 65535),
        ("gro_max_size", 65536),
        ("gso_ipv4_max_size", 65536),
        ("gro_ipv4_max_size", 65536),
    ):
        out.both(key, f"{key} {value} ", value)
