"""One device as `ip link`, `ip addr` and their brief and JSON forms show it (print_linkinfo of iproute2)."""

from __future__ import annotations

from macvsim.dev import flags as device_flags
from macvsim.dev.base import NetDevice
from macvsim.net.devices import link_namespace
from macvsim.net.namespace import Namespace
from macvsim.tools.iproute2.output import Printer
from macvsim.tools.iproute2.tool import Tool
from macvsim.wire.addr import BROADCAST_MAC, ZERO_MAC, mac_text

_FLAGS = (
    ("LOOPBACK", device_flags.IFF_LOOPBACK),
    ("BROADCAST", device_flags.IFF_BROADCAST),
    ("MULTICAST", device_flags.IFF_MULTICAST),
    ("NOARP", device_flags.IFF_NOARP),
    ("ALLMULTI", device_flags.IFF_ALLMULTI),
    ("PROMISC", device_flags.IFF_PROMISC),
    ("UP", device_flags.IFF_UP),
    ("LOWER_UP", device_flags.IFF_LOWER_UP),
)


def flag_words(dev: NetDevice) -> list[str]:
    """The words between ``<`` and ``>`` but for M-DOWN, in iproute2's order."""
    flags = device_flags.user_flags(dev)
    no_carrier = flags & device_flags.IFF_UP and not flags & device_flags.IFF_RUNNING
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
    state = device_flags.operstate(dev).upper()
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
    from macvsim.net.ipv6.conf import GEN_MODES
    from macvsim.tools.iproute2.linkkinds import print_kind

    out.both("promiscuity", f" promiscuity {dev.promiscuity} ", dev.promiscuity)
    out.both("allmulti", f"allmulti {dev.allmulti} ", dev.allmulti)
    out.both("min_mtu", f"minmtu {dev.min_mtu} ", dev.min_mtu)
    out.both("max_mtu", f"maxmtu {dev.max_mtu} ", dev.max_mtu)
    print_kind(out, dev)
    if link and dev.inet.inet6 is not None:
        mode = GEN_MODES[dev.inet.inet6.conf.addr_gen_mode]
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
