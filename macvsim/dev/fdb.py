"""A filtering database: which port a MAC of a VLAN was seen on (IEEE 802.1Q, 8.8; net/bridge/br_fdb.c).

Bridges and switches share it.  It keeps no clock: times are arguments, integers in whatever unit its owner counts in
(jiffies in a bridge, nanoseconds in a switch).  Expired entries go when the garbage collector would have run; it is
caught up with at the next use, so an idle database costs no events.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

from macvsim.engine.wheel import NEVER

P = TypeVar("P")


class FdbEntry(Generic[P]):
    """One MAC of one VLAN.

    port : where it is; None is the bridge device itself
    updated, used : when it was last seen as a source, and as a destination
    local : our own address, delivered here and never learnt over (shown as permanent)
    static : never expires; a learnt source still moves it to another port
    sticky : stays on its port
    user : added by hand
    """

    __slots__ = ("local", "mac", "port", "static", "sticky", "updated", "used", "user", "vid")

    def __init__(
        self, mac: bytes, vid: int, port: P | None, now: int, *, local: bool = False, static: bool = False
    ) -> None:
        self.mac = mac
        self.vid = vid
        self.port = port
        self.updated = now
        self.used = now
        self.local = local
        self.static = static or local
        self.sticky = False
        self.user = False

    @property
    def state(self) -> str:
        """``permanent``, ``static`` or ``dynamic``, as ``bridge fdb`` calls them."""
        return "permanent" if self.local else "static" if self.static else "dynamic"

    def __repr__(self) -> str:
        return f"<FdbEntry {self.mac.hex(':')} vlan {self.vid} {self.port!r} {self.state}>"


class FilteringDatabase(Generic[P]):
    """Entries by VLAN and MAC.

    Parameters
    ----------
    ageing : how long an entry lives after its source was last seen; 0: nothing is ever learnt
    schedule : ``schedule(now, delay)`` tells when a collector that asks for `delay` runs; None for exactly then
    pause : shortest time between two runs of the collector
    unit : in which the owner counts time, in ns
    max_learned : learn no more than that many, 0 for any number
    """

    def __init__(
        self,
        ageing: int,
        *,
        schedule: Callable[[int, int], int] | None = None,
        pause: int = 1,
        unit: int = 1,
        max_learned: int = 0,
    ) -> None:
        self.on_change: Callable[[], None] = _nobody
        """Called when what is known of a MAC changes, or how long it is kept."""
        self.before_look: Callable[[], None] = _nobody
        """Called before somebody looks at when entries were last seen."""
        self.entries: dict[tuple[int, bytes], FdbEntry[P]] = {}
        self.ageing = ageing
        self.max_learned = max_learned
        self._schedule = schedule if schedule is not None else _exactly
        self._pause = pause
        self._unit = unit
        self.next_run = NEVER
        """When the collector runs next; `NEVER` while it is stopped."""
        self.expires = NEVER
        """When it was asked to, which is what is shown: the schedule may let it run later."""
        self.lasts: Callable[[int], int] = self._lasts
        """When the collector runs next, in ns, as `engine.recording.Recorder.lasts` asks: one object for all."""

    def __len__(self) -> int:
        return len(self.entries)

    def __iter__(self) -> Iterator[FdbEntry[P]]:
        """Newest first, as the kernel lists them."""
        self.before_look()
        return reversed(list(self.entries.values()))

    # -- per frame ---------------------------------------------------------------------------------------------------

    def count(self, what: tuple[FdbEntry[P], str], packets: int, octets: int, last: int) -> None:
        """As `engine.recording.Counter`, for the time of last use: an entry, and ``updated`` or ``used``."""
        entry, name = what
        setattr(entry, name, max(getattr(entry, name), last // self._unit))

    def learn(self, mac: bytes, vid: int, port: P, now: int) -> FdbEntry[P] | None:
        """`mac` was seen as a source at `port` (br_fdb_update): its entry, None if nothing was learnt from that."""
        if now >= self.next_run:
            self.collect(now)
        if not self.ageing:
            return None
        key = vid, mac
        entry = self.entries.get(key)
        if entry is None:
            if self.max_learned and self.learned >= self.max_learned:
                return None
            entry = self.entries[key] = FdbEntry(mac, vid, port, now)
            return entry
        if entry.local:
            return None
        entry.updated = now
        if entry.port is not port and not entry.sticky:
            entry.port = port
            self.on_change()
        return entry

    def find(self, mac: bytes, vid: int, now: int) -> FdbEntry[P] | None:
        """The entry of `mac` in VLAN `vid`, if there is one (br_fdb_find_rcu)."""
        if now >= self.next_run:
            self.collect(now)
        return self.entries.get((vid, mac))

    def _lasts(self, now: int) -> int:
        self.collect(now // self._unit)
        return self.next_run * self._unit

    # -- the collector -----------------------------------------------------------------------------------------------

    def start(self, now: int, delay: int) -> None:
        """The collector's next run is `delay` from now."""
        self.expires, self.next_run = now + delay, self._schedule(now, delay)

    def stop(self) -> None:
        """The collector does not run."""
        self.next_run = NEVER

    @property
    def running(self) -> bool:
        """True between `start` and `stop`."""
        return self.next_run != NEVER

    def set_ageing(self, ageing: int, now: int) -> None:
        """Another ageing time, which the collector applies at once (br_set_ageing_time)."""
        self.collect(now)
        self.ageing = ageing
        self.on_change()
        if self.running:
            self.next_run = now
            self.collect(now)

    def collect(self, now: int) -> None:
        """Catch up with the runs that were due until `now` (br_fdb_cleanup)."""
        if self.next_run <= now:
            self.before_look()
        while self.next_run <= now:
            time = self.next_run
            wait = self.ageing
            for key, entry in list(self.entries.items()):
                if entry.static:
                    continue
                left = entry.updated + self.ageing - time
                if left <= 0:
                    del self.entries[key]
                    self.on_change()
                elif left < wait:
                    wait = left
            # With ageing off every run is like the last: skip to the one after now.
            self.start(time if wait else now, max(wait, self._pause))

    # -- by hand -----------------------------------------------------------------------------------------------------

    def put(self, entry: FdbEntry[P]) -> None:
        """Add or replace an entry."""
        self.entries.pop((entry.vid, entry.mac), None)
        self.on_change()
        self.entries[entry.vid, entry.mac] = entry

    def remove(self, entry: FdbEntry[P]) -> None:
        """Take an entry out."""
        del self.entries[entry.vid, entry.mac]
        self.on_change()

    def flush(self, keep: Callable[[FdbEntry[P]], bool]) -> None:
        """Forget every entry that `keep` does not want."""
        for entry in [entry for entry in self.entries.values() if not keep(entry)]:
            self.remove(entry)

    def flush_port(self, port: P, vid: int | None = None) -> None:
        """Forget what was learnt at a port, in one VLAN or in all (br_fdb_delete_by_port)."""
        self.flush(lambda entry: entry.static or entry.port is not port or vid not in (None, entry.vid))

    def flush_learned(self) -> None:
        """Forget all that was learnt (br_fdb_flush)."""
        self.flush(lambda entry: entry.static)

    # -- what is in it -----------------------------------------------------------------------------------------------

    @property
    def learned(self) -> int:
        """How many entries were learnt (fdb_n_learned)."""
        return sum(not entry.static and not entry.user for entry in self.entries.values())

    def learned_at(self, port: P) -> list[FdbEntry[P]]:
        """What was learnt at one port, newest first."""
        return [entry for entry in self if entry.port is port and not entry.static]


def _nobody() -> None:
    pass


def _exactly(now: int, delay: int) -> int:
    return now + delay
