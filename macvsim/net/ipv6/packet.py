"""An IPv6 packet inside a host: the skb above layer 2."""

from __future__ import annotations

from typing import TYPE_CHECKING

from macvsim.engine.drop import DropReason
from macvsim.net.packet import Packet
from macvsim.wire.frame import HOST, PacketType

if TYPE_CHECKING:
    from macvsim.dev.base import NetDevice
    from macvsim.net.ipv6.route6 import Dst6

REFUSED_BELOW = {
    DropReason.XMIT_DROP: "ENOBUFS",
    DropReason.IP_OUTNOROUTES: "ENETUNREACH",
    DropReason.IP_UNREACHABLE_ROUTE: "EHOSTUNREACH",
    DropReason.IP_BLACKHOLE: "EINVAL",
}
"""What a program hears when a device did not take its packet."""


class Packet6(Packet):
    """Bytes of one IPv6 packet, where it came in, and where it will go.

    way : the routing decision, once there is one; proto, at : upper-layer protocol and where its data begins;
    named_at : where the byte stands that names it; fragment : length of the largest fragment it was put together from,
    0 for a packet that came whole
    """

    __slots__ = ("at", "fragment", "named_at", "proto", "way")

    def __init__(
        self,
        data: bytes,
        uid: int,
        in_dev: NetDevice | None = None,
        packet_type: PacketType = HOST,
        way: Dst6 | None = None,
        flow: bytes | None = b"",
    ) -> None:
        super().__init__(data, uid, in_dev, packet_type, None, flow)
        self.way = way
        self.proto = data[6]
        self.at = 40
        self.named_at = 6
        self.fragment = 0
