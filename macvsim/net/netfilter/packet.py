"""A packet as netfilter sees it."""

from __future__ import annotations

from macvsim.net.packet import Packet


class Tracked(Packet):
    """A packet on its way through hooks: the skb with its netfilter fields."""

    __slots__ = ()

    @classmethod
    def of(cls, packet: Packet) -> Tracked:
        """`packet` itself if it has been at a hook before."""
        if isinstance(packet, cls):
            return packet
        return cls(packet.data, packet.uid, packet.in_dev, packet.packet_type, packet.dst)
