"""The interpreter of command lines, a program in simulated process context."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Generator
from typing import Any

import simpy

from macvsim.errors import MacvsimError, NotSimulated
from macvsim.host import Box, Result
from macvsim.shell import load_commands
from macvsim.shell.call import REGISTRY, Call, Waiting

SIGINT, SIGKILL, SIGTERM = 2, 9, 15

Sink = Callable[[str], None]


class Job:
    """A command line running in the background.

    done : simpy event (a process) that happens when it has ended; code : exit code then, None before
    """

    def __init__(
        self, box: Box, body: Callable[[Sink, Sink], Waiting], stdout: Sink | None, stderr: Sink | None
    ) -> None:
        self.box = box
        self.pid = box.kernel.next_pid()
        self.code: int | None = None
        self._out: list[str] = []
        self._err: list[str] = []
        self._sinks = (stdout, stderr)
        self.done: simpy.Process = box.sim.process(self._main(body))

    @property
    def stdout(self) -> str:
        """What it has printed so far."""
        return "".join(self._out)

    @property
    def stderr(self) -> str:
        """What it has complained about so far."""
        return "".join(self._err)

    def kill(self, signal: int = SIGTERM) -> None:
        """Send a signal: the waiting command gets `simpy.Interrupt` with the signal's number as its cause."""
        if self.code is None and self.done.is_alive:
            self.done.interrupt(signal)

    def result(self) -> Result:
        """What it printed, and its exit code; `MacvsimError` while it is running."""
        if self.code is None:
            raise MacvsimError(f"{self.box.name}: process {self.pid} is still running: wait for it, or kill it")
        return Result(self.stdout, self.stderr, self.code)

    def _write_out(self, text: str) -> None:
        self._out.append(text)
        if self._sinks[0]:
            self._sinks[0](text)

    def _write_err(self, text: str) -> None:
        self._err.append(text)
        if self._sinks[1]:
            self._sinks[1](text)

    def _main(self, body: Callable[[Sink, Sink], Waiting]) -> Generator[simpy.Event, Any, int]:
        try:
            self.code = yield from body(self._write_out, self._write_err)
        except simpy.Interrupt as signal:
            self.code = 128 + int(signal.cause or SIGTERM)
        return self.code


class Shell:
    """What runs command lines in boxes (`macvsim.host.Interpreter`)."""

    def __init__(self) -> None:
        load_commands()

    def run(self, box: Box, line: str, *, stdout: Sink | None = None, stderr: Sink | None = None) -> Result:
        """Run a line in a box until it ends; simulated time passes.

        stdout, stderr : called with every piece of output when it is printed
        """
        job = self.spawn(box, line, stdout=stdout, stderr=stderr)
        while job.code is None:
            try:
                box.sim.run(until=job.done)
            except KeyboardInterrupt:
                job.kill(SIGINT)
        return job.result()

    def spawn(self, box: Box, line: str, *, stdout: Sink | None = None, stderr: Sink | None = None) -> Job:
        """Start a line in a box in the background, at the current time."""
        return Job(box, lambda out, err: _line(box, line, out, err), stdout, stderr)


def _line(box: Box, line: str, out: Sink, err: Sink) -> Waiting:
    lexer = shlex.shlex(line, posix=True, punctuation_chars=";")
    lexer.whitespace_split = True
    code = 0
    words: list[str] = []
    for word in [*lexer, ";"]:
        if word != ";":
            words.append(word)
        elif words:
            code = yield from execute(Call(box, words, None, out, err))
            words = []
    return code


def execute(call: Call) -> Waiting:
    """Run one command that has its words; the code of what is not there is 127."""
    fn = REGISTRY.find(call.name, call.box.flavour.name)
    if fn is None:
        call.err(f"sh: 1: {call.name}: not found\n")
        return 127
    try:
        code = fn(call)
        return code if isinstance(code, int) else (yield from code)
    except NotSimulated as error:
        return call.not_simulated(str(error))


def run_in(call: Call, box: Box, argv: list[str]) -> Waiting:
    """Run a command in another box with the caller's streams and environment, as ``ip netns exec`` does."""
    return (yield from execute(Call(box, argv, call.stdin, call.stdout, call.stderr, dict(call.env))))
