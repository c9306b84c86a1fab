"""Series: requests that a program sends at regular times are sent, answered and heard all at once, when it matters.

From one trip (net/trip.py) of a program that pings to the next, nothing happens that concerns anybody else.  So nothing
stands in the queue but the alarm that ends a series.  Whoever looks, or changes what trips depend on, stops it first:
those that are over have happened then, in one step, and the one that is under way goes on as a trip.  A program that
meets another one, which sends at the same nanosecond but not in series, goes one by one for a while.

This pays where many programs run, as what one of them needs has left the processor's cache before it is due again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from macvsim.engine.sim import PROCESS, Sim

if TYPE_CHECKING:
    from macvsim.net.snmp import Snmp
    from macvsim.net.trip import Trip


class Asking(Protocol):
    """A program (`macvsim.apps.base.App`) that sends requests, each `interval` ns after the one before, whatever comes
    back.

    in_series : a series is going on, so what it has counted may be behind
    """

    in_series: bool
    interval: int

    @property
    def turn(self) -> int: ...

    def set_alarm_at(self, time: int, fn: Callable[[], None]) -> int: ...

    def request(self) -> tuple[bytes, int]:
        """The next request, which is sent now, and its identity."""

    def go_on(self) -> None:
        """Send the next request, when it is due, and see to those after it."""

    def go_alone(self) -> None:
        """Begin no other series for a while."""

    def await_last(self, sent: int) -> None:
        """The last request was sent then: its reply need not come."""

    def finish(self, sent: int) -> None:
        """The reply has come to the last request, which was sent then; others may be missing."""

    def answered(self, requests: int, begun: int, took: int, source: int, ttl: int) -> None:
        """So many were sent from `begun` on, and `took` ns later replies were heard, from `source` and with `ttl`."""


class Series:
    """Requests of a program, `rounds` of them, each by `trip`, the first now, as the alarm of the program rings.

    turn : of this alarm; last : when the last request is sent; snmp : counts what is sent; is_all : these are all that
    the program still sends
    """

    __slots__ = ("_asking", "_begun", "_end", "_is_all", "_rounds", "_snmp", "_trip", "last", "turn")

    def __init__(self, trip: Trip, asking: Asking, rounds: int, snmp: Snmp, *, is_all: bool) -> None:
        self._trip = trip
        self._asking = asking
        self._rounds = rounds
        self._snmp = snmp
        self._is_all = is_all
        self.turn = asking.turn
        asking.in_series = True
        sim, interval = trip.path.sim, asking.interval
        self._begun = begun = sim._now
        sim.regular.setdefault(interval, {}).setdefault(begun % interval, []).append(self)
        self.last = last = begun + (rounds - 1) * interval
        self._end = asking.set_alarm_at(last + (trip.took if is_all else interval), self._finish)

    def stop(self) -> None:
        """Requests are sent one by one from now on."""
        trip, asking, begun = self._trip, self._asking, self._begun
        sim, interval, took = trip.path.sim, asking.interval, trip.took
        now = sim._now
        asking.in_series = False
        self._leave(sim, interval)
        sent = min((now - begun) // interval + 1, self._rounds)
        last = begun + (sent - 1) * interval
        if last == now and sent > 1 and not sim.is_over(last, PROCESS, self.turn):
            sent -= 1
            last -= interval
        under_way = not sim.is_over(last + took, trip.context, self.turn)
        over = sent - 1 if under_way else sent
        trip.return_from(over, last - interval if under_way else last)
        if over:
            self._snmp.echoes_sent += over
            asking.answered(over, begun, took, trip.source, trip.ttl)
        if under_way:
            sim._now = last
            has_started = trip.start(*asking.request())
            sim._now = now
            assert has_started, "what a trip depends on has changed, and the series was not told"
            self._snmp.echoes_sent += 1
        if sent < self._rounds:
            sim.withdraw(self._end)
            asking.set_alarm_at(last + interval, asking.go_on)
        elif under_way and self._is_all:
            sim.withdraw(self._end)
            asking.await_last(last)

    def _leave(self, sim: Sim, interval: int) -> None:
        phases = sim.regular[interval]
        there = phases[self._begun % interval]
        there.remove(self)
        if not there:
            del phases[self._begun % interval]
            if not phases:
                del sim.regular[interval]

    def meet(self) -> None:
        """As `Regular.meet`."""
        sim = self._trip.path.sim
        if sim._now <= self.last and sim.is_over(sim._now, PROCESS, self.turn):
            self.stop()
            self._asking.go_alone()

    def _finish(self) -> None:
        """All of them are over."""
        if self._trip.series is self:
            self.stop()
        if self._is_all:
            self._asking.finish(self.last)
        else:
            self._asking.go_on()
