"""What ifconfig and route of net-tools and of busybox have in common where IPv6 is concerned."""

from __future__ import annotations

from macvsim.errors import MacvsimError
from macvsim.machine.tool import ToolError
from macvsim.net.ipv6 import proc6
from macvsim.net.ipv6.proc6 import RTF_EXPIRES, RTF_GATEWAY, RTF_REJECT, RTF_UP, RouteRow6
from macvsim.net.namespace import Namespace
from macvsim.wire.addr6 import ip6_int, ip6_text

SCOPE_NAMES = {0: "global", 0x10: "host", 0x20: "link", 0x40: "site", 0x80: "compat"}
_NONEXTHOP = 0x200000


def lines6(ns: Namespace, name: str, form: str) -> list[str]:
    """A line for each IPv6 address of a device; `form` has the fields ``ip``, ``plen``, ``scope``, ``name``
    and ``title``."""
    found = []
    for row in proc6.addresses(ns):
        if row.dev == name:
            scope = SCOPE_NAMES.get(row.scope, "unknown")
            words = {"ip": ip6_text(row.ip), "plen": row.plen, "scope": row.scope, "name": scope}
            found.append(form.format(**words, title=scope.title()))
    return found


def parse_address(text: str) -> tuple[int, int]:
    """``ADDRESS[/LENGTH]``; `ToolError`."""
    address, slash, length = text.partition("/")
    if slash and (not length.isdecimal() or int(length) > 128):
        raise ToolError(f"{text} is no IPv6 address with a length up to 128")
    try:
        return ip6_int(address), int(length) if slash else 128
    except MacvsimError as error:
        raise ToolError(str(error)) from None


def route_lines(ns: Namespace, form: str, *, numeric: bool) -> list[str]:
    """A line for each route; `form` has ``dst``, ``gateway``, ``flags``, ``metric``, ``references`` and ``dev``."""
    return [
        form.format(
            dst=f"{_name(row.dst, numeric)}/{row.plen}",
            gateway=_name(row.gateway, numeric),
            flags=_flag_text(row),
            metric=row.metric,
            references=row.references,
            dev=row.dev,
        )
        for row in proc6.routes(ns.ipv6)
    ]


def _name(ip: int, numeric: bool) -> str:
    if numeric:
        return ip6_text(ip)
    return {0: "[::]", 1: "localhost"}.get(ip, ip6_text(ip))


def _flag_text(row: RouteRow6) -> str:
    flags = row.flags
    text = "!" if flags & RTF_REJECT else "U" if flags & RTF_UP else ""
    return (
        text
        + ("G" if flags & RTF_GATEWAY else "")
        + ("n" if flags & _NONEXTHOP else "")
        + ("e" if flags & RTF_EXPIRES else "")
    )
