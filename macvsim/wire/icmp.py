"""ICMP messages (RFC 792) at fixed offsets."""

from __future__ import annotations

from macvsim.wire.checksum import update

ECHO_REPLY = 0
DEST_UNREACH = 3
SOURCE_QUENCH = 4
REDIRECT = 5
ECHO = 8
TIME_EXCEEDED = 11
PARAMETER_PROBLEM = 12
TIMESTAMP = 13
TIMESTAMP_REPLY = 14
INFO_REQUEST = 15
INFO_REPLY = 16
ADDRESS = 17
ADDRESS_REPLY = 18
HLEN = 8

NET_UNREACH = 0
HOST_UNREACH = 1
PROT_UNREACH = 2
PORT_UNREACH = 3
FRAG_NEEDED = 4
SR_FAILED = 5
HOST_ANO = 10
PKT_FILTERED = 13

TTL_EXCEEDED = 0
REASSEMBLY = 1
REDIR_HOST = 1

ERRORS = frozenset((DEST_UNREACH, SOURCE_QUENCH, REDIRECT, TIME_EXCEEDED, PARAMETER_PROBLEM))
KNOWN_TYPES = 18


def message(template: bytes, kind: int, code: int, rest: int, payload: bytes) -> bytes:
    """`template`, a message composed by scapy, with these fields; `rest` is the header's second word."""
    total = (kind << 8 | code) + rest + int.from_bytes(payload if not len(payload) & 1 else payload + b"\0", "big")
    csum = (total % 0xFFFF or 0xFFFF) ^ 0xFFFF if total else 0xFFFF
    return b"".join(((kind << 56 | code << 48 | csum << 32 | rest).to_bytes(8, "big"), template[8:], payload))


def echo_reply(request: bytes) -> bytes:
    """The reply to an echo request, checksum updated (RFC 1624)."""
    csum = update(request[2] << 8 | request[3], request[0] << 8 | request[1], request[1])
    return (request[1] << 16 | csum).to_bytes(4, "big") + request[4:]
