"""Other addresses and ports in a packet, with every checksum that covers them (nf_nat_proto.c; RFC 1624)."""

from __future__ import annotations

from macvsim.net.netfilter.tuple import Tuple
from macvsim.wire import icmp, ipv4
from macvsim.wire.checksum import checksum, update

_CHECKSUM_AT = {ipv4.PROTO_TCP: 16, ipv4.PROTO_UDP: 6}


def rewrite(data: bytes, target: Tuple, *, source: bool, start: int = 0) -> bytes:
    """`data` with the source (or destination) address and port of `target`; ICMP: with its identifier.

    start : where the IPv4 header begins, other than 0 in what an ICMP error quotes, which may be cut short
    """
    packet = bytearray(data)
    hlen = (packet[start] & 15) * 4
    at = start + (12 if source else 16)
    old = int.from_bytes(packet[at : at + 4], "big")
    new = target.src if source else target.dst
    packet[at : at + 4] = new.to_bytes(4, "big")
    _adjust(packet, start + 10, old, new, 4)
    l4 = start + hlen
    proto = packet[start + 9]
    if int.from_bytes(packet[start + 6 : start + 8], "big") & ipv4.OFFSET_MASK:
        return bytes(packet)
    if proto == ipv4.PROTO_ICMP:
        _identifier(packet, l4, target.sport)
    elif proto in _CHECKSUM_AT and len(packet) >= l4 + 4:
        _ports(packet, l4, proto, target, source, old, new)
    return bytes(packet)


def _identifier(packet: bytearray, at: int, ident: int) -> None:
    """The identifier of a query or answer."""
    if len(packet) < at + icmp.HLEN or packet[at] in icmp.ERRORS:
        return
    old = int.from_bytes(packet[at + 4 : at + 6], "big")
    packet[at + 4 : at + 6] = ident.to_bytes(2, "big")
    _adjust(packet, at + 2, old, ident, 2)


def _ports(packet: bytearray, at: int, proto: int, target: Tuple, source: bool, old: int, new: int) -> None:
    """The port, and the checksum over the pseudo header; UDP without one keeps it so."""
    where = at if source else at + 2
    port = target.sport if source else target.dport
    before = int.from_bytes(packet[where : where + 2], "big")
    packet[where : where + 2] = port.to_bytes(2, "big")
    csum = at + _CHECKSUM_AT[proto]
    if len(packet) < csum + 2 or (proto == ipv4.PROTO_UDP and not packet[csum] | packet[csum + 1]):
        return
    _adjust(packet, csum, old, new, 4)
    _adjust(packet, csum, before, port, 2)
    if proto == ipv4.PROTO_UDP and not packet[csum] | packet[csum + 1]:
        packet[csum : csum + 2] = b"\xff\xff"


def _adjust(packet: bytearray, at: int, old: int, new: int, size: int) -> None:
    """Update the checksum at `at` for a value of `size` bytes that changed."""
    csum = int.from_bytes(packet[at : at + 2], "big")
    for shift in range(0, size * 8, 16):
        csum = update(csum, old >> shift & 0xFFFF, new >> shift & 0xFFFF)
    packet[at : at + 2] = csum.to_bytes(2, "big")


def renew_icmp(data: bytes) -> bytes:
    """`data` with the checksum of its ICMP message computed anew."""
    at = (data[0] & 15) * 4
    message = data[at : at + 2] + b"\0\0" + data[at + 4 :]
    return data[:at] + message[:2] + checksum(message).to_bytes(2, "big") + message[4:]
