"""How a lab compares, and how that is told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Literal

from macvsim.fidelity.replay.compare import InterfaceComparison
from macvsim.labfile.document import Step

Verdict = Literal["agree", "differ", "made", "skipped"]
_VERDICTS: tuple[Verdict, ...] = ("agree", "differ", "made", "skipped")
_SHOWN = 5
"""Differences of an interface that are shown."""
_INDENT = " " * 14


@dataclass(frozen=True)
class StepResult:
    """What became of a step.

    verdict : ``made``: a docker command, done as the simulated daemon did it; its output is not compared
    text : the reason, or the lines that differ
    """

    step: Step
    verdict: Verdict
    text: str = ""

    def __str__(self) -> str:
        first, *more = self.step.command.split("\n")
        lines = [f"{self.verdict:8}{self.step.line:4}: {self.step.node}# {first}{' …' if more else ''}"]
        return "\n".join([*lines, *(_INDENT + line for line in self.text.split("\n") if line)])


@dataclass(frozen=True)
class LabComparison:
    """All steps of a lab, and the frames of all interfaces (recorded: the kernel's)."""

    name: str
    steps: tuple[StepResult, ...]
    interfaces: tuple[InterfaceComparison, ...]

    @property
    def is_compared(self) -> bool:
        """An output or a frame was compared."""
        return bool(self.count("agree") or self.count("differ") or any(one.total for one in self.interfaces))

    @property
    def is_equal(self) -> bool:
        """Nothing that could be compared differs."""
        return not self.count("differ") and all(one.equal == one.total for one in self.interfaces)

    def count(self, verdict: Verdict) -> int:
        return sum(one.verdict == verdict for one in self.steps)

    def lines(self, tries: int) -> Iterator[str]:
        """A line for each step, the frames that differ, and one line that sums up."""
        for step in self.steps:
            yield str(step)
        for one in self.interfaces:
            if one.equal != one.total:
                yield f"differ  {one.interface}: frames {one.equal}/{one.total} (- kernel, + simulation)"
                for text in islice(one.differences(), _SHOWN):
                    yield from (_INDENT + line for line in text.split("\n"))
        counts = ", ".join(f"{self.count(verdict)} {verdict}" for verdict in _VERDICTS)
        equal, total = (sum(getattr(one, key) for one in self.interfaces) for key in ("equal", "total"))
        again = f"; played {tries} times" if tries > 1 else ""
        nothing = "" if self.is_compared else "; nothing was compared"
        yield f"{self.name}: commands {counts}; frames {equal}/{total} equal{again}{nothing}"


__all__ = ["LabComparison", "StepResult", "Verdict"]
