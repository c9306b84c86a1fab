"""Learned paths: what became of one unicast frame tells what becomes of the next with the same MAC addresses.

Between the cable and the protocols, a frame's way through stacked devices follows from its addresses, its tag and the
configuration alone.  So the first one goes the long way, `NetDevice.receive` or `NetDevice.xmit`; what it passed is
kept as a path, which does the same in one step for those that follow.  Frames that a device treats otherwise (groups,
bridges, whatever looks into the payload) never make a path, and frames with a tag in their bytes take none.

Ways up are in dev/rxpath.py, ways down in dev/txpath.py, those through a switch in switch/path.py.

Each direction of a cable has a `Hop` for every pair of addresses that crosses it.  It names who takes the frames at the
far end: a path, once one was learnt there.  So who sends puts frames straight into the hands of the path that awaits
them.

What is certain to become of a packet at a station of its way is an `Onward`; who finds one at every station need not
wait for the packet to get there (net/trip.py).

Two things keep paths honest.  Every change of the configuration starts a new epoch (`NetDevice.__setattr__`), and a
path of an earlier one sends its frames the long way, where a new path is learnt.  And the devices' counters, which a
path only adds up for itself, are settled whenever somebody reads them (`Sim.settle`).
"""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Protocol

from macvsim.engine.journal import Log, Stations
from macvsim.wire.frame import ETH_ADDRESSES, ETH_HLEN, VLAN_FIRST, Frame, FrameKey, frame_key

if TYPE_CHECKING:
    from macvsim.dev.fdb import FilteringDatabase
    from macvsim.dev.rxpath import RxPath
    from macvsim.dev.txpath import TxPath
    from macvsim.engine.drop import DropReason

PATHS = 4096
"""How many hops are kept at one end of a cable before all of them are forgotten."""

FLOWS = 4096
"""How many flows are kept at a device before all are forgotten."""
Take = Callable[[Frame], "DropReason | None"]


_path_of: Callable[[Take], Any] = attrgetter("__self__")
"""Whose method it is."""


class Hop:
    """Frames with one tag and one pair of addresses on one direction of a cable.

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

    def release(self, tell: Callable[[], None]) -> None:
        """Do not call this any more."""
        self._relying = tuple([one for one in self._relying if one != tell])

    def doubt(self) -> None:
        """It may have changed, or is about to."""
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
    by, since : the hop that they come by (None: they are sent here), and how long after they were sent (ns), once that
        is known
    """

    __slots__ = ("by", "delay", "fdb", "head", "hop", "messages", "parts", "path", "since", "tag", "told")

    def __init__(self, part: Part, hop: Hop | None, delay: int, tag: int) -> None:
        self.parts: tuple[Part, ...] = (part,)
        self.hop = hop
        self.delay = delay
        self.tag = tag
        self.path: TxPath | None = None
        self.fdb: FilteringDatabase[Any] | None = None
        self.head = b""
        self.messages: Any = None
        self.told: tuple[Told, ...] = ()
        self.by: Hop | None = None
        self.since = 0

    def after(self, part: Part) -> Onward:
        """Itself, with a part that they pass before."""
        self.parts = (part, *self.parts)
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


class Receiver(dict[bytes, Path]):
    """What takes frames that come by paths to the protocols of one device: those of known flows, by `Frame.head`, and
    with `take` the others.
    """

    __slots__ = ()

    def take(self, frame: Frame) -> DropReason | None:
        """One of no flow that is known."""
        raise NotImplementedError


class Hops(dict[FrameKey, Hop]):
    """What arrives at one end of a cable, by tag and addresses.

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
        """The hop of frames with this tag and these addresses."""
        hop = self.get(key)
        if hop is None:
            if len(self) >= PATHS:
                self.clear()
            hop = self[key] = Hop(self.long_way)
        return hop

    def take(self, frame: Frame) -> DropReason | None:
        """A frame arrives whose sender did not look for its hop."""
        raw, tag = frame.raw, frame.tag
        hop = self.get(frame_key(tag, raw[:ETH_ADDRESSES]) if tag else raw[:ETH_ADDRESSES])
        if hop is None or len(raw) < ETH_HLEN or raw[ETH_ADDRESSES] in VLAN_FIRST:
            return self.long_way(frame)
        return hop.take(frame)

    def keep(self, path: RxPath, frame: Frame) -> None:
        """A frame's way up: those of other senders go it too."""
        if len(self._up) >= PATHS:
            self._up.clear()
        self._up[frame_key(frame.tag, frame.raw[:6])] = take = path.take_any
        self.find(frame.key).take = take

    def known(self, frame: Frame) -> Take | None:
        """The way up of a frame with addresses that were not seen yet."""
        raw, tag = frame.raw, frame.tag
        take = self._up.get(frame_key(tag, raw[:6]) if tag else raw[:6])
        if take is None or not _path_of(take).holds or raw[ETH_ADDRESSES] in VLAN_FIRST:
            return None
        self.find(frame.key).take = take
        return take
