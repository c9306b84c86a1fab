"""What ifconfig and route of net-tools and of busybox have in common where IPv6 is concerned."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from macvsim.errors import MacvsimError
from macvsim.net.ipv6 import proc6
from macvsim.net.ipv6.proc6 import RTF_EXPIRES, RTF_GATEWAY, RTF_REJECT, RTF_UP, RouteRow6
from macvsim.net.namespace import Namespace
from macvsim.wire.addr6 import ip6_int, ip6_text

SCOPE_NAMES = {0: "global", 0x10: "host", 0x20: "link", 0x40: "site", 0x80: "compat"}
_NONEXTHOP = 0x200000


class Unreadable(MacvsimError):
    """The words are no IPv6 address or route."""


def lines6(ns: Namespace, name: str, form: str) -> list[str]:
    """A line for each IPv6 address of a device; `form` has the fields ``ip``, ``plen``, ``scope``, ``name``
    and ``title``."""
    found = []
    for row in proc6.addresses(ns.ipv6):
        if row.dev == name:
            scope = SCOPE_NAMES.get(row.scope, "unknown")
            words = {"ip": ip6_text(row.ip), "plen": row.plen, "scope": row.scope, "name": scope}
            found.append(form.format(**words, title=scope.title()))
    return found


def parse_address(text: str) -> tuple[int, int]:
    """``ADDRESS[/LENGTH]``; `Unreadable`."""
    address, slash, length = text.partition("/")
    if slash and (not length.isdigit() or int(length) > 128):
        raise Unreadable(f"{text} is no IPv6 address with a length up to 128")
    try:
        return ip6_int(address), int(length) if slash else 128
    except MacvsimError as error:
        raise Unreadable(str(error)) from None


@dataclass
class Entry6:
    """A route as it was written behind ``add`` or ``del``."""

    dst: int = 0
    plen: int = 0
    gateway: int = 0
    dev: str = ""
    metric: int = 1


def parse_route(words: list[str]) -> Entry6:
    """The words behind ``add`` or ``del``; `Unreadable` (INET6_setroute)."""
    rest = iter(words)
    entry = Entry6()
    target = _next(rest)
    if target != "default":
        entry.dst, entry.plen = parse_address(target)
    for word in rest:
        if word == "metric":
            entry.metric = int(_number(_next(rest)))
        elif word in ("gw", "gateway"):
            entry.gateway = parse_address(_next(rest))[0]
        elif word in ("dev", "device"):
            entry.dev = _next(rest)
        elif word not in ("mod", "dyn"):
            entry.dev = word
    return entry


def _next(rest: Iterator[str]) -> str:
    word = next(rest, None)
    if word is None:
        raise Unreadable("a word is missing")
    return word


def _number(text: str) -> str:
    if not text.isdigit():
        raise Unreadable(f"{text} is no number")
    return text


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
