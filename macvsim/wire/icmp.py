"""ICMP messages (RFC 792) at fixed offsets."""

from __future__ import annotations

from struct import Struct

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
EXT_ECHO = 42
EXT_ECHO_REPLY = 43
HLEN = 8

_number = int.from_bytes
_pack_header = Struct("!BBHI").pack
_pack_start = Struct("!BBH").pack
_pack_timed = Struct("!BBHHH4s").pack
_unpack_code = Struct("!xBH").unpack_from

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
KNOWN_UNREACH = 15


def message(template: bytes, kind: int, code: int, rest: int, payload: bytes) -> bytes:
    """`template`, a message composed by scapy, with these fields; `rest` is the header's second word."""
    total = (kind << 8 | code) + rest + (_number(payload) << (len(payload) & 1) * 8)
    return _pack_header(kind, code, -total % 0xFFFF if total else 0xFFFF, rest) + template[8:] + payload


class TimedEchoes:
    """What makes requests of one program by sequence number and a clock, which is the first word of the payload as
    little-endian machines write it; `tail` is the rest of the payload.
    """

    __slots__ = ("_ident", "_kind", "_tail", "_total")

    def __init__(self, template: bytes, kind: int, ident: int, tail: bytes) -> None:
        self._kind = kind
        self._ident = ident
        self._tail = tail = template[HLEN:] + tail
        self._total = ((kind << 8) + ident + (_number(tail) << (len(tail) & 1) * 8)) % 0xFFFF

    def make(self, seq: int, clock: int) -> bytes:
        """One of them."""
        stamp = clock.to_bytes(4, "little")
        csum = -(self._total + seq + _number(stamp)) % 0xFFFF
        return _pack_timed(self._kind, 0, csum, self._ident, seq, stamp) + self._tail


def echo_reply(request: bytes) -> bytes:
    """The reply to an echo request, checksum updated (RFC 1624)."""
    code, csum = _unpack_code(request)
    return _pack_start(ECHO_REPLY, code, (csum + 0x0800) % 0xFFFF) + request[4:]
