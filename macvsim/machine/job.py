"""A running program: a simpy process that can be waited for and killed.

An uncaught Python error of a program ends the program, as a crash does, and not the lab.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Generator
from typing import Any

import simpy

from macvsim.engine.budget import RunHalted
from macvsim.errors import MacvsimError
from macvsim.machine.call import Waiting
from macvsim.machine.host import Box, Result
from macvsim.machine.streams import Descriptors, Output, Sink, Terminal

SIGHUP, SIGINT, SIGQUIT, SIGKILL, SIGUSR1, SIGUSR2, SIGPIPE, SIGTERM = 1, 2, 3, 9, 10, 12, 13, 15
SIGNALS = {
    "HUP": SIGHUP, "INT": SIGINT, "QUIT": SIGQUIT, "KILL": SIGKILL, "USR1": SIGUSR1, "USR2": SIGUSR2, "PIPE": SIGPIPE,
    "ALRM": 14, "TERM": SIGTERM,
}  # fmt: skip
"""The signals that end a program that does not catch them; others are not simulated."""


SOFTWARE = 70
"""Exit status of a program with an internal error (EX_SOFTWARE of sysexits.h)."""


class ProgramWarning(RuntimeWarning):
    """A program of macvsim ended by an error of its own; the program said so on its standard error."""


def internal_error(fds: Descriptors, name: str, error: Exception) -> int:
    """Print the error on the standard error of a program, and warn; the program's exit status."""
    text = f"{name}: internal error: {type(error).__name__}: {error}"
    fds.err(f"{text}\n")
    warnings.warn(ProgramWarning(text), stacklevel=2)
    return SOFTWARE


def signal_of(interrupt: simpy.Interrupt) -> int:
    """The number of the signal that an interrupt stands for."""
    return int(interrupt.cause or SIGTERM)


class Killed(int):
    """Exit code of a program that a signal ended: 128 + its number; a shell says so.

    pid : of the process, 0 if it had none of its own
    """

    pid = 0

    @property
    def signal(self) -> int:
        return self - 128


class Job:
    """A process: a program, a command line, or a part of one, that runs by itself.

    Parameters
    ----------
    body : what it does; fds : its descriptors, which are closed when it ends; text : the command as it was written

    Attributes
    ----------
    done : simpy event (a process) that happens when it has ended
    code : exit code then, 128 + the signal's number if a signal ended it; None before
    signal : the last signal sent to it; None for none
    handler : called with each signal but SIGKILL; True if the process catches or ignores it
    foreground : programs that the process waits for, which get SIGINT from the terminal too
    """

    def __init__(
        self, box: Box, body: Callable[[Job], Waiting], fds: Descriptors | None = None, text: str = ""
    ) -> None:
        self.box = box
        self.pid = box.kernel.next_pid()
        self.text = text
        self.code: int | None = None
        self.signal: int | None = None
        self.handler: Callable[[int], bool] | None = None
        self.foreground = 0
        self.fds = (fds or Descriptors({})).held()
        box.kernel.processes[self.pid] = self
        self.done: simpy.Process = box.sim.process(self._main(body))

    @property
    def name(self) -> str:
        """The program: the first word, or the shell that runs a part of a line."""
        return self.text.partition(" ")[0] or "sh"

    def kill(self, signal: int = SIGTERM) -> None:
        """Send a signal: the waiting command gets `simpy.Interrupt` with the signal's number as its cause."""
        if self.code is not None or not self.done.is_alive:
            return
        if self.handler is not None and signal != SIGKILL and self.handler(signal):
            return
        self.signal = signal
        if self.box.sim.active_process is self.done:
            raise simpy.Interrupt(signal)
        self.done.interrupt(signal)

    def interrupt(self) -> None:
        """Ctrl-C: SIGINT for the process, and for the program in its foreground if it catches the signal itself."""
        caught = self.handler is not None and self.handler(SIGINT)
        if not caught:
            self.kill(SIGINT)
        elif self.foreground and self.code is None and self.done.is_alive:
            self.done.interrupt(SIGINT)

    def wait(self) -> Waiting:
        """Wait for its end as its parent: signals go on to it, and then end the parent too."""
        try:
            if self.code is None:
                yield self.done
        except simpy.Interrupt as interrupt:
            self.kill(signal_of(interrupt))
            if self.code is None:
                yield self.done
            raise
        assert self.code is not None
        return self.code

    def _main(self, body: Callable[[Job], Waiting]) -> Generator[simpy.Event, Any, int]:
        try:
            if self.signal == SIGKILL:  # before its first command
                raise simpy.Interrupt(SIGKILL)
            self.code = yield from _stacked(body(self))
        except simpy.Interrupt as interrupt:
            self.code = killed = Killed(128 + signal_of(interrupt))
            killed.pid = self.pid
        except RunHalted:
            self.code = Killed(128 + SIGKILL)
            raise
        except ProgramWarning:
            raise
        except Exception as error:
            self.code = internal_error(self.fds, self.name, error)
        finally:
            del self.box.kernel.processes[self.pid]
            self.fds.close_all()
        return self.code


