"""The budget of a run: how much of everything it may use, in units that are the same on every machine.

A run is one call from outside: a command of a host or a lab document, `Lab.run`, a ping.  `Meter` counts what the
present run has used; the engine's loop asks it once in `CHUNK` calls, so that single frames cost nothing more.  Code
that runs inside a simulated process calls `Meter.halt`; `Sim.run` makes a `BudgetExceeded` with a report of that.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NoReturn, Protocol

from macvsim.errors import BudgetExceeded, MacvsimError

CHUNK: Final = 4096
"""Calls from the queue between two looks at the meter."""
PER_SECOND: Final = 20_000
"""Events that a run may have beyond its budget for each simulated second that has passed: a storm has far more."""
STEPS_PER_SECOND: Final = 100
"""Steps likewise."""
PER_PAIR: Final = 2
"""Events beyond the budget for each pair of devices: each may once ask for every other by a broadcast."""
LONG: Final = 1 << 16
"""Characters of a text from which on it counts as one that takes memory."""
FIELD: Final = 64
"""Bytes of memory that a field or word takes, about."""
MIB: Final = 1 << 20


def _limit(default: int, unit: str) -> Any:
    return field(default=default, metadata={"unit": unit})


@dataclass(frozen=True, kw_only=True)
class Budget:
    """The most that one run may use; 0 is no limit.  A limit that is given is exact; three defaults grow with the lab.

    Parameters
    ----------
    events : calls from the queue of the simulation: each crossing of a cable, each timer, each step of a program; the
    default is 20,000 higher for each simulated second that passes
    instant : the same while the simulated clock stands still
    pending : calls that wait in the queue at one time, such as frames under way; in a lab of N devices the defaults of
    these three are 2 N² higher
    steps : commands of shells, reads and writes of programs; of awk sixteen statements, of braces four words are a
    step, of sed 256 characters; the default is 100 higher for each simulated second
    document : events, steps and calls of a whole lab document or saved lab, looked at before each of its commands; the
    default is higher as that of `events`
    output : bytes that commands print, and characters of any one text that a shell, awk or sed builds
    files : bytes that programs write to simulated files
    processes : processes of one machine at one time, and subshells
    depth : functions in functions of a shell
    journal : bytes of frames that the journal keeps; beyond that it forgets the oldest half
    capture : bytes of frames that captures take
    archive : bytes of a recording's unpacked files
    seconds : simulated seconds until Ctrl-C is pressed for a command that nothing else ends
    cpu : seconds of processor time, a last guard that differs between machines; off unless a user sets it

    Raises
    ------
    MacvsimError : a limit is no whole number from 0 on
    """

    events: int = _limit(400_000, "events in one run")
    instant: int = _limit(100_000, "events in one instant of simulated time")
    pending: int = _limit(300_000, "events that wait at one time")
    steps: int = _limit(200_000, "steps of shells and programs in one run")
    document: int = _limit(10_000_000, "events and steps in a whole lab file")
    output: int = _limit(64 * MIB, "bytes of output in one run, or of one text")
    files: int = _limit(32 * MIB, "bytes written to simulated files in one run")
    processes: int = _limit(2048, "processes on one machine")
    depth: int = _limit(2000, "functions in functions")
    journal: int = _limit(256 * MIB, "bytes of frames in the journal")
    capture: int = _limit(256 * MIB, "bytes of captured frames in one run")
    archive: int = _limit(256 * MIB, "bytes unpacked from a recording")
    seconds: int = _limit(3600, "simulated seconds of one command")
    cpu: int = _limit(0, "seconds of processor time in one run")

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if not isinstance(value, int) or isinstance(value, bool) or value < 0:
                raise MacvsimError(f"budget {name}={value!r}: a limit is a whole number, or 0 for no limit")

    @property
    def changed(self) -> dict[str, int]:
        """The limits that differ from their defaults."""
        return {one.name: value for one in LIMITS if (value := getattr(self, one.name)) != one.default}

    def with_limits(self, limits: Mapping[str, int]) -> Budget:
        """The budget with some other limits; `MacvsimError` for a name that is none."""
        names = [one.name for one in LIMITS]
        for name in limits:
            if name not in names:
                from difflib import get_close_matches  # for mistakes only

                close = get_close_matches(name, names, 1)
                hint = f"did you mean {close[0]}?" if close else f"the limits are {', '.join(names)}"
                raise MacvsimError(f"a budget has no limit {name!r}: {hint}")
        return dataclasses.replace(self, **limits)

    def exceeded(self, name: str, said: str) -> BudgetExceeded:
        """The exception of a run that is stopped at the limit `name`; `said` tells the cause, where it is known."""
        unit = next(one.metadata["unit"] for one in LIMITS if one.name == name)
        first = f"the run was stopped: it reached its budget of {getattr(self, name):,} {unit}"
        more = f"for more: Lab(budget=Budget({name}=…)), budget: {{{name}: …}} in a lab file, or --budget {name}=…"
        return BudgetExceeded(name, "\n".join(filter(None, (first, said, more))))


LIMITS: Final = dataclasses.fields(Budget)


def limits_of(text: str) -> dict[str, int]:
    """Limits as the command line has them, ``events=5000000,output=1000``; `MacvsimError` for another text."""
    found: dict[str, int] = {}
    for part in filter(None, text.split(",")):
        name, equals, value = part.partition("=")
        if not equals or not value.strip().isdecimal():
            raise MacvsimError(f"budget {part!r}: write NAME=NUMBER, such as events=5000000")
        found[name.strip()] = int(value)
    Budget().with_limits(found)
    return found


class RunHalted(BaseException):
    """The run ends because `name` of the budget is used up; `said` describes the cause, where it is known.

    No program may handle it as an error of its own, so it is no `Exception`.
    """

    def __init__(self, name: str, said: str = "") -> None:
        super().__init__(name, said)
        self.name = name
        self.said = said


class Gauge(Protocol):
    """Something that grows during a run, and is measured now and then."""

    def weigh(self) -> int:
        """Bytes so far."""


class Meter:
    """The use of a budget by the present run.

    events, instant, steps, output, files, built : used so far; now : the instant (ns) that `instant` is of
    total : events and steps of all runs before, and their number
    halted : the reason to end the run as soon as the program that runs waits
    captures : the captures that run
    devices : the number of network devices of the lab
    """

    __slots__ = (
        "_began", "_start", "budget", "built", "captures", "devices", "events", "files", "halted", "instant", "now",
        "output", "steps", "total",
    )  # fmt: skip

    UNCOMPARED = ("_began",)

    def __init__(self, budget: Budget) -> None:
        self.budget = budget
        self.captures: list[Gauge] = []
        self.devices: Callable[[], int] = int
        self.now = self.total = self.events = self.steps = 0
        self.begin()

    def begin(self) -> None:
        """A new run: nothing is used."""
        self.total += self.events + self.steps + 1
        self.events = self.instant = self.steps = self.output = self.files = self.built = 0
        self.halted: RunHalted | None = None
        self._start: int | None = None
        self._began = time.process_time() if self.budget.cpu else 0.0

    def halt(self, name: str, said: str = "") -> NoReturn:
        """End the run: a limit is reached."""
        raise RunHalted(name, said)

    def look(self, events: int, now: int, pending: int) -> RunHalted | None:
        """So many more events were handled, and the clock shows `now`; the reason to end the run, or None."""
        budget = self.budget
        self.events += events
        if now == self.now:
            self.instant += events
        else:
            self.now, self.instant = now, 0
        if self._start is None:
            self._start = now
        passed = self._passed(now, PER_SECOND)
        for name, used, more in (
            ("events", self.events, passed), ("instant", self.instant, 0), ("pending", pending, 0),
        ):  # fmt: skip
            limit = getattr(budget, name)
            if 0 < limit < used and (name in budget.changed or self._allowed(limit + more) < used):
                return RunHalted(name)
        name = ""
        if self.captures and 0 < budget.capture < sum(capture.weigh() for capture in self.captures):
            name = "capture"
        elif 0 < budget.cpu < time.process_time() - self._began:
            name = "cpu"
        return RunHalted(name) if name else None

    def check_document(self, now: int) -> None:
        """Before the next command of a lab file, at the time `now`; `BudgetExceeded` if the budget is used up."""
        limit, used = self.budget.document, self.total + self.events + self.steps
        if 0 < limit < used and (
            "document" in self.budget.changed or self._allowed(limit + now * PER_SECOND // 1_000_000_000) < used
        ):
            raise self.budget.exceeded("document", "the commands before this one have used it up together")

    def _allowed(self, limit: int) -> int:
        """The default limit, with what the lab's size adds."""
        return limit + PER_PAIR * self.devices() ** 2

    def _passed(self, now: int, per_second: int) -> int:
        """So many for each simulated second since the run began."""
        return 0 if self._start is None else (now - self._start) * per_second // 1_000_000_000

    def step(self, said: Callable[[], str], steps: int = 1) -> None:
        """A shell or a program, which `said` names, does one more step, or several."""
        self.steps += steps
        if 0 < self.budget.steps < self.steps and (
            "steps" in self.budget.changed or self.budget.steps + self._passed(self.now, STEPS_PER_SECOND) < self.steps
        ):
            self.halt("steps", said())

    def print(self, octets: int, said: str = "") -> None:
        """A command prints so many bytes more."""
        self.output += octets
        if 0 < self.budget.output < self.output:
            self.halt("output", said)

    def build(self, octets: int, said: str = "") -> None:
        """A text of so many characters is about to be built; the long ones count together, too."""
        if octets < LONG:
            return
        self.built += octets
        if 0 < self.budget.output < max(octets, self.built // 4):
            self.halt("output", said)

    def field(self, characters: int) -> None:
        """A format asks for a field of so many characters."""
        self.build(characters, f"a format has a field of {characters:,} characters")

    def write(self, octets: int, said: str = "") -> None:
        """A program writes so many bytes to a simulated file."""
        self.files += octets
        if 0 < self.budget.files < self.files:
            self.halt("files", said)
