"""Learned paths: what became of one unicast frame tells what becomes of the next with the same Ethernet header.

Between the cable and the protocols, a frame's way through stacked devices follows from its header and from the
configuration alone.  So the first one goes the long way, `NetDevice.receive` or `NetDevice.xmit`; what it passed is
kept as a path, which does the same in one step for those that follow.  Frames that a device treats otherwise (groups,
bridges, whatever looks into the payload) never make a path.

Each direction of a cable has a `Hop` for every header that crosses it.  It names who takes the frames at the far end:
a path, once one was learnt there.  So who sends puts frames straight into the hands of the path that awaits them.

What is certain to become of a packet at a station of its way is an `Onward`; who finds one at every station need not
wait for the packet to get there (net/trip.py).

Two things keep paths honest.  Every change of the configuration starts a new epoch (`NetDevice.__setattr__`), and a
path of an earlier one sends its frames the long way, where a new path is learnt.  And the devices' counters, which a
path only adds up for itself, are settled whenever somebody reads them (`Sim.settle`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from heapq import heappush
from typing import TYPE_CHECKING, Any, Protocol

from macvsim.journal import Log, LogTap, Station, Stations, form
from macvsim.sim import SOFTIRQ, Sim
from macvsim.wire.frame import ETH_HLEN, OUTGOING, VLAN_FIRST, Frame, FrameKey, PacketType, frame_key

if TYPE_CHECKING:
    from macvsim.dev.base import NetDevice
    from macvsim.dev.fdb import FilteringDatabase
    from macvsim.drop import DropReason
    from macvsim.link import Line

PATHS = 4096
"""How many hops are kept at one end of a cable before all of them are forgotten."""

Round = tuple["NetDevice", Frame, PacketType]
"""A device, and the frame as it is there."""
Take = Callable[[Frame], "DropReason | None"]


_ARP = b"\x08\x06"


FLOWS = 4096
"""How many flows are kept at a device before all are forgotten."""


def recurs(frame: Frame) -> bool:
    """True if frames with this Ethernet header may well come again soon: ARP does not, but for checks of neighbours
    (net/arpflow.py).
    """
    return bool(frame.head) or frame.raw[12:14] != _ARP


class Receiver(Protocol):
    """What takes frames at the protocols of one device: `flows` those with a known `Frame.head`, `take` the others."""

    @property
    def flows(self) -> dict[bytes, Path]: ...

    def take(self, frame: Frame) -> DropReason | None: ...


def _path_of(take: Take) -> Any:
    """Whose method it is."""
    return getattr(take, "__self__", None)


class Hop:
    """Frames with one tag and Ethernet header on one direction of a cable.

    take : takes them when they arrive: a path, or the long way
    """

    __slots__ = ("take",)

    def __init__(self, take: Take) -> None:
        self.take = take

    def onward(self, head: bytes, size: int) -> Onward | None:
        """As `Path.onward`."""
        path = _path_of(self.take)
        return path.onward(head, size) if isinstance(path, Path) else None


COMING, HERE, GOING, LEAVING = range(4)
"""When somebody is told of a packet at a station: of the frame that comes, of the packet that it is, of the packet that
it becomes, or of the frame that leaves.
"""
Told = tuple[Log, Stations, int]
"""Who is told, of which stations of the journal, and when."""


class Part(Protocol):
    """A part of a station that counts what passes: a path, a flow or what sends."""

    def passed(self, packets: int, octets: int, time: int) -> None:
        """So many have passed, the last of them at `time`."""


class Relied:
    """What tells those who go by how they have seen it that it may have changed."""

    __slots__ = ("_relying",)
    _relying: tuple[Callable[[], None], ...]

    def rely(self, tell: Callable[[], None]) -> None:
        """Call this when it may have, once."""
        if tell not in self._relying:
            self._relying = (*self._relying, tell)

    def doubt(self) -> None:
        """It may have changed."""
        relying, self._relying = self._relying, ()
        for tell in relying:
            tell()


class Onward:
    """What becomes of packets of one flow and size at a station of their way, if that is certain; made anew for whoever
    asks, part by part from the last that they pass there.

    hop : where they arrive next, after `delay` ns, with this `tag`; None: they end here
    parts : of the station that count what passes
    path : the way down that a host sends them; head : as `Frame.head`, where it is another one from here on
    messages : the flow that answers them, if they are echo requests, and hears of them otherwise
    fdb : of a switch, until whose next run it holds
    told : who keeps what passes here
    """

    __slots__ = ("delay", "fdb", "head", "hop", "messages", "parts", "path", "tag", "told")

    def __init__(
        self,
        hop: Hop | None,
        delay: int,
        tag: int,
        path: TxPath | None = None,
        fdb: FilteringDatabase[Any] | None = None,
    ) -> None:
        self.hop = hop
        self.delay = delay
        self.tag = tag
        self.path = path
        self.fdb = fdb
        self.parts: tuple[Part, ...] = ()
        self.head = b""
        self.messages: Any = None
        self.told: tuple[Told, ...] = ()

    def after(self, part: Part, told: Sequence[Told] = ()) -> Onward:
        """Itself, with a part that they pass before."""
        self.parts = (part, *self.parts)
        if told:
            self.told = (*told, *self.told)
        return self


class Path:
    """What takes frames whose way is known from those before."""

    __slots__ = ()

    def take(self, frame: Frame) -> DropReason | None:
        """A frame arrives."""
        raise NotImplementedError

    def onward(self, head: bytes, size: int) -> Onward | None:
        """What will become of packets with this `Frame.head` and so many octets; None: that is for them to find out."""
        raise NotImplementedError


class Hops(dict[FrameKey, Hop]):
    """What arrives at one end of a cable, by tag and Ethernet header.

    long_way : takes frames for which there is no path
    """

    __slots__ = ("_up", "long_way")

    def __init__(self, long_way: Take) -> None:
        self.long_way = long_way
        self._up: dict[FrameKey, Take] = {}
        """What takes frames up from a card, by tag and whom they are for: a method of an `RxPath`."""

    @property
    def hops(self) -> Hops:
        """Itself, as of everything that takes frames off a cable (`Line.carries`)."""
        return self

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
        hop = self.get(frame_key(frame.tag, frame.raw[:ETH_HLEN]) if frame.tag else frame.raw[:ETH_HLEN])
        return self.long_way(frame) if hop is None else hop.take(frame)

    def keep(self, path: RxPath, frame: Frame) -> None:
        """A frame's way up: those of other senders go it too."""
        if len(self._up) >= PATHS:
            self._up.clear()
        self._up[frame_key(frame.tag, frame.raw[:6])] = take = path.take_any
        if recurs(frame):
            self.find(frame.key).take = take

    def known(self, frame: Frame) -> Take | None:
        """The way up of a frame with a header that was not seen yet."""
        raw, tag = frame.raw, frame.tag
        take = self._up.get(frame_key(tag, raw[:6]) if tag else raw[:6])
        if take is None or not _path_of(take).holds or (raw[12] in VLAN_FIRST and frame.has_inline_tag()):
            return None
        if recurs(frame):
            self.find(frame.key).take = take
        return take


