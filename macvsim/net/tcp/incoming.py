"""A segment as a connection sees it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from macvsim.net.tcp.memory import NOT_ITS_OWN, condensed, crafted, truesize
from macvsim.wire.tcp import FIN, Segment

if TYPE_CHECKING:
    from macvsim.engine.sim import Sim

_HALF = 1 << 31
_MASK = 0xFFFFFFFF
_BEFORE_TCP = 14 + 20
"""Headers of Ethernet and IPv4."""


def unwrap(number: int, near: int) -> int:
    """The sequence number closest to `near` that reads `number` on the wire."""
    return near + ((number - near + _HALF) & _MASK) - _HALF


class Incoming:
    """A segment for a connection, its sequence numbers unwrapped; `end` counts SYN and FIN.

    truesize : memory it costs; is_linear : its data stands in its head; room : bytes of its own that the next data may
    take, or NOT_ITS_OWN
    """

    __slots__ = ("ack", "end", "fin", "flags", "hlen", "is_linear", "options", "payload", "room", "sacks", "seq",
                 "truesize", "uid", "window")  # fmt: skip

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

    def book(self, sim: Sim, *, waited: bool) -> None:
        """Find out what it costs; waited : in a backlog."""
        self.room = NOT_ITS_OWN
        if self.uid in sim.crafted:
            self.is_linear = True
            self.truesize, self.room = crafted(_BEFORE_TCP + self.hlen + len(self.payload))
            return
        shared = sim.shared.get(self.uid)
        self.is_linear = shared is not None
        self.truesize = truesize(len(self.payload), shared)
        if waited:
            self.condense()

    def condense(self) -> None:
        """It will wait: give back what it does not need (skb_condense)."""
        if self.is_linear and self.room == NOT_ITS_OWN:
            self.truesize = condensed(len(self.payload))
