"""A dummy device: it takes everything and keeps nothing (drivers/net/dummy.c)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from macvsim.dev.base import NetDevice, Stack
from macvsim.dev.registry import Ethtool, Kind, NewLink
from macvsim.engine.drop import DropReason
from macvsim.wire.frame import Frame


class Dummy(NetDevice):
    """Docker's stand-in parent for macvlan networks without one."""

    kind: ClassVar[str] = "dummy"

    def __init__(self, ns: Stack, name: str, mac: bytes) -> None:
        super().__init__(ns, name, mac)
        self.noarp = True
        self.multicast = False
        self.min_mtu = self.max_mtu = 0

    def start_xmit(self, frame: Frame) -> DropReason | None:
        self.count_sent(len(frame.raw))
        return self.sim.drop(frame.uid, self, DropReason.DUMMY, frame)


def newlink(ns: Stack, new: NewLink) -> Sequence[Dummy]:
    """A dummy device."""
    assert new.mac is not None
    dummy = Dummy(ns, new.name, new.mac)
    ns.register(dummy, ifindex=new.ifindex)
    return [dummy]


KIND = Kind(
    name="dummy",
    device=Dummy,
    newlink=newlink,
    module="dummy",
    unknown="command",
    usage="Usage: ... dummy\n",
    ethtool=Ethtool("dummy", "1.0"),
    xmit="dummy_xmit",
    noarp=True,
)
