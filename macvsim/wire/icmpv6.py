"""ICMPv6 messages (RFC 4443), neighbour discovery (RFC 4861) and MLDv2 reports (RFC 3810) at fixed offsets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from macvsim.wire.ipv6 import ICMPV6

DEST_UNREACH = 1
PKT_TOOBIG = 2
TIME_EXCEED = 3
PARAMPROB = 4
ECHO_REQUEST = 128
ECHO_REPLY = 129
MLD_QUERY = 130
MLD_REPORT = 131
MLD_DONE = 132
ROUTER_SOLICIT = 133
ROUTER_ADVERT = 134
NEIGHBOUR_DISCOVERY = range(133, 138)
NEIGHBOUR_SOLICIT = 135
NEIGHBOUR_ADVERT = 136
REDIRECT = 137
MLDV2_REPORT = 143
ERRORS = (DEST_UNREACH, PKT_TOOBIG, TIME_EXCEED, PARAMPROB)
INFORMATIONAL = 0x80

NO_ROUTE = 0
ADM_PROHIBITED = 1
NOT_NEIGHBOUR = 2
ADDR_UNREACH = 3
PORT_UNREACH = 4
HOP_LIMIT = 0
REASSEMBLY = 1
HDR_FIELD = 0
UNK_NEXTHDR = 1
UNK_OPTION = 2
HDR_INCOMPLETE = 3

_number = int.from_bytes
HLEN = 8
ND_HLEN = 24
ND_HOP_LIMIT = 255
NA_ROUTER = 0x80000000
NA_SOLICITED = 0x40000000
NA_OVERRIDE = 0x20000000

OPT_SOURCE_LL = 1
OPT_TARGET_LL = 2
OPT_PREFIX = 3
OPT_REDIRECTED = 4
OPT_MTU = 5
OPT_NONCE = 14

MODE_IS_EXCLUDE = 2
CHANGE_TO_INCLUDE = 3
CHANGE_TO_EXCLUDE = 4


def _sum(src: int, dst: int, proto: int, payload: bytes) -> int:
    """Checksum with the pseudo header of RFC 8200, section 8.1."""
    length = len(payload)
    return -(src + dst + length + proto + (_number(payload) << (length & 1) * 8)) % 0xFFFF


def sealed(src: int, dst: int, message: bytes) -> bytes:
    """A message with its checksum, which covers the addresses."""
    checksum = (_sum(src, dst, ICMPV6, message) + _number(message[2:4])) % 0xFFFF
    return message[:2] + checksum.to_bytes(2) + message[4:]


def is_valid(src: int, dst: int, message: bytes) -> bool:
    """True if the checksum is right."""
    return _sum(src, dst, ICMPV6, message) == 0


def upper_checksum(src: int, dst: int, proto: int, segment: bytes) -> int:
    """Checksum of a UDP or TCP segment whose checksum field is zero, or 0 if the one it holds is right."""
    return _sum(src, dst, proto, segment)


def message(template: bytes, kind: int, code: int, rest: int, body: bytes) -> bytes:
    """`template`, the first 8 bytes of a message composed by scapy, with these fields and no checksum yet; `rest` is
    the header's second word.
    """
    return b"".join((bytes((kind, code)), template[2:4], rest.to_bytes(4, "big"), body))


def link_layer_option(template: bytes, kind: int, mac: bytes) -> bytes:
    """Source or target link-layer address (RFC 4861, section 4.6.1)."""
    return b"".join((bytes((kind,)), template[1:2], mac))


def nonce_option(template: bytes, nonce: int) -> bytes:
    """Nonce of duplicate address detection (RFC 3971, section 5.3.2; RFC 7527)."""
    return template[:2] + nonce.to_bytes(6, "big")


def options(message: bytes, at: int) -> dict[int, bytes] | None:
    """Options of a neighbour discovery message by type, the first of each, their two header bytes left out; None when
    they are malformed.
    """
    found: dict[int, bytes] = {}
    for kind, body in _options(message, at):
        if body is None:
            return None
        found.setdefault(kind, body)
    return found


def all_options(message: bytes, at: int, wanted: int) -> list[bytes]:
    """Every option of one type."""
    return [body for kind, body in _options(message, at) if kind == wanted and body is not None]


def _options(message: bytes, at: int) -> Iterator[tuple[int, bytes | None]]:
    while at < len(message):
        size = message[at + 1] * 8 if at + 1 < len(message) else 0
        if not size or at + size > len(message):
            yield 0, None
            return
        yield message[at], message[at + 2 : at + size]
        at += size


def mldv2_report(template: bytes, record: bytes, groups: Sequence[tuple[int, int]]) -> bytes:
    """An MLDv2 report of ``(record type, group)``; `template` and `record` are composed by scapy."""
    records = [bytes((kind,)) + record[1:4] + group.to_bytes(16, "big") for kind, group in groups]
    return b"".join((template[:6], len(groups).to_bytes(2, "big"), *records))
