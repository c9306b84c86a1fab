"""Round trips: an echo request and its reply go all the way by one call, once everything between is known.

Where every station of a way is a learned path (dev/path.py, switch/path.py) or flow (net/flow.py), the bytes of the
reply follow from those of the request, and so do the time of its arrival and the program that it wakes.  `Trip` keeps
the stations that the packets of one `Sender` pass, and puts the program's waking into the queue at once.  What the
stations would have counted is added up and settled when somebody reads it, as with paths.

A trip takes time, and somebody may look, or change something a station depends on, while it is under way.  So who does
calls `Sim.catch_up` first: the stations passed by then have had the packet, and at the next it arrives as an ordinary
frame.  And a trip starts only while every station would do again what it did when the trip was found.
"""

from __future__ import annotations

from collections.abc import Sequence
from heapq import heappush
from typing import TYPE_CHECKING, Any, NamedTuple

from macvsim.dev.path import Hop, Onward, TxPath
from macvsim.net.packet import Packet
from macvsim.sim import PROCESS, SOFTIRQ
from macvsim.wire import icmp, ipv4
from macvsim.wire.frame import ETH_HLEN, HOST, Frame

if TYPE_CHECKING:
    from macvsim.dev.fdb import FilteringDatabase
    from macvsim.net.flow import Messages, Sender

LONGEST = 64
"""More stations than any way has that does not go round in circles."""
_ECHO = icmp.ECHO
_pack = ipv4.pack_flow
_number = int.from_bytes
_echo_reply = icmp.echo_reply


class Station(NamedTuple):
    """One that a packet comes to `after` ns, by `hop` (None: it is sent there), and what then becomes of it."""

    hop: Hop | None
    after: int
    onward: Onward


def find(sender: Sender, path: TxPath) -> Trip | None:
    """The trip of echo requests that go down `path`; None where something on the way needs to see them."""
    onward = sender.onward()
    stations: list[Station] = []
    answer: Messages | None = None
    size, head = len(path.header) + sender.length, sender.head
    hop, after = None, 0
    while onward is not None and len(stations) < LONGEST:
        messages: Messages | None = onward.messages
        if answer is not None and messages is not None:
            arrived = onward._replace(passed=(onward.passed[0], messages.heard))
            return Trip(path, sender, answer, messages, (*stations, Station(hop, after, arrived)), head)
        answer = answer or messages
        stations.append(Station(hop, after, onward))
        if onward.hop is None or onward.delay <= 0:
            return None
        hop, after, head = onward.hop, after + onward.delay, onward.head or head
        onward = hop.onward(head, size)
    return None


class Trip:
    """What becomes of echo requests of one sender and size, and of their replies.

    path : the way down that the requests take; answer, arrival : the flows that answer them, and that replies belong to
    when they arrive, with `head`; stations : all they pass, with these two
    epoch : in which it may be used; until : when the one that is under way arrives
    """

    __slots__ = (
        "_addresses", "_answers", "_begun", "_dev", "_ended", "_fdbs", "_flight", "_flown", "_heard_here",
        "_heard_there", "_idents", "_middle", "_own", "_paths", "_sender", "_sim", "_size", "_span", "_start",
        "_stations", "_total", "_wakeup", "_way", "epoch", "path", "until",
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
        answers = answer.sender
        assert answers is not None
        self.epoch = path.sim.epoch
        self.path = path
        self.until = 0
        self._sim = path.sim
        self._sender = sender
        self._answers = answers
        self._own, self._idents = sender.idents, answers.idents
        self._heard_here, self._heard_there = arrival.sockets, answer.sockets
        self._dev, self._way = arrival.dev, arrival.way
        self._wakeup = sender.wakeup
        self._stations = stations
        self._span = stations[-1].after
        self._size = len(path.header) + sender.length
        self._paths = tuple(one.onward.path for one in stations if one.onward.path is not None)
        self._fdbs: list[FilteringDatabase[Any]] = []
        for one in stations:
            if one.onward.fdb is not None and one.onward.fdb not in self._fdbs:
                self._fdbs.append(one.onward.fdb)
        # what the headers of replies have in common when they arrive
        self._start = answers.start
        self._middle = answers.middle[:2] + ipv4.head_middle(head)
        self._addresses = answers.addresses
        self._total = answers.total - 0x100 * (ipv4.head_ttl(answers.head) - ipv4.head_ttl(head))
        self._flight = (b"", 0, 0, 0, 0)
        """Of the one that is under way: the request, its uid and identification, the last identification of the sender
        of replies, the turn in the queue.
        """
        self._begun = self._ended = 0
        """When the one that is under way set out, and the last that came back."""
        self._flown = 0

    def start(self, request: bytes, uid: int) -> bool:
        """An echo request sets out; False: it has to go the ordinary way."""
        sim = self._sim
        now = sim._now
        trips = sim.trips
        while trips and trips[0].until < now:
            trips.popleft().end()
        epoch, idents, own = self.epoch, self._idents, self._own
        if sim.epoch != epoch or not idents or not own or request[0] != _ECHO:
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
        last = idents[0]
        answer = last % 0xFFFF + 1
        reply = _echo_reply(request)
        data = _pack(self._start, answer, self._middle, -(self._total + answer) % 0xFFFF, self._addresses) + reply
        listener = None
        for sock in self._heard_here:
            if sock.hears(reply, self._dev, data):
                if listener is not None:
                    return False
                listener = sock
        if listener is None:
            return False
        idents.clear()
        ident = own[0] = own[0] % 0xFFFF + 1
        if not self._flown:
            sim.unsettled.append(self)
        self._flown += 1
        turn = next(sim._eid)
        self._begun, self.until, self._flight = now, until, (request, uid, ident, last, turn)
        trips.append(self)
        delay = self._wakeup.delay
        packet = Packet(data, uid, self._dev, HOST, self._way)
        priority = SOFTIRQ if delay else PROCESS
        heappush(sim._queue, (until + delay, priority, turn, listener.on_message, (packet, reply)))
        return True

    def end(self) -> None:
        """It is over."""
        self._ended = self._begun
        self._idents.append(self._flight[3] % 0xFFFF + 1)
        for path in self._paths:
            if path.user is not None:
                self._tell_users()

    def _tell_users(self) -> None:
        for _, after, onward in self._stations:
            if onward.path is not None and onward.path.user is not None:
                onward.path.user(self._begun + after)

    def settle(self) -> None:
        """As `Unsettled.settle`."""
        packets, self._flown = self._flown, 0
        for _, after, onward in self._stations:
            for passed in onward.passed:
                passed(packets, packets * self._size, self._ended + after)

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
        frame = Frame(b"", uid)
        for hop, after, onward in self._stations:
            time = self._begun + after
            if hop is not None and time >= now:
                sim.put(time, SOFTIRQ, turn, hop.take, frame)
                return
            for passed in onward.passed:
                passed(1, self._size, time)
            raw, path = frame.raw, onward.path
            if path is not None:
                if path.user is not None:
                    path.user(time)
                if hop is None:
                    data = self._sender.packet(ident, request)
                elif onward.messages is not None:
                    self._idents[0] = last % 0xFFFF + 1
                    data = self._answers.packet(self._idents[0], _echo_reply(request))
                else:
                    data = ipv4.decrement_ttl(raw[ETH_HLEN:])
                raw = path.header + data
            frame = Frame(raw, uid, onward.tag, onward.head or frame.head)
