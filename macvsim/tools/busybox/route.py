"""busybox route (networking/route.c)."""

from __future__ import annotations

from macvsim.errors import NetlinkError
from macvsim.machine.call import Call
from macvsim.machine.tool import tool
from macvsim.net import rtioctl
from macvsim.net.ipv6 import ioctl6
from macvsim.tools.busybox.applet import usage
from macvsim.tools.net_tools.oldnet import known_name, require_net_admin
from macvsim.tools.net_tools.oldnet6 import Unreadable, route_lines
from macvsim.tools.net_tools.oldnet6 import parse_route as parse_route6
from macvsim.tools.net_tools.routewords import RouteLookup, RouteTexts, RouteUsage, parse_route
from macvsim.wire.addr import ip_text

_USAGE = """\
route [-ne] [-A inet[6]] [{add|del} [-net|-host] TARGET [netmask MASK]
	[gw GATEWAY] [metric N] [mss BYTES] [window BYTES] [reject] [IFACE]]

Show or edit kernel routing tables

	-n	Don't resolve names
	-e	Display other/more information
	-A inet[6]	Select address family
"""
_TEXTS = RouteTexts(
    not_a_gateway="gateway {} is a NETWORK",
    host_with_mask="netmask {} and host route conflict",
    bogus_mask="bogus netmask {}",
    mask_mismatch="netmask and route address conflict",
    unknown="resolving {}",
    unknown_gateway="resolving {}",
    bad_length="number {} is not in 0..32 range",
)


@tool("route", flavour="busybox")
def route(call: Call) -> int:
    """``route [-ne] [add|del WORDS…]``."""
    args = call.args
    if "--help" in args:
        return usage(call, _USAGE, code=0)
    numeric = extended = six = False
    while args and args[0].startswith("-") and len(args[0]) > 1:
        letters, *args = args
        for position, letter in enumerate(letters[1:], 1):
            if letter == "A":
                family = letters[position + 1 :] or (args.pop(0) if args else "")
                if family not in ("inet", "inet6"):
                    return usage(call, _USAGE)
                six = family == "inet6"
                break
            if letter not in "ne":
                call.err(f"route: invalid option -- '{letter}'\n")
                return usage(call, _USAGE)
            numeric = numeric or letter == "n"
            extended = extended or letter == "e"
    if six and (not args or args[0] in ("add", "del", "delete")):
        return _route6(call, args)
    if not args:
        call.out(listing(call, numeric=numeric, extended=extended))
        return 0
    if args[0] not in ("add", "del", "delete"):
        return usage(call, _USAGE)
    adding = args[0] == "add"
    try:
        entry = parse_route(call, args[1:], _TEXTS)
    except (RouteUsage, RouteLookup) as error:
        if not str(error):
            return usage(call, _USAGE)
        call.err(f"route: {error}\n")
        return 1
    try:
        require_net_admin(call)
        rtioctl.add(call.box.ns, entry) if adding else rtioctl.delete(call.box.ns, entry)
    except NetlinkError as error:
        call.err(f"route: SIOC{'ADD' if adding else 'DEL'}RT: {error.strerror}\n")
        return 1
    return 0


_FORM6 = "{dst:<43} {gateway:<39} {flags:<5} {metric:<6} {references:<2}       0 {dev:<8}\n"
_HEADER6 = f"{'Destination':<43} {'Next Hop':<39} Flags Metric Ref    Use Iface\n"


def _route6(call: Call, args: list[str]) -> int:
    """``route -A inet6``: the listing, which is always numeric, or ``add`` and ``del``."""
    if not args:
        call.out("Kernel IPv6 routing table\n" + _HEADER6)
        call.out("".join(route_lines(call.box.ns, _FORM6, numeric=True)))
        return 0
    adding = args[0] == "add"
    try:
        entry = parse_route6(args[1:])
    except Unreadable:
        return usage(call, _USAGE)
    try:
        require_net_admin(call)
        change = ioctl6.add_route if adding else ioctl6.delete_route
        change(call.box.ns, entry.dst, entry.plen, entry.gateway, entry.dev, entry.metric)
    except NetlinkError as error:
        call.err(f"route: SIOC{'ADD' if adding else 'DEL'}RT: {error.strerror}\n")
        return 1
    return 0


def listing(call: Call, *, numeric: bool, extended: bool) -> str:
    """The routing table, gateways by their names (bb_displayroutes)."""
    head = "  MSS Window  irtt Iface" if extended else "Metric Ref    Use Iface"
    lines = ["Kernel IP routing table", f"Destination     Gateway         Genmask         Flags {head}"]
    for row in rtioctl.table(call.box.ns):
        destination = "default" if not numeric and not row.dst and not row.host else ip_text(row.dst)
        gateway = known_name(call, row.gateway, numeric=numeric) or ip_text(row.gateway)
        gateway = "*" if not numeric and not row.gateway else gateway
        flags = ("!" if row.reject else "U") + ("G" if row.via else "") + ("H" if row.host else "")
        line = f"{destination:<15.15} {gateway:<15.15} {ip_text(row.mask):<16}{flags:<6}"
        if extended:
            line += f"{0:>5} {0:<5} {0:>6} {row.iface}"
        else:
            line += f"{row.metric:<6} {0:<2} {0:>7} {row.iface}"
        lines.append(line)
    return "\n".join(lines) + "\n"
