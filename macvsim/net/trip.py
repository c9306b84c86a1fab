"""Round trips: an echo request and its reply go all the way by one call, once everything between is known.

Where every station of a way is a learned path (dev/path.py, switch/path.py) or flow (net/flow.py), the bytes of the
reply follow from those of the request, and so do the time of its arrival and the program that it wakes.  A trip keeps
the stations that the packets of one `Sender` pass, and puts the program's waking into the queue at once.  What the
stations would have counted is added up and settled when somebody reads it, as with paths.  A program's trips may go in
series (net/series.py).

A trip takes time, and somebody may look, or change something a station depends on, while it is under way.  So who does
calls `Sim.catch_up` first: the stations passed by then have had the packet, and at the next it arrives as an ordinary
frame.  And a trip starts only while every station would do again what it did when the trip was found.

Where somebody watches there is another kind (net/watched.py).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from macvsim.dev.txpath import TxPath
from macvsim.engine.sim import SECOND, SOFTIRQ
from macvsim.net.series import Asking, Series
from macvsim.net.there_and_back import Found, ThereAndBack
from macvsim.net.watched import WatchedTrip
from macvsim.wire.frame import Frame

if TYPE_CHECKING:
    from macvsim.dev.path import Onward
    from macvsim.net.flow import Messages
    from macvsim.net.sender import Sender
    from macvsim.net.snmp import Snmp

LONGEST = 64
"""More stations than any way has that does not go round in circles."""
MOST = 10_000
"""Requests in one series."""
PATIENCE = SECOND
"""How long a program waits for the reply to its last request, at least, once it has heard others."""
_NONE = (b"", 0, 0, 0, 0)


def find(sender: Sender, path: TxPath) -> Trip | WatchedTrip | None:
    """The trip of echo requests that go down `path`; None where something on the way needs to see them."""
    onward = sender.onward()
    stations: list[Onward] = []
    answer: Messages | None = None
    is_watched = False
    size, head = len(path.header) + sender.length, sender.head
    while onward is not None and len(stations) < LONGEST:
        stations.append(onward)
        messages: Messages | None = onward.messages
        if messages is not None and answer is not None:
            messages.arrive(onward)
            kind = WatchedTrip if is_watched or onward.told else Trip
            return kind(Found(path, sender, answer, messages, tuple(stations), head))
        if messages is not None:
            answer = messages
            messages.answer(onward, size)
        is_watched = is_watched or bool(onward.told)
        hop, since = onward.hop, onward.since + onward.delay
        if hop is None or since == onward.since:
            return None
        head = onward.head or head
        onward = hop.onward(head, size)
        if onward is not None:
            onward.by, onward.since = hop, since
    return None


class Trip(ThereAndBack):
    """Where nobody watches.

    until : when the last one arrives; series : that is going on; took : ns until the program hears of a reply
    """

    __slots__ = ("_flight", "_is_listed", "_is_open", "series", "took", "until")

    def __init__(self, found: Found) -> None:
        super().__init__(found)
        self.took: int = self._span + self._delay
        self.until = 0
        self._is_open = self._is_listed = False
        """The last one is under way, or has arrived and that is still to be noted down; the trip stands in
        `Sim.trips`.
        """
        self.series: Series | None = None
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
        if path.set_out < now:
            path.set_out = now
        own[0] = ident = own[0] % 0xFFFF + 1
        self._flight = request, uid, ident, self._idents.pop(), self.begun
        self.begun, self.until = now, until
        self._is_open = True
        if not self._is_listed:
            self._is_listed = True
            sim.trips.append(self)
        return True

    def repeat(self, asking: Asking, request: bytes, most: int, snmp: Snmp) -> bool:
        """Requests like this one set out, the first of them now, by themselves; False: not for long, or not at all.

        most : how many there will be; snmp : counts what is sent
        """
        sim, own, path = self._sim, self._own, self.path
        now, interval = sim._now, asking.interval
        if self._is_open:
            if self.until >= now:
                return False
            self._close()
        if (
            self.series is not None
            or self.took >= min(interval, PATIENCE)
            or not own
            or not self._idents
            or path.sent == now
            or len(request) != self._length
        ):
            return False
        if not self._make_sure(request, now + self._span):
            return False
        rounds = min(most, MOST, (min(sim.horizon, self._sure_until - self._span - 1) - now) // interval + 1)
        if rounds < 2:
            return False
        self._flight = b"", 0, own.pop(), self._idents.pop(), 0
        self.series = series = Series(self, asking, rounds, snmp, is_all=rounds == most)
        path.set_out = max(path.set_out, series.last)  # others may go this way
        if not self._is_listed:
            self._is_listed = True
            sim.trips.append(self)
        return True

    def return_from(self, trips: int, begun: int) -> None:
        """A series is over: so many have returned, and the last of these set out at `begun`."""
        _, _, own, idents, _ = self._flight
        self.series = None
        for counter, last in ((self._own, own), (self._idents, idents)):
            counter.append((last + trips - 1) % 0xFFFF + 1 if trips else last)
        if not trips:
            return
        self.begun = begun
        if not self._flown:
            self._await_settling()
        self._flown += trips
        self._tell_users()

    def _close(self) -> None:
        """It is over."""
        self._is_open = False
        self._idents.append(self._flight[3] % 0xFFFF + 1)
        if self._users:
            self._tell_users()

    def _doubt_stations(self) -> None:
        self._go_on()
        super()._doubt_stations()

    def _doubt_listener(self) -> None:
        self._go_on()
        super()._doubt_listener()

    @property
    def place(self) -> int:
        """As `UnderWay.place`: programs send in the order in which their alarms ring."""
        return 0 if self.series is None else self.series.turn

    def catch_up(self) -> None:
        """As `UnderWay.catch_up`."""
        self._is_listed = False
        self._go_on()

    def dissolve(self) -> None:
        """As `ThereAndBack.dissolve`."""
        self._go_on()
        super().dissolve()

    def _go_on(self) -> None:
        """It goes on as an ordinary frame, at the station that it has not come to yet."""
        if self.series is not None:
            self.series.stop()
        if not self._is_open:
            return
        sim = self._sim
        now = sim._now + (sim._context != SOFTIRQ)  # frames that are due come before programs run
        if self.until < now:
            self._close()
            return
        self._is_open = False
        request, uid, ident, last, before = self._flight
        begun, self.begun = self.begun, before
        sim.take_back(self._turn)
        self._flown -= 1
        self._idents.append(last)
        frame = Frame(self.written(request, ident), uid, self.path.tag, self.head)
        for onward in self._stations:
            hop, time = onward.by, begun + onward.since
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
