"""The IP packet around a transport header: for addresses, checksums and quotes."""

from __future__ import annotations

from dataclasses import dataclass

from macvsim.wire.checksum import checksum


@dataclass(frozen=True, slots=True)
class Packet:
    """An IP header that has been read.

    version : 4 or 6; at : where it begins; source, target : its addresses, the final one when it is source-routed
    protocol : that of the payload; fragmented : the payload does not end with the packet; ttl : or hop limit
    direct : the transport header follows the IP header itself, no extension header stands between
    """

    version: int
    at: int
    source: bytes
    target: bytes
    protocol: int
    fragmented: bool
    ttl: int
    direct: bool = True

    def checksum(self, payload: bytes, length: int) -> int:
        """What the payload's checksum field lacks: 0 if it is right (RFC 768, RFC 8200 section 8.1)."""
        if self.version == 4:
            pseudo = self.source + self.target + bytes((0, self.protocol)) + length.to_bytes(2, "big")
        else:
            pseudo = self.source + self.target + length.to_bytes(4, "big") + bytes((0, 0, 0, self.protocol))
        return checksum(pseudo + payload)


def correction(field: int, difference: int) -> int:
    """The value a checksum field should have (in_cksum_shouldbe).

    difference : the checksum of everything, the field itself included
    """
    should = field + difference
    should = (should & 0xFFFF) + (should >> 16)
    return (should & 0xFFFF) + (should >> 16)
