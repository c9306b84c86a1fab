"""A lab file played again with edits made before the step that is asked about, or to the commands above it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from macvsim.apps.ping_result import PingResult
from macvsim.errors import MacvsimError
from macvsim.explain.explanation import Explanation
from macvsim.labfile.document import Step
from macvsim.labfile.load import LabFile
from macvsim.labfile.play import Outcome, Player
from macvsim.repair.candidates import candidates, ended
from macvsim.repair.edit import Edit
from macvsim.repair.scene import Ended, Scene, owners_of
from macvsim.repair.search import Seen
from macvsim.why.front import FRONT, applied, front_edits
from macvsim.why.question import is_ping, lost, ping_words, works

Ranked = list[tuple[int, tuple[Edit, ...]]]


@dataclass(frozen=True)
class DocumentTrial:
    """Plays one file.

    asked : the step that is asked about; steps : all of them, that one included; worked : whether each did
    owners : who has the target, by name: an answer from anybody else is none
    """

    lab_file: LabFile
    asked: Step
    steps: Sequence[Step]
    worked: Sequence[bool]
    owners: frozenset[str] = frozenset()

    @property
    def at(self) -> int:
        """Number of the step that is asked about."""
        return self.steps.index(self.asked)

    def play(self, edits: tuple[Edit, ...]) -> Seen[Edit] | None:
        """As `macvsim.repair.search.Trial` wants it."""
        player = Player(applied(self.lab_file, edits))
        try:
            outcomes = self._before(player, edits)
            if outcomes is None:
                return None
            outcomes.append(player.run(self._asked_with(edits)))
        except MacvsimError:
            return None
        if not all(self._is_meant(player, ping) for ping in outcomes[-1].pings):
            return None
        if not works(outcomes[-1]):
            place, more = self.diagnose(player, outcomes)
            return Seen(False, place=place, more=more)
        try:
            outcomes += [player.run(step) for step in self.steps[self.at + 1 :]]
        except MacvsimError:
            return Seen(True, harmless=False)
        now = [works(outcome) for outcome in outcomes]
        harmless = all(
            is_now or not was for was, is_now, step in zip(self.worked, now, self.steps, strict=True) if is_ping(step)
        )
        gained = [
            step.line for was, is_now, step in zip(self.worked, now, self.steps, strict=True) if is_now and not was
        ]
        return Seen(True, harmless, also=tuple(line for line in gained if line != self.asked.line))

    def _before(self, player: Player, edits: tuple[Edit, ...]) -> list[Outcome] | None:
        """What stands above, with what is typed otherwise there, and the edits; None if one of them is refused."""
        otherwise = {edit.line: edit for edit in edits if edit.line}
        outcomes: list[Outcome] = []
        for was, step in zip(self.worked, self.steps[: self.at], strict=False):
            edit = otherwise.get(step.line)
            if edit is not None and not edit.command:
                outcomes.append(Outcome(step))
                continue
            outcome = player.run(step if edit is None else replace(step, command=edit.command))
            if outcome.status and (was or edit is not None) and not is_ping(step):
                return None
            outcomes.append(outcome)
        for edit in edits:
            if not edit.line and edit.node != FRONT and player.run(typed(edit, self.asked.line)).status:
                return None
        return outcomes

    def _is_meant(self, player: Player, ping: PingResult) -> bool:
        """False if it is somebody else who answers: who asks, or who was given the target's address."""
        owners = owners_of(player.lab, ping.address)
        return ping.ns.name not in owners and (not self.owners or owners <= self.owners)

    def _asked_with(self, edits: tuple[Edit, ...]) -> Step:
        """The step that is asked about, or what is typed in its place."""
        otherwise = next((edit for edit in edits if edit.line == self.asked.line), None)
        return self.asked if otherwise is None else replace(self.asked, command=otherwise.command)

    def diagnose(self, player: Player, outcomes: Sequence[Outcome]) -> tuple[str, Callable[[], Ranked]]:
        """Where the question stands now: the place, and what it calls for."""
        outcome = outcomes[-1]
        ping = lost(outcome)
        words = ping_words(outcome.step)
        before = [(one.step.node, one.step.command) for one in outcomes[:-1]]
        if ping is not None:
            found = ping.explain()
            scene = Scene(player.lab, ping.ns, ping.address, ended(found), [*self.executed(), *before])
        elif words is not None and words.node in player.lab.boxes():
            source = player.lab[words.node]
            where = Ended((source.name,), (), (), (source.name,))
            scene = Scene(player.lab, source.ns, words.target, where, [*self.executed(), *before])
            found = None
        else:
            return _place(None, outcome), list
        return _place(found, outcome), lambda: sorted(
            [*((rank, one.edits) for rank, one in candidates(scene)), *front_edits(self.lab_file, player.lab)],
            key=lambda one: one[0],
        )

    def executed(self) -> list[tuple[str, str]]:
        """What the front matter runs, as if it had been typed."""
        found = []
        for name, node in self.lab_file.front.spec.topology.nodes.items():
            if node.kind == "linux":
                for card, settings in node.nics.items():
                    found += [(name, f"ip addr add {address} dev {card}") for address in settings.addresses]
                found += [(name, line) for line in node.exec]
        return found


def typed(edit: Edit, line: int) -> Step:
    """An edit as a step of the document, typed above a line."""
    return Step(
        line, -1, f"{edit.node}#", edit.node, None, edit.command, (f"{edit.node}# {edit.command}",), (), line, False
    )


def _place(found: Explanation | None, outcome: Outcome) -> str:
    """What tells one ending from another."""
    if found is not None:
        return f"{found.where} {found.sentence}"
    return outcome.output
