"""When the rest of the system hears that a carrier came or went (net/core/link_watch.c).

The carrier itself changes at once.  The operational state, the queue in front of it and whatever stands on the device
follow when the watch runs: right after the system call for urgent changes, and else at most once a second,
so that a flapping link does no harm.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from macvsim.engine.sim import Sim


class Watched(Protocol):
    """A device with a carrier."""

    destroyed: bool

    @property
    def link_urgent(self) -> bool:
        """True if its change of carrier must not wait (linkwatch_urgent_event)."""

    def settle_link(self) -> None:
        """Act on the carrier it has now (linkwatch_do_dev)."""


class LinkWatch:
    """The link watch of one kernel; times are jiffies."""

    def __init__(self, sim: Sim) -> None:
        self._sim = sim
        self._pending: list[Watched] = []
        self._next = 0
        self._urgent = False
        self._turn = 0
        self._armed = False
        self._due = False
        self._held = 0

    def fire(self, dev: Watched) -> None:
        """The carrier of a device changed (linkwatch_fire_event)."""
        urgent = dev.link_urgent
        if dev not in self._pending:
            self._pending.append(dev)
        elif not urgent:
            return
        self._schedule(urgent)
        if not self._held:
            self._catch_up()

    def sync(self, dev: Watched) -> None:
        """Somebody asks for this device's state: it does not wait any longer (linkwatch_sync_dev)."""
        if dev in self._pending:
            self._pending.remove(dev)
            with self.held():
                dev.settle_link()

    def forget(self, dev: Watched) -> None:
        """The device is gone (linkwatch_sync_dev in unregister_netdevice)."""
        if dev in self._pending:
            self._pending.remove(dev)

    @contextmanager
    def held(self) -> Iterator[None]:
        """One system call: the watch runs when it is over."""
        self._held += 1
        try:
            yield
        finally:
            self._held -= 1
            if not self._held:
                self._catch_up()

    def _schedule(self, urgent: bool) -> None:
        """Run after this system call, or later (linkwatch_schedule_work); a run that is planned already stays."""
        sim = self._sim
        if self._urgent:
            return
        self._urgent = urgent
        if self._armed and not urgent:
            return
        self._armed = True
        self._turn += 1
        delay = self._next - sim.jiffies
        if urgent or not 0 < delay <= sim.hz:
            self._due = True
        else:
            sim.call_at(sim.wheel.time(self._next), self._timer, self._turn)

    def _timer(self, turn: int) -> None:
        if turn == self._turn:
            self._due = True
            self._catch_up()

    def _catch_up(self) -> None:
        while self._due:
            self._held += 1
            self._run()
            self._held -= 1

    def _run(self) -> None:
        """Settle what is pending: all, or only what is urgent if the second is not over (__linkwatch_run_queue)."""
        sim = self._sim
        self._due = self._armed = False
        urgent_only = self._next > sim.jiffies
        if not urgent_only:
            self._next = sim.jiffies + sim.hz
        self._urgent = False
        work, self._pending = self._pending, []
        for dev in work:
            if dev.destroyed:
                continue
            if urgent_only and not dev.link_urgent:
                self._pending.append(dev)
            else:
                dev.settle_link()
        if self._pending:
            self._schedule(False)
