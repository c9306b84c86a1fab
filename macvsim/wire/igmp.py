"""IGMP messages, versions 1 to 3 (RFC 1112, 2236, 3376), at fixed offsets."""

from __future__ import annotations

from collections.abc import Sequence

from macvsim.wire.checksum import checksum

QUERY = 0x11
REPORT1 = 0x12
REPORT2 = 0x16
LEAVE = 0x17
REPORT3 = 0x22
CHANGE_TO_INCLUDE = 3
CHANGE_TO_EXCLUDE = 4
HLEN = 8
RECORD = 8


def packet(header: bytes, src: int, dst: int, message: bytes) -> bytes:
    """A whole IPv4 packet; `header` is composed by scapy, addresses are integers."""
    addresses = (src << 32 | dst).to_bytes(8, "big")
    start = header[:2] + (len(header) + len(message)).to_bytes(2, "big") + header[4:10]
    csum = checksum(start + addresses + header[20:])
    return b"".join((start, csum.to_bytes(2, "big"), addresses, header[20:], message))


def is_valid(message: bytes) -> bool:
    """Long enough, and its checksum is right."""
    return len(message) >= HLEN and not checksum(message)


def about(kind: int, group: int) -> bytes:
    """A message of version 1 or 2 about one group."""
    return _sealed(bytes((kind, 0, 0, 0)) + group.to_bytes(4, "big"))


def report(groups: Sequence[tuple[int, int]]) -> bytes:
    """A report of ``(record type, group)`` without sources."""
    records = [bytes((kind, 0, 0, 0)) + group.to_bytes(4, "big") for kind, group in groups]
    return _sealed(b"".join((bytes((REPORT3, 0, 0, 0, 0, 0)), len(groups).to_bytes(2, "big"), *records)))


def _sealed(message: bytes) -> bytes:
    return message[:2] + checksum(message).to_bytes(2, "big") + message[4:]
