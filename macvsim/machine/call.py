"""What a command is given and how it answers: the contract between the shell and every tool.

A command is a `macvsim.machine.tool.Tool`: a function with its names, its usage text and what it leaves out.  One that
takes simulated time is a generator: it yields simpy events and returns the exit code.  A signal reaches it as
`simpy.Interrupt` whose cause is the signal's number; not caught, it ends the command with 128 + that number.  Commands
are thin: they parse words, call the model that the Python API calls, and print.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import simpy

from macvsim.engine.sim import MS
from macvsim.errors import Effect, NotSimulated
from macvsim.machine.files import FileError, FileSystem
from macvsim.machine.host import Box
from macvsim.machine.streams import Descriptors, OpenFile, Sink, Steps, Text
from macvsim.machine.tool import Tool, Waiting

if TYPE_CHECKING:
    from macvsim.machine.options import Given

NOT_SIMULATED = 95
"""Exit code of what macvsim leaves out on purpose."""
BLOCK = 65536
"""How much programs read and write at a time."""
_PER_MS = 1 << 20


class WriteError(Exception):
    """A program could not write its output, and ends; `error` says why."""

    def __init__(self, error: FileError) -> None:
        super().__init__(error)
        self.error = error


class Call:
    """One program being run: its words, descriptors, environment and directory.

    Parameters
    ----------
    argv : the words, the program's name first
    fds : file descriptors; none by default, which read nothing and write to nothing
    env : exported variables; cwd : working directory

    `out` and `err` are for short texts; what may be long, or endless, is written by ``yield from call.write(text)``.
    Input is read by ``yield from`` `read_piece`, `read_line` or `read_all`.
    """

    def __init__(
        self,
        box: Box,
        argv: list[str],
        fds: Descriptors | None = None,
        env: dict[str, str] | None = None,
        cwd: str = "/",
    ) -> None:
        self.box = box
        self.argv = argv
        self.fds = Descriptors({}) if fds is None else fds
        self.env = {} if env is None else env
        self.cwd = cwd
        self.tool: Tool | None = None
        """The program that runs."""
        self.given: Given
        """Its options and operands, where its manner has them read."""
        self.ignored: frozenset[str] = frozenset()
        """Signals that its parent ignores, by their names: a shell that it starts ignores them too."""
        self.process: simpy.Process | None = None
        """What runs it, while it runs."""
        self._read = ""
        self._used = 0
        """Read from standard input, and how much of it was used."""
        self._moved = 0

    def derived(
        self,
        argv: list[str],
        *,
        box: Box | None = None,
        fds: Descriptors | None = None,
        env: dict[str, str] | None = None,
        cwd: str | None = None,
    ) -> Call:
        """Another program with this one's descriptors, environment and directory, or those named."""
        inner = Call(
            self.box if box is None else box,
            argv,
            self.fds if fds is None else fds,
            dict(self.env) if env is None else env,
            self.cwd if cwd is None else cwd,
        )
        inner.process, inner.ignored = self.process, self.ignored
        return inner

    @property
    def files(self) -> FileSystem:
        """The box's files, seen from the working directory."""
        return FileSystem(self.box, self.cwd)

    @property
    def name(self) -> str:
        return self.argv[0]

    @property
    def args(self) -> list[str]:
        return self.argv[1:]

    # -- reading -------------------------------------------------------------------------------------------------------

    def read_piece(self, most: int = BLOCK) -> Text:
        """What standard input has, as soon as it has something (read); empty at its end."""
        if self._read:
            text = self._read[self._used : self._used + most]
            self._used += len(text)
            if self._used == len(self._read):
                self._read, self._used = "", 0
            return text
        text = yield from self.fds.stdin.read(most)
        yield from self._take_time(text)
        return text

    def read_line(self) -> Text:
        """The next line of standard input with its end; empty at the end of input.

        From a pipe the program reads blocks, as the C library does: what it does not use is lost to other readers.
        """
        stdin = self.fds.stdin
        if stdin.seekable:
            return stdin.take_line()
        line = ""
        while True:
            text, start = self._read, self._used
            end = text.find("\n", start) + 1
            if end:
                self._used = end
                return line + text[start:end]
            line += text[start:]
            self.keeps(len(line))
            self._read, self._used = (yield from stdin.read(BLOCK)), 0
            if not self._read:
                return line

    def read_all(self, file: OpenFile | None = None) -> Text:
        """Standard input, or an open file, to its end."""
        source = self.fds.stdin if file is None else file
        if source.endless:
            raise NotSimulated("all of a file that has no end", Effect.NONE)
        pieces: list[str] = []
        size = 0
        while piece := (yield from self.read_piece() if file is None else source.read(BLOCK)):
            pieces.append(piece)
            size += len(piece)
            self.keeps(size)
        return "".join(pieces)

    def keeps(self, size: int) -> None:
        """The program keeps so many characters of its input; the budget ends one that keeps them without an end."""
        meter = self.box.sim.meter
        if 0 < meter.budget.output < size:
            meter.halt("output", f"{self.described()} reads all of its input, which has no end")

    def open(self, path: str) -> OpenFile:
        """A file opened for reading; `FileError`."""
        from macvsim.machine.openfiles import open_to_read  # programs that open no file do not load it

        return open_to_read(self.files, path, self.fds)

    def create(self, path: str, *, appends: bool = False) -> OpenFile:
        """A file opened for writing, emptied unless it `appends`; `FileError`."""
        from macvsim.machine.openfiles import open_to_write

        return open_to_write(self.files, path, self.fds, appends=appends)

    # -- writing -------------------------------------------------------------------------------------------------------

    def out(self, text: str) -> None:
        """Print a short text to standard output, without waiting."""
        self._put(1, text)

    def err(self, text: str) -> None:
        """Print a short text to standard error, without waiting."""
        self._put(2, text)

    def _put(self, fd: int, text: str) -> None:
        try:
            self.fds.write(fd, text)
        except simpy.Interrupt as interrupt:
            process, active = self.process, self.box.sim.active_process
            if process is active:
                raise
            self.process = None  # one signal is enough
            if process is not None and process.is_alive:
                process.interrupt(interrupt.cause)

    def write(self, text: str) -> Steps:
        """Print to standard output, and wait while a pipe is full; SIGPIPE where nobody reads it."""
        try:
            yield from self.fds.put(1, text)
        except FileError as error:
            raise WriteError(error) from None
        yield from self._take_time(text)

    def _take_time(self, text: str) -> Steps:
        """Copying takes a millisecond a MiB, so that a program without an end does not hold up the clock."""
        self.box.sim.meter.step(self.described)
        self._moved += len(text)
        if self._moved >= _PER_MS:
            self._moved -= _PER_MS
            yield self.box.sim.timeout(MS)

    def described(self) -> str:
        """The machine and the words of the program, for reports."""
        return f"{self.box.name}: {' '.join(self.argv)}"

    def not_simulated(self, what: str, effect: Effect) -> int:
        """Say that a real feature is left out, mark the lab if it would have changed the network, and return the exit
        status.
        """
        import shlex

        return not_simulated(self.box, self.err, shlex.join(self.argv), what, effect)


def not_simulated(box: Box, err: Sink, command: str, what: str, effect: Effect) -> int:
    """Say what a command needs that is left out on purpose, and mark the lab if that would have changed the network;
    returns the exit status.

    err : standard error; command : as it ran; the mark shows its first line
    """
    err(f"not simulated: {what}\n")
    box.left_out(command.strip().partition("\n")[0], what, effect)
    return NOT_SIMULATED


__all__ = ["BLOCK", "NOT_SIMULATED", "Call", "Waiting", "WriteError", "not_simulated"]
