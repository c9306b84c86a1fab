"""What happens to a line that somebody types: it runs on a node, or is for the console itself.

This is all of ``macvsim shell`` but the keyboard and the screen, which are `macvsim.console.terminal`.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Generator
from pathlib import Path

from macvsim.apps.ping_result import PingResult
from macvsim.console.saved import Entry, check_free, save
from macvsim.docker.container import Container
from macvsim.docker.container_config import SHELLS
from macvsim.docker.host import DockerHost
from macvsim.engine.unsimulated import after
from macvsim.errors import MacvsimError, message
from macvsim.labfile.document import Step
from macvsim.labfile.interrupts import TICK, with_times
from macvsim.labfile.load import LabFile
from macvsim.labfile.play import Outcome, Player
from macvsim.labfile.report import reasons
from macvsim.labfile.terminals import Terminal
from macvsim.machine.host import Box
from macvsim.machine.streams import Sink
from macvsim.shell.syntax.unfinished import is_unfinished

WORDS = {
    "@NODE": "go to a host or container; ssh NODE does so until exit, docker exec -it NAME sh likewise",
    "@nodes": "the hosts and containers there are",
    "@why": "why the pings of the last command were not answered",
    "@save FILE.md": "keep the session as a lab document, which macvsim check accepts; @save! replaces the file",
    "@save FILE.json": "keep the lab as it is now, for macvsim load",
    "@help": "this; exit or Ctrl-D goes back, and ends the session on the first node",
}

Entering = Generator[int, bool, None]
"""A command that runs: gives the simulated nanoseconds since it began, and takes whether Ctrl-C was pressed."""


class Console:
    """A lab, the node one is on, and what was typed so far.

    Parameters
    ----------
    write : the screen
    wait : called every so often while a command runs, with the simulated nanoseconds since it began; True if Ctrl-C was
        pressed meanwhile

    Attributes
    ----------
    path : the nodes one came through, the present one last; empty when the session is over
    """

    def __init__(self, lab_file: LabFile, write: Sink, wait: Callable[[int], bool]) -> None:
        self.lab_file = lab_file
        self.write = write
        self.wait = wait
        self.player = Player(lab_file, write)
        self.lab = self.player.lab
        if not self.lab.hosts:
            raise MacvsimError(f"{lab_file.document.file}: there is no machine to log in to: add a node of kind linux")
        self.path = [next(iter(self.lab.hosts))]
        self.entries: list[Entry] = []
        self._last: Outcome | None = None

    def play(self) -> None:
        """Run the commands of the lab file, as if they had been typed."""
        for step in self.lab_file.document.steps:
            self.play_step(step)
        self.lab_file.check_end(self.lab)

    def play_step(self, step: Step) -> None:
        """Run one command of the lab file on its node; `ScenarioError` names the line of one that cannot be run."""
        self._last = outcome = self.player.run(step)
        if step.written:
            self.entries.append(Entry(step.prompt, step.command, outcome.output))

    @property
    def pings(self) -> list[PingResult]:
        """Those that the last command sent."""
        return [] if self._last is None else self._last.pings

    # -- where one is --------------------------------------------------------------------------------------------------

    @property
    def box(self) -> Box:
        return self.player.terminals.box(self.path[-1])

    @property
    def terminal(self) -> Terminal:
        return self.player.terminals.terminal(self.path[-1])

    @property
    def prompt(self) -> str:
        """What to show before the next command; nodes that are gone are left behind."""
        while self.path:
            try:
                return self.terminal.session.prompt
            except MacvsimError as error:
                self.write(f"{error}\n")
                self.path.pop()
        return ""

    # -- lines ---------------------------------------------------------------------------------------------------------

    def enter(self, text: str) -> None:
        """Commands were typed, of one or more lines each, or pasted; mistakes are said on the screen."""
        entering = self.entering(text)
        try:
            elapsed = next(entering)
            while True:
                elapsed = entering.send(self.wait(elapsed))
        except StopIteration:
            return

    def entering(self, text: str) -> Entering:
        """As `enter`, in slices of `TICK`, for who has other things to do while a command runs."""
        command = ""
        for line in text.split("\n"):
            command += line
            if is_unfinished(command):
                command += "\n"
            elif self.path:
                yield from self._enter(command)
                command = ""
        if command and self.path:
            yield from self._enter(command.removesuffix("\n"))

    def _enter(self, text: str) -> Entering:
        """One command."""
        if not text.strip():
            return
        try:
            if text.startswith("@"):
                self._own(*text[1:].split())
            elif (target := self._login(text)) is not None:
                self.go_to(target)
            else:
                yield from self._run(text)
        except (MacvsimError, OSError) as error:
            self.write(f"{message(error)}\n")

    def leave(self) -> None:
        """Ctrl-D: as if ``exit`` was typed."""
        self.enter("exit")

    def go_to(self, node: str, *, instead: bool = False) -> None:
        """Go to a node, to come back from it later unless it is `instead` of the present one."""
        box = self.player.terminals.box(node)
        self.player.terminals.terminal(node)
        key = next(name for name, one in self.lab.boxes().items() if one is box)
        if instead:
            self.path.pop()
        self.path.append(key)

    def _login(self, text: str) -> str | None:
        """The node that a command logs in to, if it does nothing else."""
        try:
            words = shlex.split(text)
        except ValueError:
            return None
        box = self.box
        if isinstance(box, Container):
            return None
        match words:
            case ["ssh", target] if target.rpartition("@")[2] in self.lab.boxes():
                return target.rpartition("@")[2]
            case ["docker", "exec", *options, name, shell] if shell in SHELLS and isinstance(box, DockerHost):
                if options and all(option in ("-i", "-t", "-it", "-ti") for option in options):
                    found = next((one for one in box.containers() if name in (one.name, one.short_id)), None)
                    return next((key for key, one in self.lab.boxes().items() if one is found), None)
        return None

    def _run(self, text: str) -> Entering:
        """Run a command where one is, and remember it with what it printed."""
        terminal = self.terminal
        session = terminal.session
        prompt = session.prompt
        self.player.pings = []
        began = int(self.lab.sim.now)
        watch = self.lab.sim.unsimulated.watch()
        terminal.begin(text, self.write)
        pressed: list[int] = []
        while not session.advance(TICK):
            elapsed = int(self.lab.sim.now) - began
            if (yield elapsed):
                pressed.append(elapsed)
                session.interrupt()
        output = with_times(terminal.end(), pressed)
        self.entries.append(Entry(prompt, text, output))
        step = Step(0, 0, prompt, self.path[-1], None, text, (prompt,), (), 0, False)
        self._last = Outcome(step, output, session.status, self.player.pings)
        self.player.mark(self._last, watch)
        if session.closed:
            self.path.pop()

    # -- the console's own words ---------------------------------------------------------------------------------------

    def _own(self, word: str = "", *words: str) -> None:
        match word, words:
            case (("save" | "save!"), [file]):
                self._save(Path(file), replace=word == "save!")
            case (("save" | "save!"), []):
                raise MacvsimError("@save takes the name of a file, NAME.md or NAME.json")
            case "nodes", []:
                self.write("".join(f"{name}\n" for name in self.lab.boxes()))
            case "why", []:
                self.write("\n".join(self._reasons()) + "\n")
            case (("help" | ""), []):
                self.write("".join(f"{what:<14} {text}\n" for what, text in WORDS.items()))
            case _, []:
                self.go_to(word, instead=True)
            case _:
                raise MacvsimError(f"@{word} takes other words: @help lists them")

    def _save(self, path: Path, *, replace: bool) -> None:
        """As a document, or as a saved lab."""
        check_free(path, replace=replace)
        if path.suffix == ".json":
            self.lab.save(path)
            self.write(f"the lab as it is now written to {path}\n")
        else:
            save(self.lab_file, self.entries, path)
            self.write(f"{len(self.entries)} commands written to {path}\n")

    def _reasons(self) -> list[str]:
        if self._last is None or not self.pings:
            return ["the last command has sent no ping"]
        found = list(reasons(self._last)) or ["every ping of the last command was answered"]
        return [*found, *after(self._last.after)]
