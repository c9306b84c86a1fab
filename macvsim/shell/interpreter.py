"""The shell process: runs the commands that the parser makes of lines, in simulated process context."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

import simpy

from macvsim.errors import NotSimulated
from macvsim.machine.call import NOT_SIMULATED, Call, Waiting
from macvsim.machine.execute import execute
from macvsim.machine.files import FileError
from macvsim.machine.job import SIGINT, Job, Killed
from macvsim.machine.pipe import Pipe
from macvsim.machine.resolve import NotExecutable, NotFound
from macvsim.machine.streams import NULL, Descriptors, OpenFile, Output, PipeSignal, Text
from macvsim.shell import compound
from macvsim.shell.builtins.table import BUILTINS, SPECIAL, Invocation, find_builtin
from macvsim.shell.dialect import SIGNAL_TEXT, Dialect
from macvsim.shell.expansion.expand import Expander
from macvsim.shell.redirect import RedirectError, Redirector
from macvsim.shell.state import Exit, LoopControl, Return, ShellError, State
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
    Let,
    Pipeline,
    Redirected,
    Sequence,
    Simple,
    Subshell,
    Test,
    While,
)
from macvsim.shell.syntax.parser import parse
from macvsim.shell.syntax.unfinished import is_unfinished


class Interpreter:
    """One shell process, or a subshell of it; `job` is the process whose time it takes."""

    def __init__(self, state: State, job: Job) -> None:
        self.state = state
        self.job = job
        self.expander = Expander(self)
        self.redirector = Redirector(self.expander, state)
        self.line = 1
        self.loops = 0
        """How many loops are being run, for break and continue."""
        self.is_program = False
        """A child that is nothing but one program: a signal is that program's affair."""
        self._guarded = 0
        self.idle = 0
        self._substituted: int | None = None

    @property
    def dialect(self) -> Dialect:
        return self.state.dialect

    # -- whole scripts -------------------------------------------------------------------------------------------------

    def script(self, text: str, streams: Descriptors) -> Waiting:
        """Run a script as a shell process: its exit status."""
        return self._to_the_end(self.lines(text, streams), streams)

    def script_from(self, read: Callable[[], Text], streams: Descriptors) -> Waiting:
        """Run a script while it is read: `read` waits for the next line, which is empty at the end."""
        return self._to_the_end(self._lines_from(read, streams), streams)

    def _lines_from(self, read: Callable[[], Text], streams: Descriptors) -> Waiting:
        text, line = "", 1
        while piece := (yield from read()):
            text += piece
            if not is_unfinished(text.removesuffix("\n"), self.dialect.grammar):
                yield from self.lines(text, streams, first=line)
                line += text.count("\n")
                text = ""
        return (yield from self.lines(text, streams, first=line))

    def _to_the_end(self, body: Waiting, streams: Descriptors) -> Waiting:
        """Run a script, and what it trapped its end with."""
        try:
            status = yield from body
        except (Exit, Return) as leaving:
            status = leaving.status
        except LoopControl:
            status = self.state.status
        trap, self.state.exit_trap = self.state.exit_trap, ""
        if trap:
            self.state.status = status
            try:
                yield from self.lines(trap, streams)
            except Exit as leaving:
                status = leaving.status
        return status

    def lines(self, text: str, streams: Descriptors, within: str = "", first: int = 1) -> Waiting:
        """Run commands line by line in this shell; a line that is no command ends it.  `first` is the first number."""
        state = self.state
        expands = self.dialect.name != "bash" or "i" in state.options
        commands = parse(text, self.dialect.grammar, state.aliases if expands else None, first)
        while True:
            try:
                command = next(commands, None)
                if command is None:
                    return state.status
                state.status = yield from self.run(command, streams)
            except ShellSyntaxError as error:
                streams.err(self.dialect.syntax(error, "\n" * (first - 1) + text, within))
                raise Exit(2) from None
            except ShellError as error:
                streams.err(self.dialect.say(self.line, error.text))
                raise Exit(self.dialect.error_status) from None

    def child(self, job: Job | None = None) -> Interpreter:
        """A subshell: in the same process, or in one of its own."""
        shell = Interpreter(self.state.copy(), job or self.job)
        shell.line = self.line
        shell.loops = self.loops
        shell._guarded = self._guarded
        return shell

    def enclosed(self, command: Command, streams: Descriptors) -> Waiting:
        """Run a command as all of a subshell."""
        try:
            status = yield from self.run(command, streams)
        except (Exit, Return) as leaving:
            status = leaving.status
        except LoopControl:
            status = self.state.status
        except ShellError as error:
            streams.err(self.dialect.say(self.line, error.text))
            status = self.dialect.error_status
        except simpy.Interrupt as interrupt:
            if not isinstance(interrupt.cause, PipeSignal):
                raise
            return Killed(128 + interrupt.cause)
        trap, self.state.exit_trap = self.state.exit_trap, ""
        if trap:
            yield from self.lines(trap, streams)
        return status

    def substitute(self, program: Command) -> Generator[simpy.Event, Any, str]:
        """Output of ``$(…)``; its status is that of a command which is nothing else."""
        parts: list[str] = []
        shell = self.child()
        self._substituted = yield from shell.enclosed(program, self.streams.having(stdout=Output(parts.append)))
        return "".join(parts).rstrip("\n")

    streams = Descriptors({})
    """Those of the command being expanded, for what its substitutions complain about."""

    # -- commands ------------------------------------------------------------------------------------------------------

    def run(self, command: Command, streams: Descriptors) -> Waiting:
        """Run a command and note its status."""
        match command:
            case Simple():
                status = yield from self._simple(command, streams)
            case Sequence():
                status = 0
                for part in command.commands:
                    status = yield from self.run(part, streams)
                return status
            case Pipeline():
                status = yield from self._pipeline(command, streams)
                if command.inverted:
                    self.state.status = int(not status)
                    return int(not status)
            case AndOr():
                return (yield from compound.run_and_or(self, command, streams))
            case Background():
                return (yield from self._background(command, streams))
            case Subshell():
                status = yield from self.child().enclosed(command.body, streams.copy())
            case Redirected():
                status = yield from self._redirected(command, streams)
            case If():
                return (yield from compound.run_if(self, command, streams))
            case For():
                return (yield from compound.run_for(self, command, streams))
            case Count():
                return (yield from compound.run_count(self, command, streams))
            case Let():
                status = yield from compound.run_let(self, command, streams)
            case Test():
                status = yield from compound.run_test(self, command, streams)
            case While():
                return (yield from compound.run_while(self, command, streams))
            case Case():
                return (yield from compound.run_case(self, command, streams))
            case Function():
                self.state.functions[command.name] = command.body
                status = 0
        self.state.status = status
        if status and "e" in self.state.options and not self._guarded:
            raise Exit(status)
        return status

    def condition(self, command: Command, streams: Descriptors) -> Waiting:
        """Run a command whose failure is an answer and not an error (``set -e``)."""
        self._guarded += 1
        try:
            return (yield from self.run(command, streams))
        finally:
            self._guarded -= 1

    # -- processes -----------------------------------------------------------------------------------------------------

    def _pipeline(self, command: Pipeline, streams: Descriptors) -> Waiting:
        """Every command but the last has a process of its own; the status is that of the last, with ``pipefail`` of the
        last that failed.
        """
        if len(command.commands) == 1:
            return (yield from self.condition(command.commands[0], streams))
        stdin: OpenFile = streams.stdin
        writers: list[Job] = []
        for part in command.commands[:-1]:
            pipe = Pipe(self.job.box.sim)
            writers.append(self._process(part, streams.having(stdin=stdin, stdout=pipe.writer)))
            stdin = pipe.reader
        stdin.hold()
        try:
            status = yield from self.child().enclosed(command.commands[-1], streams.having(stdin=stdin))
        finally:
            stdin.release()
            if self.job.signal is not None:  # as a terminal signals all processes of a pipeline
                for job in writers:
                    job.kill(self.job.signal)
        for job in reversed(writers):
            code = yield from job.wait()
            if "pipefail" in self.state.options:
                status = status or code
        return status

    def _process(self, command: Command, fds: Descriptors, text: str = "") -> Job:
        """Start a process that runs a command."""

        def body(job: Job) -> Waiting:
            shell = self.child(job)
            shell.is_program = isinstance(command, Simple)
            return (yield from shell.enclosed(command, job.fds))

        return Job(self.job.box, body, fds, text)

    def _background(self, command: Background, streams: Descriptors) -> Waiting:
        """Start a child; it runs before the next command, until it has to wait."""
        job = self._process(command.command, streams.having(stdin=NULL), command.text)
        self.state.jobs.append(job)
        self.state.last_background = job.pid
        if "i" in self.state.options and self.dialect.name == "bash":
            streams.err(f"[{len(self.state.jobs)}] {job.pid}\n")
        self.state.status = 0
        yield self.job.box.sim.timeout(0)
        return 0

    def _redirected(self, command: Redirected, streams: Descriptors) -> Waiting:
        self.streams = streams
        try:
            inner = yield from self.redirector.apply(command.redirects, streams)
        except RedirectError as error:
            streams.err(error.message(self.dialect, self.line))
            return error.status(self.dialect)
        status = yield from self.run(command.command, inner)
        return status if self._flush("", inner, streams) else 1

    # -- simple commands -----------------------------------------------------------------------------------------------

    def _simple(self, command: Simple, streams: Descriptors) -> Waiting:
        self.line = command.line
        self.streams = streams
        self._substituted = None
        words = yield from self.expander.fields(command.words)
        special = bool(words) and words[0] in SPECIAL
        try:
            inner = yield from self.redirector.apply(command.redirects, streams)
        except RedirectError as error:
            streams.err(error.message(self.dialect, self.line))
            if special:
                raise Exit(error.status(self.dialect)) from None
            return error.status(self.dialect)
        assigned: list[tuple[str, str]] = []
        for name, word in command.assignments:
            value = yield from self.expander.text(word)
            assigned.append((name, value))
            if not words:
                self.state.set(name, value)
        if "x" in self.state.options:
            streams.err(" ".join(["+", *(f"{name}={value}" for name, value in assigned), *words]) + "\n")
        if not words:
            return self._substituted or 0
        if words == ["exec"]:
            streams.assign(inner)
        status = yield from self._invoke(words, assigned, inner)
        if inner.full:
            yield from inner.drain()
        if not self._flush(words[0], inner, streams):
            status = 1
        self.tell_of_signal(status, streams)
        if self.job.signal is not None and not self.is_program:
            raise Exit(status if self.job.signal == SIGINT else 128 + self.job.signal)
        return status

    def tell_of_signal(self, status: int, streams: Descriptors) -> None:
        """Say so if a signal ended a child."""
        if isinstance(status, Killed) and status.signal in SIGNAL_TEXT:
            streams.err(SIGNAL_TEXT[status.signal] + "\n")

    def _flush(self, name: str, inner: Descriptors, streams: Descriptors) -> bool:
        """Let files have what was printed; False, and a complaint, where one refuses."""
        try:
            inner.flush()
        except FileError as error:
            target = streams.err
            if find_builtin(name, self.dialect.grammar) or name in self.state.functions or not name:
                target(self.dialect.write_error(self.line, name or "echo", error))
            else:
                target(f"{name}: write error: {error.strerror}\n")
            return False
        except NotSimulated as error:
            streams.err(f"not simulated: {error}\n")
            raise Exit(NOT_SIMULATED) from None
        return True

    def _invoke(self, words: list[str], assigned: list[tuple[str, str]], streams: Descriptors) -> Waiting:
        """Run a function, a builtin or a program; assignments before a special builtin stay, others are its own."""
        state = self.state
        name = words[0]
        saved = dict(state.variables), dict(state.exported)
        try:
            for variable, value in assigned:
                state.set(variable, value)
                state.exported[variable] = None
            if name in SPECIAL:
                saved = dict(state.variables), dict(state.exported)
                return (yield from self._builtin(words, streams))
            if name in state.functions:
                return (yield from self._function(words, streams))
            if find_builtin(name, self.dialect.grammar):
                return (yield from self._builtin(words, streams))
            return (yield from self.program(words, streams))
        finally:
            if assigned and name not in SPECIAL:
                for variable, _ in assigned:
                    if variable in saved[0]:
                        state.variables[variable] = saved[0][variable]
                    else:
                        state.variables.pop(variable, None)
                    if variable not in saved[1]:
                        state.exported.pop(variable, None)

    def _builtin(self, words: list[str], streams: Descriptors) -> Waiting:
        try:
            result = BUILTINS[words[0]](Invocation(self, words, streams))
            return result if isinstance(result, int) else (yield from result)
        except NotSimulated as error:
            streams.err(f"not simulated: {error}\n")
            return NOT_SIMULATED

    def _function(self, words: list[str], streams: Descriptors) -> Waiting:
        state = self.state
        params, state.params = state.params, words[1:]
        state.local.append({})
        try:
            return (yield from self.run(state.functions[words[0]], streams))
        except Return as leaving:
            return leaving.status
        finally:
            state.params = params
            for variable, value in state.local.pop().items():
                if value is None:
                    state.variables.pop(variable, None)
                else:
                    state.variables[variable] = value

    def program(self, words: list[str], streams: Descriptors) -> Waiting:
        """Run a program that is not part of the shell."""
        try:
            return (yield from self.program_or_raise(words, streams))
        except NotFound:
            streams.err(self.dialect.not_found(self.line, words[0]))
            return 127
        except NotExecutable as error:
            streams.err(self.dialect.say(self.line, f"{words[0]}: {error}"))
            return 126

    def program_or_raise(self, words: list[str], streams: Descriptors) -> Waiting:
        """As `program`, for who has words of their own for `NotFound` and `NotExecutable`."""
        state = self.state
        return (yield from execute(Call(state.box, words, streams, state.environment(), state.cwd)))
