"""Packets that a host sends along one routing decision: the header of each shape is put together once."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from macvsim.wire.flow import NO_FLOW, NO_TAG, message_of

if TYPE_CHECKING:
    from macvsim.engine.drop import DropReason
    from macvsim.wire.frame import Frame

_NO_LINK = bytes(12) + b"\x86\xdd"
"""Where the Ethernet header of a packet will be, once its neighbour is known."""
_CONFIRMS = b"\xff" * 4
"""In the flow, where no frame has that tag: packets that confirm the next hop."""
Shape = tuple[int, int, int, int, int, "int | None", "int | None", bool, int]
"""Protocol, length, source, destination, traffic class, hop limit and flow label as asked for; whether the packets
confirm the next hop; the generation.
"""


class Outgoing6:
    """The packets of one shape that a host sends along a decision: their headers are put together once.

    shape : the fields that the headers depend on; head : of Ethernet, empty, and IPv6; send : takes packets
    """

    __slots__ = ("_end", "_flow", "_message", "head", "send", "shape")

    def __init__(self, shape: Shape, head: bytes, send: Callable[[Frame], DropReason | None]) -> None:
        self.shape = shape
        self.head = _NO_LINK + head
        self.send = send
        self._end = _CONFIRMS if shape[7] else NO_TAG
        self._message = self._flow = NO_FLOW
        """The part of the flow that the latest payload had, and all of it."""

    def flow(self, proto: int, payload: bytes) -> bytes:
        """As `wire.flow.flow_of`."""
        message = message_of(payload, proto)
        if message != self._message:
            self._message, self._flow = message, self.head + message + self._end if message else NO_FLOW
        return self._flow
