"""Addresses and prefixes of either family as iproute2 reads them (get_prefix_1 in lib/utils.c)."""

from __future__ import annotations

from typing import NamedTuple

from macvsim.errors import MacvsimError
from macvsim.machine.tool import ToolError
from macvsim.tools.iproute2.tool import INET, INET6
from macvsim.tools.iproute2.words import complaint
from macvsim.wire.addr import ip_int, prefix_parse
from macvsim.wire.addr6 import prefix6_parse

_EVERYTHING = ("default", "any", "all")
BITS = {INET: 32, INET6: 128}


class Prefix(NamedTuple):
    """``ADDRESS[/LENGTH]``.

    family : ``inet`` or ``inet6``, empty for ``default`` where none was asked for; given : the length was written
    """

    family: str
    ip: int
    plen: int
    given: bool

    def holds(self, ip: int) -> bool:
        """True if an address of the same family is inside."""
        return not self.plen or not (ip ^ self.ip) >> (BITS[self.family] - self.plen)


def parse_prefix(text: str, family: str = "") -> Prefix:
    """A prefix of a family, or of the one it shows; the length is that of a single address where none is written."""
    asked = family if family in BITS else ""
    if text in _EVERYTHING:
        return Prefix(asked, 0, 0, False)
    six = ":" in text
    try:
        if asked and six != (asked == INET6):
            raise MacvsimError("an address of the other family")
        ip, plen = prefix6_parse(text) if six else _prefix4(text)
    except MacvsimError:
        raise complaint(f'Error: {asked or "any valid"} prefix is expected rather than "{text}".\n', 1) from None
    return Prefix(INET6 if six else INET, ip, plen, "/" in text)


def _prefix4(text: str) -> tuple[int, int]:
    """``ADDRESS[/LENGTH]`` or ``ADDRESS/NETMASK``; an address may leave trailing zeros out: ``10.1`` is 10.1.0.0."""
    head, slash, tail = text.partition("/")
    parts = head.split(".")
    if 1 <= len(parts) <= 4 and all(part.isdecimal() for part in parts):
        head = ".".join([*(str(int(part)) for part in parts), "0", "0", "0"][:4])
    if "." not in tail:
        return prefix_parse(head + slash + tail)
    inverse = ~ip_int(tail) & 0xFFFFFFFF
    if inverse & (inverse + 1):
        raise MacvsimError("not a netmask")
    return ip_int(head), 32 - inverse.bit_length()


def parse_address(text: str, family: str = "") -> Prefix:
    """A single address (get_addr)."""
    try:
        found = parse_prefix(text, family)
    except ToolError:
        found = None
    if found is None or found.given:
        word = family if family in BITS else "any valid"
        raise complaint(f'Error: {word} address is expected rather than "{text}".\n', 1)
    return found
