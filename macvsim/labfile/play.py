"""Playing a lab file: its commands in order, each in the shell session of its node."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from macvsim.apps.base import App
from macvsim.apps.ping_result import PingApp, PingResult
from macvsim.docker.container import Container
from macvsim.errors import ScenarioError
from macvsim.host import Box
from macvsim.lab import Lab
from macvsim.labfile.compare import Hunk, differences
from macvsim.labfile.document import Step, split_lines
from macvsim.labfile.load import LabFile
from macvsim.shell.session import Session
from macvsim.shell.streams import Sink, discard
from macvsim.sim import MS, SECOND

LIMIT = 3600 * SECOND
"""How long a command may take (ns) that nobody ends."""
INTERRUPT = "^C"
_TICK = 100 * MS
_PAUSE = 300 * MS
_PATIENCE = 10 * SECOND


@dataclass
class Outcome:
    """What became of a step.

    output : what its terminal showed; status : exit code; pings : those that it began
    hunks : where the output differs from what is expected; empty also where nothing is compared
    """

    step: Step
    output: str = ""
    status: int = 0
    pings: list[PingResult] = field(default_factory=list)
    hunks: list[Hunk] = field(default_factory=list)

    @property
    def lines(self) -> list[str]:
        """The output as lines, without the empty ones at its end."""
        return split_lines(self.output.rstrip("\n"))


class Terminal:
    """The session of one node, and what it has printed since its last command began.

    What jobs in the background print while another terminal is used is seen here when this one is used again.
    """

    def __init__(self, box: Box, name: str) -> None:
        self.pieces: list[str] = []
        self.live: Sink | None = None
        self.session = Session(box, self._write, name)

    def _write(self, text: str) -> None:
        self.pieces.append(text)
        if self.live is not None:
            self.live(text)

    @property
    def text(self) -> str:
        return "".join(self.pieces)


class Player:
    """Plays the steps of a lab file on a lab of its own.

    write : called with the transcript as it comes about: prompts, commands, and every piece of output
    """

    def __init__(self, lab_file: LabFile, write: Sink = discard, lab: Lab | None = None) -> None:
        self.lab_file = lab_file
        self.lab = lab_file.build() if lab is None else lab
        self.write = write
        self.terminals: dict[Box, Terminal] = {}
        self._pings: list[PingResult] = []
        self.lab.sim.program_watchers.append(self._watch)

    def _watch(self, app: App) -> None:
        if isinstance(app, PingApp):
            self._pings.append(app.result())

    def play(self) -> Iterator[Outcome]:
        """Run step by step; `ScenarioError` names the line of one that cannot be run."""
        for step in self.lab_file.document.steps:
            yield self.run(step)

    def run(self, step: Step) -> Outcome:
        """Run one step to its end; simulated time passes."""
        terminal = self.terminal(step)
        session = terminal.session
        if step.path is not None and step.path != session.path and not session.go_to(step.path):
            raise self.error(step, f"there is no directory {step.path} on {step.node}")
        self._pings = []
        self.write("\n".join(step.written) + "\n")
        for piece in terminal.pieces:
            self.write(piece)
        terminal.live = self.write
        session.start(step.command)
        self._wait(step, terminal)
        if terminal.text and not terminal.text.endswith("\n"):
            session.write("\n")
        terminal.live = None
        outcome = Outcome(step, terminal.text, session.status, self._pings)
        terminal.pieces = []
        if step.compared:
            outcome.hunks = differences(step.command, step.expected, outcome.lines)
        return outcome

    def _wait(self, step: Step, terminal: Terminal) -> None:
        """Let the command run until it ends; Ctrl-C is pressed where the document shows it."""
        session = terminal.session
        before = next((at for at, line in enumerate(step.expected) if line.startswith(INTERRUPT)), None)
        if before is None:
            if not session.advance(LIMIT):
                raise self.error(
                    step,
                    f"{step.command!r} still runs after {LIMIT // SECOND} s: let it end (ping -c 3), begin it in the "
                    f"background (&), or show {INTERRUPT} under the output after which Ctrl-C is pressed",
                )
            return
        printed = reached = quiet = 0
        while not session.advance(_TICK):
            reached = reached + _TICK if terminal.text.count("\n") >= before else 0
            quiet = quiet + _TICK if len(terminal.pieces) == printed else 0
            printed = len(terminal.pieces)
            if reached >= _PAUSE or quiet >= _PATIENCE:
                session.interrupt()
                reached = quiet = -_PATIENCE

    # -- nodes ---------------------------------------------------------------------------------------------------------

    def terminal(self, step: Step) -> Terminal:
        """The terminal of a step's node; one that was left begins anew."""
        box = self.box(step)
        if isinstance(box, Container) and not box.running:
            raise self.error(step, f"container {step.node} is not running: docker start {step.node}")
        found = self.terminals.get(box)
        if found is None or found.session.closed:
            found = self.terminals[box] = Terminal(box, step.node)
        return found

    def box(self, step: Step) -> Box:
        """The host or container that a prompt names, by its name in the lab or by its host name."""
        boxes = self.lab.boxes()
        if step.node in boxes:
            return boxes[step.node]
        named = [box for box in boxes.values() if box.hostname == step.node]
        if len(named) == 1:
            return named[0]
        if named:
            names = ", ".join(name for name, box in boxes.items() if box.hostname == step.node)
            raise self.error(step, f"several nodes are called {step.node}: write the name of one, {names}")
        raise self.error(step, f"the lab has no node {step.node!r}: it has {', '.join(boxes) or 'none'}")

    def error(self, step: Step, text: str) -> ScenarioError:
        return self.lab_file.document.error(step.line, text)
