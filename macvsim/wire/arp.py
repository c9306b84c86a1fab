"""ARP packets (RFC 826) at fixed offsets of an Ethernet frame's payload."""

from __future__ import annotations

from typing import NamedTuple

HLEN = 28
REQUEST = 1
REPLY = 2


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
    if len(payload) < HLEN or payload[2:6] != b"\x08\x00\x06\x04" or payload[:2] not in (b"\0\x01", b"\0\x06"):
        return None
    return Arp(
        int.from_bytes(payload[6:8], "big"),
        payload[8:14],
        int.from_bytes(payload[14:18], "big"),
        payload[18:24],
        int.from_bytes(payload[24:28], "big"),
    )


def patch(template: bytes, eth_dst: bytes, arp: Arp) -> bytes:
    """`template`, an ARP frame composed by scapy, with the fields of this one."""
    return b"".join(
        (
            eth_dst,
            arp.sha,
            template[12:20],
            arp.op.to_bytes(2, "big"),
            arp.sha,
            arp.sip.to_bytes(4, "big"),
            arp.tha,
            arp.tip.to_bytes(4, "big"),
        )
    )
