"""IPv6 headers (RFC 8200) at fixed offsets, and the changes that forwarding and fragmentation make to them."""

from __future__ import annotations

from typing import NamedTuple

VERSION = 6
HLEN = 40
DEFAULT_HOP_LIMIT = 64

HOP_BY_HOP = 0
TCP = 6
UDP = 17
ROUTING = 43
FRAGMENT = 44
ICMPV6 = 58
NO_NEXT = 59
DESTINATION = 60
EXTENSIONS = (HOP_BY_HOP, ROUTING, DESTINATION)
"""Extension headers that state their own length in units of 8 bytes."""
FRAGMENT_HLEN = 8
MORE = 1


class Upper(NamedTuple):
    """Where the headers end: protocol, offset of its data, offset of the next-header byte that names it, fragment
    offset in bytes (0: none or the first) and whether more fragments follow.
    """

    proto: int
    at: int
    named_at: int
    offset: int = 0
    more: bool = False


def addresses(data: bytes) -> tuple[int, int]:
    """``(source, destination)``."""
    return int.from_bytes(data[8:24], "big"), int.from_bytes(data[24:40], "big")


def head(template: bytes, src: int, dst: int, length: int, hop_limit: int, tclass: int = 0, flow: int = 0) -> bytes:
    """`template`, a 40-byte header composed by scapy that gives version and next header, with the fields of a packet
    with `length` bytes of payload.
    """
    first = template[0] >> 4 << 28 | tclass << 20 | flow
    words = first << 32 | length << 16 | template[6] << 8 | hop_limit
    return b"".join((words.to_bytes(8, "big"), src.to_bytes(16, "big"), dst.to_bytes(16, "big")))


def with_payload(data: bytes, next_header: int, payload: bytes) -> bytes:
    """The header of `data` in front of another payload."""
    return b"".join((data[:4], len(payload).to_bytes(2, "big"), bytes((next_header, data[7])), data[8:40], payload))


def decrement_hop_limit(data: bytes) -> bytes:
    """Hop limit one less; no checksum covers it."""
    return b"".join((data[:7], bytes((data[7] - 1,)), data[8:]))


def traffic_class(data: bytes) -> int:
    """Traffic class byte (RFC 8200, section 7)."""
    return (data[0] & 15) << 4 | data[1] >> 4


def upper(data: bytes) -> Upper | None:
    """Skip extension headers (ipv6_skip_exthdr); None when they run over the end."""
    proto, at, named = data[6], HLEN, 6
    while True:
        if proto == FRAGMENT:
            if len(data) < at + FRAGMENT_HLEN:
                return None
            word = int.from_bytes(data[at + 2 : at + 4], "big")
            if word & 0xFFF8:
                return Upper(data[at], at + FRAGMENT_HLEN, at, word & 0xFFF8, bool(word & MORE))
            inner = _skip(data, data[at], at + FRAGMENT_HLEN, at)
            return None if inner is None else inner._replace(more=bool(word & MORE))
        if proto not in EXTENSIONS:
            return Upper(proto, at, named)
        if len(data) < at + 8:
            return None
        proto, at, named = data[at], at + (data[at + 1] + 1) * 8, at
        if at > len(data):
            return None


def _skip(data: bytes, proto: int, at: int, named: int) -> Upper | None:
    while proto in EXTENSIONS:
        if len(data) < at + 8:
            return None
        proto, at, named = data[at], at + (data[at + 1] + 1) * 8, at
    return None if at > len(data) else Upper(proto, at, named)


def fragment_header(template: bytes, next_header: int, offset: int, more: bool, ident: int) -> bytes:
    """`template`, a fragment header composed by scapy, with one fragment's fields; `offset` in bytes."""
    word = offset | (MORE if more else 0)
    return b"".join((bytes((next_header,)), template[1:2], word.to_bytes(2, "big"), ident.to_bytes(4, "big")))
