"""BOOTP and DHCP messages (RFC 951, 2131, 2132) at fixed offsets."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from struct import Struct

SERVER_PORT, CLIENT_PORT = 67, 68
REQUEST, REPLY = 1, 2
COOKIE = b"\x63\x82\x53\x63"
BROADCAST_FLAG = 0x8000
LEAST = 300
"""Bytes of the shortest message programs send: that of BOOTP."""

PAD, MASK, ROUTER, DNS, HOSTNAME, DOMAIN, BROADCAST, NTP = 0, 1, 3, 6, 12, 15, 28, 42
REQUESTED_IP, LEASE, TYPE, SERVER_ID, PARAMETERS, MESSAGE, MAX_SIZE, RENEWAL, REBINDING, VENDOR, CLIENT_ID, END = (
    50, 51, 53, 54, 55, 56, 57, 58, 59, 60, 61, 255,
)  # fmt: skip
DISCOVER, OFFER, REQUESTING, DECLINE, ACK, NAK, RELEASE, INFORM = range(1, 9)
NAMES = ("", "DISCOVER", "OFFER", "REQUEST", "DECLINE", "ACK", "NAK", "RELEASE", "INFORM")

_HEADER = Struct("!BBBBIHHIIII16s64s128s")
_HLEN = _HEADER.size


@dataclass
class Message:
    """One message; addresses are integers.  `options` keep their order, as programs differ in it."""

    op: int
    xid: int
    chaddr: bytes
    secs: int = 0
    flags: int = 0
    ciaddr: int = 0
    yiaddr: int = 0
    siaddr: int = 0
    giaddr: int = 0
    options: list[tuple[int, bytes]] = field(default_factory=list)

    @property
    def kind(self) -> int:
        """DHCP message type; 0 for BOOTP."""
        found = self.get(TYPE)
        return found[0] if found else 0

    def get(self, code: int) -> bytes:
        """The value of an option, empty if it is not there."""
        return next((value for known, value in self.options if known == code), b"")

    def address(self, code: int) -> int:
        """The first address in an option, 0 if there is none."""
        value = self.get(code)
        return int.from_bytes(value[:4], "big") if len(value) >= 4 else 0

    def number(self, code: int) -> int:
        """An option that is a number, 0 if it is not there."""
        return int.from_bytes(self.get(code), "big")

    def encode(self) -> bytes:
        """The UDP payload, padded as BOOTP wants it."""
        head = _HEADER.pack(
            self.op, 1, 6, 0, self.xid, self.secs, self.flags, self.ciaddr, self.yiaddr, self.siaddr, self.giaddr,
            self.chaddr, b"", b"",
        )  # fmt: skip
        options = b"".join(bytes((code, len(value))) + value for code, value in self.options)
        return (head + COOKIE + options + b"\xff").ljust(LEAST, b"\0")


def parse(payload: bytes) -> Message | None:
    """The message in a UDP payload; None unless it is DHCP over Ethernet with sound options."""
    if len(payload) < _HLEN + len(COOKIE) or payload[_HLEN : _HLEN + 4] != COOKIE:
        return None
    op, kind, length, _, xid, secs, flags, ciaddr, yiaddr, siaddr, giaddr, chaddr, _, _ = _HEADER.unpack_from(payload)
    if (kind, length) != (1, 6) or op not in (REQUEST, REPLY):
        return None
    options, at = [], _HLEN + len(COOKIE)
    while at < len(payload) and payload[at] != END:
        if payload[at] == PAD:
            at += 1
            continue
        if at + 1 >= len(payload) or at + 2 + payload[at + 1] > len(payload):
            return None
        options.append((payload[at], payload[at + 2 : at + 2 + payload[at + 1]]))
        at += 2 + payload[at + 1]
    return Message(op, xid, chaddr[:6], secs, flags, ciaddr, yiaddr, siaddr, giaddr, options)


def addresses(value: bytes) -> list[int]:
    """Addresses in an option."""
    return [int.from_bytes(value[at : at + 4], "big") for at in range(0, len(value) - 3, 4)]


def packed(ips: Iterable[int]) -> bytes:
    """Addresses for an option."""
    return b"".join(ip.to_bytes(4, "big") for ip in ips)


def hashed(mac: bytes, *, less: bool) -> int:
    """What servers begin their search for a free address with: SDBM, from which udhcpd forgets to take the last step
    away (`less` False).
    """
    found = 0
    for byte in mac:
        found = (byte + (found << 6) + (found << 16) - (found if less else 0)) & 0xFFFFFFFF
    return found
