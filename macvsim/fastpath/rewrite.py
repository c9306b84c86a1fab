"""The functions that rewrite the packets of a flow, derived from what the plain path made of one of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from macvsim.wire.flow import MESSAGE4, MESSAGE6, is_discovery

Rewrite = Callable[[Any, bytes, int], bytes]
"""``(fields, bytes of a packet, identification to write, -1: its own)`` -> bytes of the packet as it leaves; the second
result of `rewriting` are the fields."""

_IP = b"\x08\x00"
_IP6 = b"\x86\xdd"
_ARP = b"\x08\x06"
_ICMP, _TCP, _UDP, _ICMP6 = 1, 6, 17, 58
_number = int.from_bytes


def rewriting(came: bytes, left: bytes, fresh: bool) -> tuple[Rewrite, Any] | None:
    """The function and its fields that rewrite packets of a flow as `came` was rewritten to `left`; None if there is
    none.

    Fields of the key become constants, everything else is copied, and checksums move by a constant (RFC 1624).  The
    function is kept only if it reproduces the packet that it was derived from.

    fresh : the identification of IPv4 is not copied but given
    """
    if came[14:] == left[14:] and not fresh:
        return _relinked, left[:14]
    if came[12:14] != left[12:14]:
        return None
    if left[12:14] == _ARP or is_discovery(came):  # whose flow is the whole packet
        return _replaced, left
    if len(came) != len(left):
        return None
    start = MESSAGE4 if left[12:14] == _IP else MESSAGE6
    layout = _layout(left, start, came[23 if start == MESSAGE4 else 20])
    if layout is None:
        if came[start:] != left[start:]:
            return None
        layout = start, b"", b"", start, 0
    if start == MESSAGE4 and (came[20] & 0x1F or came[21]) and came[start:] != left[start:]:
        return None  # a fragment without its transport header
    at, front, back, rest, zero = layout
    message = _number(left[at : at + 2]) - _number(came[at : at + 2])
    found: tuple[Rewrite, Any]
    if start == MESSAGE6:
        found = _rewritten6, (left[:MESSAGE6], at, front, back, rest, zero, message)
    elif came[start:] == left[start:] and not fresh:
        found = _forwarded, (left[:18], left[20:24], left[26:34], _number(left[24:26]) - _number(came[24:26]))
    else:
        base = _number(left[14:18] + left[20:24] + left[26:34])
        found = _rewritten4, (left[:18], left[20:24], left[26:34], base, at, front, back, rest, zero, message)
    rewrite, fields = found
    return found if rewrite(fields, came, _number(left[18:20]) if fresh else -1) == left else None


def _layout(left: bytes, start: int, protocol: int) -> tuple[int, bytes, bytes, int, int] | None:
    """Of a transport header: where its checksum stands; what stands before and behind it, but for what is copied; where
    the rest begins; what is written in place of a checksum of 0.
    """
    if protocol in (_ICMP, _ICMP6):
        return start + 2, left[start : start + 2], left[start + 4 : start + 6], start + 6, 0
    if protocol == _UDP:
        return start + 6, left[start : start + 6], b"", start + 8, 0xFFFF
    if protocol == _TCP:
        return start + 16, left[start : start + 4], b"", start + 18, 0
    return None


# Straight code for each case: a call less for each packet.


def _relinked(link: bytes, raw: bytes, _: int) -> bytes:
    """Another Ethernet header."""
    return link + raw[14:]


def _replaced(left: bytes, raw: bytes, _: int) -> bytes:
    return left


def _forwarded(fields: tuple[bytes, bytes, bytes, int], raw: bytes, _: int) -> bytes:
    """Another Ethernet and IPv4 header."""
    start, middle, addresses, moved = fields
    checksum = ((raw[24] << 8 | raw[25]) + moved) % 0xFFFF
    return start + raw[18:20] + middle + checksum.to_bytes(2) + addresses + raw[MESSAGE4:]


def _rewritten4(fields: Any, raw: bytes, ident: int) -> bytes:
    """The transport header too; with an identification of its own, unless that is -1."""
    start, middle, addresses, base, at, front, back, rest, zero, altered = fields
    ident = ident if ident >= 0 else raw[18] << 8 | raw[19]
    message = ((raw[at] << 8 | raw[at + 1]) + altered) % 0xFFFF or zero
    head = start + ident.to_bytes(2) + middle + (-(base + ident) % 0xFFFF).to_bytes(2) + addresses + front
    moved_on: bytes = head + raw[MESSAGE4 + len(front) : at] + message.to_bytes(2) + back + raw[rest:]
    return moved_on


def _rewritten6(fields: Any, raw: bytes, _: int) -> bytes:
    """IPv6, whose header has no checksum and holds nothing but fields of the key."""
    head, at, front, back, rest, zero, altered = fields
    message = ((raw[at] << 8 | raw[at + 1]) + altered) % 0xFFFF or zero
    moved_on: bytes = head + front + raw[MESSAGE6 + len(front) : at] + message.to_bytes(2) + back + raw[rest:]
    return moved_on
