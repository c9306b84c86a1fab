"""What the browser page asks of Python: one lab, typed into a slice at a time, and answers as data that JSON can carry.

The page itself is in docs/browser; it runs this package unchanged on Pyodide, in a worker, where no thread can wait and
no signal comes: so a command is advanced in slices, and between two of them Ctrl-C can be pressed.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from macvsim.apps.ping_result import PingResult
from macvsim.console.completion import candidates
from macvsim.console.console import Console, Entering
from macvsim.console.saved import document
from macvsim.errors import MacvsimError
from macvsim.labfile.load import load
from macvsim.labfile.play import LIMIT
from macvsim.output import write_file
from macvsim.why.ask import why
from macvsim.why.data import as_data
from macvsim.why.text import as_text

SLICES = 10
"""Slices of simulated time (`TICK` each) that one call of `advance` plays: a second."""


NO_PING = "The last command has sent no ping."


class Page:
    """A lab on the page.

    path : where its file shall be; text : what it says

    Raises
    ------
    MacvsimError : what is wrong with the text, and what to write instead
    """

    def __init__(self, path: Path, text: str) -> None:
        write_file(path, text)
        self._path = path
        self._pieces: list[str] = []
        self.console = Console(load(path), self._pieces.append, lambda elapsed: elapsed >= LIMIT)
        self._running: Entering | None = None
        self._pressed = False

    # -- what is there -------------------------------------------------------------------------------------------------

    def steps(self) -> list[dict[str, Any]]:
        """The commands of the file, by block."""
        return [
            {"number": number, "block": step.block, "prompt": step.prompt, "command": step.command}
            for number, step in enumerate(self.console.lab_file.document.steps)
        ]

    def state(self) -> dict[str, Any]:
        """Output since it was last asked for, the prompt, whether a command runs, the nodes, and the clock (s)."""
        output, self._pieces[:] = "".join(self._pieces), []
        prompt = self.console.prompt
        return {
            "output": output,
            "prompt": prompt,
            "running": self._running is not None,
            "node": self.console.path[-1] if self.console.path else None,
            "nodes": list(self.console.lab.boxes()),
            "time": self.console.lab.now,
        }

    def complete(self, text: str) -> list[str]:
        """What the Tab key offers where `text` ends."""
        return candidates(self.console, text)

    def document(self) -> str:
        """The session as a lab document."""
        return document(self.console.lab_file, self.console.entries)

    def topology(self) -> dict[str, Any]:
        """The picture of the lab as it is now, with the way of the last command's ping over it."""
        return {"svg": str(self.console.lab.picture(path=self._ping))}

    def animation(self) -> dict[str, Any]:
        """The last command's ping on its way."""
        ping = self._ping
        return {"hint": NO_PING} if ping is None else {"svg": str(self.console.lab.animate(ping))}

    def ladder(self) -> dict[str, Any]:
        """Who sent what when, for that ping."""
        ping = self._ping
        return {"hint": NO_PING} if ping is None else {"svg": str(ping.ladder(count=2))}

    def why(self) -> dict[str, Any]:
        """What became of the last command, and edits that were tried on the session played anew."""
        if self._ping is None:
            return {"hint": NO_PING}
        session = self._path.with_name("session.md")
        write_file(session, self.document())
        answer = why(session, str(load(session).document.steps[-1].line))
        return {**as_data(answer), "text": as_text(answer).split("\n\n", 2)[-1]}

    @property
    def _ping(self) -> PingResult | None:
        """The ping that pictures are of: of the last command's, the first that lost something, or else the first."""
        sent = [ping for ping in self.console.pings if ping.requests]
        return next((ping for ping in sent if ping.received < ping.sent), sent[0] if sent else None)

    # -- commands ------------------------------------------------------------------------------------------------------

    def begin(self, text: str) -> dict[str, Any]:
        """Somebody typed a line, or pasted several; `advance` plays on."""
        self._pieces.append(f"{self.console.prompt} {text}\n")
        self._pressed = False
        self._running = self.console.entering(text)
        self._go_on(next)
        return self.state()

    def advance(self) -> dict[str, Any]:
        """Let a command that runs go on for a while, and say how things stand."""
        for _ in range(SLICES):
            pressed, self._pressed = self._pressed, False
            self._go_on(lambda running, pressed=pressed: running.send(pressed))  # type: ignore[misc]
        return self.state()

    def _go_on(self, slice_of: Callable[[Entering], object]) -> None:
        if self._running is not None:
            try:
                slice_of(self._running)
            except StopIteration:
                self._running = None

    def interrupt(self) -> None:
        """Ctrl-C."""
        self._pressed = True

    def play(self, number: int) -> dict[str, Any]:
        """Run one command of the file on its node, to its end."""
        self.console.play_step(self.console.lab_file.document.steps[number])
        return self.state()

    def go_to(self, node: str) -> dict[str, Any]:
        """Sit down at another node."""
        self.console.go_to(node, instead=True)
        return self.state()


class Desk:
    """Takes the page's questions as JSON, and answers in JSON: ``{"answer": …}``, or ``{"mistake": "one line"}``."""

    def __init__(self) -> None:
        self._page: Page | None = None

    def ask(self, question: str, arguments: str) -> str:
        """A method of `Page` and its arguments as a JSON list; ``open`` takes the name and the text of a lab file."""
        try:
            return json.dumps({"answer": self._answer(question, json.loads(arguments))})
        except MacvsimError as mistake:
            return json.dumps({"mistake": str(mistake)})

    def _answer(self, question: str, arguments: list[Any]) -> Any:
        if question == "open":
            name, text = arguments
            self._page = Page(Path(tempfile.mkdtemp()) / name, text)
            return {**self._page.state(), "steps": self._page.steps()}
        if self._page is None:
            raise MacvsimError("no lab is open: choose one first")
        return getattr(self._page, question)(*arguments)
