"""The bytes of one frame while they are rewritten, with the checksums that cover them."""

from __future__ import annotations

from macvsim.wire.checksum import update


class Truncated(Exception):
    """A field lies behind the last byte of the frame."""


class FrameBuffer:
    """A frame being rewritten.

    Offsets count from the first byte of the frame.  Every checksummed header of Ethernet, IP and what IP carries
    begins at an even offset, so the 16-bit words of any checksum are those at even offsets.
    """

    def __init__(self, data: bytes) -> None:
        self.data = bytearray(data)

    def __len__(self) -> int:
        return len(self.data)

    def cut(self, start: int, end: int) -> bytes:
        """The bytes from `start` up to `end`, fewer where the frame ends before."""
        return bytes(self.data[start:end])

    def uint(self, at: int, size: int) -> int:
        """Big-endian integer of `size` bytes at `at`; `Truncated` behind the end."""
        if at + size > len(self.data):
            raise Truncated
        return int.from_bytes(self.data[at : at + size], "big")

    def write(self, at: int, new: bytes, check: int | None = None) -> None:
        """Put `new` at `at`, as far as the frame goes; carry the change into the checksum at `check`."""
        new = new[: max(len(self.data) - at, 0)]
        end = at + len(new)
        words = slice(at & ~1, end + (end & 1))
        before = bytes(self.data[words])
        self.data[at:end] = new
        after = bytes(self.data[words])
        if check is not None and check + 2 <= len(self.data) and before != after:
            self._carry(check, before, after)

    def _carry(self, check: int, before: bytes, after: bytes) -> None:
        """Update the checksum at `check` for bytes that changed (RFC 1624); an odd last byte is padded with zero."""
        value = self.uint(check, 2)
        for i in range(0, len(before), 2):
            old, new = before[i : i + 2].ljust(2, b"\0"), after[i : i + 2].ljust(2, b"\0")
            value = update(value, int.from_bytes(old, "big"), int.from_bytes(new, "big"))
        self.data[check : check + 2] = value.to_bytes(2, "big")

    def one_zero(self, check: int) -> None:
        """Write the ones' complement zero 0xffff as 0: both are the same checksum."""
        if self.data[check : check + 2] == b"\xff\xff":
            self.data[check : check + 2] = b"\0\0"
