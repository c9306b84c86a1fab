"""What a ping comes to, and what all pings share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

from macvsim.apps.base import App, Machine, Sink
from macvsim.engine.display import ShownPing
from macvsim.engine.sim import US, Sim
from macvsim.engine.unsimulated import Unsimulated, after
from macvsim.errors import one_line
from macvsim.net.namespace import Namespace
from macvsim.wire import icmp

if TYPE_CHECKING:
    from macvsim.explain.explanation import Explanation

MIN_DATA_WITH_CLOCK = 4


class Reply(NamedTuple):
    """One echo reply: whose, and the round trip in ns as the program measured it; `size` is the length of the ICMP
    message in bytes.
    """

    seq: int
    sender: str
    ttl: int
    rtt_ns: int
    size: int
    duplicate: bool


Kept = tuple[int, str, int, int, int, bool]
"""A `Reply` as it is kept: at plain tuples of numbers and text the garbage collector looks once."""


class PingError(NamedTuple):
    """Why a request failed, as ping was told: by an ICMP error of `sender`, or by its own host (`kind` None)."""

    seq: int
    sender: str
    kind: int | None
    code: int
    text: str


class Tally:
    """The counts and records of a ping so far.

    kept : the replies in order of arrival; pieces : what was printed, replies still to be written out
    """

    __slots__ = ("kept", "pieces", "received", "requests", "sent")

    def __init__(self) -> None:
        self.sent = 0
        self.received = 0
        self.kept: list[Kept] = []
        self.requests: list[int] = []
        self.pieces: list[str | Kept] = []


class PingResult(ShownPing):
    """What a ping came to.  True if anything was answered; as text, what the program printed.

    target, address : as typed, and the address it stands for; size : payload bytes
    sent, received : requests and their replies, duplicates not counted
    replies, errors : in order of arrival; requests : packet identities (uid) in order of sending
    ttl : of the first reply, None without one; code : exit code of the program, None while it runs
    """

    first_seq = 0
    """Sequence number of the first request."""

    PUBLIC = "address after code errors explain ladder loss received replies rtts sent size target text ttl ttls"

    def __init__(self, sim: Sim, ns: Namespace, target: str, address: str, size: int) -> None:
        self.sim = sim
        self.ns = ns
        self.target = target
        self.address = address
        self.size = size
        self.tally = Tally()
        self._replies: list[Reply] | None = None
        self._errors: list[PingError] | None = None
        self.code: int | None = None
        self._watch = sim.unsimulated.watch()

    @property
    def after(self) -> tuple[Unsimulated, ...]:
        """Commands that would have changed the network before the ping ended, and are not simulated."""
        return self._watch.marks

    def end(self, code: int) -> None:
        """The program has ended."""
        self.code = code
        self._watch.stop()

    def __bool__(self) -> bool:
        return self.received > 0

    @property
    def sent(self) -> int:
        """Requests."""
        return self.tally.sent

    @property
    def received(self) -> int:
        """Their replies, duplicates not counted."""
        return self.tally.received

    @property
    def requests(self) -> list[int]:
        """Packet identities of the requests, in order of sending."""
        return self.tally.requests

    @property
    def errors(self) -> list[PingError]:
        """In order of arrival."""
        if self._errors is None:
            self._errors = []
        return self._errors

    @property
    def replies(self) -> list[Reply]:
        """In order of arrival."""
        replies = self._replies = self._replies or []
        replies.extend(map(Reply._make, self.tally.kept[len(replies) :]))
        return replies

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        ttl = "" if self.ttl is None else f", ttl {self.ttl}"
        failed = f", {len(self._errors)} errors" if self._errors else ""
        said = "".join(f", {line}" for line in after(self.after))
        if not self.sent and self.text.strip():
            return f"<ping {self.ns.name} -> {self.target}: nothing was sent: {one_line(self.text)}{said}>"
        return f"<ping {self.ns.name} -> {self.target}: {self.received}/{self.sent} received{ttl}{failed}{said}>"

    @property
    def text(self) -> str:
        """Everything printed, standard output and standard error, in order."""
        text: list[str] = []
        for piece in self.tally.pieces:
            text.append(piece if isinstance(piece, str) else self.line(Reply._make(piece)))
        return "".join(text)

    def line(self, reply: Reply) -> str:
        """How the program prints a reply; the one here is busybox's."""
        time = ""
        if reply.size >= icmp.HLEN + MIN_DATA_WITH_CLOCK:
            time = f" time={milliseconds(reply.rtt_ns // US)} ms"
        mark = " (DUP!)" if reply.duplicate else ""
        return f"{reply.size} bytes from {reply.sender}: seq={reply.seq} ttl={reply.ttl}{time}{mark}\n"

    @property
    def ttl(self) -> int | None:
        """Time to live of the first reply."""
        replies = self.tally.kept
        return replies[0][2] if replies else None

    @property
    def ttls(self) -> list[int]:
        """Times to live of all replies."""
        return [ttl for _, _, ttl, _, _, _ in self.tally.kept]

    @property
    def rtts(self) -> list[int]:
        """Round trips in ns, duplicates left out."""
        return [rtt for _, _, _, rtt, _, duplicate in self.tally.kept if not duplicate]

    @property
    def loss(self) -> float:
        """Percentage of requests without a reply; 0 when nothing was sent."""
        tally = self.tally
        return (tally.sent - tally.received) * 100 / tally.sent if tally.sent else 0.0

    def explain(self) -> Explanation:
        """Why it was answered or not, read from the journal."""
        from macvsim.explain.explanation import explain_ping

        return explain_ping(self)


class Trips(NamedTuple):
    """Round trips in us: number, least, greatest, sum, and all of them."""

    number: int
    least: int
    greatest: int
    total: int
    all: Sequence[int]

    @classmethod
    def of(cls, trips: Sequence[int]) -> Trips:
        """Of these."""
        return cls(len(trips), min(trips, default=0), max(trips, default=0), sum(trips), trips)


def milliseconds(trip: int) -> str:
    """Microseconds as milliseconds with three digits."""
    return f"{trip // 1000}.{trip % 1000:03d}"


R = TypeVar("R", bound=PingResult)


class PingApp(App, Generic[R]):
    """A program that pings: its result grows while it runs.

    clock_size : bytes of payload that hold the time of sending
    """

    clock_size = MIN_DATA_WITH_CLOCK

    def __init__(self, box: Machine, result: R, stdout: Sink | None, stderr: Sink | None) -> None:
        super().__init__(box, stdout, stderr)
        self._result = result
        self._tally = result.tally
        self._repeats = 0

    def result(self) -> R:
        """What it has come to so far."""
        return self._result

    @property
    def _trips(self) -> Trips:
        """Of the replies that carry the time of their request."""
        clock = icmp.HLEN + self.clock_size
        return Trips.of([one[3] // US for one in self._tally.kept if one[4] >= clock])

    def interrupt(self) -> None:
        self._finish()

    def _finish(self) -> None:
        """Print the statistics and exit."""
        raise NotImplementedError

    def _end(self, code: int) -> None:
        self._result.end(code)
        self.exit(code)

    def _print(self, text: str) -> None:
        self._tally.pieces.append(text)
        if self._stdout is not None:
            self._stdout(text)

    def _print_reply(self, reply: Kept) -> None:
        self._tally.pieces.append(reply)
        if self._stdout is not None:
            self._stdout(self._result.line(Reply._make(reply)))

    def _complain(self, text: str, tag: str = "ping: ") -> None:
        line = f"{tag}{text}\n"
        self._tally.pieces.append(line)
        if self._stderr is not None:
            self._stderr(line)
