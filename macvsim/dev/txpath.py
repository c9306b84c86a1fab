"""Learned ways down from a device to the cable (read dev/path.py first)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from heapq import heappush
from typing import TYPE_CHECKING

from macvsim.dev.path import LEAVING, Hops, Onward, Relied
from macvsim.dev.watch import Logs, acted_on, is_watched, logs, told
from macvsim.engine.journal import Station
from macvsim.engine.sim import SOFTIRQ
from macvsim.wire.frame import ETH_ADDRESSES, Frame, frame_key

if TYPE_CHECKING:
    from macvsim.dev.base import NetDevice
    from macvsim.dev.cable import Line
    from macvsim.engine.drop import DropReason
    from macvsim.engine.sim import Sim


class Descent:
    """From a device down to the cable of the card below it, in one epoch: what all paths that begin there have in
    common.

    devices : that frames go through; tag : beside them in the end; logs : who keeps what passes
    """

    __slots__ = ("delay", "devices", "epoch", "line", "logs", "octets", "packets", "sim", "tag")

    def __init__(self, devices: Sequence[NetDevice], tags: Sequence[int], line: Line) -> None:
        self.sim = sim = line.sim
        self.epoch = sim.epoch
        self.devices = tuple(devices)
        self.tag = tags[-1]
        self.line = line
        self.delay = line.delay
        self.logs: Logs = ()
        if is_watched(sim, devices):
            self.logs = logs(sim, [Station(dev, "xmit", tag) for dev, tag in zip(devices, tags, strict=True)])
        self.packets = self.octets = 0

    def settle(self) -> None:
        """As `Unsettled.settle`."""
        packets, octets = self.packets, self.octets
        for dev in self.devices:
            dev.counters.tx_packets += packets
            dev.counters.tx_bytes += octets
        self.packets = self.octets = 0


class TxPath(Relied):
    """The way down of frames with one Ethernet header; `header` is what stands before the packets.

    epoch : the only one in which packets may go this way; -1 while it is void, as it is at first
    user : is told the time of every packet, while that matters
    sent, set_out : when a packet last left by itself, and when a trip last set out, or will (net/trip.py): what leaves
    at the same moment stays in order
    """

    __slots__ = ("_descent", "_hop", "epoch", "header", "sent", "set_out", "user")

    def __init__(self, descent: Descent, header: bytes) -> None:
        self._relying = ()
        self.epoch = -1
        self.header = header
        self._descent = descent
        tag, addresses = descent.tag, header[:ETH_ADDRESSES]
        self._hop = descent.line.far.hops.find(frame_key(tag, addresses) if tag else addresses)
        self.sent = self.set_out = -1
        self.user: Callable[[int], None] | None = None

    @property
    def sim(self) -> Sim:
        """Where it is."""
        return self._descent.sim

    @property
    def tag(self) -> int:
        """What is beside the frames when they leave."""
        return self._descent.tag

    @property
    def hops(self) -> Hops:
        """What arrives at the other end of the cable."""
        return self._descent.line.far.hops

    def tell(self, user: Callable[[int], None] | None) -> None:
        """From now on this is told of every packet."""
        if user != self.user:
            self.doubt()
            self.user = user

    def void(self) -> None:
        """Packets may not go this way from now on."""
        self.doubt()
        self.epoch = -1

    def send(self, data: bytes, uid: int, head: bytes = b"") -> DropReason | None:
        """A packet goes out."""
        if self.user is not None:
            self.user(self._descent.sim._now)
        return self.carry(Frame(self.header + data, uid, 0, head))

    def carry(self, frame: Frame) -> DropReason | None:
        """A frame, untagged so far, with the same addresses goes the same way; of one that is none of IP the `user` is
        not told.
        """
        descent = self._descent
        sim = descent.sim
        now = sim._now
        if self.set_out >= now:
            self.set_out = -1  # all are told
            self.doubt()
        self.sent = now
        if not descent.packets:
            sim.unsettled.append(descent)
        descent.packets += 1
        descent.octets += len(frame.raw)
        frame.tag = descent.tag
        for passed, stations in descent.logs:
            passed(now, frame.uid, frame, stations)
        if not descent.line.plain:
            return descent.line.send(frame)
        heappush(sim._queue, (now + descent.delay, SOFTIRQ, next(sim._eid), self._hop.take, frame))
        return None

    def onward(self) -> Onward | None:
        """What becomes of what is sent; nothing is certain while somebody watches who may act on it."""
        descent = self._descent
        if self.epoch != descent.sim.epoch or acted_on(descent.logs) or not descent.line.plain:
            return None
        found = Onward(self, self._hop, descent.delay, descent.tag)
        found.path = self
        if descent.logs:
            found.told = told(descent.logs, LEAVING)
        return found

    def passed(self, packets: int, octets: int, time: int) -> None:
        """As `Part.passed`."""
        descent = self._descent
        if not descent.packets:
            descent.sim.unsettled.append(descent)
        descent.packets += packets
        descent.octets += octets


def tx_path(dev: NetDevice, header: bytes) -> TxPath | None:
    """The way down from a device to the cable of the card below it; None if it takes more than the header to tell.

    header : destination and source MAC and EtherType, 14 bytes; who takes it calls `TxPath.tell` before anything else
    """
    sim = dev.sim
    if header[0] & 1 or not sim.learns:
        return None
    descent = dev.descent
    if descent is None or descent.epoch != sim.epoch:
        descent = _descent(dev)
        if descent is None:
            return None
        object.__setattr__(dev, "descent", descent)
    for at in descent.devices:
        if at.diverts(header):
            return None
    return TxPath(descent, header)


def _descent(dev: NetDevice) -> Descent | None:
    devices: list[NetDevice] = []
    tags: list[int] = []
    at: NetDevice | None = dev
    tag = 0
    line: Line | None = None
    while line is None:
        if at is None or not at.tx_active:
            return None
        devices.append(at)
        tags.append(tag)
        line = at.line()
        if line is None:
            at, pushed = at.below()
            if pushed and tag:  # the one that is there goes into the bytes
                return None
            tag = pushed or tag
    return Descent(devices, tags, line)
