"""A learned path through a switch (dev/path.py)."""

from __future__ import annotations

from heapq import heappush
from typing import TYPE_CHECKING

from macvsim.dev.fdb import FdbEntry
from macvsim.dev.path import COMING, Onward, Path, Told
from macvsim.journal import Station, Stations
from macvsim.sim import SOFTIRQ
from macvsim.wire.frame import ETH_HLEN, Frame, frame_key

if TYPE_CHECKING:
    from macvsim.drop import DropReason
    from macvsim.switch.port import SwitchPort


class SwitchPath(Path):
    """What became of a unicast frame that came in at `port`: it left by `out`, with `tag` and the same header.

    source : the entry of its source address, which is heard again with every frame
    """

    __slots__ = (
        "_delay", "_epoch", "_fdb", "_line", "_max_frame", "_next", "_octets", "_out", "_packets", "_port", "_sim",
        "_source", "_special", "_stations", "_tag", "hops",
    )  # fmt: skip

    def __init__(self, port: SwitchPort, frame: Frame, source: FdbEntry[SwitchPort], out: SwitchPort, tag: int) -> None:
        assert out.cable is not None
        sim = port.sim
        line = out.cable.line(out)
        came = left = frame.key
        retagged = frame.tag != tag
        if retagged:
            left = frame_key(tag, frame.raw[:ETH_HLEN])
        self.hops = port.hops
        self._sim = sim
        self._epoch = sim.epoch
        self._fdb = port.switch.fdb
        self._port = port
        self._out = out
        self._source = source
        self._tag = tag
        self._line = line
        self._special = retagged or not line.plain
        self._delay = line.delay
        self._next = line.far.hops.find(left)
        self._max_frame = port.max_frame if port.max_frame < out.max_frame else out.max_frame
        self._packets = self._octets = 0
        self._stations: Stations = () if sim.journal is None else (Station(port, "receive"), Station(out, "xmit", tag))
        port.hops.find(came).take = self.take if sim.journal is None else self.take_noted

    def take(self, frame: Frame) -> DropReason | None:
        """A frame arrives at the port."""
        sim = self._sim
        now = sim._now
        size = len(frame.raw)
        if sim.epoch != self._epoch or now >= self._fdb.next_run or size > self._max_frame:
            return self.hops.long_way(frame)
        if not self._packets:
            sim.unsettled.append(self)
        self._packets += 1
        self._octets += size
        self._source.updated = now
        if self._special:
            frame = Frame(frame.raw, frame.uid, self._tag, frame.head)
            if not self._line.plain:
                return self._line.send(frame)
        heappush(sim._queue, (now + self._delay, SOFTIRQ, next(sim._eid), self._next.take, frame))
        return None

    def take_noted(self, frame: Frame) -> DropReason | None:
        """`take` with a journal."""
        sim = self._sim
        if sim.epoch == self._epoch and sim._now < self._fdb.next_run and len(frame.raw) <= self._max_frame:
            assert sim.journal is not None
            sim.journal.passed(sim._now, frame.uid, frame, self._stations)
        return self.take(frame)

    def onward(self, head: bytes, size: int) -> Onward | None:
        """The port they leave by."""
        if self._sim.epoch != self._epoch or size > self._max_frame or not self._line.plain:
            return None
        journal = self._sim.journal
        told: list[Told] = [] if journal is None else [(journal, self._stations, COMING)]
        return Onward(self._next, self._delay, self._tag, None, self._fdb).after(self, told)

    def passed(self, packets: int, octets: int, time: int) -> None:
        """As `Part.passed`."""
        if not self._packets:
            self._sim.unsettled.append(self)
        self._packets += packets
        self._octets += octets
        self._source.updated = max(self._source.updated, time)

    def settle(self) -> None:
        """As `Unsettled.settle`."""
        packets, octets = self._packets, self._octets
        came, left = self._port.counters, self._out.counters
        came.rx_packets += packets
        came.rx_bytes += octets
        left.tx_packets += packets
        left.tx_bytes += octets
        self._packets = self._octets = 0
