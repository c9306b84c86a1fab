"""An IPv4 packet inside a host: the skb above layer 2."""

from __future__ import annotations

from typing import TYPE_CHECKING

from macvsim.wire.frame import PacketType

if TYPE_CHECKING:
    from macvsim.dev.base import NetDevice
    from macvsim.net.dst import Dst
    from macvsim.net.ipoptions import Options


class Packet:
    """Bytes of one IPv4 packet (header and payload, padding trimmed), where it came in, and where it will go.

    in_dev : None for locally made packets; dst : the routing decision, once there is one; options : of its header, once
    they have been looked at; flow : as `Frame.flow`, None or empty; link : the Ethernet header it
    came with, where somebody may want to see it
    """

    __slots__ = ("data", "dst", "flow", "in_dev", "link", "options", "packet_type", "uid")

    def __init__(
        self,
        data: bytes,
        uid: int,
        in_dev: NetDevice | None = None,
        packet_type: PacketType = PacketType.HOST,
        dst: Dst | None = None,
        flow: bytes | None = b"",
    ) -> None:
        self.data = data
        self.uid = uid
        self.in_dev = in_dev
        self.packet_type = packet_type
        self.dst = dst
        self.flow = flow
        self.options: Options | None = None
        self.link = b""
