"""IPv4 headers (RFC 791) at fixed offsets, and the changes that forwarding makes to them."""

from __future__ import annotations

from struct import Struct
from typing import NamedTuple

from macvsim.wire.checksum import checksum

PROTO_ICMP = 1
PROTO_IGMP = 2
PROTO_TCP = 6
PROTO_UDP = 17
DF = 0x4000
MF = 0x2000
OFFSET_MASK = 0x1FFF
HLEN = 20
DEFAULT_TTL = 64

_HEADER = Struct("!BBHHHBBHII")
_ADDRESSES = Struct("!II")
_number = int.from_bytes
_HEAD = Struct("!BBHBBII")
_spread = Struct("!2sH2x4s2x8s").pack


class Header(NamedTuple):
    """Fields of an IPv4 header; addresses as integers, `hlen` in bytes, `frag` flags and offset as on the wire."""

    hlen: int
    tos: int
    length: int
    ident: int
    frag: int
    ttl: int
    proto: int
    src: int
    dst: int


def parse(data: bytes) -> Header:
    """Fields of a packet that was checked to hold 20 bytes."""
    first, tos, length, ident, frag, ttl, proto, _, src, dst = _HEADER.unpack_from(data)
    return Header((first & 15) * 4, tos, length, ident, frag, ttl, proto, src, dst)


def addresses(data: bytes) -> tuple[int, int]:
    """``(source, destination)``."""
    src, dst = _ADDRESSES.unpack_from(data, 12)
    return src, dst


pack_header = Struct("!2sHHH2sH8s").pack
"""``(start, length, ident, frag, middle, checksum, addresses)`` as a header."""


def head(template: bytes, src: int, dst: int, tos: int, ttl: int) -> bytes:
    """What the headers of a flow's packets share: all but length, identification and checksum, in their order, without
    DF.  From a 20-byte header that scapy composed, which gives version, header length and protocol; addresses as
    integers.
    """
    return _HEAD.pack(template[0], tos, 0, ttl, template[9], src, dst)


def of_length(head: bytes, length: int, frag: int) -> tuple[bytes, int]:
    """The same with this fragment field, and the header of packets of this length as a number: identification and
    checksum, still 0, are added to it.
    """
    start, middle = head[:2], frag.to_bytes(2) + head[4:6]
    return start + middle + head[6:], _number(_spread(start, length, middle, head[6:]))


def identified(header: int, ident: int) -> bytes:
    """Such a header with its identification and checksum."""
    header += ident << 112
    return (header + (-header % 0xFFFF << 64)).to_bytes(HLEN)


def head_middle(head: bytes) -> bytes:
    """TTL and protocol."""
    return head[4:6]


def head_ttl(head: bytes) -> int:
    return head[4]


def head_proto(head: bytes) -> int:
    return head[5]


def head_addresses(head: bytes) -> int:
    """Source and destination as one number."""
    return int.from_bytes(head[6:])


def next_head(head: bytes) -> bytes:
    """Behind a router."""
    return head[:4] + bytes((head[4] - 1,)) + head[5:]


def decrement_ttl(data: bytes) -> bytes:
    """TTL one less, checksum updated (ip_decrease_ttl; RFC 1624)."""
    csum = (int.from_bytes(data[10:12]) + 0x100) % 0xFFFF
    return data[:8] + bytes((data[8] - 1, data[9])) + csum.to_bytes(2) + data[12:]


def sealed(header: bytes) -> bytes:
    """A header, with or without options, with its checksum computed (ip_send_check)."""
    bare = header[:10] + b"\0\0" + header[12:]
    return bare[:10] + checksum(bare).to_bytes(2, "big") + bare[12:]


def with_frag(data: bytes, length: int, frag: int) -> bytes:
    """Header of `data` (20 bytes, or with options) with another total length and fragment field, checksum anew."""
    hlen = (data[0] & 15) * 4
    return sealed(data[:2] + length.to_bytes(2, "big") + data[4:6] + frag.to_bytes(2, "big") + data[8:hlen])


def _later_options(data: bytes) -> bytes:
    """The header of `data` without those options that only the first fragment has (ip_options_fragment)."""
    header, at = bytearray(data[: (data[0] & 15) * 4]), HLEN
    while at < len(header) and header[at]:
        if header[at] == 1:
            at += 1
            continue
        length = header[at + 1] if at + 1 < len(header) else 0
        if not 2 <= length <= len(header) - at:
            break
        if not header[at] & 0x80:
            header[at : at + length] = b"\1" * length
        at += length
    return bytes(header)


def fragments(data: bytes, mtu: int) -> list[bytes]:
    """A packet cut to `mtu` bytes, each piece but the last a multiple of 8 bytes (ip_do_fragment; RFC 791, 3.2)."""
    hlen = (data[0] & 15) * 4
    if len(data) <= mtu:
        return [data]
    room = (mtu - hlen) & ~7
    body = data[hlen:]
    base = int.from_bytes(data[6:8], "big")
    pieces: list[bytes] = []
    for at in range(0, len(body), room):
        piece = body[at : at + room]
        more = MF if at + room < len(body) or base & MF else 0
        frag = (base & ~(MF | OFFSET_MASK)) | ((base & OFFSET_MASK) + at // 8) | more
        if at and hlen > HLEN and len(pieces) == 1:
            data = _later_options(data)
        pieces.append(with_frag(data, hlen + len(piece), frag) + piece)
    return pieces


def header(
    template: bytes, *, length: int, ident: int, src: int, dst: int, tos: int = 0, frag: int = 0, ttl: int = DEFAULT_TTL
) -> bytes:
    """`template`, a 20-byte header composed by scapy, with one packet's fields and checksum."""
    common = head(template, src, dst, tos, ttl)
    csum = -(int.from_bytes(common) + length + ident + frag) % 0xFFFF
    return pack_header(common[:2], length, ident, frag, common[4:6], csum, common[6:])
