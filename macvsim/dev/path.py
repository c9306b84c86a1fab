"""Learned paths: what became of one unicast frame tells what becomes of the next with the same Ethernet header.

Between the cable and the protocols, a frame's way through stacked devices follows from its header and from the
configuration alone.  So the first one goes the long way, `NetDevice.receive` or `NetDevice.xmit`; what it passed is
kept as a path, which does the same in one step for those that follow.  Frames that a device treats otherwise (groups,
bridges, whatever looks into the payload) never make a path.

Each direction of a cable has a `Hop` for every header that crosses it.  It names who takes the frames at the far end:
a path, once one was learnt there.  So who sends puts frames straight into the hands of the path that awaits them.

Two things keep paths honest.  Every change of the configuration starts a new epoch (`NetDevice.__setattr__`), and a
path of an earlier one sends its frames the long way, where a new path is learnt.  And the devices' counters, which a
path only adds up for itself, are settled whenever somebody reads them (`Sim.settle`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from heapq import heappush
from typing import TYPE_CHECKING

from macvsim.journal import Log, LogTap, Station, Stations, form
from macvsim.sim import SOFTIRQ, Sim
from macvsim.wire.frame import OUTGOING, Frame, FrameKey, PacketType

if TYPE_CHECKING:
    from macvsim.dev.base import NetDevice
    from macvsim.drop import DropReason
    from macvsim.link import Line

PATHS = 4096
"""How many hops are kept at one end of a cable before all of them are forgotten."""

Round = tuple["NetDevice", Frame, PacketType]
"""A device, and the frame as it is there."""
Take = Callable[[Frame], "DropReason | None"]
TxPath = Callable[[bytes, int], "DropReason | None"]
"""Takes a packet from the link-layer header on, and its uid."""


class Hop:
    """Frames with one tag and Ethernet header on one direction of a cable.

    take : takes them when they arrive: a path, or the long way
    """

    __slots__ = ("take",)

    def __init__(self, take: Take) -> None:
        self.take = take


class Hops(dict[FrameKey, Hop]):
    """What arrives at one end of a cable, by tag and Ethernet header.

    long_way : takes frames for which there is no path
    """

    __slots__ = ("long_way",)

    def __init__(self, long_way: Take) -> None:
        self.long_way = long_way

    def find(self, key: FrameKey) -> Hop:
        """The hop of frames with this header."""
        hop = self.get(key)
        if hop is None:
            if len(self) >= PATHS:
                self.clear()
            hop = self[key] = Hop(self.long_way)
        return hop

    def take(self, frame: Frame) -> DropReason | None:
        """A frame arrives whose sender did not look for its hop."""
        hop = self.get(frame.key)
        return self.long_way(frame) if hop is None else hop.take(frame)


class RxPath:
    """The way up from a card to a protocol, as the devices of `rounds` were passed."""

    __slots__ = ("_devices", "_epoch", "_logs", "_octets", "_packets", "_receiver", "_sim", "_unsettled", "hops")

    def __init__(self, hops: Hops, sim: Sim, rounds: Sequence[Round]) -> None:
        dev, last, packet_type = rounds[-1]
        self.hops = hops
        self._sim = sim
        self._epoch = sim.epoch
        self._devices = [dev for dev, _, _ in rounds]
        self._receiver = dev.ns.receiver(last.raw[12:14], dev, packet_type)
        self._unsettled = sim.unsettled
        self._packets = self._octets = 0
        self._logs = logs(sim, [Station(dev, "receive", frame.tag, kind) for dev, frame, kind in rounds])
        hops.find(rounds[0][1].key).take = self.take_logged if self._logs else self.take

    def take(self, frame: Frame) -> DropReason | None:
        """A frame arrives."""
        if self._sim.epoch != self._epoch:
            return self.hops.long_way(frame)
        if not self._packets:
            self._unsettled.append(self._settle)
        self._packets += 1
        raw = frame.raw
        self._octets += len(raw)
        return self._receiver(raw, frame.uid)

    def take_logged(self, frame: Frame) -> DropReason | None:
        """`take` where captures or the journal see the frame on its way."""
        sim = self._sim
        if sim.epoch == self._epoch:
            for passed, stations in self._logs:
                passed(sim._now, frame.uid, frame, stations)
        return self.take(frame)

    def _settle(self) -> None:
        packets, octets = self._packets, self._octets
        for dev in self._devices:
            dev.counters.rx_packets += packets
            dev.counters.rx_bytes += octets - packets * dev.rx_uncounted
        self._packets = self._octets = 0


def tx_path(dev: NetDevice, header: bytes) -> TxPath | None:
    """The way down from a device to the cable of the card below it; None if it takes more than the header to tell.

    header : destination and source MAC and EtherType, 14 bytes
    """
    rounds: list[tuple[NetDevice, int]] = []
    at: NetDevice | None = None if header[0] & 1 or not dev.sim.learns else dev
    tag = 0
    line: Line | None = None
    while line is None:
        if at is None or not at.tx_active:
            return None
        rounds.append((at, tag))
        line = at.line()
        if line is None:
            at, pushed = at.below(header)
            if pushed and tag:  # the one that is there goes into the bytes
                return None
            tag = pushed or tag
    return _Down(dev.sim, rounds, header, tag, line).xmit


Logs = Sequence[tuple[Callable[[int, int, Frame | None, Stations], None], Stations]]
"""What is to be told of a frame's passage, and the stations that concern it."""


