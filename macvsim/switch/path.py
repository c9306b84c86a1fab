"""Learned paths through a switch (dev/path.py)."""

from __future__ import annotations

from heapq import heappush
from typing import TYPE_CHECKING

from macvsim.dev.fdb import FdbEntry
from macvsim.dev.path import COMING, Hops, Onward, Path, Take
from macvsim.engine.journal import Station, Stations
from macvsim.engine.sim import SOFTIRQ
from macvsim.wire.frame import ETH_ADDRESSES, Frame, frame_key

if TYPE_CHECKING:
    from macvsim.engine.drop import DropReason
    from macvsim.switch.port import SwitchPort


class Crossing:
    """From `port` to `out`, in one epoch: what all paths between the two have in common.  Frames come with the tag
    `came` and leave with the tag `left`.
    """

    __slots__ = ("delay", "epoch", "fdb", "left", "line", "max_frame", "octets", "out", "packets", "port", "retags",
                 "sim", "special", "stations")  # fmt: skip

    def __init__(self, port: SwitchPort, out: SwitchPort, came: int, left: int) -> None:
        assert out.cable is not None
        self.sim = sim = port.sim
        self.epoch = sim.epoch
        self.fdb = port.switch.fdb
        self.port = port
        self.out = out
        self.left = left
        self.retags = came != left
        self.line = line = out.cable.line(out)
        self.delay = line.delay
        self.special = self.retags or not line.plain
        self.max_frame = min(port.max_frame, out.max_frame)
        self.packets = self.octets = 0
        self.stations: Stations = () if sim.journal is None else (Station(port, "receive"), Station(out, "xmit", left))

    def leave(self, frame: Frame, take: Take) -> DropReason | None:
        """A frame that the switch has taken in goes out, to `take` at the far end."""
        stats, sim = self.out.counters, self.sim
        stats.tx_packets += 1
        stats.tx_bytes += len(frame.raw)
        if self.special:
            frame = Frame(frame.raw, frame.uid, self.left, frame.head)
            if not self.line.plain:
                return self.line.send(frame)
        heappush(sim._queue, (sim._now + self.delay, SOFTIRQ, next(sim._eid), take, frame))
        return None

    def settle(self) -> None:
        """As `Unsettled.settle`."""
        packets, octets = self.packets, self.octets
        came, left = self.port.counters, self.out.counters
        came.rx_packets += packets
        came.rx_bytes += octets
        left.tx_packets += packets
        left.tx_bytes += octets
        self.packets = self.octets = 0


class SwitchPath(Path):
    """What becomes of unicast frames with the addresses of one that came in at `port`.

    source : the entry of their source address, which is heard again with every frame
    onto : where they arrive
    """

    __slots__ = ("_crossing", "_source", "onto")

    def __init__(self, port: SwitchPort, frame: Frame, source: FdbEntry[SwitchPort], crossing: Crossing) -> None:
        came = left = frame.key
        if crossing.retags:
            left = frame_key(crossing.left, frame.raw[:ETH_ADDRESSES])
        self._crossing = crossing
        self._source = source
        self.onto = crossing.line.far.hops.find(left)
        port.hops.find(came).take = self.take if crossing.sim.journal is None else self.take_noted

    @property
    def hops(self) -> Hops:
        """What arrives at the port (`Line.carries`)."""
        return self._crossing.port.hops

    def take(self, frame: Frame) -> DropReason | None:
        """A frame arrives at the port."""
        crossing = self._crossing
        sim = crossing.sim
        now = sim._now
        size = len(frame.raw)
        if sim.epoch != crossing.epoch or now >= crossing.fdb.next_run or size > crossing.max_frame:
            return self.hops.long_way(frame)
        if not crossing.packets:
            sim.unsettled.append(crossing)
        crossing.packets += 1
        crossing.octets += size
        self._source.updated = now
        if crossing.special:
            frame = Frame(frame.raw, frame.uid, crossing.left, frame.head)
            if not crossing.line.plain:
                return crossing.line.send(frame)
        heappush(sim._queue, (now + crossing.delay, SOFTIRQ, next(sim._eid), self.onto.take, frame))
        return None

    def take_noted(self, frame: Frame) -> DropReason | None:
        """`take` with a journal."""
        crossing = self._crossing
        sim = crossing.sim
        if sim.epoch == crossing.epoch and sim._now < crossing.fdb.next_run and len(frame.raw) <= crossing.max_frame:
            assert sim.journal is not None
            sim.journal.passed(sim._now, frame.uid, frame, crossing.stations)
        return self.take(frame)

    def onward(self, head: bytes, size: int) -> Onward | None:
        """The port they leave by."""
        crossing = self._crossing
        sim = crossing.sim
        if sim.epoch != crossing.epoch or size > crossing.max_frame or not crossing.line.plain:
            return None
        found = Onward(self, self.onto, crossing.delay, crossing.left)
        found.fdb = crossing.fdb
        if sim.journal is not None:
            found.told = ((sim.journal, crossing.stations, COMING),)
        return found

    def passed(self, packets: int, octets: int, time: int) -> None:
        """As `Part.passed`."""
        crossing = self._crossing
        if not crossing.packets:
            crossing.sim.unsettled.append(crossing)
        crossing.packets += packets
        crossing.octets += octets
        self._source.updated = max(self._source.updated, time)
