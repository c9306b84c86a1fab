"""What both kinds of trips have (net/trip.py, net/watched.py): the stations on the way, and how replies look behind."""

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
    from macvsim.net.flow import Messages
    from macvsim.net.sender import Sender
    from macvsim.net.socket import RawIcmpSocket

MESSAGE = ETH_HLEN + ipv4.HLEN
"""Where the ICMP message begins in a frame."""
_ECHO = icmp.ECHO
_echo_reply = icmp.echo_reply
_number = int.from_bytes
_pack = ipv4.pack_flow


class Station(NamedTuple):
    """One that a packet comes to `after` ns, by `hop` (None: it is sent there), and what then becomes of it."""

    hop: Hop | None
    after: int
    onward: Onward


class Found(NamedTuple):
    """The way of echo requests of one sender and size, and of their replies.

    path : the way down that the requests take; answer, arrival : the flows that answer them, and that replies belong to
    when they arrive, with `head`; stations : all they pass, with these two
    """

    path: TxPath
    sender: Sender
    answer: Messages
    arrival: Messages
    stations: Sequence[Station]
    head: bytes


class ThereAndBack:
    """What becomes of those that go this way; epoch : in which it may be used."""

    __slots__ = (
        "_addresses", "_answers", "_dev", "_ended", "_fdbs", "_flown", "_heard_here", "_heard_there", "_idents",
        "_middle", "_paths", "_sim", "_size", "_span", "_start", "_stations", "_total", "_wakeup", "_way", "epoch",
        "path",
    )  # fmt: skip

    def __init__(self, found: Found) -> None:
        path, sender, answer, arrival, stations, head = found
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

    def _outcome(self, request: bytes, until: int) -> tuple[int, bytes, bytes, RawIcmpSocket] | None:
        """What an echo request comes to if its reply arrives `until` then: the identification of that, its message, its
        packet and the only program that hears it; None unless every station does again what it did.
        """
        epoch, idents = self.epoch, self._idents
        if self._sim.epoch != epoch or not idents or request[0] != _ECHO:
            return None
        for path in self._paths:
            if path.epoch != epoch:
                return None
        for fdb in self._fdbs:
            if until >= fdb.next_run:
                return None
        if _number(request) % 0xFFFF:
            return None
        for sock in self._heard_there:
            if sock.wants(request):
                return None
        ident = idents[0] % 0xFFFF + 1
        reply = _echo_reply(request)
        data = _pack(self._start, ident, self._middle, -(self._total + ident) % 0xFFFF, self._addresses) + reply
        listener = None
        for sock in self._heard_here:
            if sock.hears(reply, self._dev, data):
                if listener is not None:
                    return None
                listener = sock
        return None if listener is None else (ident, reply, data, listener)

    def _wake(self, listener: RawIcmpSocket, arrived: int, turn: int, data: bytes, reply: bytes, uid: int) -> None:
        """The program hears of a reply that arrives then (`Wakeup.hand`)."""
        delay = self._wakeup.delay
        packet = Packet(data, uid, self._dev, HOST, self._way)
        priority = SOFTIRQ if delay else PROCESS
        heappush(self._sim._queue, (arrived + delay, priority, turn, listener.on_message, (packet, reply)))

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
        reply = _echo_reply(frame.raw[MESSAGE:])
        return Frame(path.header + self._answers.packet(ident, reply), uid, onward.tag, onward.head)
