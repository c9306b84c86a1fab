"""What both kinds of trips have (net/trip.py, net/watched.py): the stations on the way, and how replies look behind."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from heapq import heappush
from typing import TYPE_CHECKING, NamedTuple

from macvsim.dev.path import Onward
from macvsim.dev.txpath import TxPath
from macvsim.engine.backlog import NOTHING
from macvsim.engine.sim import PROCESS, SOFTIRQ
from macvsim.engine.waiting import NEVER
from macvsim.wire import icmp, ipv4
from macvsim.wire.frame import ETH_HLEN, Frame

if TYPE_CHECKING:
    from macvsim.net.flow import Messages
    from macvsim.net.sender import Sender
    from macvsim.net.socket import Heard

MESSAGE = ETH_HLEN + ipv4.HLEN
"""Where the ICMP message begins in a frame."""
_ECHO = icmp.ECHO
_echo_reply = icmp.echo_reply
_number = int.from_bytes
_UNSURE = -1


class Found(NamedTuple):
    """The way of echo requests of one sender and size, and of their replies.

    path : the way down that the requests take; answer, arrival : the flows that answer them, and that replies belong to
    when they arrive, with `head`; stations : all they pass, with these two
    """

    path: TxPath
    sender: Sender
    answer: Messages
    arrival: Messages
    stations: Sequence[Onward]
    head: bytes


class ThereAndBack:
    """What becomes of those that go this way.

    epoch : in which it may be used; begun : when the last one set out; head : `Frame.head` of requests
    """

    __slots__ = (
        "_answers", "_asker", "_delay", "_dev", "_flown", "_hearing_here", "_hearing_there", "_idents",
        "_length", "_listener", "_own", "_place", "_requests", "_sender", "_sim", "_size", "_span", "_stations",
        "_sure_in", "_sure_until", "_target", "_turn", "_users", "begun", "context", "epoch", "head", "path", "source",
        "ttl",
    )  # fmt: skip

    def __init__(self, found: Found) -> None:
        path, sender, answer, arrival, stations, head = found
        assert answer.sender is not None
        self._sim = sim = path.sim
        self.epoch = sim.epoch
        self.path = path
        self._answers = answer.sender.header
        self._idents = answer.sender.idents
        self._hearing_here, self._hearing_there = arrival.icmp, answer.icmp
        self._dev = arrival.dev
        self._sender = sender
        self._requests, self.head = sender.header, sender.head
        self._own = sender.idents
        self._length = sender.length - ipv4.HLEN
        self._delay = sender.wakeup_delay
        self.context = SOFTIRQ if self._delay else PROCESS
        self._stations = stations
        self._span = stations[-1].since
        self._size = len(path.header) + sender.length
        self.source, self._target = ipv4.addresses(ipv4.identified(self._answers, 0))
        self.ttl = ipv4.head_ttl(head)
        self._flown = self._place = self.begun = self._turn = 0
        """How many have passed all stations since that was settled, the place in `Sim.unsettled`, and the turn in the
        queue of what the last one wakes.
        """
        self._sure_in, self._sure_until = _UNSURE, 0
        """The epoch in which, and the time until which, stations do again what they did."""
        self._asker = b""
        """The identifier of requests whose replies the `_listener` hears, and nobody else."""
        self._listener: Callable[[Heard], None]
        self._users: Sequence[tuple[Callable[[int], None], int]] = ()
        """Who is told when requests or replies pass, and how long after the start that is."""

    def _doubt_stations(self) -> None:
        self._sure_in = _UNSURE

    def _doubt_listener(self) -> None:
        self._asker = b""

    def _set_out(self, request: bytes, arrival: int) -> bool:
        """An echo request sets out whose reply arrives then, and wakes the program (`Wakeup.hand`); False unless every
        station does again what it did.
        """
        sim = self._sim
        if not self._idents or request[0] != _ECHO or _number(request) % 0xFFFF:
            return False
        sure = sim.epoch == self._sure_in and arrival < self._sure_until and request[4:6] == self._asker
        if not sure and not self._make_sure(request, arrival):
            return False
        if not self._flown:
            self._await_settling()
        self._flown += 1
        self._turn = turn = next(sim._eid)
        heard = self.source, _echo_reply(request), self.ttl, b""
        heappush(sim._queue, (arrival + self._delay, self.context, turn, self._listener, heard))
        return True

    def _make_sure(self, request: bytes, arrival: int) -> bool:
        """Look at everything that it depends on; what changes from now on says so."""
        epoch = self.epoch
        if self._sim.epoch != epoch:
            return False
        users: list[tuple[Callable[[int], None], int]] = []
        until, doubt = NEVER, self._doubt_stations
        for one in self._stations:
            path, fdb = one.path, one.fdb
            if path is not None:
                if path.epoch != epoch and (one.since or self._sender.find_path() is not path):
                    return False
                if path.user is not None:
                    users.append((path.user, one.since))
                path.rely(doubt)
            if fdb is not None and fdb.next_run < until:
                until = fdb.next_run
        if arrival >= until or (request[4:6] != self._asker and not self._find_listener(request)):
            return False
        self._users, self._sure_in, self._sure_until = tuple(users), epoch, until
        return True

    def _find_listener(self, request: bytes) -> bool:
        """Look for the only program that hears the reply to this request; False if others do too, or hear requests."""
        for sock in self._hearing_there.sockets:
            if sock.wants(request):
                return False
        reply = _echo_reply(request)
        heard = [sock for sock in self._hearing_here.sockets if sock.hears(reply, self._dev, self._target)]
        if len(heard) != 1:
            return False
        self._listener, self._asker = heard[0].on_message, request[4:6]
        for hearing in (self._hearing_here, self._hearing_there):
            hearing.rely(self._doubt_listener)
        return True

    def dissolve(self) -> None:
        """Nobody will go this way any more: it holds on to nothing."""
        if self._flown:
            self._sim.unsettled[self._place] = NOTHING
            self.settle()
        for one in self._stations:
            if one.path is not None:
                one.path.release(self._doubt_stations)
        for hearing in (self._hearing_here, self._hearing_there):
            hearing.release(self._doubt_listener)
        self._stations = ()

    def written(self, request: bytes, ident: int) -> bytes:
        """The frame with a request as it leaves."""
        return self.path.header + ipv4.identified(self._requests, ident) + request

    def _tell_users(self) -> None:
        """Those who want to know when a packet passed."""
        for user, after in self._users:
            user(self.begun + after)

    def _await_settling(self) -> None:
        """Some have passed that are to be counted."""
        unsettled = self._sim.unsettled
        self._place = len(unsettled)
        unsettled.append(self)

    def settle(self) -> None:
        """As `Unsettled.settle`."""
        packets, self._flown = self._flown, 0
        for onward in self._stations:
            for part in onward.parts:
                part.passed(packets, packets * self._size, self.begun + onward.since)

    def leaving(self, onward: Onward, frame: Frame, ident: int, uid: int) -> Frame:
        """A packet as it goes on from a station that it came to; ident, uid : of the answer, where that is sent."""
        path = onward.path
        if path is None:
            return frame if onward.tag == frame.tag else Frame(frame.raw, frame.uid, onward.tag, frame.head)
        if onward.messages is None:
            return Frame(path.header + ipv4.decrement_ttl(frame.raw[ETH_HLEN:]), frame.uid, onward.tag, onward.head)
        reply = _echo_reply(frame.raw[MESSAGE:])
        return Frame(path.header + ipv4.identified(self._answers, ident) + reply, uid, onward.tag, onward.head)
