"""Which runs a sweep has, and who makes one: a lab file, or a function."""

from __future__ import annotations

import gc
import hashlib
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from pathlib import Path
from typing import Any, Protocol

from macvsim import __version__
from macvsim.apps.ping_result import PingResult
from macvsim.dev.nic import is_nic
from macvsim.engine.unsimulated import after
from macvsim.errors import MacvsimError
from macvsim.lab import Lab
from macvsim.labfile.document import Document
from macvsim.labfile.frontmatter import FrontMatter
from macvsim.labfile.load import LabFile, load, with_budget
from macvsim.labfile.play import Player
from macvsim.sweeps.keys import with_settings

Record = dict[str, Any]
"""What a run came to: what JSON can hold."""
YOUNG = 10_000
"""New objects between two collections of garbage, at least: the few hundred of Python are a part of any lab."""


@dataclass(frozen=True)
class Run:
    """One run: its number in the sweep, what is set, and the seed."""

    number: int
    settings: tuple[tuple[str, Any], ...]
    seed: int


class Subject(Protocol):
    """What is run; travels to other processes."""

    @property
    def text(self) -> str:
        """What it is, for the identity of the sweep."""

    def check(self, run: Run) -> None:
        """`MacvsimError` if a run cannot be made."""

    def measure(self, run: Run) -> Record:
        """Make a run."""


@dataclass(frozen=True)
class Plan:
    """All runs of a sweep: every combination of the settings, the last changing fastest, and of each all seeds.

    settings : key -> values; seeds : one run for each
    """

    subject: Subject
    settings: Mapping[str, Sequence[Any]]
    seeds: Sequence[int]

    @property
    def identity(self) -> str:
        """The same for sweeps whose runs come to the same."""
        about = [__version__, self.subject.text]
        return hashlib.sha256(json.dumps(about).encode()).hexdigest()[:12]

    def runs(self) -> list[Run]:
        combinations = product(*([(key, value) for value in values] for key, values in self.settings.items()))
        pairs = product(combinations, self.seeds)
        return [Run(number, settings, seed) for number, (settings, seed) in enumerate(pairs)]

    def make(self, run: Run) -> Record:
        """Make a run and say which it was."""
        head = {"sweep": self.identity, "run": run.number, "settings": dict(run.settings), "seed": run.seed}
        return {**head, **self.subject.measure(run)}

    def make_all(self, runs: Iterable[Run]) -> list[Record]:
        with _collecting_little():
            return [self.make(run) for run in runs]


@contextmanager
def _collecting_little() -> Iterator[None]:
    """While runs are made, garbage collection leaves out what was there before, and is rarer."""
    if sys.implementation.name != "cpython" or not 0 < gc.get_threshold()[0] < YOUNG:
        yield
        return
    before, frozen = gc.get_threshold(), gc.get_freeze_count()
    if not frozen:
        gc.freeze()
    gc.set_threshold(YOUNG, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
        if not frozen:
            gc.unfreeze()


@dataclass(frozen=True)
class FileSubject:
    """A lab file that was read, so that other machines need none."""

    path: str
    document: Document
    front: str
    """Its front matter, and below the line of the file on which that begins."""
    front_line: int
    limits: tuple[tuple[str, int], ...] = ()
    """Of the budget, instead of the limits of the file."""

    @classmethod
    def read(cls, path: Path, budget: Mapping[str, int] | None = None) -> FileSubject:
        """Read a lab file; `ScenarioError` says what is wrong with it."""
        file = load(path, budget)
        file.check_is_document("change its settings")
        if not file.document.steps:
            raise MacvsimError(f"{path}: there are no commands: write them in blocks marked console")
        return cls(str(path), file.document, file.front.text, file.front.first, tuple((budget or {}).items()))

    @property
    def text(self) -> str:
        lines = [f"{step.prompt} {step.path} {step.command}" for step in self.document.steps]
        return self.front + "\n".join([*lines, *(f"{name}={limit}" for name, limit in self.limits)])

    @cached_property
    def _front(self) -> FrontMatter:
        return FrontMatter(self.front, self.path, self.front_line)

    def __reduce__(self) -> tuple[Any, ...]:
        return FileSubject, (self.path, self.document, self.front, self.front_line, self.limits)

    @cached_property
    def _fronts(self) -> dict[str, FrontMatter]:
        """The front matter for each combination of settings, whose runs differ in the seed only."""
        return {}

    def _file(self, run: Run) -> LabFile:
        key = repr(run.settings)
        front = self._fronts.get(key)
        if front is None or type(run.seed) is not int:  # which the schema refuses
            front = self._fronts[key] = with_settings(self._front, dict(run.settings), run.seed)
        return with_budget(LabFile(Path(self.path), self.document, front.seeded(run.seed)), dict(self.limits))

    def check(self, run: Run) -> None:
        self._file(run).build()

    def measure(self, run: Run) -> Record:
        player = Player(self._file(run))
        pings: list[Record] = []
        failed = 0
        for step in self.document.steps:
            outcome = player.run(step)
            failed += outcome.status != 0
            pings += [_of_ping(step.line, ping) for ping in outcome.pings]
        said = "; ".join(after(player.unsimulated))
        return {**_of_lab(player.lab), "failed_commands": failed, **({"after": said} if said else {}), "pings": pings}


def _of_lab(lab: Lab) -> Record:
    cards = [dev for host in lab.hosts.values() for dev in host.ns.devices.values() if is_nic(dev)]
    drops: dict[str, int] = {}
    for (_, reason), count in lab.sim.drops.items():
        drops[reason.name] = drops.get(reason.name, 0) + count
    return {
        "time_ns": int(lab.sim.now),
        "frames": sum(card.stats.tx_packets for card in cards),
        "drops": dict(sorted(drops.items())),
    }


PING = (
    "line", "source", "target", "sent", "received", "ttl", "rtt_min_ns", "rtt_mean_ns", "rtt_max_ns", "reason", "where"
)  # fmt: skip
"""What is kept of a ping."""


def _of_ping(line: int, ping: PingResult) -> Record:
    trips = ping.rtts
    why = ping.explain() if ping.received < ping.sent else None
    return {
        "line": line,
        "source": ping.ns.name,
        "target": ping.target,
        "sent": ping.sent,
        "received": ping.received,
        "ttl": ping.ttl,
        "rtt_min_ns": min(trips, default=None),
        "rtt_mean_ns": sum(trips) // len(trips) if trips else None,
        "rtt_max_ns": max(trips, default=None),
        "reason": why.reason.name if why is not None and why.reason is not None else None,
        "where": why.where if why is not None else None,
    }


@dataclass(frozen=True)
class FunctionSubject:
    """A function of the settings and the seed, as keyword arguments, which returns a mapping that JSON can hold."""

    function: Callable[..., Mapping[str, Any]]

    @property
    def text(self) -> str:
        return f"{self.function.__module__}.{self.function.__qualname__}"

    def check(self, run: Run) -> None:
        pass

    def measure(self, run: Run) -> Record:
        found = self.function(**dict(run.settings), seed=run.seed)
        if not isinstance(found, Mapping):
            raise MacvsimError(f"{self.text} returned {type(found).__name__}: a sweep's function returns a dict")
        return dict(found)
