"""lo: what it sends it receives (drivers/net/loopback.c)."""

from __future__ import annotations

from typing import ClassVar

from macvsim.dev.attributes import TSO_MAX_SIZE
from macvsim.dev.base import NetDevice, Stack
from macvsim.dev.registry import Ethtool, Kind
from macvsim.engine.drop import DropReason
from macvsim.wire.addr import ZERO_MAC
from macvsim.wire.frame import ETH_HLEN, HOST, Frame

LO = "lo"
LOOPBACK_MTU = 65536


class Loopback(NetDevice):
    """The loopback device of a namespace."""

    __slots__ = ()
    kind: ClassVar[str] = "loopback"
    loopback: ClassVar[bool] = True
    vlan_challenged: ClassVar[bool] = True
    min_mtu = 0
    multicast = False

    def __init__(self, ns: Stack) -> None:
        super().__init__(ns, LO, ZERO_MAC, mtu=LOOPBACK_MTU)
        self.noarp = True
        self.max_mtu = 0
        self.tso_max_size = TSO_MAX_SIZE

    def start_xmit(self, frame: Frame) -> DropReason | None:
        length = len(frame.raw) - ETH_HLEN  # counted when the header is off already (eth_type_trans in loopback_xmit)
        self.count_sent(length)
        self.count_received(length)
        self.netif_rx(frame, HOST)
        return None


KIND = Kind(name="loopback", device=Loopback, ethtool=Ethtool(features=lambda dev: ("loopback",)), xmit="loopback_xmit")
