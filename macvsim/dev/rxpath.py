"""Learned ways up from a card to the protocols (read dev/path.py first)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from macvsim.dev.path import COMING, Hops, Onward, Path, Take
from macvsim.dev.watch import Logs, acted_on, is_watched, logs, told
from macvsim.engine.journal import Station
from macvsim.wire.frame import Frame, PacketType

if TYPE_CHECKING:
    from macvsim.dev.base import NetDevice
    from macvsim.engine.drop import DropReason
    from macvsim.engine.sim import Sim

Round = tuple["NetDevice", Frame, PacketType]
"""A device, and the frame as it is there."""


class RxPath(Path):
    """The way up from a card to the protocols, as the devices of `rounds` were passed; `receiver` takes frames
    there.
    """

    __slots__ = (
        "_devices", "_epoch", "_logs", "_octets", "_packets", "_sim", "hops", "receiver",
    )  # fmt: skip

    def __init__(self, hops: Hops, sim: Sim, rounds: Sequence[Round]) -> None:
        dev, _, packet_type = rounds[-1]
        self.hops = hops
        self._sim = sim
        self._epoch = sim.epoch
        self._devices, _, _ = zip(*rounds, strict=True)
        self.receiver = dev.ns.receiver(dev, packet_type)
        self._packets = self._octets = 0
        self._logs: Logs = ()
        if is_watched(sim, self._devices):
            self._logs = logs(sim, [Station(dev, "receive", frame.tag, kind) for dev, frame, kind in rounds])

    @property
    def take_any(self) -> Take:
        """What takes frames off the cable, so that whoever watches sees them."""
        return self.take_logged if self._logs else self.take

    @property
    def holds(self) -> bool:
        """True in its own epoch."""
        return self._epoch == self._sim.epoch

    def take(self, frame: Frame) -> DropReason | None:
        """A frame arrives."""
        sim = self._sim
        if sim.epoch != self._epoch:
            return self.hops.long_way(frame)
        if not self._packets:
            sim.unsettled.append(self)
        self._packets += 1
        self._octets += len(frame.raw)
        receiver = self.receiver
        return receiver.get(frame.head, receiver).take(frame)

    def take_logged(self, frame: Frame) -> DropReason | None:
        """`take` where captures or the journal see the frame on its way."""
        sim = self._sim
        if sim.epoch == self._epoch:
            for passed, stations in self._logs:
                passed(sim._now, frame.uid, frame, stations)
        return self.take(frame)

    def onward(self, head: bytes, size: int) -> Onward | None:
        """What the flow does with them; nothing is certain while somebody watches who may act on it."""
        flow = self.receiver.get(head)
        if self._epoch != self._sim.epoch or acted_on(self._logs) or flow is None:
            return None
        found = flow.onward(head, size)
        if found is None:
            return None
        if self._logs:
            found.told = (*told(self._logs, COMING), *found.told)
        return found.after(self)

    def passed(self, packets: int, octets: int, time: int) -> None:
        """As `Part.passed`."""
        if not self._packets:
            self._sim.unsettled.append(self)
        self._packets += packets
        self._octets += octets

    def settle(self) -> None:
        """As `Unsettled.settle`."""
        packets, octets = self._packets, self._octets
        for dev in self._devices:
            dev.counters.rx_packets += packets
            dev.counters.rx_bytes += octets - packets * dev.rx_uncounted
        self._packets = self._octets = 0
