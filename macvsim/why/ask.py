"""The answer: which step of a lab file fails, why, and which edits, tried on a lab played anew, make it work."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from macvsim.apps.ping_result import PingResult
from macvsim.engine.unsimulated import Unsimulated
from macvsim.errors import ScenarioError
from macvsim.explain.explanation import Explanation
from macvsim.lab import Lab
from macvsim.labfile.document import Step
from macvsim.labfile.load import LabFile, load
from macvsim.labfile.play import Outcome, Player
from macvsim.repair.edit import Edit
from macvsim.repair.scene import owners_of
from macvsim.repair.search import Fix, search
from macvsim.repair.target import alike, is_unknown, told
from macvsim.why.alterations import alterations, culprits, left_out
from macvsim.why.question import find, is_ping, lost, works
from macvsim.why.refusal import Refusal, refusal, ways_out
from macvsim.why.trial import DocumentTrial, Ranked

_SLIP = 2
"""Rank of a ping to another address: before something is added that nobody asked for."""


@dataclass(frozen=True)
class Answer:
    """Why a step does not do what it is for.

    step : None: nothing in the file fails; explanation : of its ping, if it sent one; refusal : of its command
    fixes : edits that were tried; culprits : commands without which the step works
    after : commands that would have changed the network before, and are not simulated; allowed : the lab accepts them
    """

    file: str
    step: Step | None
    explanation: Explanation | None = None
    refusal: Refusal | None = None
    fixes: tuple[Fix[Edit], ...] = ()
    culprits: tuple[Step, ...] = ()
    tried: int = 0
    above: tuple[Refusal, ...] = ()
    """What was refused before."""
    after: tuple[Unsimulated, ...] = ()
    allowed: bool = False

    @property
    def verdict(self) -> str:
        """``answered``, ``lost`` or ``refused``."""
        if self.step is None:
            return "answered"
        if self.explanation is not None:
            return self.explanation.verdict
        return "answered" if self.refusal is None else "refused"

    @property
    def sentence(self) -> str:
        """The answer."""
        found = self.explanation
        if found is not None:
            return f"{found.sentence}: {found.balance}" if found.verdict == "answered" else found.sentence
        if self.refusal is not None:
            return self.refusal.sentence
        return "every ping is answered" if self.step is None else f"{self.step.node}: {self.step.command!r} works"

    @property
    def reason(self) -> str | None:
        """Symbolic."""
        if self.explanation is not None and self.explanation.reason is not None:
            return self.explanation.reason.name
        return None if self.refusal is None else self.refusal.reason

    @property
    def where(self) -> str:
        """The place that decided."""
        if self.explanation is not None:
            return self.explanation.where
        return "" if self.refusal is None else self.refusal.where

    @property
    def hint(self) -> str:
        """The smallest edit that works, or else what the reason suggests."""
        if self.fixes:
            return "; ".join(f"{edit.node}: {edit.text}" for edit in self.fixes[0].edits)
        return "" if self.explanation is None else self.explanation.hint


def why(
    path: Path,
    asked: str = "",
    tell: Callable[[int], None] | None = None,
    budget: Mapping[str, int] | None = None,
) -> Answer:
    """Play a lab file and answer for one of its steps.

    asked : a line, or ``NODE: COMMAND`` (`macvsim.why.question.find`); empty: the first ping that fails, or else the
        first command that is refused
    tell : called with the number of each set of edits that is tried

    Raises
    ------
    ScenarioError : with file and line of what is wrong with the file, or when nothing in it can be asked about
    """
    lab_file = load(path, budget)
    player = Player(lab_file)
    outcomes = list(player.play())
    if asked:
        step, stands = find(lab_file.document, asked, outcomes, player.lab)
        if not stands:
            outcomes.append(player.run(step))
        at = next(number for number, outcome in enumerate(outcomes) if outcome.step is step)
        _check_question(lab_file, outcomes[at], player)
    else:
        first = _first_failure(lab_file, outcomes)
        if first is None:
            return _marked(Answer(lab_file.document.file, None), player, outcomes[-1])
        at = first
    return _marked(_answer(lab_file, outcomes, at, tell), player, outcomes[at])


def _marked(answer: Answer, player: Player, outcome: Outcome) -> Answer:
    """The answer, with what is uncertain: before its step, or in the whole file where nothing fails."""
    marks = player.unsimulated if answer.step is None else outcome.after
    return replace(answer, after=marks, allowed=player.lab.allow_unsimulated)


def _check_question(lab_file: LabFile, outcome: Outcome, player: Player) -> None:
    """`ScenarioError` for a command that sends no ping and is refused by nobody: there is nothing to explain."""
    if outcome.pings or not outcome.status or refusal(outcome, player.lab) is not None:
        return
    said = outcome.lines[-1] if outcome.lines else "it says nothing"
    what = f"{outcome.step.node}: {outcome.step.command!r}"
    raise ScenarioError(f"{lab_file.path}: {what} is no ping, and ends with status {outcome.status}: {said}")


def _first_failure(lab_file: LabFile, outcomes: list[Outcome]) -> int | None:
    """Number of the first ping that fails, or else of the first command that is refused."""
    pings = [number for number, outcome in enumerate(outcomes) if is_ping(outcome.step) or outcome.pings]
    found = next((number for number in pings if not works(outcomes[number]) and outcomes[number].pings), None)
    if found is None:
        found = next((number for number, outcome in enumerate(outcomes) if refusal(outcome) is not None), None)
    if found is None:
        found = next((number for number in pings if not works(outcomes[number])), None)
    if found is None and not pings:
        raise ScenarioError(
            f"{lab_file.path}: nothing in it pings and nothing is refused, so there is nothing to ask about"
        )
    return found


def _refused_above(outcomes: list[Outcome]) -> tuple[Refusal, ...]:
    found = (refusal(outcome) for outcome in outcomes[:-1])
    return tuple(one for one in found if one is not None)


def _other_targets(lab: Lab, step: Step, ping: PingResult) -> Ranked:
    """Pings to the addresses of others that look most like the one that nobody has."""
    others = alike(lab, ping.ns.name, ping.address)
    return [
        (_SLIP, (Edit(step.node, step.command.replace(ping.address, other), step.line, step.command),))
        for other in others
    ]


def _answer(lab_file: LabFile, outcomes: list[Outcome], at: int, tell: Callable[[int], None] | None) -> Answer:
    outcome = outcomes[at]
    file = lab_file.document.file
    ping = lost(outcome)
    if works(outcome):
        found = outcome.pings[0].explain() if outcome.pings else None
        return Answer(file, outcome.step, found)
    steps = [one.step for one in outcomes]
    player = Player(lab_file)
    again = [player.run(step) for step in steps[: at + 1]]
    owners = owners_of(player.lab, ping.address) if ping is not None else frozenset()
    trial = DocumentTrial(lab_file, outcome.step, steps, [works(one) for one in outcomes], owners)
    place, more = trial.diagnose(player, again)
    typed = [*(line for _, line in trial.executed()), *(step.command for step in steps)]
    is_slip = ping is not None and is_unknown(player.lab, ping.address, typed)
    first: Ranked = [*ways_out(player.lab, outcomes, at), *more()]
    if ping is not None and is_slip and not _refused_above(again):
        first += _other_targets(player.lab, outcome.step, ping)
    first.sort(key=lambda one: one[0])
    fixes, tried = search(trial, [*first, *alterations(steps[:at])], place, tell=tell)
    fixes.sort(key=lambda fix: any(edit.line for edit in fix.edits))  # what can be typed first
    explanation = ping.explain() if ping is not None else None
    if explanation is not None and ping is not None and is_slip:
        explanation = replace(explanation, sentence=told(explanation.sentence, ping.address))
    refused = refusal(outcome, player.lab)
    guilty = culprits(trial)
    if not fixes:
        fixes = [Fix((left_out(step),)) for step in guilty]
    return Answer(file, outcome.step, explanation, refused, tuple(fixes), guilty, tried, _refused_above(again))
