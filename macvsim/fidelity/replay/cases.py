"""Tables of cases from a live kernel, played again: who sees which raw frame, with which packet type.

Two kinds of files, JSON or gzipped JSON:

- a truth table: ``topologies`` by name, and ``rows``, each with a stimulus and its ``result`` (packet types by
  device); the rows of one topology follow each other in the order of ``seq``;
- random cases: ``cases``, each with a topology, its ``stimuli`` and what to ``expect`` of each, packet types as
  letters.

``alt`` holds what the kernel did in other passes (one in 256 groups slips through its hashed filters).
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from macvsim.engine.budget import Budget
from macvsim.errors import ScenarioError
from macvsim.fidelity.replay.caselab import LETTERS, CaseLab, Observation
from macvsim.fidelity.replay.records import Room
from macvsim.wire.frame import PacketType

SHOWN = 12


@dataclass(frozen=True)
class Case:
    """A topology, what happens to it, and after each stimulus what the kernel showed: any of several observations."""

    name: str
    topology: dict[str, Any]
    stimuli: list[dict[str, Any]]
    expected: list[list[Observation]]


@dataclass
class CaseResult:
    """How the simulation of a file's cases compares."""

    name: str
    cases_total: int = 0
    cases_equal: int = 0
    stimuli_total: int = 0
    stimuli_equal: int = 0
    differences: list[str] = field(default_factory=list)

    @property
    def is_equal(self) -> bool:
        return self.stimuli_equal == self.stimuli_total

    def __str__(self) -> str:
        return (
            f"{self.name} cases {self.cases_equal}/{self.cases_total} stimuli {self.stimuli_equal}/{self.stimuli_total}"
        )

    def diff(self) -> str:
        """The first differences."""
        more = len(self.differences) - SHOWN
        return "\n".join(self.differences[:SHOWN] + ([f"… {more} more"] if more > 0 else []))

    def to_dict(self) -> dict[str, Any]:
        """The counts, for JSON."""
        return {
            "file": self.name,
            "cases_equal": self.cases_equal,
            "cases_total": self.cases_total,
            "stimuli_equal": self.stimuli_equal,
            "stimuli_total": self.stimuli_total,
        }


def replay_cases(path: Path | str, *, budget: Budget | None = None) -> CaseResult:
    """Play every case of a file, each within a budget of its own; `ScenarioError` if it is not such a file."""
    path = Path(path)
    result = CaseResult(path.name.split(".")[0])
    for case in load_cases(path, budget):
        wrong = differences(case, budget)
        result.cases_total += 1
        result.cases_equal += not wrong
        result.stimuli_total += len(case.stimuli)
        result.stimuli_equal += len(case.stimuli) - len(wrong)
        result.differences += wrong
    return result


def differences(case: Case, budget: Budget | None = None) -> list[str]:
    """A text for each stimulus after which the simulated devices saw something else than the kernel's."""
    lab = CaseLab(case.topology, budget)
    wrong = []
    for number, (stimulus, expected) in enumerate(zip(case.stimuli, case.expected, strict=True)):
        seen = lab.play(stimulus)
        if seen not in expected:
            texts = " or ".join(json.dumps(one) for one in expected)
            asked = json.dumps(stimulus)
            wrong.append(f"{case.name} #{number} {asked}\n    recorded  {texts}\n    simulated {json.dumps(seen)}")
    return wrong


def load_cases(path: Path | str, budget: Budget | None = None) -> list[Case]:
    """The cases of a file; `ScenarioError` if it is not such a file."""
    path = Path(path)
    try:
        with path.open("rb") as file:
            is_packed = file.read(2) == b"\x1f\x8b"
        with gzip.open(path) if is_packed else path.open("rb") as file:
            document = json.loads(Room(budget or Budget()).read(file, path))
        return list(_table(document) if "rows" in document else _random(document))
    except (ValueError, KeyError, TypeError, AttributeError, EOFError, gzip.BadGzipFile) as error:
        raise ScenarioError(
            f"{path}: not a table of cases ({error}): a JSON file with topologies and rows, or with cases"
        ) from None


def _table(document: dict[str, Any]) -> Iterator[Case]:
    for name, topology in document["topologies"].items():
        rows = sorted((row for row in document["rows"] if row["topo"] == name), key=lambda row: int(row["seq"]))
        expected = [[_letters(row["result"]), *map(_letters, row.get("alt", ()))] for row in rows]
        yield Case(name, topology, [row["stimulus"] for row in rows], expected)


def _letters(result: dict[str, Any]) -> Observation:
    """A result of a truth table in the form of random cases."""
    if "errno" in result or "send_errno" in result:
        return {key: value for key, value in result.items() if key != "error"}
    return {
        dev: ["".join(LETTERS[PacketType[name]] for name in seen.get(where, ())) for where in ("all", "stack")]
        for dev, seen in sorted(result.items())
    }


def _random(document: dict[str, Any]) -> Iterator[Case]:
    for case in document["cases"]:
        alt = case.get("alt", {})
        expected = [[one, *alt.get(str(number), ())] for number, one in enumerate(case["expect"])]
        yield Case(f"seed {case['seed']}", case["topology"], case["stimuli"], expected)


__all__ = ["Case", "CaseResult", "differences", "load_cases", "replay_cases"]
