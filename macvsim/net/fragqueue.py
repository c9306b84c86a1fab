"""The pieces of one datagram that came in fragments, whatever its version (net/ipv4/inet_fragment.c; RFC 5722)."""

from __future__ import annotations

import enum


class Placed(enum.Enum):
    """What became of a piece."""

    STORED = "stored"
    DUPLICATE = "duplicate"
    """Inside what came in one run before: it is left out, the rest stays."""
    OVERLAP = "overlap"
    CORRUPT = "corrupt"
    """It is empty, or contradicts what is known of the end: like an overlap it ends the whole datagram."""


class Pieces:
    """Pieces by offset; `length` is the end of the furthest one, or of the datagram once its last piece is here."""

    def __init__(self) -> None:
        self.length = 0
        self.by_offset: dict[int, bytes] = {}
        self._stored = 0
        self._has_last = False
        self._runs: list[list[int]] = []
        """``[start, end]`` of pieces that came in order; what came out of order is a run of its own."""

    def place(self, at: int, piece: bytes, *, last: bool) -> Placed:
        """Take a piece in (ip_frag_queue, inet_frag_queue_insert)."""
        end = at + len(piece)
        if last:
            if end < self.length or (self._has_last and end != self.length):
                return Placed.CORRUPT
            self._has_last, self.length = True, end
        elif end > self.length:
            if self._has_last:
                return Placed.CORRUPT
            self.length = end
        if not piece:
            return Placed.CORRUPT
        placed = self._insert(at, end)
        if placed is Placed.STORED:
            self.by_offset[at] = piece
            self._stored += len(piece)
        return placed

    def _insert(self, at: int, end: int) -> Placed:
        if not self._runs or self._runs[-1][1] < end:
            tail = self._runs[-1] if self._runs else None
            if tail is not None and at < tail[1]:
                return Placed.OVERLAP
            if tail is not None and at == tail[1]:
                tail[1] = end
            else:
                self._runs.append([at, end])
            return Placed.STORED
        for number, (start, stop) in enumerate(self._runs):
            if end <= start:
                self._runs.insert(number, [at, end])
                return Placed.STORED
            if at < stop:
                return Placed.DUPLICATE if at >= start and end <= stop else Placed.OVERLAP
        raise AssertionError("the last run ends behind the piece")

    @property
    def is_whole(self) -> bool:
        """Everything is here."""
        return self._has_last and self._stored == self.length

    def joined(self) -> bytes:
        """The pieces one after the other."""
        return b"".join(self.by_offset[at] for at in sorted(self.by_offset))


__all__ = ["Pieces", "Placed"]