class RxPath(Path):
    """The way up from a card to the protocols, as the devices of `rounds` were passed; `receiver` takes frames
    there.
    """

    __slots__ = (
        "_devices", "_epoch", "_flows", "_logs", "_octets", "_packets", "_sim", "hops", "receiver",
    )  # fmt: skip

    def __init__(self, hops: Hops, sim: Sim, rounds: Sequence[Round]) -> None:
        dev, _, packet_type = rounds[-1]
        self.hops = hops
        self._sim = sim
        self._epoch = sim.epoch
        self._devices = tuple([dev for dev, _, _ in rounds])
        self.receiver = dev.ns.receiver(dev, packet_type)
        self._flows = self.receiver.flows
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
        flow = self._flows.get(frame.head)
        return (self.receiver if flow is None else flow).take(frame)

    def take_logged(self, frame: Frame) -> DropReason | None:
        """`take` where captures or the journal see the frame on its way."""
        sim = self._sim
        if sim.epoch == self._epoch:
            for passed, stations in self._logs:
                passed(sim._now, frame.uid, frame, stations)
        return self.take(frame)

    def onward(self, head: bytes, size: int) -> Onward | None:
        """What the flow does with them; nothing is certain while somebody watches who may act on it."""
        flow = self._flows.get(head)
        if self._epoch != self._sim.epoch or acted_on(self._logs) or flow is None:
            return None
        found = flow.onward(head, size)
        return None if found is None else found.after(self, told(self._logs, COMING))

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


Logs = Sequence[tuple[Callable[[int, int, Frame | None, Stations], None], Stations]]
"""What is to be told of a frame's passage, and the stations that concern it."""


def is_watched(sim: Sim, devices: Sequence[NetDevice]) -> bool:
    """True if somebody keeps what passes at one of these devices."""
    if sim.journal is not None:
        return True
    for dev in devices:
        if dev.taps:
            break
    else:
        return False
    return True


