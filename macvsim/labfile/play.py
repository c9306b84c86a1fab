"""Playing a lab file: its commands in order, each in the shell session of its node."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from macvsim.apps.base import App
from macvsim.apps.ping_result import PingApp, PingResult
from macvsim.engine.sim import SECOND
from macvsim.engine.unsimulated import Unsimulated, Watch, after
from macvsim.errors import BudgetExceeded, MacvsimError, ScenarioError, one_line
from macvsim.labfile.document import Step, split_lines
from macvsim.labfile.file import LabFile
from macvsim.labfile.interrupts import TICK, Presses
from macvsim.labfile.terminals import Terminal, Terminals
from macvsim.machine.host import Result
from macvsim.machine.streams import Sink, discard
from macvsim.record.values import MISTAKES
from macvsim.shell.session import Session

if TYPE_CHECKING:
    from macvsim.labfile.compare import Hunk

LIMIT = 3600 * SECOND
"""How long a command may take (ns) that nobody ends."""


@dataclass
class Outcome:
    """What became of a step.

    output : what its terminal showed; status : exit code; pings : those that it began
    after : commands that would have changed the network before, and are not simulated; the lab may differ from the real
    network since the first of them
    """

    step: Step
    output: str = ""
    status: int = 0
    pings: list[PingResult] = field(default_factory=list)
    after: tuple[Unsimulated, ...] = ()

    @property
    def lines(self) -> list[str]:
        """The output as lines, without the empty ones at its end."""
        return split_lines(self.output.rstrip("\n"))

    @cached_property
    def hunks(self) -> list[Hunk]:
        """Where the output differs from what is expected; empty also where nothing is compared."""
        if not self.step.compared:
            return []
        from macvsim.labfile.compare import differences

        return differences(self.step.command, self.step.expected, self.lines)


class Player:
    """Plays the steps of a lab file on a lab of its own.

    write : called with the transcript as it comes about: prompts, commands, every piece of output, and beside it the
    commands after which it is uncertain
    fastpath : as of `macvsim.lab.Lab`
    """

    def __init__(self, lab_file: LabFile, write: Sink = discard, *, fastpath: bool | None = None) -> None:
        self.lab_file = lab_file
        self.lab = lab_file.build(fastpath=fastpath)
        self.write = write
        self.terminals = Terminals(self.lab, lab_file.front.spec.vars)
        self.pings: list[PingResult] = []
        """Those that the present or last command began."""
        self.lab.sim.program_watchers.append(self._watch)

    def _watch(self, app: App) -> None:
        if isinstance(app, PingApp):
            self.pings.append(app.result())

    def play(self) -> Iterator[Outcome]:
        """Run step by step; `ScenarioError` names the line of one that cannot be run."""
        for step in self.lab_file.document.steps:
            yield self.run(step)
        self.lab_file.check_end(self.lab)

    @property
    def unsimulated(self) -> tuple[Unsimulated, ...]:
        """Every command so far that would have changed the network, and is not simulated."""
        return self.lab.sim.unsimulated.since()

    def run(self, step: Step) -> Outcome:
        """Run one step to its end; simulated time passes."""
        watch = self.lab.sim.unsimulated.watch()
        outcome = self._run(step)
        self.mark(outcome, watch)
        return outcome

    def mark(self, outcome: Outcome, watch: Watch) -> None:
        """Tell, beside the output, what is uncertain after a step that was watched."""
        outcome.after = watch.marks if outcome.pings else watch.before
        if outcome.step.written:
            self.write("".join(f"{line}\n" for line in after(outcome.after)))

    def _run(self, step: Step) -> Outcome:
        if step.calls:
            return self._repeat(step)
        try:
            terminal = self.terminals.terminal(step.node)
        except MacvsimError as error:
            raise self.error(step, str(error)) from None
        session = terminal.session
        if step.path is not None and step.path != session.path and not session.go_to(step.path):
            raise self.error(step, f"there is no directory {step.path} on {step.node}")
        self.pings = []
        self.write("\n".join(step.written) + "\n")
        try:
            self.lab.sim.meter.check_document(int(self.lab.sim.now))
            terminal.begin(step.command, self.write)
            self._wait(step, terminal)
        except BudgetExceeded as error:
            terminal.end()
            place = f"{self.lab_file.document.file}:{step.line}"
            raise BudgetExceeded(error.limit, f"{place}: {step.command}: {error.report}") from None
        return Outcome(step, terminal.end(), session.status, self.pings)

    def _repeat(self, step: Step) -> Outcome:
        """Do what was called where a lab was saved."""
        self.pings = []
        if step.written:
            self.write("\n".join(step.written) + "\n")
        try:
            return self._call(step)
        except MISTAKES as error:
            raise self.error(step, one_line(error)) from None

    def _call(self, step: Step) -> Outcome:
        program = step.calls[0] if step.written else None
        session = self.lab.find(program.on) if program is not None and "opened" in program.on else None
        terminal = self.terminals.adopt(session) if isinstance(session, Session) else None
        if terminal is not None:
            terminal.show(self.write)
        result = None
        for call in step.calls:
            if call is program:
                from macvsim.labfile.saved import with_command

                result = self.lab.perform(with_command(call, step.command))
            else:
                for _ in range(call.times):
                    self.lab.sim.meter.check_document(int(self.lab.sim.now))
                    self.lab.perform(call)
        if terminal is not None:
            return Outcome(step, terminal.end(), terminal.session.status, self.pings)
        output = str(result) if isinstance(result, Result | PingResult) else ""
        self.write(output)
        return Outcome(step, output, getattr(result, "code", 0) or 0, self.pings)

    def _wait(self, step: Step, terminal: Terminal) -> None:
        """Let the command run until it ends; Ctrl-C is pressed where the document shows it."""
        session = terminal.session
        presses = Presses(step.expected)
        if presses:
            elapsed = 0
            while not session.advance(TICK):
                elapsed += TICK
                if presses.due(elapsed, terminal.text):
                    session.interrupt()
        elif not session.advance(LIMIT):
            raise self.error(
                step,
                f"{step.command!r} still runs after {LIMIT // SECOND} s: let it end (ping -c 3), begin it in the "
                "background (&), or show ^C under the output after which Ctrl-C is pressed",
            )

    def error(self, step: Step, text: str) -> ScenarioError:
        return self.lab_file.document.error(step.line, text)
