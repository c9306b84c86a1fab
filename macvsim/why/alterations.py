"""Commands of a document left out or typed otherwise: what nothing else explains, and which command did it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from macvsim.labfile.document import Step
from macvsim.repair.edit import Edit
from macvsim.why.question import is_ping
from macvsim.why.trial import DocumentTrial, Ranked

RANK = 14
"""Behind everything that the state of the machines calls for."""
_LOOKS = re.compile(
    r"^\s*(docker (ps|inspect|images|network (ls|inspect)|container ls)|ip\b.* show|sleep|cat|echo|ls)\b"
)
_TOKENS = (
    re.compile(r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?:/\d+)?(?![\w.])"),
    re.compile(r"(?<![\w:.])[0-9a-f]*:[0-9a-f:]*(?:/\d+)?(?![\w:])"),
    re.compile(r"(?<![\w.:/=-])\d{1,4}(?![\w.:/])"),
    re.compile(r"\b[a-z]+[0-9]+(?:s[0-9]+)?(?:\.\d+)\b"),
)
_OPPOSITES = {"down": "up", "off": "on", "0": "1", "DROP": "ACCEPT", "nomaster": "master"}
MOST_DONORS = 4


def culprits(trial: DocumentTrial) -> tuple[Step, ...]:
    """Commands that do harm: without one of them alone the step works, and nothing else is refused."""
    found = []
    for step in trial.steps[: trial.at]:
        if not is_ping(step) and not _LOOKS.search(step.command):
            seen = trial.play((left_out(step),))
            if seen is not None and seen.answered and seen.harmless:
                found.append(step)
    return tuple(found)


def left_out(step: Step) -> Edit:
    """A document without one of its commands."""
    return Edit(step.node, "", step.line, step.command)


def alterations(steps: Sequence[Step]) -> Ranked:
    """Each command with one word that stands elsewhere in the document in the place of its own, or left out."""
    typed = [step for step in steps if not is_ping(step) and not _LOOKS.search(step.command)]
    found: Ranked = []
    for step in typed:
        found += [(RANK, (Edit(step.node, command, step.line, step.command),)) for command in _otherwise(step, typed)]
    found += [(RANK + 1, (left_out(step),)) for step in typed]
    return found


def _otherwise(step: Step, typed: Sequence[Step]) -> Iterator[str]:
    command = step.command
    for word, other in _OPPOSITES.items():
        changed = re.sub(rf"\b{word}\b", other, command)
        if changed != command:
            yield changed
    for token in _TOKENS:
        for match in token.finditer(command):
            for donor in _donors(match[0], token, step, typed):
                yield command[: match.start()] + donor + command[match.end() :]


def _donors(word: str, token: re.Pattern[str], step: Step, typed: Sequence[Step]) -> list[str]:
    """Words of the same kind from other commands, those of the same tool, and the most alike, first."""
    tool = step.command.split()[:2]
    found: dict[str, tuple[bool, int]] = {}
    for other in typed:
        if other is not step:
            for match in token.finditer(other.command):
                if match[0] != word:
                    likeness = (other.command.split()[:2] != tool, -_alike(word, match[0]))
                    found[match[0]] = min(found.get(match[0], likeness), likeness)
    return sorted(found, key=lambda one: (found[one], one))[:MOST_DONORS]


def _alike(one: str, other: str) -> int:
    """How many letters two words begin with alike, and end with."""
    start = next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    end = next((n for n, (a, b) in enumerate(zip(one[::-1], other[::-1], strict=False)) if a != b), 0)
    return start + end