def logs(sim: Sim, stations: list[Station]) -> Logs:
    """Who keeps what passes these stations of a path: the journal all of it, captures what they are open for."""
    found: dict[Log, list[Station]] = {} if sim.journal is None else {sim.journal: stations}
    for station in stations:
        for tap in station.where.taps:
            if not isinstance(tap, LogTap):
                return [(_show, stations)]
            found.setdefault(tap.log, []).append(station)
    return [(log.passed, passed) for log, passed in found.items()]


def told(logs: Logs, stage: int) -> list[Told]:
    """As `Onward.told`."""
    return [(getattr(passed, "__self__"), stations, stage) for passed, stations in logs]  # noqa: B009


def acted_on(logs: Logs) -> bool:
    """True if somebody is there who does not only keep what passes."""
    return any(passed is _show for passed, _ in logs)


def _show(time: int, uid: int, frame: Frame | None, stations: Stations) -> None:
    """Each device shows the frame itself: somebody is there who may act on it."""
    assert frame is not None
    for dev, step, tag, packet_type in stations:
        dev.show(form(frame, tag), OUTGOING if step == "xmit" else packet_type)


class TxPath(Relied):
    """The way down to `line`; `header` is what stands before the packets.

    devices : that they go through; tags : beside them there
    epoch : the only one in which it may be used; -1 once it is void
    user : is told the time of every packet, while that matters
    """

    __slots__ = ("_delay", "_devices", "_hop", "_line", "_logs", "_octets", "_packets", "_special", "epoch", "header",
                 "sim", "tag", "user")  # fmt: skip

    def __init__(self, sim: Sim, devices: list[NetDevice], tags: list[int], header: bytes, line: Line) -> None:
        self._relying = ()
        self.epoch = sim.epoch
        self.header = header
        self.sim = sim
        self._devices = tuple(devices)
        self.tag = tag = tags[-1]
        self._line = line
        self._delay = line.delay
        self._hop = line.far.hops.find(frame_key(tag, header) if tag else header)
        self._logs: Logs = ()
        if is_watched(sim, devices):
            self._logs = logs(sim, [Station(dev, "xmit", tag) for dev, tag in zip(devices, tags, strict=True)])
        self._packets = self._octets = 0
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
        """It may not be used from now on."""
        self.doubt()
        self.epoch = -1

    def send(self, data: bytes, uid: int, head: bytes = b"", take: Take | None = None) -> DropReason | None:
        """A packet goes out; take : takes it at the other end of the cable, if that is plain."""
        sim = self.sim
        if not self._packets:
            sim.unsettled.append(self)
        raw = self.header + data
        self._packets += 1
        self._octets += len(raw)
        frame = Frame(raw, uid, self.tag, head)
        if self._special:
            return self._send_specially(frame, take or self._hop.take)
        heappush(sim._queue, (sim._now + self._delay, SOFTIRQ, next(sim._eid), take or self._hop.take, frame))
        return None

    def carry(self, frame: Frame) -> DropReason | None:
        """A frame of another protocol, untagged so far, with the same addresses goes the same way; it is no use of what
        the `user` watches.
        """
        sim = self.sim
        if not self._packets:
            sim.unsettled.append(self)
        self._packets += 1
        self._octets += len(frame.raw)
        frame.tag = self.tag
        for passed, stations in self._logs:
            passed(sim._now, frame.uid, frame, stations)
        if not self._line.plain:
            return self._line.send(frame)
        heappush(sim._queue, (sim._now + self._delay, SOFTIRQ, next(sim._eid), self.hops.take, frame))
        return None

    def _send_specially(self, frame: Frame, take: Take) -> DropReason | None:
        """Somebody watches, or the cable is not plain."""
        sim = self.sim
        if self.user is not None:
            self.user(sim._now)
        for passed, stations in self._logs:
            passed(sim._now, frame.uid, frame, stations)
        if not self._line.plain:
            return self._line.send(frame)
        heappush(sim._queue, (sim._now + self._delay, SOFTIRQ, next(sim._eid), take, frame))
        return None

    def onward(self) -> Onward | None:
        """What becomes of what is sent; nothing is certain while somebody watches who may act on it."""
        if self.epoch != self.sim.epoch or acted_on(self._logs) or not self._line.plain:
            return None
        return Onward(self._hop, self._delay, self.tag, self).after(self, told(self._logs, LEAVING))

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
