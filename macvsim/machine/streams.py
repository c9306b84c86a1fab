"""What commands read and write: pipes, files, and the table of file descriptors."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Any

import simpy

if TYPE_CHECKING:
    from macvsim.engine.sim import Sim
    from macvsim.machine.files import FileSystem

SIGPIPE = 13

Sink = Callable[[str], None]


def discard(text: str) -> None:
    """A sink for what nobody reads."""


class Input:
    """Something to read; this kind has all of its text from the start."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def rest(self) -> str:
        """Everything that is there and was not read yet."""
        text = self._text[self._at :]
        self._at = len(self._text)
        return text

    def take_line(self) -> str:
        """The next line with its end, or what there is of it; empty when there is nothing."""
        end = self._text.find("\n", self._at) + 1 or len(self._text)
        line = self._text[self._at : end]
        self._at = end
        return line

    @property
    def ready(self) -> bool:
        """True if a read would not wait: something is there, or nothing more can come."""
        return True

    def news(self) -> simpy.Event | None:
        """What to wait for until `ready`; None where that is so already."""
        return None

    def take(self, most: int) -> str:
        """Up to `most` characters of what is there; empty at the end."""
        text = self._text[self._at : self._at + most]
        self._at += len(text)
        return text

    def read_line(self) -> Generator[simpy.Event, Any, str]:
        """As `take_line`, but waits for a whole line; empty at the end."""
        yield from ()
        return self.take_line()

    def wait_closed(self) -> Generator[simpy.Event, Any, None]:
        """Wait until no more can come."""
        yield from ()


class Pipe(Input):
    """What one program writes and another one reads meanwhile.

    on_broken : called when something is written after the reader has gone (SIGPIPE)
    """

    def __init__(self, sim: Sim) -> None:
        super().__init__("")
        self.on_broken: Callable[[], None] = lambda: None
        self._sim = sim
        self._open = True
        self._broken = False
        self._news: simpy.Event | None = None

    def write(self, text: str) -> None:
        """A sink."""
        if self._broken:
            self.on_broken()
            return
        self._text = self._text[self._at :] + text
        self._at = 0
        self._wake()

    def close(self) -> None:
        """The writer has ended."""
        self._open = False
        self._wake()

    @property
    def ready(self) -> bool:
        return not self._open or self._at < len(self._text)

    def news(self) -> simpy.Event | None:
        return None if self.ready else self._wait()

    def abandon(self) -> None:
        """The reader has ended."""
        self._broken = True

    def read_line(self) -> Generator[simpy.Event, Any, str]:
        while self._open and "\n" not in self._text[self._at :]:
            yield self._wait()
        return self.take_line()

    def wait_closed(self) -> Generator[simpy.Event, Any, None]:
        while self._open:
            yield self._wait()

    def _wait(self) -> simpy.Event:
        if self._news is None or self._news.triggered:
            self._news = self._sim.event()
        return self._news

    def _wake(self) -> None:
        if self._news is not None and not self._news.triggered:
            self._news.succeed()


class FileWriter:
    """A sink that writes to a file.  What one command printed is one write where the kernel reads it, as a parameter
    needs it; other files have it at once.
    """

    def __init__(self, files: FileSystem, path: str) -> None:
        self._files = files
        self._path = path
        self._pending = ""
        self._at_once = files.is_plain(path)

    def __call__(self, text: str) -> None:
        self._pending += text
        if self._at_once:
            self.flush()

    def flush(self) -> None:
        """Write; `FileError` where the file refuses."""
        text, self._pending = self._pending, ""
        if text:
            self._files.write(self._path, text)


class Streams:
    """File descriptors of one command: `stdin`, and where each number from 1 on writes to."""

    def __init__(self, stdin: Input | None, sinks: dict[int, Sink]) -> None:
        self.stdin = stdin
        self.sinks = sinks

    def copy(self) -> Streams:
        return Streams(self.stdin, dict(self.sinks))

    @property
    def out(self) -> Sink:
        return self.sinks.get(1, discard)

    @property
    def err(self) -> Sink:
        return self.sinks.get(2, discard)

    def with_out(self, sink: Sink) -> Streams:
        """The same, but for standard output."""
        return Streams(self.stdin, {**self.sinks, 1: sink})

    def flush(self) -> None:
        """Let files have what was written; the first `FileError` is raised when all were tried."""
        failed: Exception | None = None
        for sink in self.sinks.values():
            if isinstance(sink, FileWriter):
                try:
                    sink.flush()
                except Exception as error:
                    failed = failed or error
        if failed is not None:
            raise failed
