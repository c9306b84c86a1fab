"""What has happened and is still to be noted down: trips that are over or under way, and counters that are behind."""

from __future__ import annotations

from operator import attrgetter
from typing import Final, Protocol

_PLACE = attrgetter("place")
_TURN = attrgetter("turn")


class UnderWay(Protocol):
    """Something whose outcome is in the queue already; place : among those that were sent at the same time."""

    @property
    def place(self) -> int: ...

    def catch_up(self) -> None:
        """Make it what it would be by now, and leave `Backlog.trips`."""


class Unsettled(Protocol):
    """Something that counts for itself what belongs to the counters of others."""

    def settle(self) -> None:
        """Add it to them."""


class Regular(Protocol):
    """What sends at regular times without a call in the queue for each; turn : of such calls."""

    turn: int

    def meet(self) -> None:
        """Somebody sends now: if this does, too, and first, it does so before."""


class _Nothing:
    """What has nothing to settle."""

    def settle(self) -> None:
        """As `Unsettled.settle`."""


NOTHING: Final = _Nothing()


class Backlog:
    """That of one simulation."""

    def __init__(self) -> None:
        self.trips: list[UnderWay] = []
        """Packets whose arrival is in the queue already, or was until not long ago (net/trip.py)."""
        self.regular: dict[int, dict[int, list[Regular]]] = {}
        """What sends at regular times (net/series.py), by how long these are apart (ns), and by the rest of one of them
        divided by that.
        """
        self.unsettled: list[Unsettled] = []
        """What has counted something for itself since counters were last up to date; see `settle`."""

    def catch_up(self) -> None:
        """Whoever looks at what is under way, or changes what it depends on, calls this first: packets that were sent
        all the way at once are where they would be now.
        """
        while self.trips:
            trips, self.trips = self.trips, []
            if len(trips) > 1:
                trips.sort(key=_PLACE)
            for trip in trips:
                trip.catch_up()

    def meet(self, now: int) -> None:
        """A program sends: whoever does so at the same time keeps its place before or after."""
        for interval, phases in list(self.regular.items()):
            for one in sorted(phases.get(now % interval, ()), key=_TURN):
                one.meet()

    def settle(self) -> None:
        """Bring all counters up to date; whoever shows one calls this first."""
        self.catch_up()
        for one in self.unsettled:
            one.settle()
        self.unsettled.clear()
