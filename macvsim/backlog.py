"""What has happened and is still to be noted down: trips that are over or under way, and counters that are behind."""

from __future__ import annotations

from operator import attrgetter
from typing import Final, Protocol

_PLACE = attrgetter("place")


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

    def settle(self) -> None:
        """Bring all counters up to date; whoever shows one calls this first."""
        self.catch_up()
        for one in self.unsettled:
            one.settle()
        self.unsettled.clear()
