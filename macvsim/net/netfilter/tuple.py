"""What names a connection in one direction: addresses, protocol, and ports or ICMP identifier (struct
nf_conntrack_tuple; nf_conntrack_proto_icmp.c).
"""

from __future__ import annotations

from typing import NamedTuple

from macvsim.wire import icmp, ipv4

_INVERSE = {
    icmp.ECHO: icmp.ECHO_REPLY,
    icmp.ECHO_REPLY: icmp.ECHO,
    icmp.TIMESTAMP: icmp.TIMESTAMP_REPLY,
    icmp.TIMESTAMP_REPLY: icmp.TIMESTAMP,
    icmp.INFO_REQUEST: icmp.INFO_REPLY,
    icmp.INFO_REPLY: icmp.INFO_REQUEST,
    icmp.ADDRESS: icmp.ADDRESS_REPLY,
    icmp.ADDRESS_REPLY: icmp.ADDRESS,
}
WITH_PORTS = frozenset((ipv4.PROTO_TCP, ipv4.PROTO_UDP))


class Tuple(NamedTuple):
    """Addresses as integers.  ICMP: `sport` is the identifier, `dport` type and code (``type << 8 | code``); protocols
    without ports: both 0.
    """

    src: int
    dst: int
    proto: int
    sport: int
    dport: int

    def inverted(self) -> Tuple | None:
        """The name of the other direction; None for ICMP messages that have no answer (nf_ct_invert_tuple)."""
        if self.proto == ipv4.PROTO_ICMP:
            kind = _INVERSE.get(self.dport >> 8)
            if kind is None:
                return None
            return Tuple(self.dst, self.src, self.proto, self.sport, kind << 8 | self.dport & 0xFF)
        return Tuple(self.dst, self.src, self.proto, self.dport, self.sport)


def tuple_of(data: bytes) -> Tuple | None:
    """The tuple of an IPv4 packet, perhaps cut short as in an ICMP error; None for later fragments and where the
    ports are missing (nf_ct_get_tuple).
    """
    head = ipv4.parse(data)
    if head.frag & ipv4.OFFSET_MASK:
        return None
    at, proto = head.hlen, head.proto
    if proto == ipv4.PROTO_ICMP:
        if len(data) < at + icmp.HLEN:
            return None
        return Tuple(
            head.src, head.dst, proto, int.from_bytes(data[at + 4 : at + 6], "big"), data[at] << 8 | data[at + 1]
        )
    if proto in WITH_PORTS:
        if len(data) < at + 8:
            return None
        ports = int.from_bytes(data[at : at + 4], "big")
        return Tuple(head.src, head.dst, proto, ports >> 16, ports & 0xFFFF)
    return Tuple(head.src, head.dst, proto, 0, 0)
