"""The question: which ping of a lab file fails, why, and which edits, tried on a lab played anew, make it work."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from macvsim.apps.ping_result import PingResult
from macvsim.errors import ScenarioError
from macvsim.explain import Explanation
from macvsim.labfile.document import Step
from macvsim.labfile.load import LabFile, load
from macvsim.labfile.play import Outcome, Player
from macvsim.why.edits import Edit, candidates

TRIALS = 60
"""How many sets of edits are tried."""
MOST_EDITS = 4
ENOUGH = 3
"""How many that work are shown."""


@dataclass(frozen=True)
class Fix:
    """A set of edits that was tried: with it the ping is answered, and no other that worked fails.

    also : lines of the file whose pings are answered with it too, and were not before
    """

    edits: tuple[Edit, ...]
    also: tuple[int, ...]


@dataclass(frozen=True)
class Answer:
    """Why the ping of a step fails.  `step` None: none does."""

    file: str
    step: Step | None
    explanation: Explanation | None
    fixes: tuple[Fix, ...]
    tried: int


def why(path: Path) -> Answer:
    """Play a lab file and answer for its first ping that fails.

    Raises
    ------
    ScenarioError : with file and line of what is wrong with the file, or when nothing in it pings
    """
    lab_file = load(path)
    player = Player(lab_file)
    pings = [outcome.pings for outcome in player.play()]
    if not any(pings):
        raise ScenarioError(f"{lab_file.path}: nothing in it pings, so there is nothing to ask about")
    at = next((number for number, some in enumerate(pings) if not _answered(some)), None)
    if at is None:
        return Answer(lab_file.document.file, None, None, (), 0)
    worked = [bool(some) and _answered(some) for some in pings]
    lost = next(ping for ping in pings[at] if not ping.received)
    fixes, tried = _mend(lab_file, at, worked)
    return Answer(lab_file.document.file, lab_file.document.steps[at], lost.explain(), fixes, tried)


def _mend(lab_file: LabFile, at: int, worked: list[bool]) -> tuple[tuple[Fix, ...], int]:
    """Try candidates, each on a lab played up to the step that fails, fewest edits first.

    Where an edit moves the place at which the packet ends, what that place suggests is tried on top of it.
    """
    waiting: list[tuple[Edit, ...]] = [()]
    known: set[tuple[str, str]] = set()
    fixes: list[Fix] = []
    tried = -1
    while waiting and tried < TRIALS and len(fixes) < ENOUGH:
        edits = waiting.pop(0)
        tried += 1
        player, outcomes = _play(lab_file, at, edits)
        lost = next((ping for ping in outcomes[at].pings if not ping.received), None)
        if lost is None:
            fix = _finish(lab_file, player, outcomes, edits, worked)
            if fix is not None and not any(set(other.edits) <= set(edits) for other in fixes):
                fixes.append(fix)
            continue
        explanation = lost.explain()
        place = (explanation.where, explanation.sentence)
        if place in known or len(edits) >= MOST_EDITS:
            continue
        known.add(place)
        more = candidates(player.lab, explanation, lost.ns.name, lost.address, everywhere=not edits)
        waiting += [(*edits, *some) for some in more if not _repeats(edits, some)]
        waiting.sort(key=len)
    return tuple(fixes), max(tried, 0)


def _repeats(edits: Sequence[Edit], more: Sequence[Edit]) -> bool:
    """True if `more` sets something again that `edits` have set."""
    settings = {edit.setting for edit in edits}
    return any(edit.setting in settings for edit in more)


def _play(lab_file: LabFile, at: int, edits: Sequence[Edit]) -> tuple[Player, list[Outcome]]:
    """Play up to and with step `at`, with edits made just before it."""
    player = Player(lab_file)
    outcomes = [player.run(_rewritten(step, edits)) for step in lab_file.document.steps[:at]]
    for edit in edits:
        edit.do(player.lab)
    outcomes.append(player.run(lab_file.document.steps[at]))
    return player, outcomes


def _rewritten(step: Step, edits: Sequence[Edit]) -> Step:
    """A step as it would have been typed."""
    command = step.command
    for edit in edits:
        if edit.rewrite is not None:
            command = edit.rewrite(command)
    return replace(step, command=command)


def _finish(
    lab_file: LabFile, player: Player, outcomes: list[Outcome], edits: tuple[Edit, ...], worked: list[bool]
) -> Fix | None:
    """Play the rest; None if a ping fails that worked before."""
    at = len(outcomes) - 1
    steps = lab_file.document.steps
    outcomes += [player.run(step) for step in steps[at + 1 :]]
    now = [bool(outcome.pings) and _answered(outcome.pings) for outcome in outcomes]
    if any(was and not is_now for was, is_now in zip(worked, now, strict=True)):
        return None
    gained = [number for number, is_now in enumerate(now) if is_now and not worked[number] and number != at]
    return Fix(edits, tuple(steps[number].line for number in gained))


def _answered(pings: list[PingResult]) -> bool:
    """True unless a ping got no answer at all."""
    return all(ping.received or not ping.sent for ping in pings)
