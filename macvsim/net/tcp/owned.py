"""Who works on a connection.

A program's calls own it while they run: what arrives meanwhile waits in the backlog, as in the kernel (lock_sock,
release_sock).  When nothing takes time, whether something arrives during a call or after it shows.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from macvsim.engine.sim import Sim
from macvsim.wire.tcp import Segment


class Owned(ABC):
    """`owned` while a program's call runs; `bottom_halves_off` while what was put off is made up for."""

    def __init__(self, sim: Sim) -> None:
        self.sim = sim
        self.owned = False
        self.bottom_halves_off = False
        self.segs_in = 0
        self._backlog: deque[tuple[Segment, int]] = deque()
        self._deferred: list[Callable[[], None]] = []

    @abstractmethod
    def process(self, segment: Segment, uid: int, *, waited: bool = False) -> None:
        """Work on a segment, which may have waited in the backlog."""

    @abstractmethod
    def released(self) -> None:
        """A program's call is over, and everything that came meanwhile was worked on."""

    def receive(self, segment: Segment, uid: int) -> None:
        """A segment of this connection arrives."""
        self.segs_in += 1
        if self.owned:
            self._backlog.append((segment, uid))
        else:
            self.process(segment, uid)

    @contextmanager
    def call(self) -> Iterator[None]:
        """A program's call: the connection is its own until the end, then what came meanwhile is processed."""
        if self.owned:
            yield
            return
        self.owned = True
        try:
            yield
        finally:
            self._release()

    def _release(self) -> None:
        """release_sock: the backlog, what timers had to do, acknowledgements that were put off."""
        self.flush_backlog()
        self.bottom_halves_off = True
        deferred, self._deferred = self._deferred, []
        self.owned = False
        for fn in deferred:
            fn()
        self.released()
        self.bottom_halves_off = False
        self.sim.run_softirqs()

    def flush_backlog(self) -> bool:
        """Process what came during the call so far (__release_sock); True if there was something."""
        found = bool(self._backlog)
        while self._backlog:
            segment, uid = self._backlog.popleft()
            self.process(segment, uid, waited=True)
        return found

    def when_free(self, fn: Callable[[], None]) -> None:
        """Call `fn` now, or at the end of the program's call."""
        if self.owned:
            self._deferred.append(fn)
        else:
            fn()
