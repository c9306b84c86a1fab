"""What a ping comes to, and what all pings share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

from macvsim.apps.base import App, Machine, Sink
from macvsim.net.namespace import Namespace
from macvsim.shown import ShownPing
from macvsim.sim import US, Sim
from macvsim.wire import icmp

if TYPE_CHECKING:
    from macvsim.explain import Explanation

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


class PingResult(ShownPing):
    """What a ping came to.  True if anything was answered; as text, what the program printed.

    target, address : as typed, and the address it stands for; size : payload bytes
    sent, received : requests and their replies, duplicates not counted
    replies, errors : in order of arrival; requests : packet identities (uid) in order of sending
    ttl : of the first reply, None without one; code : exit code of the program, None while it runs
    """

    first_seq = 0
    """Sequence number of the first request."""

    def __init__(self, sim: Sim, ns: Namespace, target: str, address: str, size: int) -> None:
        self.sim = sim
        self.ns = ns
        self.target = target
        self.address = address
        self.size = size
        self.sent = 0
        self.received = 0
        self.kept: list[Kept] = []
        """What there is of `replies`."""
        self._replies: list[Reply] = []
        self.errors: list[PingError] = []
        self.requests: list[int] = []
        self.code: int | None = None
        self.pieces: list[str | Kept] = []
        """What was printed, replies still to be written out: see `text`."""

    def __bool__(self) -> bool:
        return self.received > 0

    @property
    def replies(self) -> list[Reply]:
        """In order of arrival."""
        replies = self._replies
        replies.extend(map(Reply._make, self.kept[len(replies) :]))
        return replies

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        ttl = f", ttl {self.ttl}" if self.kept else ""
        failed = f", {len(self.errors)} errors" if self.errors else ""
        return f"<ping {self.ns.name} -> {self.target}: {self.received}/{self.sent} received{ttl}{failed}>"

    @property
    def text(self) -> str:
        """Everything printed, standard output and standard error, in order."""
        return "".join(piece if isinstance(piece, str) else self.line(Reply._make(piece)) for piece in self.pieces)

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
        return self.kept[0][2] if self.kept else None

    @property
    def ttls(self) -> list[int]:
        """Times to live of all replies."""
        return [ttl for _, _, ttl, _, _, _ in self.kept]

    @property
    def rtts(self) -> list[int]:
        """Round trips in ns, duplicates left out."""
        return [rtt for _, _, _, rtt, _, duplicate in self.kept if not duplicate]

    @property
    def loss(self) -> float:
        """Percentage of requests without a reply; 0 when nothing was sent."""
        return (self.sent - self.received) * 100 / self.sent if self.sent else 0.0

    def explain(self) -> Explanation:
        """Why it was answered or not, read from the journal."""
        from macvsim.explain import explain_ping

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
        self._repeats = 0

    def result(self) -> R:
        """What it has come to so far."""
        return self._result

    @property
    def _trips(self) -> Trips:
        """Of the replies that carry the time of their request."""
        clock = icmp.HLEN + self.clock_size
        return Trips.of([rtt // US for _, _, _, rtt, size, _ in self._result.kept if size >= clock])

    def interrupt(self) -> None:
        self._finish()

    def _finish(self) -> None:
        """Print the statistics and exit."""
        raise NotImplementedError

    def _end(self, code: int) -> None:
        self._result.code = code
        self.exit(code)

    def _print(self, text: str) -> None:
        self._result.pieces.append(text)
        if self._stdout is not None:
            self._stdout(text)

    def _print_reply(self, reply: Kept) -> None:
        self._result.pieces.append(reply)
        if self._stdout is not None:
            self._stdout(self._result.line(Reply._make(reply)))

    def _complain(self, text: str, tag: str = "ping: ") -> None:
        line = f"{tag}{text}\n"
        self._result.pieces.append(line)
        if self._stderr is not None:
            self._stderr(line)
