"""TCP as connection tracking reads it: segments, their sequence numbers (RFC 9293), and the state of a connection."""

from __future__ import annotations

import enum
from typing import NamedTuple

from macvsim.wire.checksum import checksum, pseudo_header

FIN = 0x01
SYN = 0x02
RST = 0x04
PSH = 0x08
ACK = 0x10
URG = 0x20
HLEN = 20
MAX_SCALE = 14
_HARMLESS = PSH | 0x40 | 0x80
_VALID = frozenset((SYN, SYN | URG, SYN | ACK, RST, RST | ACK, FIN | ACK, FIN | ACK | URG, ACK, ACK | URG))
_SACK = 5


class Segment(NamedTuple):
    """A segment's header; `end` is the sequence number after it, SYN and FIN counted (segment_seq_plus_len)."""

    sport: int
    dport: int
    seq: int
    ack: int
    flags: int
    window: int
    end: int
    options: bytes

    @property
    def fin(self) -> bool:
        return bool(self.flags & FIN)


def parse(data: bytes, hlen: int) -> Segment | None:
    """The segment in an IPv4 packet with a header of `hlen` bytes; None if it is malformed or no stack would send its
    flags (tcp_error).
    """
    if len(data) < hlen + HLEN:
        return None
    offset = (data[hlen + 12] >> 4) * 4
    flags = data[hlen + 13]
    if offset < HLEN or len(data) < hlen + offset or flags & ~_HARMLESS not in _VALID:
        return None
    seq = int.from_bytes(data[hlen + 4 : hlen + 8], "big")
    length = len(data) - hlen - offset + bool(flags & SYN) + bool(flags & FIN)
    return Segment(
        int.from_bytes(data[hlen : hlen + 2], "big"),
        int.from_bytes(data[hlen + 2 : hlen + 4], "big"),
        seq,
        int.from_bytes(data[hlen + 8 : hlen + 12], "big"),
        flags,
        int.from_bytes(data[hlen + 14 : hlen + 16], "big"),
        seq + length & 0xFFFFFFFF,
        data[hlen + HLEN : hlen + offset],
    )


def checksum_ok(data: bytes, hlen: int) -> bool:
    """True if the segment's checksum is right."""
    segment = data[hlen:]
    return checksum(pseudo_header(data[12:16], data[16:20], 6, len(segment)) + segment) == 0


def options(raw: bytes) -> dict[int, bytes]:
    """Options by kind, without padding; what follows a malformed one is left out."""
    found = {}
    at = 0
    while at < len(raw) and raw[at]:
        if raw[at] == 1:
            at += 1
            continue
        if at + 1 >= len(raw) or raw[at + 1] < 2 or at + raw[at + 1] > len(raw):
            break
        found[raw[at]] = raw[at + 2 : at + raw[at + 1]]
        at += raw[at + 1]
    return found


def highest_sack(segment: Segment) -> int:
    """The highest number a segment acknowledges, selectively or not (tcp_sack)."""
    highest = segment.ack
    blocks = options(segment.options).get(_SACK, b"")
    for at in range(4, len(blocks), 8):
        right = int.from_bytes(blocks[at : at + 4], "big")
        if is_after(right, highest):
            highest = right
    return highest


def is_before(a: int, b: int) -> bool:
    """a < b as sequence numbers."""
    return (a - b) & 0xFFFFFFFF > 0x7FFFFFFF


def is_after(a: int, b: int) -> bool:
    """a > b as sequence numbers."""
    return is_before(b, a)


class Half:
    """What one side has sent (struct ip_ct_tcp_state).

    end : highest number after what it sent; maxend : highest it may send up to; maxwin : largest window it offered;
    maxack : highest number it acknowledged, None before the first; scale : of its windows, None: it offered none
    """

    __slots__ = ("close_init", "end", "liberal", "maxack", "maxend", "maxwin", "sack", "scale", "unacknowledged")

    def __init__(self) -> None:
        self.end = self.maxend = self.maxwin = 0
        self.maxack: int | None = None
        self.scale: int | None = None
        self.sack = False
        self.liberal = False
        self.close_init = False
        self.unacknowledged = False

    def read_options(self, segment: Segment) -> None:
        """Window scale and SACK of a SYN (tcp_options)."""
        found = options(segment.options)
        self.sack = 4 in found
        scale = found.get(3)
        self.scale = min(scale[0], MAX_SCALE) if scale else None


class State(enum.IntEnum):
    """Where a connection is (TCP_CONNTRACK_*); IGNORE and INVALID are only entries of the table."""

    NONE = 0
    SYN_SENT = 1
    SYN_RECV = 2
    ESTABLISHED = 3
    FIN_WAIT = 4
    CLOSE_WAIT = 5
    LAST_ACK = 6
    TIME_WAIT = 7
    CLOSE = 8
    SYN_SENT2 = 9
    INVALID = 10
    IGNORE = 11


class Kind(enum.IntEnum):
    """The kind of a segment, as the table has it (TCP_*_SET)."""

    SYN = 0
    SYNACK = 1
    FIN = 2
    ACK = 3
    RST = 4
    NONE = 5


class TcpState:
    """The state of one connection (struct ip_ct_tcp)."""

    def __init__(self) -> None:
        self.state = State.NONE
        self.seen = [Half(), Half()]
        self.last_kind = Kind.NONE
        self.last_dir = 0
        self.last_seq = self.last_ack = self.last_end = self.last_win = 0
        self.last_scale: int | None = None
        self.last_sack = False
        self.expects_challenge = False
        self.simultaneous = False
        self.retrans = 0
