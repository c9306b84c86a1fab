"""route of net-tools 2.10."""

from __future__ import annotations

from macvsim.errors import NetlinkError
from macvsim.machine.call import Call
from macvsim.machine.tool import tool
from macvsim.net import rtioctl
from macvsim.net.ipv6 import ioctl6
from macvsim.net.rtioctl import RouteRow
from macvsim.tools.net_tools import texts
from macvsim.tools.net_tools.oldnet import known_name, require_net_admin
from macvsim.tools.net_tools.oldnet6 import Unreadable, route_lines
from macvsim.tools.net_tools.oldnet6 import parse_route as parse_route6
from macvsim.tools.net_tools.routewords import RouteLookup, RouteTexts, RouteUsage, parse_route
from macvsim.wire.addr import ip_text

_USAGE, _LOOKUP, _SOCKET = 3, 6, 7
_TEXTS = RouteTexts(
    not_a_gateway="route: {}: cannot use a NETWORK as gateway!\n",
    host_with_mask="route: netmask {} doesn't make sense with host route\n",
    bogus_mask="route: bogus netmask {}\n",
    mask_mismatch="route: netmask doesn't match route address\n",
    unknown="{}: {}\n",
    unknown_gateway="{}: Unknown host\n",
)
_TITLE = "Kernel IP routing table\n"
_HEADER = "Destination     Gateway         Genmask         Flags "
_HEADERS = {0: "Metric Ref    Use Iface\n", 1: "  MSS Window  irtt Iface\n",
            2: "Metric Ref    Use Iface    MSS   Window irtt\n"}  # fmt: skip


@tool("route", flavour="debian")
def route(call: Call) -> int:
    """``route [-neF] [add|del WORDS…]``."""
    args = call.args
    numeric = six = False
    extended = 0
    while args and args[0].startswith("-"):
        option, *args = args
        match option:
            case "-h" | "--help":
                texts.show(call, texts.ROUTE, error=False)
                return 0
            case "-V" | "--version":
                call.out(texts.ROUTE_VERSION)
                return 0
            case "-A" if args:
                family, *args = args
                if family not in ("inet", "inet6"):
                    return call.not_simulated(f"route -A {family}")
                six = family == "inet6"
                continue
            case "-6" | "--inet6":
                six = True
                continue
            case "-4" | "--inet" | "--verbose" | "--fib":
                continue
            case "--numeric":
                numeric = True
                continue
            case "--extend":
                extended += 1
                continue
        for letter in option[1:]:
            if letter == "C":
                return call.not_simulated("route -C: kernels since 3.6 have no routing cache")
            if letter not in "nNveF":
                call.err(f"route: invalid option -- '{letter}'\n")
                texts.show(call, texts.ROUTE, error=False)
                return 0
            numeric = numeric or letter in "nN"
            extended += letter == "e"
    if six:
        return _route6(call, args, numeric=numeric)
    if args:
        return _change(call, args[0], args[1:])
    call.out(listing(call, numeric=numeric, extended=extended))
    return 0


def _change(call: Call, action: str, words: list[str]) -> int:
    if action == "flush":
        call.err("Flushing `inet' routing table not supported\n")
        texts.show(call, texts.INET_ROUTE, error=True)
        return _USAGE
    if action not in ("add", "del"):
        texts.show(call, texts.ROUTE, error=True)
        return _USAGE
    if not words:
        texts.show(call, texts.INET_ROUTE, error=False)
        return 0
    try:
        entry = parse_route(call, words, _TEXTS)
    except RouteUsage as error:
        call.err(str(error))
        texts.show(call, texts.INET_ROUTE, error=True)
        return _USAGE
    except RouteLookup as error:
        call.err(str(error))
        return _LOOKUP
    try:
        require_net_admin(call)
        rtioctl.add(call.box.ns, entry) if action == "add" else rtioctl.delete(call.box.ns, entry)
    except NetlinkError as error:
        call.err(f"SIOC{action.upper()}RT: {error.strerror}\n")
        return _SOCKET
    return 0


_FORM6 = "{dst:<30} {gateway:<26} {flags:<4} {metric:<3} {references:<2}     0 {dev}\n"
_HEADER6 = f"{'Destination':<30} {'Next Hop':<26} Flag Met Ref  Use If\n"


def _route6(call: Call, args: list[str], *, numeric: bool) -> int:
    """``route -6``: the listing, or ``add`` and ``del``."""
    if not args:
        call.out("Kernel IPv6 routing table\n" + _HEADER6)
        call.out("".join(route_lines(call.box.ns, _FORM6, numeric=numeric)))
        return 0
    if args[0] not in ("add", "del"):
        return call.not_simulated(f"route -6 {args[0]}")
    try:
        entry = parse_route6(args[1:])
    except Unreadable as error:
        return call.not_simulated(f"route -6: {error}")
    try:
        require_net_admin(call)
        change = ioctl6.add_route if args[0] == "add" else ioctl6.delete_route
        change(call.box.ns, entry.dst, entry.plen, entry.gateway, entry.dev, entry.metric)
    except NetlinkError as error:
        call.err(f"SIOC{args[0].upper()}RT: {error.strerror}\n")
        return _SOCKET
    return 0


def listing(call: Call, *, numeric: bool, extended: int = 0) -> str:
    """The routing table as ``route`` shows it, with `extended` ``-e``; hosts by their names."""
    layout = min(extended, 2)
    lines = [_TITLE, _HEADER + _HEADERS[layout]]
    for row in rtioctl.table(call.box.ns):
        destination = "default" if not numeric and not row.dst and not row.mask else ip_text(row.dst)
        if row.host:
            destination = known_name(call, row.dst, numeric=numeric) or destination
        gateway = "-" if row.reject else known_name(call, row.gateway, numeric=numeric) or ip_text(row.gateway)
        line = f"{destination:<15.15} {gateway:<15.15} {ip_text(row.mask):<15} {flag_text(row):<6}"
        unused, iface = ("-", "-") if row.reject else ("0", row.iface)
        if layout == 1:
            line += f"{unused:>5} {unused:<5} {unused:>6} {iface}"
        else:
            line += f"{row.metric:<6} {unused:<2} {0:>7} {iface}"
            if layout == 2:
                line = f"{line[: -len(iface)]}{iface:<8} {unused:<5} {unused:<6} {unused}"
        lines.append(line + "\n")
    return "".join(lines)


def flag_text(row: RouteRow) -> str:
    """U, G, H, and ! for what is rejected."""
    return ("!" if row.reject else "U") + ("G" if row.via else "") + ("H" if row.host else "")
