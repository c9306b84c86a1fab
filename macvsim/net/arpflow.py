"""Neighbours that check each other: the same question and answer come again and again, each dealt with in one step.

A stack that asks or answers a neighbour it has asked or answered before says so in `Frame.head`, which is then the
whole ARP packet.  Who takes such frames off a learned path (dev/path.py) keeps what became of the first by this head.
That holds as long as flows of IPv4 do (net/flow.py), while the entry of who sent it knows that MAC.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from macvsim.dev.path import FLOWS, Onward, Path
from macvsim.net.nud import REACHABLE
from macvsim.wire.frame import ETH_ADDRESSES, ETH_HLEN, HOST, Frame

if TYPE_CHECKING:
    from macvsim.dev.base import NetDevice
    from macvsim.engine.drop import DropReason
    from macvsim.net.arp import ArpLayer
    from macvsim.net.neigh import Neighbour

_SHA = slice(ETH_HLEN + 8, ETH_HLEN + 14)


class _Check(Path):
    """Frames with one ARP packet in them that come to the device of `entry`, which is that of who sent them."""

    __slots__ = ("_entry", "_layer")

    def __init__(self, layer: ArpLayer, entry: Neighbour) -> None:
        self._layer = layer
        self._entry = entry

    def _long_way(self, frame: Frame) -> DropReason | None:
        return self._layer.receive(self._entry.dev, Frame(frame.raw, frame.uid, 0, frame.head), HOST)

    def onward(self, head: bytes, size: int) -> Onward | None:
        """As `Path.onward`."""
        return None


class Asked(_Check):
    """A question: there is nothing to learn from it, and `reply` is the answer."""

    __slots__ = ("_reply",)

    def __init__(self, layer: ArpLayer, entry: Neighbour, reply: bytes) -> None:
        super().__init__(layer, entry)
        self._reply = reply

    def take(self, frame: Frame) -> DropReason | None:
        """As `Path.take`."""
        entry = self._entry
        if entry.news(frame.raw[_SHA]):
            return self._long_way(frame)
        return emit(entry, self._reply, entry.sim.born(frame.uid))


class Answered(_Check):
    """An answer: the sender is reachable."""

    __slots__ = ()

    def take(self, frame: Frame) -> DropReason | None:
        """As `Path.take`."""
        entry = self._entry
        if entry.news(frame.raw[_SHA]):
            return self._long_way(frame)
        entry.update(entry.ha, REACHABLE)
        return None


def emit(entry: Neighbour, raw: bytes, uid: int, *, first: bool = False) -> DropReason | None:
    """A frame with an ARP packet to this neighbour alone leaves, the way that its IP packets go; `first` : it has had
    none such before.
    """
    path = entry.way_down(raw[:ETH_ADDRESSES] + entry.table.ethertype)
    frame = Frame(raw, uid, 0, b"" if first else raw[ETH_HLEN:])
    return entry.dev.xmit(frame) if path is None else path.carry(frame)


def keep(dev: NetDevice, frame: Frame, flow: Path) -> None:
    """Frames like this one are for `flow` from now on."""
    flows = dev.inet.flows
    if frame.head and flows is not None:
        if len(flows) >= FLOWS:
            flows.clear()
        flows[frame.head] = flow
