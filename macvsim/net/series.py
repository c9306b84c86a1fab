"""Series: requests that a program sends at regular times are sent, answered and heard all at once, when it matters.

From one trip (net/trip.py) of a program that pings to the next, nothing happens that concerns anybody else.  So nothing
stands in the queue but the alarm that ends a series.  Whoever looks, or changes what trips depend on, stops it first:
those that are over have happened then, in one step, and the one that is under way goes on as a trip.  It comes after
packets that other programs sent at the same nanosecond one by one.

This pays where many programs run, as what one of them needs has left the processor's cache before it is due again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple, Protocol

from macvsim.sim import PROCESS

if TYPE_CHECKING:
    from macvsim.net.snmp import Snmp
    from macvsim.net.trip import Trip


class Asking(Protocol):
    """A program (`macvsim.apps.base.App`) that sends requests, each `interval` ns after the one before, whatever comes
    back.
    """

    interval: int

    @property
    def turn(self) -> int: ...

    def set_alarm_at(self, time: int, fn: Callable[[], None]) -> int: ...

    def request(self) -> tuple[bytes, int]:
        """The next request, which is sent now, and its identity."""

    def go_on(self) -> None:
        """Send the next request, when it is due, and see to those after it."""

    def answered(self, requests: int, begun: int, took: int, source: int, ttl: int) -> None:
        """So many were sent from `begun` on, and `took` ns later replies were heard, from `source` and with `ttl`."""


class Plan(NamedTuple):
    """What a series is: requests of a program, `rounds` of them, each by `trip`.

    took : ns until the program hears the reply, which it does with priority `context`; snmp : counts what it sends
    """

    asking: Asking
    trip: Trip
    rounds: int
    took: int
    context: int
    snmp: Snmp


class Series:
    """A series that begins now, with the alarm of the program that rings; turn : of this."""

    __slots__ = ("_begun", "_end", "_plan", "turn")

    def __init__(self, plan: Plan, now: int) -> None:
        asking = plan.asking
        self._plan = plan
        self._begun = now
        self.turn = asking.turn
        self._end = asking.set_alarm_at(now + plan.rounds * asking.interval, self._finish)

    @property
    def last(self) -> int:
        """When the last request will be sent."""
        return self._begun + (self._plan.rounds - 1) * self._plan.asking.interval

    def stop(self) -> None:
        """Requests are sent one by one from now on."""
        asking, trip, rounds, took, context, snmp = self._plan
        sim, begun, interval = trip.path.sim, self._begun, asking.interval
        now = sim._now
        sent = min((now - begun) // interval + 1, rounds)
        last = begun + (sent - 1) * interval
        if last == now and sent > 1 and not sim.is_over(last, PROCESS, self.turn):
            sent -= 1
            last -= interval
        under_way = not sim.is_over(last + took, context, self.turn)
        over = sent - 1 if under_way else sent
        trip.return_from(over, last - interval if under_way else last)
        if over:
            snmp.echoes_sent += over
            asking.answered(over, begun, took, trip.source, trip.ttl)
        if under_way:
            sim._now = last
            has_started = trip.start(*asking.request())
            sim._now = now
            assert has_started, "what a trip depends on has changed, and the series was not told"
            snmp.echoes_sent += 1
        if sent < rounds:
            sim.withdraw(self._end)
            asking.set_alarm_at(last + interval, asking.go_on)

    def _finish(self) -> None:
        """All of them are over."""
        if self._plan.trip.series is self:
            self.stop()
        self._plan.asking.go_on()
