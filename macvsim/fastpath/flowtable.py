"""The flow table: what the plain path did to one frame, repeated for the frames of the same flow.

A station is everything that happens to a frame in one call from the queue: from the end of one cable to the start of
the next, or to a program.  Each station's entry point has an `Ingress`, a dict from flow to `Entry`.  The first frame
of a flow takes the plain path, the second one too while a `Recorder` listens, later ones repeat the recorded
actions: counters, records of journal and captures, rewritten bytes, and the cable or protocol that takes the frame.

An entry holds in one generation of the configuration, while everything it depends on has the recorded version
(`Subject`), and until a time that is asked for anew when it is reached (ageing).  Counters of repeated frames are kept
in the entry and added up by `Sim.flush`, which every reader of a public counter calls first.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any

from macvsim.engine.recording import Lasts, Line, Log, Recorder, Station, Subject
from macvsim.engine.wheel import NEVER, SOFTIRQ
from macvsim.wire.flow import NO_FLOW, flow_of
from macvsim.wire.frame import Frame

if TYPE_CHECKING:
    from macvsim.engine.drop import DropReason
    from macvsim.engine.sim import Sim
    from macvsim.fastpath.rewrite import Rewrite

Take = Callable[[Frame], "DropReason | None"]
Scripts = Sequence[tuple[Callable[..., Any], Sequence[Station]]]
FLOWS = 65_536
"""Keys of one ingress; beyond that it forgets all of them."""
_NOT_SEEN = object()


@dataclass(slots=True, eq=False)
class Entry:
    """The recorded actions of one flow at one station.

    subjects : what it depends on, each with its version; until, lasts : as `Recorder.lasts`
    counts : the counted packets, as `Counter.count` takes it: counter, which of its counters, octets, and so on
    logs : journal and captures, each with its script of stations
    rewrite, fields : make the bytes that leave; None if nothing changes
    idents : the counter that identifies new packets; born : the packet that leaves is a new one
    flow, tag : of the frame that leaves; same : it has bytes and tag of the frame that arrived
    live : takes the frame now, where `arrive` is None; arrive : takes it after `delay` ns
    """

    generation: int
    subjects: Sequence[tuple[Subject, Any]]
    lasts: Sequence[Lasts]
    counts: Sequence[Any]
    logs: Scripts
    rewrite: Rewrite | None
    fields: Any
    idents: list[int] | None
    born: bool
    flow: bytes
    tag: int
    same: bool
    live: Take | None
    arrive: Take | None = None
    delay: int = 0
    hits: int = 0
    last: int = 0
    until: int = NEVER

    def flush(self) -> None:
        """Add what repeated frames would have counted."""
        hits, self.hits = self.hits, 0
        if hits:
            counts = iter(self.counts)
            for counter, what, octets in zip(counts, counts, counts, strict=True):
                counter.count(what, hits, hits * octets, self.last)

    def renew(self, now: int) -> bool:
        """Ask until when it holds from now on: True if it does."""
        self.until = min([until(now) for until in self.lasts], default=NEVER)
        return self.until > now


class Ingress:
    """The flow table in front of one entry point, `plain`."""

    __slots__ = ("entries", "plain", "sim")
    UNCOMPARED = ("entries",)

    def __init__(self, sim: Sim, plain: Take) -> None:
        self.sim = sim
        self.plain = plain
        self.entries: dict[bytes | None, Entry | None] = {}

    def arrive(self, frame: Frame) -> DropReason | None:
        """Handle a frame as `plain` would."""
        sim = self.sim
        entry, now = self.entries.get(frame.flow), sim._now
        if entry is None or entry.generation != sim.generation or entry.until <= now:
            return self._miss(frame)
        for subject, version in entry.subjects:
            if subject.version != version and not subject.admits(version):
                return self._miss(frame)
        if not entry.hits:
            sim.lagging[entry] = None
        entry.hits += 1
        entry.last = now
        left = frame
        if entry.rewrite is not None:
            idents, ident = entry.idents, -1
            if idents is not None:
                idents[0] = ident = idents[0] % 0xFFFF + 1
            raw = entry.rewrite(entry.fields, frame.raw, ident)
            left = Frame(raw, sim.born(frame.uid) if entry.born else frame.uid, entry.tag, entry.flow)
        elif not entry.same:
            left = Frame(frame.raw, frame.uid, entry.tag, entry.flow)
        for passed, script in entry.logs:
            passed(now, frame, left, script)
        if entry.arrive is not None:
            sim.post(entry.delay, SOFTIRQ, entry.arrive, left)
            return None
        return entry.live(left)  # type: ignore[misc]

    def _miss(self, frame: Frame) -> DropReason | None:
        """No entry that holds, or a frame whose key is not known yet."""
        sim, entries = self.sim, self.entries
        if sim.recorder is not None:  # of another entry point, which repeats this one's actions too
            return self.plain(frame)
        if frame.flow is None:
            frame.flow = flow_of(frame)
            if entries.get(frame.flow) is not None:
                return self.arrive(frame)
        flow = frame.flow
        if flow == NO_FLOW:
            return self.plain(frame)
        entry = entries.get(flow, _NOT_SEEN)
        if entry is _NOT_SEEN:  # to record costs more than the plain path: it pays from the second frame on
            if len(entries) >= FLOWS:
                entries.clear()  # `Sim.lagging` has what is to be counted
            entries[flow] = None
            return self.plain(frame)
        if isinstance(entry, Entry):
            if entry.generation == sim.generation and entry.until <= sim._now and entry.renew(sim._now):
                return self.arrive(frame)
            entry.flush()
            sim.lagging.pop(entry, None)
        recorder = Recorder(sim, frame, self.plain)
        sim.recorder = recorder
        try:
            reason = self.plain(frame)
        finally:
            sim.recorder = None
        entries.pop(flow, None)
        entries[flow] = entry_of(sim, recorder)
        return reason


def entry_of(sim: Sim, seen: Recorder) -> Entry | None:
    """The entry for later frames like the recorded one; None: the next one is recorded again."""
    if seen.is_temporary or seen.generation != sim.generation:
        return None
    found: Entry | None = None
    if seen.is_complete and len(seen.lines) == 1:
        line, left = seen.lines[0]
        if seen.scheduled == line.plain:
            found = _made(sim, seen, left, line, None)
    for counts, notes, subjects, left, take in (seen.point, seen.start):
        if found is None:
            del seen.counts[counts:], seen.notes[notes:], seen.subjects[subjects:]
            seen.idents, seen.births = None, 0
            found = _made(sim, seen, left, None, take)
    return found


def _made(sim: Sim, seen: Recorder, left: Frame, line: Line | None, live: Take | None) -> Entry | None:
    from macvsim.fastpath.rewrite import rewriting  # the first two frames of a flow do not need it

    came, is_new = seen.came, left.uid != seen.came.uid
    fresh, logs = seen.idents is not None, _scripts(seen, left)
    changes = fresh or left.raw != came.raw
    found = rewriting(came.raw, left.raw, fresh) if changes else (None, None)
    if found is None or logs is None or (is_new and not changes):
        return None
    if seen.births > 1 or (sim.journal is not None and seen.births != is_new):
        return None
    rewrite, fields = found
    left.flow = flow_of(left)  # one object here and in the next table
    counts = tuple(chain.from_iterable(seen.counts))
    entry = Entry(seen.generation, tuple(seen.subjects), tuple(seen.lasting), counts, logs, rewrite, fields,
                  seen.idents, is_new, left.flow, left.tag, left.tag == came.tag, live)  # fmt: skip
    if line is not None and line.plain:
        entry.arrive, entry.delay = line.arrive, line.delay
    elif line is not None:
        entry.live = line.send
    entry.renew(sim._now)
    return entry


def _scripts(seen: Recorder, left: Frame) -> Scripts | None:
    """The script of each log; None where a third form of the frame is noted, as scripts know two."""
    came = seen.came
    scripts: dict[Log, list[Station]] = {}
    for log, station, frame, uid in seen.notes:
        late = uid != came.uid
        if frame is not None and frame.raw != came.raw:
            late = True
            if frame.raw != left.raw:
                return None
        if late and uid != left.uid:
            return None
        scripts.setdefault(log, []).append(station._replace(late=late))
    return tuple([(log.passed, tuple(script)) for log, script in scripts.items()])
