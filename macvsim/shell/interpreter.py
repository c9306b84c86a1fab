"""The shell process: runs the commands that the parser makes of lines, in simulated process context."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

import simpy

from macvsim.errors import Effect, NotSimulated
from macvsim.machine.call import BLOCK, Waiting, not_simulated
from macvsim.machine.files import FileError
from macvsim.machine.job import Job, Killed, counted, signal_of
from macvsim.machine.streams import Descriptors, Output, PipeSignal, Text
from macvsim.shell import processes, simple
from macvsim.shell.builtins import find_builtin
from macvsim.shell.redirect import RedirectError
from macvsim.shell.shellprocess import ShellProcess
from macvsim.shell.special import install
from macvsim.shell.state import Exit, LoopControl, Return, ShellError, State
from macvsim.shell.syntax import reader
from macvsim.shell.syntax.grammar import LEFT_OUT
from macvsim.shell.syntax.lexer import ShellSyntaxError
from macvsim.shell.syntax.nodes import (
    AndOr,
    Background,
    Case,
    Command,
    Count,
    For,
    Function,
    If,
    LeftOut,
    Let,
    Pipeline,
    Redirected,
    Sequence,
    Simple,
    Subshell,
    Test,
    While,
)
from macvsim.shell.traps import SubshellKilled

_DEEPEST = 50
"""Scripts in scripts, by ``.`` and ``eval``; the real shells have a limit by their stack."""


class Interpreter(ShellProcess):
    """The shell process that runs commands."""

    def __init__(self, state: State, job: Job) -> None:
        super().__init__(state, job)
        self._nested = 0
        """How many scripts run: ``.`` and ``eval`` in others."""
        install(self)

    # -- whole scripts -------------------------------------------------------------------------------------------------

    def script(self, text: str, streams: Descriptors) -> Waiting:
        """Run a script as a shell process: its exit status."""
        return self._to_the_end(self.lines(text, streams), streams)

    def script_from(self, read: Callable[[], Text], streams: Descriptors) -> Waiting:
        """Run a script while it is read: `read` waits for the next line, which is empty at the end."""
        return self._to_the_end(self._lines_from(read, streams), streams)

    def _lines_from(self, read: Callable[[], Text], streams: Descriptors) -> Waiting:
        from macvsim.shell.syntax.unfinished import is_unfinished

        text, line = "", 1
        while piece := (yield from read()):
            text += piece
            if not is_unfinished(text.removesuffix("\n"), self.dialect.grammar):
                yield from self.lines(text, streams, first=line)
                line += text.count("\n")
                text = ""
        return (yield from self.lines(text, streams, first=line))

    def _to_the_end(self, body: Waiting, streams: Descriptors) -> Waiting:
        """Run a script, and the trap of its end."""
        self.job.handler = self.traps.receive
        try:
            status = yield from self.enclosed(body, streams)
        except simpy.Interrupt as interrupt:
            if self.dialect.name == "bash" and self.traps.has("EXIT"):
                self.state.status = 128 + signal_of(interrupt)
                yield from self.traps.exit(self.state.status, streams)
            raise
        finally:
            self.substitutions.close()
        return status

    def enclosed(self, body: Waiting, streams: Descriptors) -> Waiting:
        """Run all of a shell or subshell: the ways out end here, and the trap of its end runs."""
        kernel = self.state.box.kernel
        kernel.check_processes(self.job.text or "sh")
        kernel.shells += 1
        try:
            return (yield from self._to_its_end(body, streams))
        finally:
            kernel.shells -= 1
            if self.state.own_pid is not None and self.state.own_pid != self.job.pid:
                self.state.box.kernel.processes.pop(self.state.own_pid, None)

    def _to_its_end(self, body: Waiting, streams: Descriptors) -> Waiting:
        try:
            status = yield from body
        except (Exit, Return) as leaving:
            status = leaving.status
        except LoopControl:
            status = self.state.status
        except ShellError as error:
            streams.err(self.dialect.say(self.told_line(error), error.text))
            status = self.dialect.error_status
        except SubshellKilled as killed:
            if killed.traps is not self.traps:
                raise
            status = killed.status
        except simpy.Interrupt as interrupt:
            if not isinstance(interrupt.cause, PipeSignal):
                raise
            return Killed(128 + interrupt.cause)
        return (yield from self.traps.exit(status, streams))

    def lines(self, text: str, streams: Descriptors, within: str = "", first: int = 1) -> Waiting:
        """Run commands line by line in this shell; a line that is no command ends it, but for bash's ``eval``.

        first : number of the first line
        """
        # a function runs on a Python stack of its own (`Nested`), so that a script in it is no deeper
        if self._nested - sum(frame.name != "source" for frame in self.state.frames) >= _DEEPEST:
            what = f"more than {_DEEPEST} scripts in scripts"
            raise Exit(not_simulated(self.state.box, streams.err, self.job.text, what, Effect.CHANGES))
        self._nested += 1
        try:
            return (yield from self._lines(text, streams, within, first))
        finally:
            self._nested -= 1

    def _lines(self, text: str, streams: Descriptors, within: str, first: int) -> Waiting:
        state, dialect = self.state, self.dialect
        bash = dialect.name == "bash"
        text += "\n" * (bash and not text.endswith("\n"))
        prefix = "" if within == "." else within
        expands = not bash or "i" in state.options
        parser = reader(text, first, dialect.grammar, state.aliases, state.shopts)
        read = 0
        while True:
            parser.expands = expands or "expand_aliases" in state.shopts
            try:
                command = parser.complete_command()
                self.read_to = parser.line
                for begun, delimiter in parser.unended():
                    if bash:
                        end = text.rstrip("\n").count("\n") + 1
                        warning = (
                            f"warning: here-document at line {begun} delimited by end-of-file (wanted `{delimiter}')"
                        )
                        streams.err(dialect.say(end, warning))
                if "v" in state.options:
                    streams.err(parser.text[read:])
                read = len(parser.text)
                if command is None:
                    return state.status
                state.status = yield from self.run(command, streams)
            except ShellSyntaxError as error:
                streams.err(dialect.syntax(error, "\n" * (first - 1) + text, prefix))
                state.status = 2
                if bash and within:
                    return 2
                raise Exit(2) from None
            except ShellError as error:
                streams.err(dialect.say(self.told_line(error), error.text))
                state.status = dialect.error_status
                if error.fatal or not bash or state.depth:
                    raise Exit(state.status) from None

    def child(self, job: Job | None = None) -> Interpreter:
        """A subshell: in the same process, or in one of its own; it copies the scopes of all functions that run."""
        self.state.box.sim.meter.step(self._described, len(self.state.frames))
        shell = Interpreter(self.state.copy(), job or self.job)
        shell.line, shell.read_to, shell.loops = self.line, self.read_to, self.loops
        shell.guarded = self.guarded
        if job is not None:
            job.handler = shell.traps.receive
        return shell

    def substitute(self, program: Command) -> Generator[simpy.Event, Any, str]:
        """Output of ``$(…)``; its status is that of a command which is nothing else."""
        parts: list[str] = []
        shell = self.child()
        shell.state.nested += 1
        if self.dialect.name == "bash" and "inherit_errexit" not in self.state.shopts:
            shell.state.options.pop("e", None)
        outer = self.streams
        said = f"{self.state.box.name}: line {self.line}: the command of a substitution prints without an end"
        streams = outer.having(stdout=Output(counted(self.state.box, parts.append, said)))
        match program:
            case Simple((), (), (redirect,), _) if redirect.op == "<" and self.dialect.name == "bash":
                parts.append((yield from self._contents(program, outer)))
            case _:
                self.substituted = yield from shell.enclosed(shell.run(program, streams), streams)
                self.state.status = self.substituted
        self.streams = outer
        return "".join(parts).replace("\0", "").rstrip("\n")

    def _contents(self, program: Simple, streams: Descriptors) -> Generator[simpy.Event, Any, str]:
        """``$(<file)``."""
        try:
            inner = yield from self.redirector.apply(program.redirects, streams)
        except RedirectError as error:
            self.refused(error, program, streams)
            self.substituted = 1
            return ""
        self.substituted = 0
        text = ""
        while piece := (yield from inner.stdin.read(BLOCK)):
            text += piece
            self.state.box.sim.meter.build(len(text), f"{self.state.box.name}: line {self.line}: $(<FILE)")
        return text

    # -- commands ------------------------------------------------------------------------------------------------------

    def run(self, command: Command, streams: Descriptors) -> Waiting:
        """Run a command and note its status."""
        self.state.box.sim.meter.step(self._described)
        if "n" in self.state.options and not self.interactive:
            return self.state.status
        try:
            match command:
                case Simple():
                    status = yield from simple.run_simple(self, command, streams)
                case Sequence():
                    status = 0
                    for part in command.commands:
                        status = yield from self.run(part, streams)
                    return status
                case Pipeline():
                    status = yield from processes.run_pipeline(self, command, streams)
                    if command.inverted:
                        self.state.status = int(not status)
                        return int(not status)
                    if len(command.commands) == 1:
                        return status
                case Background():
                    return (yield from processes.run_background(self, command, streams))
                case Subshell():
                    status = yield from self._subshell(command, streams)
                    self.tell_of_signal(status, streams, command)
                case Redirected():
                    status, ran = yield from self._redirected(command, streams)
                    if ran:
                        if isinstance(command.command, Subshell):
                            self.tell_of_signal(status, streams, command)
                        return status
                case AndOr() | If() | For() | Count() | While() | Case():
                    return (yield from self._compound(command, streams))
                case Let() | Test():
                    status = yield from self._compound(command, streams)
                case Function():
                    self.state.functions[command.name] = command
                    status = 0
                case LeftOut(what, source):
                    status = not_simulated(self.state.box, streams.err, source, LEFT_OUT[what], Effect.CHANGES)
        except NotSimulated as error:  # of an expansion or a test
            status = self.left_out(error, command, streams)
        return (yield from self._ended(command, status, streams))

    def _compound(self, command: Command, streams: Descriptors) -> Waiting:
        from macvsim.shell.compound import RUN  # the usual command line does not load it

        return RUN[type(command)](self, command, streams)

    def _described(self) -> str:
        """The shell and its script, for a report of what loops."""
        return f"{self.state.box.name}: line {self.line} of this script, or a loop around it: {self.job.text}"

    def _ended(self, command: Command, status: int, streams: Descriptors) -> Waiting:
        """A command has ended: traps run, and ``set -e`` may end the shell."""
        state = self.state
        state.status = status
        if not isinstance(command, Pipeline):
            state.pipe_status = [status]
        if self.traps.pending:
            yield from self.traps.run_pending(streams)
        if status and not self.guarded:
            yield from self.traps.error(status, streams)
            if "e" in state.options:
                raise Exit(status)
        return status

    def _subshell(self, command: Subshell, streams: Descriptors) -> Waiting:
        self.line = command.line or self.line
        shell = self.child()
        inner = streams.copy()
        status = yield from shell.enclosed(shell.run(command.body, inner), inner)
        shell.substitutions.close()
        return status

    def _redirected(self, command: Redirected, streams: Descriptors) -> Generator[simpy.Event, Any, tuple[int, bool]]:
        """Status of a compound command with redirections, and whether it ran."""
        self.streams = streams
        mark = self.substitutions.mark()
        try:
            inner = yield from self.redirector.apply(command.redirects, streams)
        except RedirectError as error:
            return self.refused(error, command, streams), False
        status = yield from self.run(command.command, inner)
        self.substitutions.close(mark)
        return (status, True) if self.flush("", command, inner, streams) else (1, True)

    def flush(self, name: str, command: Command, inner: Descriptors, streams: Descriptors) -> bool:
        """Let files have what was printed; False, and a complaint, where one refuses."""
        try:
            inner.flush()
        except FileError as error:
            if find_builtin(name, self.state) or name in self.state.functions or not name:
                streams.err(self.dialect.write_error(self.line, name or "echo", error))
            else:
                streams.err(f"{name}: write error: {error.strerror}\n")
            return False
        except NotSimulated as error:
            raise Exit(self.left_out(error, command, streams)) from None
        return True

    # -- for builtins --------------------------------------------------------------------------------------------------

    def trace(self, words: list[str], streams: Descriptors) -> Generator[simpy.Event, Any, None]:
        """``set -x``: print words, which are quoted already."""
        if "x" in self.state.options:
            from macvsim.shell import tracing

            streams.err(f"{yield from tracing.prefix(self)}{' '.join(words)}\n")

    def program(self, words: list[str], streams: Descriptors) -> Waiting:
        """Run a program that is not part of the shell."""
        return (yield from simple.run_program(self, words, streams))
