"""The routing tables as the route commands of net-tools and of busybox list them (inet_gr.c, route.c)."""

from __future__ import annotations

from dataclasses import dataclass

from macvsim.machine.call import Call
from macvsim.net import rtioctl
from macvsim.net.rtioctl import RouteRow
from macvsim.tools.net_tools.oldnet import known_name
from macvsim.tools.net_tools.oldnet6 import route_lines
from macvsim.wire.addr import ip_text

_HEADER = "Kernel IP routing table\nDestination     Gateway         Genmask         Flags "
_COLUMNS = (
    "Metric Ref    Use Iface\n",
    "  MSS Window  irtt Iface\n",
    "Metric Ref    Use Iface    MSS   Window irtt\n",
)
"""With no ``-e``, one, and two."""


@dataclass(frozen=True)
class TableForm:
    """How a program lists routes.

    names_hosts : hosts are shown by name, and rejected routes with ``-`` for their columns
    no_gateway : stands for no router where names are shown; empty: its address
    header6, line6 : of the table of IPv6, with the fields of `route_lines`
    """

    names_hosts: bool
    no_gateway: str
    header6: str
    line6: str


NET_TOOLS = TableForm(
    names_hosts=True,
    no_gateway="",
    header6=f"{'Destination':<30} {'Next Hop':<26} Flag Met Ref  Use If\n",
    line6="{dst:<30} {gateway:<26} {flags:<4} {metric:<3} {references:<2}     0 {dev}\n",
)
BUSYBOX = TableForm(
    names_hosts=False,
    no_gateway="*",
    header6=f"{'Destination':<43} {'Next Hop':<39} Flags Metric Ref    Use Iface\n",
    line6="{dst:<43} {gateway:<39} {flags:<5} {metric:<6} {references:<2}       0 {dev:<8}\n",
)


def listing(call: Call, form: TableForm, *, numeric: bool, extended: int = 0) -> str:
    """The table of IPv4, with `extended` ``-e``; hosts by their names."""
    extended = min(extended, 2)
    lines = [_HEADER + _COLUMNS[extended]]
    for row in rtioctl.table(call.box.ns):
        rejected = row.reject and form.names_hosts
        line = f"{_destination(call, row, form, numeric):<15.15} {_gateway(call, row, form, numeric):<15.15} "
        line += f"{ip_text(row.mask):<15} {_flags(row):<6}"
        unused, iface = ("-", "-") if rejected else ("0", row.iface)
        if extended == 1:
            line += f"{unused:>5} {unused:<5} {unused:>6} {iface}"
        elif extended:
            line += f"{row.metric:<6} {unused:<2} {0:>7} {iface:<8} {unused:<5} {unused:<6} {unused}"
        else:
            line += f"{row.metric:<6} {unused:<2} {0:>7} {iface}"
        lines.append(line + "\n")
    return "".join(lines)


def listing6(call: Call, form: TableForm, *, numeric: bool) -> str:
    """The table of IPv6."""
    lines = route_lines(call.box.ns, form.line6, numeric=numeric)
    return "Kernel IPv6 routing table\n" + form.header6 + "".join(lines)


def _destination(call: Call, row: RouteRow, form: TableForm, numeric: bool) -> str:
    if not (numeric or row.dst or (row.mask if form.names_hosts else row.host)):
        return "default"
    name = known_name(call, row.dst, numeric=numeric) if row.host and form.names_hosts else ""
    return name or ip_text(row.dst)


def _gateway(call: Call, row: RouteRow, form: TableForm, numeric: bool) -> str:
    if row.reject and form.names_hosts:
        return "-"
    if not numeric and not row.gateway and form.no_gateway:
        return form.no_gateway
    return known_name(call, row.gateway, numeric=numeric) or ip_text(row.gateway)


def _flags(row: RouteRow) -> str:
    """U, G, H, and ! for a route that rejects."""
    return ("!" if row.reject else "U") + ("G" if row.via else "") + ("H" if row.host else "")