def logs(sim: Sim, stations: Stations) -> Logs:
    """Who keeps what passes these stations of a path: the journal all of it, captures what they are open for."""
    found: dict[Log, list[Station]] = {} if sim.journal is None else {sim.journal: list(stations)}
    for station in stations:
        for tap in station.where.taps:
            if not isinstance(tap, LogTap):
                return [(_show, stations)]
            found.setdefault(tap.log, []).append(station)
    return [(log.passed, passed) for log, passed in found.items()]


def _show(time: int, uid: int, frame: Frame | None, stations: Stations) -> None:
    """Each device shows the frame itself: somebody is there who may act on it."""
    assert frame is not None
    for dev, step, tag, packet_type in stations:
        dev.show(form(frame, tag), OUTGOING if step == "xmit" else packet_type)


class _Down:
    """The way down, as the devices of `rounds` are passed, to a line."""

    __slots__ = ("_devices", "_header", "_hop", "_line", "_logs", "_octets", "_packets", "_sim", "_tag")

    def __init__(self, sim: Sim, rounds: Sequence[tuple[NetDevice, int]], header: bytes, tag: int, line: Line) -> None:
        self._sim = sim
        self._devices = tuple(dev for dev, _ in rounds)
        self._logs = logs(sim, [Station(dev, "xmit", tag) for dev, tag in rounds])
        self._hop = line.far.hops.find((tag, header))
        self._header = header
        self._tag = tag
        self._line = line
        self._packets = self._octets = 0

    def _settle(self) -> None:
        for dev in self._devices:
            dev.counters.tx_packets += self._packets
            dev.counters.tx_bytes += self._octets
        self._packets = self._octets = 0

    def xmit(self, data: bytes, uid: int) -> DropReason | None:
        """Send a packet from the link-layer header on."""
        sim, line = self._sim, self._line
        if not self._packets:
            sim.unsettled.append(self._settle)
        raw = self._header + data
        self._packets += 1
        self._octets += len(raw)
        frame = Frame(raw, uid, self._tag)
        for passed, stations in self._logs:
            passed(sim._now, uid, frame, stations)
        if not line.plain:
            return line.send(frame)
        heappush(sim._queue, (sim._now + line.delay, SOFTIRQ, next(sim._eid), self._hop.take, frame))
        return None
