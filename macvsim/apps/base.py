"""What programs share: a life from start to exit code, output as it is printed, signals sent by timers."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Protocol

import simpy

from macvsim.engine.sim import MS, US, Sim
from macvsim.errors import MacvsimError
from macvsim.net.namespace import Namespace

Sink = Callable[[str], None]
_LOCALHOST = 0x7F000001
_NUMBER = re.compile(r"0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*")
_OCTET = r"(0|[1-9][0-9]?|1[0-9]{2}|2[0-4][0-9]|25[0-5])"
_USUAL = re.compile(r"\.".join([_OCTET] * 4))


def _nothing() -> None:
    """What is called by an alarm that was not set."""


class Pids(Protocol):
    """What gives process ids: the kernel."""

    def next_pid(self) -> int: ...


class Machine(Protocol):
    """The box that a program runs in, as far as programs use it (`macvsim.machine.host.Box`)."""

    @property
    def sim(self) -> Sim: ...

    @property
    def ns(self) -> Namespace: ...

    @property
    def kernel(self) -> Pids: ...

    @property
    def hosts(self) -> dict[str, int]: ...

    @property
    def hosts6(self) -> dict[str, int]: ...

    @property
    def wall_clock(self) -> int: ...

    def resolve(self, name: str) -> int: ...

    def resolve6(self, name: str) -> int | None: ...

    def name_of(self, ip: int) -> str | None: ...


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
        self._done: simpy.Event | None = None
        self._stdout = stdout
        self._stderr = stderr
        self._alarm = 0
        """The turn in the queue of what is set, or rings; 0: nothing."""
        self._on_alarm: Callable[[], None] = _nothing

    @property
    def done(self) -> simpy.Event:
        """It happens when the program has ended, with its exit code as value."""
        if self._done is None:
            self._done = self.sim.event()
            if self.code is not None:
                self._done.succeed(self.code)
        return self._done

    def start(self) -> simpy.Event:
        """Run, now; returns `done`."""
        self.launch()
        return self.done

    def launch(self) -> None:
        """Run, now."""
        self._alarm = self.sim.alarms()
        for watch in self.sim.program_watchers:
            watch(self)
        self.main()

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
            self._alarm = 0
            self.close()
            if self._done is not None:
                self._done.succeed(code)

    def close(self) -> None:
        """Close sockets."""

    @property
    def clock_us(self) -> int:
        """The monotonic clock in microseconds."""
        return int(self.sim.now) // US

    def set_alarm(self, delay: int, fn: Callable[[], None]) -> None:
        """setitimer(ITIMER_REAL): SIGALRM calls `fn` in `delay` ns, exactly, instead of the alarm set before; what
        else is due then comes first, and so do alarms of programs that started before.
        """
        self._on_alarm = fn
        self._alarm = turn = self._alarm + 1
        self.sim.post_alarm(delay, turn, self._ring)

    def _ring(self, turn: int) -> None:
        if turn == self._alarm:
            self._on_alarm()

    def after(self, delay: int, fn: Callable[..., None], *args: object) -> None:
        """Call `fn` in `delay` ns in process context; not when the program has ended by then."""
        self.sim.call_in_process(delay, self._call_if_alive, fn, *args)

    def _call_if_alive(self, fn: Callable[..., None], *args: object) -> None:
        if self.code is None:
            fn(*args)


def duration(seconds: float) -> int:
    """Nanoseconds in a time in seconds, to the microsecond as system calls take it."""
    return round(seconds * 1_000_000) * US


def poll_time(milliseconds: int) -> int:
    """How long (ns) poll() sleeps when nothing happens: a thousandth longer than asked for, at least 50 us and at most
    100 ms, because its timer may be late by that much and no other interrupt comes (fs/select.c,
    select_estimate_accuracy).
    """
    asked = milliseconds * MS
    return asked + max(min(asked // 1000, 100 * MS), 50 * US) if asked else 0


def check_positive(what: str, value: float) -> None:
    """`MacvsimError` unless a number is above zero."""
    if value <= 0:
        raise MacvsimError(f"{what} must be above 0, not {value}")


def resolve(machine: Machine, name: str) -> int:
    """Address of a name, or of an address in any of the forms of inet_aton; `MacvsimError` when it is neither."""
    address = inet_aton(name)
    return machine.resolve(name) if address is None else address


def name_of(machine: Machine, ip: int) -> str | None:
    """Name of an address (getnameinfo), as far as the machine, or the name server in it, knows."""
    return "localhost" if ip == _LOCALHOST else machine.name_of(ip)


def inet_aton(text: str) -> int | None:
    """Address written as ``a.b.c.d``, ``a.b.c``, ``a.b`` or ``a``, parts decimal, octal or hexadecimal, or None."""
    usual = _USUAL.fullmatch(text)
    if usual is not None:
        return int.from_bytes(map(int, usual.groups()))
    parts = []
    for word in text.split("."):
        if not _NUMBER.fullmatch(word):
            return None
        base = 16 if word[:2].lower() == "0x" else 8 if word[0] == "0" else 10
        parts.append(int(word, base))
    last = parts.pop()
    if len(parts) > 3 or any(part > 255 for part in parts) or last >= 1 << 8 * (4 - len(parts)):
        return None
    return sum(part << 8 * (3 - place) for place, part in enumerate(parts)) + last
