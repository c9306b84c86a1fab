"""A builtin of the shell being run."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from macvsim.machine.call import Waiting
from macvsim.machine.files import FileSystem
from macvsim.machine.streams import Descriptors
from macvsim.shell.state import Exit, State

if TYPE_CHECKING:
    from macvsim.shell.expansion.expand import Expander


class Shell(Protocol):
    """The shell process (`macvsim.shell.interpreter.Interpreter`) that runs a builtin.

    line : of the script; loops : how many loops are being run
    """

    state: State
    expander: Expander
    line: int
    loops: int

    def lines(self, text: str, streams: Descriptors, within: str = "") -> Waiting:
        """Run commands line by line."""

    def program(self, words: list[str], streams: Descriptors) -> Waiting:
        """Run a program that is not part of the shell."""

    def program_or_raise(self, words: list[str], streams: Descriptors) -> Waiting:
        """As `program`; raises `NotFound` and `NotExecutable`."""

    def tell_of_signal(self, status: int, streams: Descriptors) -> None:
        """Print the signal that ended a child."""


class Invocation:
    """A builtin being run."""

    def __init__(self, shell: Shell, argv: list[str], streams: Descriptors) -> None:
        self.shell = shell
        self.argv = argv
        self.streams = streams

    @property
    def state(self) -> State:
        return self.shell.state

    @property
    def args(self) -> list[str]:
        return self.argv[1:]

    @property
    def files(self) -> FileSystem:
        return FileSystem(self.state.box, self.state.cwd)

    def out(self, text: str) -> None:
        self.streams.out(text)

    def complain(self, text: str, status: int = 2) -> int:
        """Say what is wrong, behind the builtin's name."""
        self.streams.err(self.state.dialect.builtin(self.shell.line, self.argv[0], text))
        return status

    def fail(self, text: str, status: int = 2) -> Exit:
        """As `complain`, where it is the end of the shell."""
        return Exit(self.complain(text, status))

    def number(self, at: int, default: int) -> int:
        """An argument that is a count."""
        if len(self.args) <= at:
            return default
        if not self.args[at].isdigit():
            raise self.fail(f"Illegal number: {self.args[at]}")
        return int(self.args[at])


Builtin = Callable[[Invocation], int | Waiting]
