"""A packet as netfilter sees it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from macvsim.net.packet import Packet
from macvsim.wire.frame import PacketType

if TYPE_CHECKING:
    from macvsim.dev.base import NetDevice
    from macvsim.net.dst import Dst
    from macvsim.net.netfilter.conn import Conn, Info


class Tracked(Packet):
    """A packet on its way through hooks: the skb with its netfilter fields.

    conn, info : its connection, and what it is to it; both None while it has none (state INVALID)
    untracked : conntrack is not to look at it; mark : as rules set it; longest : bytes of the longest fragment it came
    in, 0 if in one piece; physical : the bridge port it came in by, while it is at a hook for a bridge;
    source_mac : who sent the frame it came in, empty for what did not come in one
    """

    __slots__ = ("conn", "info", "longest", "mark", "physical", "physical_out", "source_mac", "untracked")

    def __init__(
        self,
        data: bytes,
        uid: int,
        in_dev: NetDevice | None = None,
        packet_type: PacketType = PacketType.HOST,
        dst: Dst | None = None,
    ) -> None:
        super().__init__(data, uid, in_dev, packet_type, dst)
        self.conn: Conn | None = None
        self.info: Info | None = None
        self.untracked = False
        self.mark = 0
        self.longest = 0
        self.source_mac = b""
        self.physical: NetDevice | None = None
        self.physical_out: NetDevice | None = None

    @classmethod
    def of(cls, packet: Packet) -> Tracked:
        """`packet` itself if it has been at a hook before."""
        if isinstance(packet, cls):
            return packet
        tracked = cls(packet.data, packet.uid, packet.in_dev, packet.packet_type, packet.dst)
        tracked.flow = packet.flow
        return tracked

    @property
    def header_length(self) -> int:
        """Bytes of the IPv4 header."""
        return (self.data[0] & 15) * 4

    @property
    def direction(self) -> int:
        """0: in its connection's original direction, 1: reply."""
        return 0 if self.info is None else self.info.direction
