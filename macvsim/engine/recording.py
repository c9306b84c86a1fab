"""The plain path's reports to a recorder about one frame, so that later frames of the same flow can be handled alike.

`Sim.recorder` is None unless a flow table listens (`macvsim.fastpath`); each hook of the plain path is one ``if``.  A
function that handles frames and tells the recorder everything it does is marked `reported`; where another one takes a
frame, the recording ends, and that function is called for every frame.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeVar

if TYPE_CHECKING:
    from macvsim.wire.frame import Frame

Handler = Callable[..., Any]
Lasts = Callable[[int], int]
F = TypeVar("F", bound=Callable[..., Any])


class Station(NamedTuple):
    """One place of a passage.  On devices `step` is ``receive``, with the packet type as `detail`, or ``xmit``.

    tag : what the frame has there beside its bytes; None: as the frame says
    late : the frame as it leaves, not as it came; bare : the record shows no frame
    """

    where: Any
    step: str
    tag: int | None = None
    detail: Any = None
    late: bool = False
    bare: bool = False


class Log(Protocol):
    """A keeper of passages: the journal, or a capture."""

    def passed(self, time: int, came: Frame, left: Frame, script: Sequence[Station]) -> None:
        """At `time` (ns) a frame passed the stations of `script`, and left as `left`."""


class Line(Protocol):
    """The way of a frame to another station: one direction of a cable, or a softnet queue.

    plain : `send` does no more than to call `arrive` after `delay` ns
    """

    @property
    def arrive(self) -> Callable[[Any], Any]: ...
    @property
    def delay(self) -> int: ...
    @property
    def plain(self) -> bool: ...

    def send(self, frame: Frame) -> Any: ...


class Counter(Protocol):
    """Counters, or the age of table entries: what `Sim.count` adds to."""

    def count(self, what: Any, packets: int, octets: int, last: int) -> None:
        """So many packets and octets of one kind, the last of them at a time (ns)."""


class Lagging(Protocol):
    """Something that counts for others."""

    def flush(self) -> None:
        """Add it to their counters."""


class Subject:
    """Something with a state that the handling of frames depends on, besides the configuration.

    version : one that frames are handled alike with; None: each frame asks `admits`
    """

    __slots__ = ()
    version: Any

    def admits(self, version: Any) -> bool:
        """True if a frame is handled as it was with that version, which is not the present one; what the frame changes
        in the state is changed.
        """
        return False


class Recorded(Protocol):
    """The simulation, as far as a recorder uses it."""

    generation: int
    recorder: Recorder | None

    @property
    def scheduled(self) -> int: ...


class Recorder:
    """The effects of the plain path on one frame at one station, in the order in which they happen.

    came : the frame; generation : of the configuration when it came
    counts, notes, subjects, lasts, lines : as `Sim.count`, `noted`, `depends`, `lasts` and `left` tell them
    point : where a protocol took the frame: how many counts, notes and subjects there were, the frame, what takes it
    start : the same for where the frame came in
    """

    def __init__(self, sim: Recorded, came: Frame, plain: Callable[[Frame], Any]) -> None:
        self._sim = sim
        self.came = came
        self.generation = sim.generation
        self.counts: list[tuple[Counter, Any, int]] = []
        self.notes: list[tuple[Log, Station, Frame | None, int]] = []
        self.subjects: list[tuple[Subject, Any]] = []
        self.lasting: list[Lasts] = []
        self.lines: list[tuple[Line, Frame]] = []
        self.idents: list[int] | None = None
        self.births = 0
        self.start = self.point = 0, 0, 0, came, plain
        self.is_complete = self.is_divisible = True
        self.is_temporary = False
        self._scheduled = sim.scheduled

    @property
    def scheduled(self) -> int:
        """How many calls were put in the queue."""
        return self._sim.scheduled - self._scheduled

    def counted(self, counter: Counter, what: Any, octets: int) -> None:
        """One packet was counted."""
        self.counts.append((counter, what, octets))

    def noted(self, log: Log, station: Station, frame: Frame | None, uid: int) -> None:
        """A log was told of packet `uid` at a station; `frame` as it was there."""
        self.notes.append((log, station, frame, uid))

    def identified(self, idents: list[int]) -> None:
        """The identification of a new packet was drawn from this counter."""
        if self.idents is not None:
            self.forbid()
        self.idents = idents

    def born(self) -> None:
        """A new packet got its identity."""
        self.births += 1

    def depends(self, subject: Subject, version: Any) -> None:
        """The handling is the one that `subject` has with this version."""
        self.subjects.append((subject, version))

    def lasts(self, until: Lasts) -> None:
        """From ``until(now)`` (ns) on something else may be done; asked again at that time, for the next one."""
        self.lasting.append(until)

    def left(self, line: Line, frame: Frame) -> None:
        """The frame leaves by `line`.  Of a frame that leaves otherwise, or leaves more behind, nothing is repeated."""
        self.lines.append((line, frame))

    def delivered(self, handler: Handler, frame: Frame, take: Callable[[Frame], Any]) -> None:
        """A protocol takes the frame; ``take(frame)`` hands it another one."""
        if self.scheduled or self.births or self.idents is not None:
            self.forbid()
            return
        if self.is_divisible:
            self.point = len(self.counts), len(self.notes), len(self.subjects), frame, take
        if not reports(handler):
            self.forbid()

    def indivisible(self) -> None:
        """The following steps depend on earlier ones of this frame: all of them are repeated, or none."""
        self.is_divisible = False
        self.point = self.start

    def forbid(self) -> None:
        """The following steps cannot be repeated: from the last `delivered` on, every frame takes the plain path."""
        self.is_complete = False
        self._sim.recorder = None

    def once(self) -> None:
        """This frame changed something that the next one will find changed."""
        self.is_temporary = True
        self._sim.recorder = None


def reported(handler: F) -> F:
    """Mark a function that tells the recorder everything it does."""
    handler.__dict__["reported"] = True
    return handler


def reports(handler: Handler) -> bool:
    """True for functions and methods marked `reported`."""
    return bool(getattr(handler, "reported", False))
