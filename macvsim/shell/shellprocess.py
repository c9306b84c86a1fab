"""One shell process, as its parts know it; `macvsim.shell.interpreter.Interpreter` runs the commands."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Generator
from typing import Any

import simpy

from macvsim.errors import NotSimulated
from macvsim.machine.call import Waiting, not_simulated
from macvsim.machine.files import FileSystem
from macvsim.machine.job import Job
from macvsim.machine.streams import Descriptors
from macvsim.shell.dialects import Dialect
from macvsim.shell.expansion.expand import Expander
from macvsim.shell.processes import Substitutions, tell_of_signal
from macvsim.shell.redirect import RedirectError, Redirector
from macvsim.shell.state import ShellError, State
from macvsim.shell.syntax.nodes import Command, ProcessSubstitution
from macvsim.shell.syntax.parser import Parser
from macvsim.shell.traps import Traps


class ShellProcess(ABC):
    """One shell process, or a subshell of it; `job` is the process whose time it takes.

    line : of the script; loops : how many loops run, for break and continue; idle : rounds of loops without waiting
    is_program : a child that is nothing but one program, which a signal ends alone
    report_jobs : prints the jobs that have ended, where a user types at the shell
    guarded : how many conditions run, whose failure is an answer and not an error
    streams : those of the command being expanded, for what its substitutions complain about
    """

    def __init__(self, state: State, job: Job) -> None:
        self.state = state
        self.job = job
        self.expander = Expander(self)
        self.substitutions = Substitutions(self)
        self.redirector = Redirector(self.expander, state, self.substitutions.add_to)
        self.traps = Traps(self)
        self.streams = Descriptors({})
        self.line = 1
        self.read_to = 1
        """The line up to which the script was read."""
        self.loops = 0
        self.idle = 0
        self.is_program = False
        self.report_jobs: Callable[[], None] = _no_report
        self.guarded = 0
        self.substituted: int | None = None
        """Status of the last command substitution of the command that runs."""
        state.variables.evaluate = self.expander.evaluate

    @property
    def dialect(self) -> Dialect:
        return self.state.dialect

    @property
    def interactive(self) -> bool:
        """A user types at the shell."""
        return "i" in self.state.options

    @property
    def files(self) -> FileSystem:
        """The box's files, seen by this process."""
        return FileSystem(self.state.box, self.state.cwd)

    @abstractmethod
    def child(self, job: Job | None = None) -> ShellProcess:
        """A subshell: in the same process, or in one of its own; it copies the scopes of all functions that run."""

    @abstractmethod
    def run(self, command: Command, streams: Descriptors) -> Waiting:
        """Run a command and note its status."""

    @abstractmethod
    def lines(self, text: str, streams: Descriptors, within: str = "", first: int = 1) -> Waiting:
        """Run commands line by line in this shell; a line that is no command ends it, but for bash's ``eval``.

        first : number of the first line
        """

    @abstractmethod
    def enclosed(self, body: Waiting, streams: Descriptors) -> Waiting:
        """Run all of a shell or subshell: the ways out end here, and the trap of its end runs."""

    @abstractmethod
    def substitute(self, program: Command) -> Generator[simpy.Event, Any, str]:
        """Output of ``$(…)``; its status is that of a command which is nothing else."""

    @abstractmethod
    def program(self, words: list[str], streams: Descriptors) -> Waiting:
        """Run a program that is not part of the shell."""

    @abstractmethod
    def trace(self, words: list[str], streams: Descriptors) -> Generator[simpy.Event, Any, None]:
        """``set -x``: print words, which are quoted already."""

    @abstractmethod
    def flush(self, name: str, command: Command, inner: Descriptors, streams: Descriptors) -> bool:
        """Let files have what was printed; False, and a complaint, where one refuses."""

    def told_line(self, error: ShellError) -> int:
        """The line that a message names: in ash for some mistakes the one that was read last."""
        return self.read_to if error.parsed and self.dialect.name == "ash" else self.line

    def substitute_process(self, part: ProcessSubstitution) -> str:
        """The file that is the input or output of ``>(…)`` or ``<(…)``."""
        return self.substitutions.start(part, self.streams)

    def condition(self, command: Command, streams: Descriptors) -> Waiting:
        """Run a command whose failure is an answer and not an error (``set -e``)."""
        self.guarded += 1
        try:
            return (yield from self.run(command, streams))
        finally:
            self.guarded -= 1

    def refused(self, error: RedirectError, command: Command, streams: Descriptors) -> int:
        """Say why a redirection fails; the exit status of its command, which is not run."""
        if isinstance(error.why, NotSimulated):
            return self.left_out(error.why, command, streams)
        streams.err(error.message(self.dialect, self.line))
        return self.dialect.redirect_status

    def left_out(self, error: NotSimulated, command: Command, streams: Descriptors) -> int:
        """Say what a command needs that is not simulated; its exit status."""
        from macvsim.shell.syntax.unparse import command_text  # few command lines need it

        return not_simulated(self.state.box, streams.err, command_text(command), error.feature, error.effect)

    def parse_nested(self, text: str, start: int, line: int) -> tuple[Command, int, int]:
        """Commands up to the parenthesis that closes them."""
        return Parser(text, start, line, self.dialect.grammar).substitution()

    def tell_of_signal(self, status: int, streams: Descriptors, command: Command | str = "") -> None:
        """Say so if a signal ended a child, which was a command or has a text."""
        tell_of_signal(self, status, streams, command)


def _no_report() -> None:
    """No user types at the shell."""
