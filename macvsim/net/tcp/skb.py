"""Segments to send, and how eager sending is."""

from __future__ import annotations

import enum

from macvsim.net.tcp.state import SKB_OVERHEAD


class Nagle(enum.Enum):
    """How eager sending is (TCP_NAGLE_*)."""

    NORMAL = enum.auto()
    """Small segments wait while others are under way."""
    OFF = enum.auto()
    PUSH = enum.auto()
    """Send the last segment, small or not."""
    CORK = enum.auto()
    """Small segments wait: more is to come."""


class Skb:
    """One segment to send or under way; `sent_us` is when it was last sent."""

    __slots__ = ("data", "delivered", "end", "ever_retrans", "fin", "in_flight", "lost", "order", "overhead", "psh",
                 "retrans", "sacked", "sent_us", "seq", "shared", "syn", "uid")  # fmt: skip

    def __init__(self, seq: int, data: bytes, overhead: int, *, syn: bool = False, fin: bool = False) -> None:
        self.seq = seq
        self.data = data
        self.end = seq + len(data) + syn + fin
        self.syn = syn
        self.fin = fin
        self.psh = False
        self.sacked = False
        self.lost = False
        self.retrans = False
        """Sent again, and that copy is believed to be under way."""
        self.ever_retrans = False
        self.sent_us = 0
        self.uid = 0
        """The packet that it was last sent in."""
        self.order = 0
        """Counts what the connection has sent: tells which of two segments of one moment came first."""
        self.delivered = 0
        """Segments that were delivered when it was sent."""
        self.in_flight = 0
        """Bytes under way then, its own included."""
        self.overhead = overhead
        """Memory it costs beyond its data."""
        self.shared = False
        """Some of its data belongs to a file, which may change (SKBFL_SHARED_FRAG)."""

    def split(self, size: int) -> Skb:
        """Keep the first `size` bytes; the rest as another segment (tcp_fragment)."""
        rest = Skb(self.seq + size, self.data[size:], SKB_OVERHEAD, fin=self.fin)
        rest.psh, rest.sacked, rest.lost = self.psh, self.sacked, self.lost
        rest.retrans, rest.ever_retrans = self.retrans, self.ever_retrans
        rest.shared = self.shared
        rest.sent_us, rest.order, rest.delivered = self.sent_us, self.order, self.delivered
        self.data = self.data[:size]
        self.end = self.seq + size
        self.fin = self.psh = False
        return rest

    def cut(self, mss: int) -> list[Skb]:
        """What leaves for it: segments of `mss` bytes (tcp_gso_segment)."""
        if len(self.data) <= mss:
            return [self]
        count = -(-len(self.data) // mss)
        pieces = [self]
        for _ in range(count - 1):
            last = pieces[-1]
            rest = last.split(mss)
            rest.overhead, last.overhead = last.overhead, 0  # which is free once all of it is acknowledged
            pieces.append(rest)
        return pieces
