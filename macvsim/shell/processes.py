"""Children of a shell: pipelines, background jobs, process substitutions."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from macvsim.engine.sim import SECOND
from macvsim.machine.call import Waiting
from macvsim.machine.job import SIGTERM, Job, Killed
from macvsim.machine.streams import NULL, Descriptors, OpenFile
from macvsim.shell.dialects import SIGNAL_TEXT
from macvsim.shell.syntax.nodes import Background, Command, Pipeline, ProcessSubstitution, Simple
from macvsim.shell.traps import NAMES

if TYPE_CHECKING:
    from macvsim.shell.shellprocess import ShellProcess

_GREATEST = 63
"""Descriptor of the first process substitution."""


def run_pipeline(shell: ShellProcess, command: Pipeline, streams: Descriptors) -> Waiting:
    """A pipeline, timed if its word is ``time``."""
    began = shell.job.box.sim.now
    status = yield from _pipeline(shell, command, streams)
    if command.timed:
        portable = "real %2R\nuser %2U\nsys %2S"
        form = shell.state.variables.get("TIMEFORMAT", "\nreal\t%3lR\nuser\t%3lU\nsys\t%3lS") or ""
        if form or command.timed == "-p":
            elapsed = int(shell.job.box.sim.now - began)
            streams.err(_times(portable if command.timed == "-p" else form, elapsed) + "\n")
    return status


def _times(form: str, elapsed: int) -> str:
    """TIMEFORMAT, for ns of real time; commands take no time of the processor."""
    shown, at = "", 0
    while at < len(form):
        char = form[at]
        at += 1
        if char != "%":
            shown += char
            continue
        digits = 3
        if form[at : at + 1].isdecimal():
            digits, at = min(int(form[at]), 3), at + 1
        minutes = form[at : at + 1] == "l"
        at += minutes
        letter = form[at : at + 1]
        at += 1
        if letter in ("R", "U", "S"):
            hundreds = (elapsed if letter == "R" else 0) // (SECOND // 1000)
            whole, rest = divmod(hundreds, 1000)
            seconds = f"{whole % 60 if minutes else whole}" + (f".{rest:03d}"[: digits + 1] if digits else "")
            shown += f"{whole // 60}m{seconds}s" if minutes else seconds
        elif letter == "P":
            shown += "0.00"
        else:
            shown += "%" if letter == "%" else f"%{letter}"
    return shown


def _pipeline(shell: ShellProcess, command: Pipeline, streams: Descriptors) -> Waiting:
    """Every command but the last has a process of its own; the status is that of the last, with ``pipefail`` of the
    last that failed.
    """
    if len(command.commands) == 1:
        run = shell.condition if command.inverted else shell.run
        return (yield from run(command.commands[0], streams))
    from macvsim.machine.pipe import Pipe

    state = shell.state
    stdin: OpenFile = streams.stdin
    writers: list[Job] = []
    for part in command.commands[:-1]:
        pipe = Pipe(shell.job.box.sim)
        writers.append(start_process(shell, part, streams.having(stdin=stdin, stdout=pipe.writer)))
        stdin = pipe.reader
    stdin.hold()
    try:
        last = streams.having(stdin=stdin)
        if "lastpipe" in state.shopts and not shell.interactive:
            status = yield from shell.condition(command.commands[-1], last)
        else:
            reader = shell.child()
            status = yield from reader.enclosed(reader.run(command.commands[-1], last), last)
            reader.substitutions.close()
    finally:
        stdin.release()
        if shell.job.signal is not None:  # as a terminal signals all processes of a pipeline
            for job in writers:
                job.kill(shell.job.signal)
    codes = []
    for job in writers:
        codes.append((yield from job.wait()))
    state.pipe_status = [*codes, status]
    shell.report_jobs()
    if "pipefail" in state.options:
        status = next((code for code in reversed(state.pipe_status) if code), 0)
    return status


def start_process(shell: ShellProcess, command: Command, fds: Descriptors, text: str = "") -> Job:
    """Start a process that runs a command."""
    shell.state.box.kernel.check_processes(shell.job.text or _text(command))

    def body(job: Job) -> Waiting:
        child = shell.child(job)
        child.is_program = isinstance(command, Simple)
        try:
            return (yield from child.enclosed(child.run(command, job.fds), job.fds))
        finally:
            child.substitutions.close()

    return Job(shell.job.box, body, fds, text)


def run_background(shell: ShellProcess, command: Background, streams: Descriptors) -> Waiting:
    """Start a child; it runs before the next command, until it has to wait."""
    state = shell.state
    bash = shell.dialect.name == "bash"
    text = _text(command.command) if bash else command.text
    guarded, shell.guarded = shell.guarded, 0
    job = start_process(shell, command.command, streams.having(stdin=NULL), text)
    number = state.jobs.add(job, fill=not bash)
    state.last_background = job.pid
    if shell.interactive and bash:
        streams.err(f"[{number}] {job.pid}\n")
    state.status = 0
    yield shell.job.box.sim.timeout(0)
    shell.guarded = guarded
    return 0


def _text(command: Command | str) -> str:
    """A command as bash lists it."""
    from macvsim.shell.syntax.unparse import command_text

    return command if isinstance(command, str) else command_text(command)


def tell_of_signal(shell: ShellProcess, status: int, streams: Descriptors, command: Command | str = "") -> None:
    """Print the signal that ended a child; bash 5 with the command unless it was SIGTERM."""
    if not isinstance(status, Killed) or status.signal not in SIGNAL_TEXT:
        return
    said = SIGNAL_TEXT[status.signal]
    trapped = NAMES.get(status.signal, "") in shell.state.traps
    if (
        shell.dialect.names_killed
        and status.signal != SIGTERM
        and command != ""
        and not trapped
        and not shell.interactive
    ):
        said = f"{shell.dialect.arg0}: line {shell.line}: {status.pid or shell.job.pid:5d} {said:<24}{_text(command)}"
    streams.err(said + "\n")


class _Substitution(NamedTuple):
    fd: int
    file: OpenFile


class Substitutions:
    """The pipes of ``<(…)`` and ``>(…)`` of one shell, while the command that has them runs."""

    def __init__(self, shell: ShellProcess) -> None:
        self._shell = shell
        self._open: list[_Substitution] = []

    def start(self, part: ProcessSubstitution, streams: Descriptors) -> str:
        """Start the commands, and name the file that is their input or output."""
        from macvsim.machine.pipe import Pipe

        shell = self._shell
        pipe = Pipe(shell.job.box.sim)
        own: OpenFile
        if part.op == ">":
            own, fds = pipe.writer, streams.having(stdin=pipe.reader)
        else:
            own, fds = pipe.reader, streams.having(stdout=pipe.writer)
        own.hold()
        job = start_process(shell, part.program, fds)
        shell.state.last_background = job.pid
        shell.state.jobs.known[job.pid] = job
        used = {one.fd for one in self._open}
        fd = next(number for number in range(_GREATEST, 9, -1) if number not in used and streams.get(number) is None)
        self._open.append(_Substitution(fd, own))
        return f"/dev/fd/{fd}"

    def add_to(self, fds: Descriptors) -> None:
        """Give a command's table the pipes."""
        for one in self._open:
            if fds.get(one.fd) is None:
                fds.set(one.fd, one.file)

    def mark(self) -> int:
        """How many are open, for `close`."""
        return len(self._open)

    def close(self, mark: int = 0) -> None:
        """The command that used them has ended."""
        for one in self._open[mark:]:
            one.file.release()
        del self._open[mark:]
