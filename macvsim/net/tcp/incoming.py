"""A segment as a connection sees it."""

from __future__ import annotations

from macvsim.net.tcp.memory import condensed, truesize
from macvsim.wire.tcp import FIN, Segment

_HALF = 1 << 31
_MASK = 0xFFFFFFFF


def unwrap(number: int, near: int) -> int:
    """The sequence number closest to `near` that reads `number` on the wire."""
    return near + ((number - near + _HALF) & _MASK) - _HALF


class Incoming:
    """A segment for a connection, its sequence numbers unwrapped; `end` counts SYN and FIN.

    truesize : memory it costs; is_linear : its data stands in its head
    """

    __slots__ = ("ack", "end", "fin", "flags", "hlen", "is_linear", "options", "payload", "sacks", "seq", "truesize",
                 "uid", "window")  # fmt: skip

    def __init__(self, segment: Segment, rcv_nxt: int, snd_una: int, uid: int) -> None:
        self.flags = segment.flags
        self.fin = bool(segment.flags & FIN)
        self.seq = unwrap(segment.seq, rcv_nxt)
        self.end = self.seq + len(segment.payload) + (segment.flags & 1) + (segment.flags >> 1 & 1)
        self.ack = unwrap(segment.ack, snd_una)
        self.window = segment.window
        self.hlen = segment.hlen
        self.options = segment.options
        self.payload = segment.payload
        self.sacks = tuple((unwrap(a, snd_una), unwrap(b, snd_una)) for a, b in segment.options.sacks)
        self.uid = uid

    def book(self, shared: bool | None, *, waited: bool) -> None:
        """Find out what it costs.

        shared : its data is a file's, and whether it was cut from a larger segment; waited : in a backlog
        """
        self.is_linear = shared is not None
        self.truesize = truesize(len(self.payload), shared)
        if waited:
            self.condense()

    def condense(self) -> None:
        """It will wait: give back what it does not need (skb_condense)."""
        if self.is_linear:
            self.truesize = condensed(len(self.payload))
