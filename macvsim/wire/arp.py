"""ARP packets (RFC 826) at fixed offsets of an Ethernet frame's payload."""

from __future__ import annotations

from struct import Struct
from typing import NamedTuple

HLEN = 28
REQUEST = 1
REPLY = 2

_FORMS = (b"\x00\x01\x08\x00\x06\x04", b"\x00\x06\x08\x00\x06\x04")
"""Hardware Ethernet (1 or 6), protocol IPv4, addresses of 6 and 4 bytes."""
_unpack = Struct("!6xH6sI6sI").unpack_from
_pack = Struct("!6sH6sI6sI").pack


class Arp(NamedTuple):
    """The fields of an Ethernet/IPv4 ARP packet; addresses as on the wire."""

    op: int
    sha: bytes
    sip: int
    tha: bytes
    tip: int


def parse(payload: bytes) -> Arp | None:
    """Fields of an ARP payload; None unless hardware is Ethernet (1 or 6), protocol IPv4, lengths 6 and 4
    (arp_process).
    """
    return Arp(*_unpack(payload)) if len(payload) >= HLEN and payload[:6] in _FORMS else None


def patch(template: bytes, arp: Arp) -> bytes:
    """`template`, an ARP packet composed by scapy, with the fields of this one."""
    return _pack(template, *arp)
