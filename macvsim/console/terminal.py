"""Keyboard and screen of ``macvsim shell``: prompt_toolkit at a terminal, plain lines elsewhere."""

from __future__ import annotations

import io
import os
import signal
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from types import FrameType
from typing import TYPE_CHECKING

from macvsim.console.completion import candidates
from macvsim.console.console import Console
from macvsim.console.visible import visible
from macvsim.engine.sim import SECOND
from macvsim.labfile.document import MORE
from macvsim.labfile.interrupts import TICK
from macvsim.labfile.load import load
from macvsim.labfile.play import LIMIT
from macvsim.shell.syntax.unfinished import is_unfinished

if TYPE_CHECKING:
    from prompt_toolkit import PromptSession
    from prompt_toolkit.completion import CompleteEvent, Completer, Completion
    from prompt_toolkit.document import Document
    from prompt_toolkit.history import History

AT_ONCE = 30 * SECOND
"""Simulated time that a command takes at once; from then on, it goes as slowly as yours, for who looks on."""


def sit_down(path: Path, *, play: bool = False, raw: bool = False, budget: Mapping[str, int] | None = None) -> None:
    """Log in to the machines of a lab until the person leaves; `raw`: the terminal obeys control sequences."""
    lab_file = load(path, budget)
    screen = Screen(raw=raw)
    console = Console(lab_file, screen.write, screen.wait)
    if play:
        console.play()
    if sys.stdin.isatty():
        _at_a_terminal(console, screen)
    else:
        _from_a_pipe(console, screen)


class Screen:
    """Standard output, and whether Ctrl-C was pressed."""

    def __init__(self, *, raw: bool = False) -> None:
        self.raw = raw
        self.interrupted = False
        self.paced = False
        self._clock = Event()

    def write(self, text: str) -> None:
        sys.stdout.write(text if self.raw or not sys.stdout.isatty() else visible(text))
        sys.stdout.flush()

    def wait(self, elapsed: int) -> bool:
        """Keep pace with a command that takes long; True if it is to be interrupted."""
        if not self.paced:
            return elapsed >= LIMIT
        if elapsed > AT_ONCE:
            self._clock.wait(TICK / SECOND)
        pressed, self.interrupted = self.interrupted, False
        return pressed

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Ctrl-C is noted meanwhile instead of ending the program; nothing that is typed shows."""

        def note(number: int, frame: FrameType | None) -> None:
            self.interrupted = True

        self.interrupted = False
        before = signal.signal(signal.SIGINT, note)
        try:
            with _no_echo():
                yield
        finally:
            signal.signal(signal.SIGINT, before)


@contextmanager
def _no_echo() -> Iterator[None]:
    """The terminal does not show what is typed; it is there for the next prompt."""
    if sys.platform == "win32":
        yield
        return
    import termios

    settings = termios.tcgetattr(sys.stdin)
    termios.tcsetattr(sys.stdin, termios.TCSADRAIN, [*settings[:3], settings[3] & ~termios.ECHO, *settings[4:]])
    try:
        yield
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, settings)


def _from_a_pipe(console: Console, screen: Screen) -> None:
    """Lines from a file or a program; the transcript shows prompts and commands as well."""
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(encoding="utf-8", errors="replace")
    lines = (line.rstrip("\n") for line in sys.stdin)
    while prompt := console.prompt:
        line = next(lines, None)
        if line is None:
            return
        text = line
        screen.write(f"{prompt} {line}\n")
        while is_unfinished(text) and (line := next(lines, None)) is not None:
            screen.write(f"{MORE}{line}\n")
            text += "\n" + line
        console.enter(text)


def _at_a_terminal(console: Console, screen: Screen) -> None:
    """Lines as they are typed, with history, completion, and the simulated time below."""
    screen.paced = True
    session = _prompt_session(console)
    names = ", ".join([*console.lab.hosts, *console.lab.switches])
    screen.write(f"{console.lab_file.name}: {names}. @NODE goes to a node, @help lists more, Ctrl-D leaves.\n")
    while prompt := console.prompt:
        try:
            text = session.prompt(prompt + " ")
            while is_unfinished(text):
                text += "\n" + session.prompt(MORE)
        except KeyboardInterrupt:
            screen.write("^C\n")
            continue
        except EOFError:
            screen.write("exit\n")
            console.leave()
            continue
        with screen.listening():
            console.enter(text)


def _prompt_session(console: Console) -> PromptSession[str]:
    from prompt_toolkit import PromptSession

    return PromptSession(
        history=_history(),
        completer=_completer(console),
        complete_while_typing=False,
        bottom_toolbar=lambda: f" {console.path[-1]}   {console.lab.sim.now / SECOND:.6f} s of simulated time ",
        enable_history_search=True,
    )


def _history() -> History:
    """The lines of former sessions, where they can be kept."""
    from prompt_toolkit.history import FileHistory, InMemoryHistory

    home = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state")
    file = home / "macvsim" / "history"
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
        return FileHistory(file)
    except OSError:
        return InMemoryHistory()


def _completer(console: Console) -> Completer:
    from prompt_toolkit.completion import Completer, Completion

    class Words(Completer):
        """What `candidates` finds, in prompt_toolkit's words."""

        def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:
            text = document.text_before_cursor
            typed = len(text) - max(text.rfind(" "), text.rfind("\t")) - 1
            for word in candidates(console, text):
                yield Completion(word, -typed)

    return Words()
