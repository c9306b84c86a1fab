"""Round trips: an echo request and its reply go all the way by one call, once everything between is known.

Where every station of a way is a learned path (dev/path.py, switch/path.py) or flow (net/flow.py), the bytes of the
reply follow from those of the request, and so do the time of its arrival and the program that it wakes.  A trip keeps
the stations that the packets of one `Sender` pass, and puts the program's waking into the queue at once.  What the
stations would have counted is added up and settled when somebody reads it, as with paths.

A trip takes time, and somebody may look, or change something a station depends on, while it is under way.  So who does
calls `Sim.catch_up` first: the stations passed by then have had the packet, and at the next it arrives as an ordinary
frame.  And a trip starts only while every station would do again what it did when the trip was found.

Where somebody watches there is another kind (net/watched.py).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from macvsim.dev.txpath import TxPath
from macvsim.net.there_and_back import Found, Station, ThereAndBack
from macvsim.net.watched import WatchedTrip
from macvsim.sim import SOFTIRQ
from macvsim.wire.frame import Frame

if TYPE_CHECKING:
    from macvsim.net.flow import Messages
    from macvsim.net.sender import Sender

LONGEST = 64
"""More stations than any way has that does not go round in circles."""
_NONE = (b"", 0, 0, 0, 0)


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
            return kind(Found(path, sender, answer, messages, tuple(stations), head))
        answer = answer or messages
        stations.append(Station(hop, after, onward))
        if onward.hop is None or onward.delay <= 0:
            return None
        hop, after, head = onward.hop, after + onward.delay, onward.head or head
        onward = hop.onward(head, size)
    return None


class Trip(ThereAndBack):
    """Where nobody watches.

    until : when the last one arrives
    """

    __slots__ = ("_flight", "_is_listed", "_is_open", "until")

    def __init__(self, found: Found) -> None:
        super().__init__(found)
        self.until = 0
        self._is_open = self._is_listed = False
        """The last one is under way, or has arrived and that is still to be noted down; the trip stands in
        `Sim.trips`.
        """
        self._flight = _NONE
        """Of the last one: the request, its uid and identification, that of the reply before, when the one before set
        out.
        """

    def start(self, request: bytes, uid: int) -> bool:
        """An echo request that must not be cut sets out; False: it has to go the ordinary way."""
        sim = self._sim
        now = sim._now
        if self._is_open:
            if self.until >= now:
                return False
            self._close()
        own, path, until = self._own, self.path, now + self._span
        if not own or path.sent == now or len(request) != self._length or not self._set_out(request, until):
            return False
        path.set_out = now
        own[0] = ident = own[0] % 0xFFFF + 1
        self._flight = request, uid, ident, self._idents.pop(), self.begun
        self.begun, self.until = now, until
        self._is_open = True
        if not self._is_listed:
            self._is_listed = True
            sim.trips.append(self)
        return True

    def _close(self) -> None:
        """It is over."""
        self._is_open = False
        self._idents.append(self._flight[3] % 0xFFFF + 1)
        if self._users:
            self._tell_users()

    def catch_up(self) -> None:
        """It goes on as an ordinary frame, at the station that it has not come to yet."""
        sim = self._sim
        now = sim._now + (sim._context != SOFTIRQ)  # frames that are due come before programs run
        self._is_listed = False
        if not self._is_open:
            return
        if self.until < now:
            self._close()
            return
        self._is_open = False
        request, uid, ident, last, before = self._flight
        begun, self.begun = self.begun, before
        sim.take_back(self._turn)
        self._flown -= 1
        self._idents.append(last)
        frame = Frame(self.written(request, ident), uid, self.path.tag, self._shape.head)
        for hop, after, onward in self._stations:
            time = begun + after
            if hop is not None and time >= now:
                sim.put(time, SOFTIRQ, self._turn, hop.take, frame)
                return
            for part in onward.parts:
                part.passed(1, self._size, time)
            if onward.path is not None and onward.path.user is not None:
                onward.path.user(time)
            if onward.messages is not None:
                self._idents[0] = last = last % 0xFFFF + 1
            if hop is not None:
                frame = self.leaving(onward, frame, last, uid)
