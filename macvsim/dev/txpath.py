"""Learned ways down from a device to the cable (read dev/path.py first)."""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappush
from typing import TYPE_CHECKING

from macvsim.dev.path import LEAVING, Hops, Onward, Relied
from macvsim.dev.watch import Logs, acted_on, is_watched, logs, told
from macvsim.journal import Station
from macvsim.sim import SOFTIRQ
from macvsim.wire.frame import ETH_ADDRESSES, Frame, frame_key

if TYPE_CHECKING:
    from macvsim.dev.base import NetDevice
    from macvsim.drop import DropReason
    from macvsim.link import Line
    from macvsim.sim import Sim


class TxPath(Relied):
    """The way down to `line`; `header` is what stands before the packets.

    devices : that they go through; tags : beside them there
    epoch : the only one in which packets may go this way; -1 while it is void, as it is at first
    user : is told the time of every packet, while that matters
    sent, set_out : when a packet last left by itself, and when a trip last set out, or will (net/trip.py): what leaves
    at the same moment stays in order
    """

    __slots__ = ("_delay", "_devices", "_hop", "_line", "_logs", "_octets", "_packets", "_special", "epoch", "header",
                 "sent", "set_out", "sim", "tag", "user")  # fmt: skip

    def __init__(self, sim: Sim, devices: list[NetDevice], tags: list[int], header: bytes, line: Line) -> None:
        self._relying = ()
        self.epoch = -1
        self.header = header
        self.sim = sim
        self._devices = tuple(devices)
        self.tag = tag = tags[-1]
        self._line = line
        self._delay = line.delay
        addresses = header[:ETH_ADDRESSES]
        self._hop = line.far.hops.find(frame_key(tag, addresses) if tag else addresses)
        self._logs: Logs = ()
        if is_watched(sim, devices):
            self._logs = logs(sim, [Station(dev, "xmit", tag) for dev, tag in zip(devices, tags, strict=True)])
        self._packets = self._octets = 0
        self.sent = self.set_out = -1
        self.user: Callable[[int], None] | None = None
        self._special = bool(self._logs) or not line.plain

    @property
    def hops(self) -> Hops:
        """What arrives at the other end of the cable."""
        return self._line.far.hops

    def tell(self, user: Callable[[int], None] | None) -> None:
        """From now on this is told of every packet."""
        if user != self.user:
            self.doubt()
            self.user = user
            self._special = user is not None or bool(self._logs) or not self._line.plain

    def void(self) -> None:
        """Packets may not go this way from now on."""
        self.doubt()
        self.epoch = -1

    def send(self, data: bytes, uid: int, head: bytes = b"") -> DropReason | None:
        """A packet goes out."""
        sim = self.sim
        now = sim._now
        if self.set_out >= now:
            self.set_out = -1  # all are told
            self.doubt()
        self.sent = now
        if not self._packets:
            sim.unsettled.append(self)
        raw = self.header + data
        self._packets += 1
        self._octets += len(raw)
        frame = Frame(raw, uid, self.tag, head)
        if self._special:
            return self._send_specially(frame)
        heappush(sim._queue, (now + self._delay, SOFTIRQ, next(sim._eid), self._hop.take, frame))
        return None

    def carry(self, frame: Frame) -> DropReason | None:
        """A frame of another protocol, untagged so far, with the same addresses goes the same way; it is no use of what
        the `user` watches.
        """
        sim = self.sim
        now = sim._now
        if self.set_out >= now:
            self.set_out = -1  # all are told
            self.doubt()
        self.sent = now
        self.passed(1, len(frame.raw), now)
        frame.tag = self.tag
        for passed, stations in self._logs:
            passed(now, frame.uid, frame, stations)
        if not self._line.plain:
            return self._line.send(frame)
        heappush(sim._queue, (now + self._delay, SOFTIRQ, next(sim._eid), self._hop.take, frame))
        return None

    def _send_specially(self, frame: Frame) -> DropReason | None:
        """Somebody watches, or the cable is not plain."""
        sim = self.sim
        if self.user is not None:
            self.user(sim._now)
        for passed, stations in self._logs:
            passed(sim._now, frame.uid, frame, stations)
        if not self._line.plain:
            return self._line.send(frame)
        heappush(sim._queue, (sim._now + self._delay, SOFTIRQ, next(sim._eid), self._hop.take, frame))
        return None

    def onward(self) -> Onward | None:
        """What becomes of what is sent; nothing is certain while somebody watches who may act on it."""
        if self.epoch != self.sim.epoch or acted_on(self._logs) or not self._line.plain:
            return None
        found = Onward(self, self._hop, self._delay, self.tag)
        found.path = self
        if self._logs:
            found.told = told(self._logs, LEAVING)
        return found

    def passed(self, packets: int, octets: int, time: int) -> None:
        """As `Part.passed`."""
        if not self._packets:
            self.sim.unsettled.append(self)
        self._packets += packets
        self._octets += octets

    def settle(self) -> None:
        """As `Unsettled.settle`."""
        packets, octets = self._packets, self._octets
        for dev in self._devices:
            dev.counters.tx_packets += packets
            dev.counters.tx_bytes += octets
        self._packets = self._octets = 0


def tx_path(dev: NetDevice, header: bytes) -> TxPath | None:
    """The way down from a device to the cable of the card below it; None if it takes more than the header to tell.

    header : destination and source MAC and EtherType, 14 bytes; who takes it calls `TxPath.tell` before anything else
    """
    devices: list[NetDevice] = []
    tags: list[int] = []
    at: NetDevice | None = None if header[0] & 1 or not dev.sim.learns else dev
    tag = 0
    line: Line | None = None
    while line is None:
        if at is None or not at.tx_active:
            return None
        devices.append(at)
        tags.append(tag)
        line = at.line()
        if line is None:
            at, pushed = at.below(header)
            if pushed and tag:  # the one that is there goes into the bytes
                return None
            tag = pushed or tag
    return TxPath(dev.sim, devices, tags, header, line)