def end_all(job: Job) -> None:
    """A run was stopped: its command ends, with every process that was started on the machine since (SIGKILL)."""
    for pid, process in list(job.box.kernel.processes.items()):
        if pid >= job.pid:
            process.kill(SIGKILL)


class Nested:
    """Yielded by a process to run another generator on a stack of its own, and to get its result: calls of calls then
    need no deeper stack of Python's.
    """

    def __init__(self, body: Waiting) -> None:
        self.body = body


def _stacked(body: Waiting) -> Generator[simpy.Event, Any, int]:
    """Run a process and what it nests."""
    stack: list[Waiting] = [body]
    value: Any = None
    failure: BaseException | None = None
    while True:
        try:
            event: Any = stack[-1].send(value) if failure is None else stack[-1].throw(failure)
            value = failure = None
        except StopIteration as ended:
            stack.pop()
            if not stack:
                code: int = ended.value
                return code
            value, failure = ended.value, None
            continue
        except BaseException as error:
            stack.pop()
            if not stack:
                raise
            value, failure = None, error
            continue
        if isinstance(event, Nested):
            stack.append(event.body)
            continue
        try:
            value = yield event
        except simpy.Interrupt as interrupt:
            failure = interrupt


class CommandLine(Job):
    """A line that is run from outside the box: what it prints is collected.

    stdout, stderr : called with every piece of output, besides
    """

    def __init__(
        self,
        box: Box,
        body: Callable[[Job], Waiting],
        stdout: Sink | None = None,
        stderr: Sink | None = None,
        text: str = "",
    ) -> None:
        self._out: list[str] = []
        self._err: list[str] = []
        self._watch = box.sim.unsimulated.watch()
        said = f"{box.name}: this command prints without an end: {text}"
        out, err = (counted(box, _both(*pair), said) for pair in ((self._out, stdout), (self._err, stderr)))
        super().__init__(
            box,
            body,
            Descriptors({0: Terminal(), 1: Output(out), 2: Output(err)}),
            text,
        )

    @property
    def name(self) -> str:
        return "sh"

    @property
    def stdout(self) -> str:
        """Its output so far."""
        return "".join(self._out)

    @property
    def stderr(self) -> str:
        """Its standard error so far."""
        return "".join(self._err)

    def result(self) -> Result:
        """Its output and its exit code; `MacvsimError` while it is running."""
        if self.code is None:
            raise MacvsimError(f"{self.box.name}: process {self.pid} is still running: wait for it, or kill it")
        return Result(self.stdout, self.stderr, self.code, self._watch.marks)


def counted(box: Box, sink: Sink, said: str) -> Sink:
    """A sink that counts its text for the budget; `said` names the program that prints."""
    meter = box.sim.meter

    def write(text: str) -> None:
        meter.print(len(text), said)
        sink(text)

    return write


def _both(pieces: list[str], sink: Sink | None) -> Sink:
    """Keeps what is written, and hands it on."""
    if sink is None:
        return pieces.append

    def write(text: str) -> None:
        pieces.append(text)
        sink(text)

    return write
