"""What programs share: a life from start to exit code, output as it is printed, signals sent by timers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import simpy

from macvsim.errors import MacvsimError
from macvsim.net.namespace import Namespace
from macvsim.sim import SECOND, US, Sim

Sink = Callable[[str], None]


class Pids(Protocol):
    """What gives process ids: the kernel."""

    def next_pid(self) -> int: ...


class Machine(Protocol):
    """What a program needs of the box it runs in (`macvsim.host.Box`)."""

    @property
    def sim(self) -> Sim: ...

    @property
    def ns(self) -> Namespace: ...

    @property
    def kernel(self) -> Pids: ...

    def resolve(self, name: str) -> int: ...


class App:
    """A program: it is called back by sockets and timers in process context, until it exits.

    stdout, stderr : called with every piece of text when it is printed; None keeps the text in the program
    """

    def __init__(self, box: Machine, stdout: Sink | None = None, stderr: Sink | None = None) -> None:
        self.box = box
        self.sim = box.sim
        self.ns = box.ns
        self.pid = box.kernel.next_pid()
        self.code: int | None = None
        self.done: simpy.Event = self.sim.event()
        self._stdout = stdout
        self._stderr = stderr
        self._alarm = 0

    def start(self) -> simpy.Event:
        """Run, now; the event happens when the program has ended, with its exit code as value."""
        self.main()
        return self.done

    def main(self) -> None:
        """What the program does first."""
        raise NotImplementedError

    def interrupt(self) -> None:
        """SIGINT: the user has pressed Ctrl-C."""
        self.exit(130)

    def exit(self, code: int) -> None:
        """End with this exit code; from here on nothing calls the program."""
        if self.code is None:
            self.code = code
            self._alarm += 1
            self.close()
            self.done.succeed(code)

    def close(self) -> None:
        """Close sockets."""

    @property
    def clock_us(self) -> int:
        """The monotonic clock in microseconds."""
        return int(self.sim.now) // US

    def set_alarm(self, delay: int, fn: Callable[[], None]) -> None:
        """setitimer(ITIMER_REAL): SIGALRM calls `fn` in `delay` ns, exactly, instead of the alarm set before."""
        self._alarm += 1
        turn = self._alarm
        event = self.sim.timeout(delay)
        assert event.callbacks is not None
        event.callbacks.append(lambda _: self._ring(turn, fn))

    def _ring(self, turn: int, fn: Callable[[], None]) -> None:
        if turn == self._alarm:
            fn()


def duration(seconds: float) -> int:
    """Nanoseconds in a time in seconds, to the microsecond as system calls take it."""
    return round(seconds * 1_000_000) * (SECOND // 1_000_000)


def check_positive(what: str, value: float) -> None:
    """`MacvsimError` unless a number is above zero."""
    if value <= 0:
        raise MacvsimError(f"{what} must be above 0, not {value}")
