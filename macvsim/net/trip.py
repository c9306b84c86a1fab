"""Round trips: an echo request and its reply go all the way by one call, once everything between is known.

Where every station of a way is a learned path (dev/path.py, switch/path.py) or flow (net/flow.py), the bytes of the
reply follow from those of the request, and so do the time of its arrival and the program that it wakes.  A trip keeps
the stations that the packets of one `Sender` pass, and puts the program's waking into the queue at once.  What the
stations would have counted is added up and settled when somebody reads it, as with paths.

A trip takes time, and somebody may look, or change something a station depends on, while it is under way.  So who does
calls `Sim.catch_up` first: the stations passed by then have had the packet, and at the next it arrives as an ordinary
frame.  And a trip starts only while every station would do again what it did when the trip was found.

Where the journal or captures watch, records must come in order.  So a `WatchedTrip` starts at the end of the first
cable, and only when nothing else at all is due before the reply arrives: then there is nobody to look.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from heapq import heappush
from typing import TYPE_CHECKING, Any, NamedTuple

from macvsim.dev.path import COMING, HERE, LEAVING, Hop, Onward, TxPath
from macvsim.net.packet import Packet
from macvsim.sim import PROCESS, SOFTIRQ
from macvsim.wire import icmp, ipv4
from macvsim.wire.frame import ETH_HLEN, HOST, Frame

if TYPE_CHECKING:
    from macvsim.dev.fdb import FilteringDatabase
    from macvsim.drop import DropReason
    from macvsim.journal import Log, Passage, Stations
    from macvsim.net.flow import Messages, Sender

_MESSAGE = ETH_HLEN + ipv4.HLEN
_NO_FRAME = -1
LONGEST = 64
"""More stations than any way has that does not go round in circles."""
_ECHO = icmp.ECHO
_NONE = (b"", 0, 0, 0, 0)
_pack = ipv4.pack_flow
_number = int.from_bytes
_echo_reply = icmp.echo_reply


class Station(NamedTuple):
    """One that a packet comes to `after` ns, by `hop` (None: it is sent there), and what then becomes of it."""

    hop: Hop | None
    after: int
    onward: Onward


def find(sender: Sender, path: TxPath) -> Trip | WatchedTrip | None:
    """The trip of echo requests that go down `path`; None where something on the way needs to see them."""
    onward = sender.onward()
    stations: list[Station] = []
    answer: Messages | None = None
    size, head = len(path.header) + sender.length, sender.head
    hop, after = None, 0
    while onward is not None and len(stations) < LONGEST:
        messages: Messages | None = onward.messages
        if answer is not None and messages is not None:
            stations.append(Station(hop, after, messages.arrival(onward)))
            kind = WatchedTrip if any(one.onward.told for one in stations) else Trip
            return kind(path, sender, answer, messages, tuple(stations), head)
        answer = answer or messages
        stations.append(Station(hop, after, onward))
        if onward.hop is None or onward.delay <= 0:
            return None
        hop, after, head = onward.hop, after + onward.delay, onward.head or head
        onward = hop.onward(head, size)
    return None


class _Way:
    """What becomes of echo requests of one sender and size, and of their replies.

    path : the way down that the requests take; answer, arrival : the flows that answer them, and that replies belong to
    when they arrive, with `head`; stations : all they pass, with these two
    epoch : in which it may be used
    """

    __slots__ = (
        "_addresses",
        "_answers",
        "_dev",
        "_ended",
        "_fdbs",
        "_flown",
        "_heard_here",
        "_heard_there",
        "_idents",
        "_middle",
        "_paths",
        "_sim",
        "_size",
        "_span",
        "_start",
        "_stations",
        "_total",
        "_wakeup",
        "_way",
        "epoch",
        "path",
    )  # fmt: skip

    def __init__(
        self,
        path: TxPath,
        sender: Sender,
        answer: Messages,
        arrival: Messages,
        stations: Sequence[Station],
        head: bytes,
    ) -> None:
        assert answer.sender is not None
        self.epoch = path.sim.epoch
        self.path = path
        self._sim = path.sim
        self._answers = answer.sender.shape
        self._idents = answer.sender.idents
        self._heard_here, self._heard_there = arrival.sockets, answer.sockets
        self._dev, self._way = arrival.dev, arrival.way
        self._wakeup = sender.wakeup
        self._stations = stations
        self._span = stations[-1].after
        self._size = len(path.header) + sender.length
        self._paths = tuple([one.onward.path for one in stations if one.onward.path is not None])
        fdbs: dict[FilteringDatabase[Any], None] = {}
        for one in stations:
            if one.onward.fdb is not None:
                fdbs[one.onward.fdb] = None
        self._fdbs = tuple(fdbs)
        # what the headers of replies have in common when they arrive
        routers = ipv4.head_ttl(self._answers.head) - ipv4.head_ttl(head)
        self._start = self._answers.start
        self._middle = self._answers.middle[:2] + ipv4.head_middle(head)
        self._addresses = self._answers.addresses
        self._total = self._answers.total - 0x100 * routers
        self._flown = self._ended = 0
        """How many have passed all stations since that was settled, and when the last of them had set out."""

    def settle(self) -> None:
        """As `Unsettled.settle`."""
        packets, self._flown = self._flown, 0
        for _, after, onward in self._stations:
            for part in onward.parts:
                part.passed(packets, packets * self._size, self._ended + after)

    def leaving(self, onward: Onward, frame: Frame, ident: int, uid: int) -> Frame:
        """A packet as it goes on from a station that it came to; ident, uid : of the answer, where that is sent."""
        path = onward.path
        if path is None:
            return frame if onward.tag == frame.tag else Frame(frame.raw, frame.uid, onward.tag, frame.head)
        if onward.messages is None:
            return Frame(path.header + ipv4.decrement_ttl(frame.raw[ETH_HLEN:]), frame.uid, onward.tag, onward.head)
        reply = _echo_reply(frame.raw[_MESSAGE:])
        return Frame(path.header + self._answers.packet(ident, reply), uid, onward.tag, onward.head)


class Trip(_Way):
    """Where nobody watches.

    until : when the one that is under way arrives
    """

    __slots__ = ("_begun", "_df", "_flight", "_length", "_own", "_sender", "until")

    take = None

    def __init__(
        self,
        path: TxPath,
        sender: Sender,
        answer: Messages,
        arrival: Messages,
        stations: Sequence[Station],
        head: bytes,
    ) -> None:
        super().__init__(path, sender, answer, arrival, stations, head)
        self._sender = sender.shape
        self._own = sender.idents
        self._length, self._df = sender.length - ipv4.HLEN, sender.df
        self.until = 0
        self._flight = _NONE
        """Of the one that is under way: the request, its uid and identification, the last identification of the sender
        of replies, the turn in the queue.
        """
        self._begun = 0

    def start(self, request: bytes, uid: int, df: bool) -> bool:
        """An echo request sets out; False: it has to go the ordinary way."""
        sim = self._sim
        now = sim._now
        trips = sim.trips
        while trips and trips[0].until < now:
            trips.popleft().end()
        epoch, idents, own = self.epoch, self._idents, self._own
        if sim.epoch != epoch or not idents or not own or request[0] != _ECHO:
            return False
        if len(request) != self._length or df is not self._df:
            return False
        for path in self._paths:
            if path.epoch != epoch:
                return False
        until = now + self._span
        for fdb in self._fdbs:
            if until >= fdb.next_run:
                return False
        if _number(request) % 0xFFFF:
            return False
        for sock in self._heard_there:
            if sock.wants(request):
                return False
        last = idents.pop()
        answer = last % 0xFFFF + 1
        reply = _echo_reply(request)
        data = _pack(self._start, answer, self._middle, -(self._total + answer) % 0xFFFF, self._addresses) + reply
        dev, listener = self._dev, None
        for sock in self._heard_here:
            if sock.hears(reply, dev, data):
                if listener is not None:
                    listener = None
                    break
                listener = sock
        if listener is None:
            idents.append(last)
            return False
        ident = own[0] = own[0] % 0xFFFF + 1
        if not self._flown:
            sim.unsettled.append(self)
        self._flown += 1
        turn = next(sim._eid)
        self._begun, self.until, self._flight = now, until, (request, uid, ident, last, turn)
        trips.append(self)
        delay = self._wakeup.delay
        packet = Packet(data, uid, dev, HOST, self._way)
        priority = SOFTIRQ if delay else PROCESS
        heappush(sim._queue, (until + delay, priority, turn, listener.on_message, (packet, reply)))
        return True

    def end(self) -> None:
        """It is over."""
        self._ended = self._begun
        self._idents.append(self._flight[3] % 0xFFFF + 1)
        self._flight = _NONE
        for path in self._paths:
            if path.user is not None:
                self._tell_users()
                break

    def _tell_users(self) -> None:
        for _, after, onward in self._stations:
            if onward.path is not None and onward.path.user is not None:
                onward.path.user(self._begun + after)

    def catch_up(self) -> None:
        """It goes on as an ordinary frame, at the station that it has not come to yet."""
        sim = self._sim
        now = sim._now + (sim._context != SOFTIRQ)  # frames that are due come before programs run
        if self.until < now:
            self.end()
            return
        request, uid, ident, last, turn = self._flight
        sim.take_back(turn)
        self._flown -= 1
        self._idents.append(last)
        path = self.path
        frame = Frame(path.header + self._sender.packet(ident, request), uid, path.tag, self._sender.head)
        for hop, after, onward in self._stations:
            time = self._begun + after
            if hop is not None and time >= now:
                sim.put(time, SOFTIRQ, turn, hop.take, frame)
                return
            for part in onward.parts:
                part.passed(1, self._size, time)
            if onward.path is not None and onward.path.user is not None:
                onward.path.user(time)
            if onward.messages is not None:
                self._idents[0] = last = last % 0xFFFF + 1
            if hop is not None:
                frame = self.leaving(onward, frame, last, uid)


class WatchedTrip(_Way):
    """Where somebody keeps what passes: from the end of the first cable on.

    changes : the stations that packets leave in another form
    told : what each log is told: how long after the start, the number of changes that the packet and the frame have had
    by then, and where that is
    """

    __slots__ = ("_hop", "_logs", "_users", "changes", "told")

    def __init__(
        self,
        path: TxPath,
        sender: Sender,
        answer: Messages,
        arrival: Messages,
        stations: Sequence[Station],
        head: bytes,
    ) -> None:
        super().__init__(path, sender, answer, arrival, stations[1:], head)
        first, tag = stations[1], stations[0].onward.tag
        assert first.hop is not None
        self._hop = first.hop
        self._span -= first.after
        self.changes: list[Onward] = []
        self.told: dict[Log, list[tuple[int, int, int, Stations]]] = {}
        for _, after, onward in self._stations:
            before = len(self.changes)
            if onward.hop is not None and (onward.path is not None or onward.tag != tag):
                self.changes.append(onward)
                tag = onward.tag
            for log, told, stage in onward.told:
                packet = before if stage in (COMING, HERE) else len(self.changes)
                shown = packet if stage in (COMING, LEAVING) else _NO_FRAME
                self.told.setdefault(log, []).append((after - first.after, packet, shown, told))
        self._users = [(on.path, after - first.after) for _, after, on in self._stations if on.path is not None]
        self._logs = [(log, sum(len(one[3]) for one in told)) for log, told in self.told.items()]

    def start(self, request: bytes, uid: int, df: bool) -> bool:
        """It does not start yet."""
        return False

    def take(self, frame: Frame) -> DropReason | None:
        """An echo request arrives at the end of the first cable."""
        sim, epoch, idents = self._sim, self.epoch, self._idents
        now, queue = sim._now, sim._queue
        until = now + self._span
        request = frame.raw[_MESSAGE:]
        if (queue and queue[0][0] <= until) or sim.stepping or sim.epoch != epoch or not idents or request[0] != _ECHO:
            return self._hop.take(frame)
        for path in self._paths:
            if path.epoch != epoch:
                return self._hop.take(frame)
        for fdb in self._fdbs:
            if until >= fdb.next_run:
                return self._hop.take(frame)
        if _number(request) % 0xFFFF:
            return self._hop.take(frame)
        for sock in self._heard_there:
            if sock.wants(request):
                return self._hop.take(frame)
        ident = idents[0] % 0xFFFF + 1
        reply = _echo_reply(request)
        data = _pack(self._start, ident, self._middle, -(self._total + ident) % 0xFFFF, self._addresses) + reply
        listener = None
        for sock in self._heard_here:
            if sock.hears(reply, self._dev, data):
                if listener is not None:
                    return self._hop.take(frame)
                listener = sock
        if listener is None:
            return self._hop.take(frame)
        idents[0] = ident
        if not self._flown:
            sim.unsettled.append(self)
        self._flown += 1
        self._ended = now - self._stations[0].after
        for path, after in self._users:
            if path.user is not None:
                path.user(now + after)
        uid = sim.born(frame.uid)
        journey = WatchedJourney(self, now, frame, ident, uid)
        for log, stations in self._logs:
            log.travelled(journey, stations)
        delay = self._wakeup.delay
        packet = Packet(data, uid, self._dev, HOST, self._way)
        priority, turn = SOFTIRQ if delay else PROCESS, next(sim._eid)
        heappush(queue, (until + delay, priority, turn, listener.on_message, (packet, reply)))
        return None


class WatchedJourney:
    """One watched trip: begun : when `frame` was at the end of the first cable; ident, uid : of the answer."""

    __slots__ = ("_begun", "_frame", "_ident", "_trip", "_uid")

    def __init__(self, trip: WatchedTrip, begun: int, frame: Frame, ident: int, uid: int) -> None:
        self._trip = trip
        self._begun = begun
        self._frame = frame
        self._ident = ident
        self._uid = uid

    def passages(self, log: Log) -> Iterator[Passage]:
        """As `macvsim.journal.Journey.passages`."""
        frames = [self._frame]
        for onward in self._trip.changes:
            frames.append(self._trip.leaving(onward, frames[-1], self._ident, self._uid))
        for after, packet, shown, stations in self._trip.told[log]:
            yield self._begun + after, frames[packet].uid, None if shown == _NO_FRAME else frames[shown], stations
