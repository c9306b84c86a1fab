"""ARP packets (RFC 826) at fixed offsets of an Ethernet frame's payload."""

from __future__ import annotations

from struct import Struct
from typing import NamedTuple

HLEN = 28
REQUEST = 1
REPLY = 2

_ETHERNET = (1, 6)
_IPV4 = b"\x08\x00\x06\x04"
"""Protocol IPv4, addresses of 6 and 4 bytes."""
_unpack = Struct("!H4sH6sI6sI").unpack_from
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
    if len(payload) < HLEN:
        return None
    hardware, form, *fields = _unpack(payload)
    return Arp(*fields) if form == _IPV4 and hardware in _ETHERNET else None


def patch(template: bytes, arp: Arp) -> bytes:
    """`template`, an ARP packet composed by scapy, with the fields of this one."""
    return _pack(template, *arp)
