"""UDP datagrams (RFC 768)."""

from __future__ import annotations

from macvsim.wire.checksum import checksum, pseudo_header
from macvsim.wire.ipv4 import PROTO_UDP

HLEN = 8


def datagram(src: int, dst: int, sport: int, dport: int, payload: bytes) -> bytes:
    """Header and payload with the checksum over the pseudo header; a sum of zero is sent as all ones."""
    length = HLEN + len(payload)
    head = b"".join((sport.to_bytes(2, "big"), dport.to_bytes(2, "big"), length.to_bytes(2, "big"), b"\0\0"))
    pseudo = pseudo_header(src.to_bytes(4, "big"), dst.to_bytes(4, "big"), PROTO_UDP, length)
    csum = checksum(pseudo + head + payload) or 0xFFFF
    return head[:6] + csum.to_bytes(2, "big") + payload


def is_valid(src: int, dst: int, segment: bytes) -> bool:
    """True if the checksum is right, or absent (zero)."""
    if segment[6:8] == b"\0\0":
        return True
    pseudo = pseudo_header(src.to_bytes(4, "big"), dst.to_bytes(4, "big"), PROTO_UDP, len(segment))
    return checksum(pseudo + segment) == 0
