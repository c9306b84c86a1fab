"""Addresses and prefixes of either family as iproute2 reads them (get_prefix_1 in lib/utils.c)."""

from __future__ import annotations

from typing import NamedTuple

from macvsim.errors import MacvsimError
from macvsim.machine.tool import ToolError
from macvsim.tools.iproute2.tool import INET, INET6
from macvsim.tools.iproute2.words import complaint, prefix
from macvsim.wire.addr import ip_text, mask_int
from macvsim.wire.addr6 import ip6_text, mask6, prefix6_parse

_EVERYTHING = ("default", "any", "all")
_BITS = {INET: 32, INET6: 128}


class Prefix(NamedTuple):
    """``ADDRESS[/LENGTH]``.

    family : ``inet`` or ``inet6``, empty for ``default`` where none was asked for; given : the length was written
    """

    family: str
    ip: int
    plen: int
    given: bool

    @property
    def text(self) -> str:
        return f"{address_text(self.family, self.ip)}/{self.plen}"

    def holds(self, ip: int) -> bool:
        """True if an address of the same family is inside."""
        mask = mask6(self.plen) if self.family == INET6 else mask_int(self.plen)
        return not (ip ^ self.ip) & mask


def parse_prefix(text: str, family: str = "") -> Prefix:
    """A prefix of a family, or of the one it shows; the length is that of a single address where none is written."""
    word = family if family in _BITS else "any valid"
    if text in _EVERYTHING:
        return Prefix(family if family in _BITS else "", 0, 0, False)
    if ":" in text and family != INET:
        try:
            ip, plen = prefix6_parse(text)
        except MacvsimError:
            raise complaint(f'Error: {word} prefix is expected rather than "{text}".\n', 1) from None
        return Prefix(INET6, ip, plen, "/" in text)
    if family == INET6 or ":" in text:
        raise complaint(f'Error: {word} prefix is expected rather than "{text}".\n', 1)
    ip, plen, given = prefix(text, word=word)
    return Prefix(INET, ip, plen if given else 32, given)


def parse_address(text: str, family: str = "") -> Prefix:
    """A single address (get_addr)."""
    word = family if family in _BITS else "any valid"
    try:
        found = parse_prefix(text, family)
    except ToolError:
        found = None
    if found is None or found.given:
        raise complaint(f'Error: {word} address is expected rather than "{text}".\n', 1)
    return found


def address_text(family: str, ip: int) -> str:
    """An address as text."""
    return ip6_text(ip) if family == INET6 else ip_text(ip)
