"""Open files and the descriptors that name them (POSIX.1-2017, Base Definitions 3.258 and 3.166; ``struct file``).

A process has a table, `Descriptors`: numbers and the `OpenFile` each of them names.  Several descriptors, of several
processes, may name one open file, and then share its offset.  Programs that wait are generators of simpy events.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from typing import Any

import simpy

SIGPIPE = 13

Sink = Callable[[str], None]
Steps = Generator[simpy.Event, Any, None]
Text = Generator[simpy.Event, Any, str]


def discard(text: str) -> None:
    """A sink for output that nothing reads."""


class PipeSignal(int):
    """Cause of the `simpy.Interrupt` of a write to a pipe without readers: SIGPIPE, for the writing program alone."""


class ClosedInput(Exception):
    """A program reads standard input, which its shell closed."""


def broken_pipe() -> simpy.Interrupt:
    """The exception of a write to a pipe without readers."""
    return simpy.Interrupt(PipeSignal(SIGPIPE))


class OpenFile:
    """An open file.  This one is ``/dev/null``: reads are at the end of the file, writes vanish."""

    seekable = False
    """Reads have an offset that a program can set back to what it used (lseek)."""
    is_terminal = False
    """A person types here, who has typed nothing."""
    has_job_control = False
    """The terminal of a shell that makes every command a process group (``set -m``)."""
    is_closed = False
    """A place that a process has closed: every use of it fails."""
    endless = False
    """Reads never come to an end."""

    def hold(self) -> None:
        """A process got a descriptor of it."""

    def release(self) -> None:
        """A process closed a descriptor of it."""

    # -- reading -------------------------------------------------------------------------------------------------------

    @property
    def ready(self) -> bool:
        """True if a read would not wait: there is something, or the file has ended."""
        return True

    def news(self) -> simpy.Event | None:
        """The event to wait for until `ready`; None if it is ready."""
        return None

    def take(self, most: int) -> str:
        """Up to `most` characters of what is there; empty at the end of the file."""
        return ""

    def take_line(self) -> str:
        """The text that is there, up to the end of a line; empty at the end of the file."""
        return ""

    def read(self, most: int) -> Text:
        """Wait until there is something, and take up to `most` characters (read)."""
        while (news := self.news()) is not None:
            yield news
        return self.take(most)

    def read_line(self) -> Text:
        """Wait for a line; without its end, the file has ended."""
        line = ""
        while True:
            while (news := self.news()) is not None:
                yield news
            piece = self.take_line()
            line += piece
            if not piece or piece.endswith("\n"):
                return line

    # -- writing -------------------------------------------------------------------------------------------------------

    def write(self, text: str) -> None:
        """Write without waiting, however full the file is; `put` waits."""

    @property
    def room(self) -> simpy.Event | None:
        """The event to wait for until the file takes more; None if it does."""
        return None

    def put(self, text: str) -> Steps:
        """Write, and wait while the file takes no more (write)."""
        self.write(text)
        yield from ()

    def flush(self) -> None:
        """Hand over a text that the kernel has to see in one write."""


NULL = OpenFile()


class Given(OpenFile):
    """A text to read, as of a here-document."""

    seekable = True

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def take(self, most: int) -> str:
        text = self._text[self._at : self._at + most]
        self._at += len(text)
        return text

    def take_line(self) -> str:
        end = self._text.find("\n", self._at) + 1 or len(self._text)
        line = self._text[self._at : end]
        self._at = end
        return line


class Output(OpenFile):
    """A function that gets everything that is written: the end of the simulation, such as a screen or a log."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink

    def write(self, text: str) -> None:
        self._sink(text)


class Terminal(Output):
    """A terminal; what is typed there goes to the shell's prompt, so that programs read the end of the file."""

    is_terminal = True

    def __init__(self, sink: Sink = discard, *, has_job_control: bool = False) -> None:
        super().__init__(sink)
        self.has_job_control = has_job_control


class Descriptors:
    """File descriptors of one process.

    The table of a process (`held`) keeps its files open until `close_all`; the copies that redirections change for one
    command do not, because they last no longer than the process.
    """

    __slots__ = ("_files", "_holds")

    def __init__(self, files: dict[int, OpenFile], *, holds: bool = False) -> None:
        self._files = files
        self._holds = holds
        if holds:
            for file in files.values():
                file.hold()

    @classmethod
    def to(cls, out: Sink = discard, err: Sink = discard, stdin: OpenFile | str = NULL) -> Descriptors:
        """Standard output and error go to functions; standard input is an open file, or a text."""
        return cls({0: Given(stdin) if isinstance(stdin, str) else stdin, 1: Output(out), 2: Output(err)})

    def __iter__(self) -> Iterator[tuple[int, OpenFile]]:
        return iter(self._files.items())

    def get(self, fd: int) -> OpenFile | None:
        """The open file of a descriptor; None if the descriptor is closed."""
        file = self._files.get(fd)
        return None if file is None or file.is_closed else file

    @property
    def stdin(self) -> OpenFile:
        return self._files.get(0, NULL)

    def copy(self) -> Descriptors:
        """A table for one command, which redirections may change."""
        return Descriptors(dict(self._files))

    def held(self) -> Descriptors:
        """The table of a new process (fork)."""
        return Descriptors(dict(self._files), holds=True)

    def having(self, **files: OpenFile) -> Descriptors:
        """A copy with other standard files: `stdin`, `stdout`, `stderr`."""
        return Descriptors({**self._files, **{_STANDARD[name]: file for name, file in files.items()}})

    def set(self, fd: int, file: OpenFile | None) -> None:
        """Make a descriptor name a file (dup2); None closes the descriptor."""
        old = self._files.pop(fd, None)
        if file is not None:
            self._files[fd] = file
        if self._holds:
            if file is not None:
                file.hold()
            if old is not None:
                old.release()

    def assign(self, other: Descriptors) -> None:
        """Have the files of another table from now on (``exec`` with redirections)."""
        for fd in [fd for fd in self._files if fd not in other._files]:
            self.set(fd, None)
        for fd, file in other._files.items():
            if self._files.get(fd) is not file:
                self.set(fd, file)

    def close_all(self) -> None:
        """The process has ended."""
        files, self._files = self._files, {}
        if self._holds:
            for file in files.values():
                file.release()

    def write(self, fd: int, text: str) -> None:
        """Write without waiting."""
        self._files.get(fd, NULL).write(text)

    def put(self, fd: int, text: str) -> Steps:
        """Write, and wait while the file takes no more."""
        return self._files.get(fd, NULL).put(text)

    def out(self, text: str) -> None:
        """Write to standard output without waiting."""
        self.write(1, text)

    def err(self, text: str) -> None:
        """Write to standard error without waiting."""
        self.write(2, text)

    @property
    def full(self) -> bool:
        """True if standard output or error has more than it can take: a program waits there before it ends."""
        files = self._files
        return files.get(1, NULL).room is not None or files.get(2, NULL).room is not None

    def drain(self) -> Steps:
        """Wait until standard output and error take more."""
        for fd in (1, 2):
            file = self._files.get(fd, NULL)
            while (room := file.room) is not None:
                yield room

    def flush(self) -> None:
        """Let files have what was written; the first `FileError` is raised when all were tried."""
        failed: Exception | None = None
        for file in self._files.values():
            try:
                file.flush()
            except Exception as error:
                failed = failed or error
        if failed is not None:
            raise failed


_STANDARD = {"stdin": 0, "stdout": 1, "stderr": 2}
