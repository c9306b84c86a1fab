"""TCP segments (RFC 9293) and their options (RFC 7323, RFC 2018) as Linux lays them out (tcp_options_write)."""

from __future__ import annotations

from struct import Struct
from typing import NamedTuple

from macvsim.wire.ipv4 import PROTO_TCP

HLEN = 20
FIN, SYN, RST, PSH, ACK, URG, ECE, CWR = (1 << bit for bit in range(8))
TIMESTAMP_ROOM = 12
"""Bytes of a timestamp option with its padding."""
MAX_OPTIONS = 40

_HEADER = Struct("!HHIIBBHHH")
_EDGES = Struct("!II")
_EOL, _NOP, _MSS, _WSCALE, _SACK_OK, _SACK, _TIMESTAMPS = 0, 1, 2, 3, 4, 5, 8
MAX_WSCALE = 14

Block = tuple[int, int]
"""Left and right edge of a SACK block."""


class Options(NamedTuple):
    """What the options of a segment say; None or empty where one is absent.

    timestamps : (TSval, TSecr); sacks : blocks as on the wire
    """

    mss: int | None = None
    wscale: int | None = None
    sack_ok: bool = False
    timestamps: tuple[int, int] | None = None
    sacks: tuple[Block, ...] = ()


NO_OPTIONS = Options()


class Segment(NamedTuple):
    """A received segment: header fields as on the wire (`window` unscaled), `hlen` in bytes."""

    sport: int
    dport: int
    seq: int
    ack: int
    hlen: int
    flags: int
    window: int
    options: Options
    payload: bytes


def encode_options(options: Options) -> bytes:
    """The option bytes: MSS, SACK permitted, timestamps, window scale, SACK blocks, padded with no-operations."""
    parts: list[bytes] = []
    if options.mss is not None:
        parts.append(bytes((_MSS, 4)) + options.mss.to_bytes(2, "big"))
    if options.timestamps is not None:
        lead = bytes((_SACK_OK, 2)) if options.sack_ok else b"\1\1"
        parts.append(lead + bytes((_TIMESTAMPS, 10)) + _EDGES.pack(*options.timestamps))
    elif options.sack_ok:
        parts.append(bytes((_NOP, _NOP, _SACK_OK, 2)))
    if options.wscale is not None:
        parts.append(bytes((_NOP, _WSCALE, 3, options.wscale)))
    if options.sacks:
        parts.append(bytes((_NOP, _NOP, _SACK, 2 + 8 * len(options.sacks))))
        parts += [_EDGES.pack(left, right) for left, right in options.sacks]
    return b"".join(parts)


def parse_options(data: bytes, *, syn: bool) -> Options:
    """What option bytes say; malformed ones end the parsing, unknown ones are skipped (tcp_parse_options).

    MSS, window scale and SACK permitted count in segments with SYN only.
    """
    if len(data) == TIMESTAMP_ROOM and data[:4] == b"\1\1\x08\x0a":
        return Options(timestamps=_EDGES.unpack_from(data, 4))
    mss: int | None = None
    wscale: int | None = None
    sack_ok = False
    timestamps: tuple[int, int] | None = None
    sacks: tuple[Block, ...] = ()
    at = 0
    while at < len(data):
        kind = data[at]
        if kind == _EOL:
            break
        if kind == _NOP:
            at += 1
            continue
        size = data[at + 1] if at + 1 < len(data) else 0
        if size < 2 or at + size > len(data):
            break
        if kind == _MSS and size == 4 and syn:
            mss = int.from_bytes(data[at + 2 : at + 4], "big") or None
        elif kind == _WSCALE and size == 3 and syn:
            wscale = min(data[at + 2], MAX_WSCALE)
        elif kind == _SACK_OK and size == 2 and syn:
            sack_ok = True
        elif kind == _TIMESTAMPS and size == 10:
            timestamps = _EDGES.unpack_from(data, at + 2)
        elif kind == _SACK and size >= 10 and not (size - 2) % 8:
            sacks = tuple(_EDGES.iter_unpack(data[at + 2 : at + size]))
        at += size
    return Options(mss, wscale, sack_ok, timestamps, sacks)


def parse(data: bytes) -> Segment | None:
    """The segment in an IP payload; None when it is too short for its header."""
    if len(data) < HLEN:
        return None
    sport, dport, seq, ack, offset, flags, window, _, _ = _HEADER.unpack_from(data)
    hlen = (offset >> 4) * 4
    if hlen < HLEN or hlen > len(data):
        return None
    options = NO_OPTIONS if hlen == HLEN else parse_options(data[HLEN:hlen], syn=bool(flags & SYN))
    return Segment(sport, dport, seq, ack, hlen, flags, window, options, data[hlen:])


def is_valid(src: int, dst: int, data: bytes) -> bool:
    """True if the checksum over the pseudo header is right; addresses as integers."""
    total = int.from_bytes(data if not len(data) & 1 else data + b"\0", "big") + src + dst + PROTO_TCP + len(data)
    return total % 0xFFFF == 0


def segment(
    template: bytes,
    src: int,
    dst: int,
    ports: tuple[int, int],
    seq: int,
    ack: int,
    flags: int,
    window: int,
    options: bytes = b"",
    payload: bytes = b"",
) -> bytes:
    """`template`, a 20-byte header composed by scapy, with one segment's fields, options and payload.

    Addresses as integers, `ports` source and destination; `window` as it goes on the wire.
    """
    length = HLEN + len(options) + len(payload)
    offset = (HLEN + len(options)) << 2
    seq &= 0xFFFFFFFF
    ack &= 0xFFFFFFFF
    body = options + payload
    total = int.from_bytes(body if not len(body) & 1 else body + b"\0", "big")
    total += ports[0] + ports[1] + seq + ack + (offset << 8 | flags) + window + src + dst + PROTO_TCP + length
    csum = (total % 0xFFFF or 0xFFFF) ^ 0xFFFF
    head = _HEADER.pack(ports[0], ports[1], seq, ack, offset, flags, window, csum, 0)
    return b"".join((head[:18], template[18:], body))
