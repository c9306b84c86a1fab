"""The Internet checksum (RFC 1071) and its incremental update (RFC 1624).

Sums are taken by big-integer arithmetic: 16-bit ones' complement addition is addition modulo 0xffff.
"""

from __future__ import annotations


def checksum(data: bytes) -> int:
    """16-bit Internet checksum of `data`, an odd last byte padded with zero."""
    if len(data) & 1:
        data += b"\0"
    total = int.from_bytes(data, "big")
    folded = total % 0xFFFF
    if folded == 0 and total:
        return 0
    return folded ^ 0xFFFF


def verify(data: bytes) -> bool:
    """True if `data`, which holds its own checksum at an even offset, sums to 0xffff."""
    if len(data) & 1:
        data += b"\0"
    return int.from_bytes(data, "big") % 0xFFFF == 0 and any(data)


def update(old_checksum: int, old_word: int, new_word: int) -> int:
    """RFC 1624, equation 3: HC' = ~(~HC + ~m + m') for one changed 16-bit word."""
    total = (old_checksum ^ 0xFFFF) + (old_word ^ 0xFFFF) + new_word
    total = (total & 0xFFFF) + (total >> 16)
    total = (total & 0xFFFF) + (total >> 16)
    return total ^ 0xFFFF


def pseudo_header(src: bytes, dst: bytes, proto: int, length: int) -> bytes:
    """IPv4 pseudo header that UDP and TCP checksums cover (RFC 768, RFC 9293)."""
    return src + dst + bytes((0, proto)) + length.to_bytes(2, "big")
