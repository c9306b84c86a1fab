"""Pipes (pipe(7), fs/pipe.c): 64 KiB between a writer and a reader.

A pipe has two open files, `Pipe.reader` and `Pipe.writer`.  The reader is at the end of the file when the pipe is empty
and no process has the writer open; a write is SIGPIPE when no process has the reader open.
"""

from __future__ import annotations

from collections import deque

import simpy

from macvsim.engine.sim import Sim
from macvsim.machine.streams import OpenFile, Steps, broken_pipe

CAPACITY = 65536
"""Bytes that a pipe holds (PIPE_DEF_BUFFERS pages)."""
ATOMIC = 4096
"""A write of up to so many bytes is never split (PIPE_BUF)."""


def size_of(text: str) -> int:
    """Bytes of a text."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogateescape"))


class Pipe:
    """The buffer, and its two ends."""

    def __init__(self, sim: Sim) -> None:
        self.reader = _Reader(self)
        self.writer = _Writer(self)
        self.pieces: deque[str] = deque()
        self.start = 0
        """Where the first piece begins that was not read yet."""
        self.size = 0
        """Bytes in it."""
        self.ended = False
        """No process has the writer open any more."""
        self.broken = False
        """No process has the reader open any more."""
        self._sim = sim
        self._filled: simpy.Event | None = None
        self._emptied: simpy.Event | None = None

    def wait_filled(self) -> simpy.Event:
        """Happens when something is written, or the last writer closes."""
        if self._filled is None:
            self._filled = self._sim.event()
        return self._filled

    def wait_emptied(self) -> simpy.Event:
        """Happens when something is read, or the last reader closes."""
        if self._emptied is None:
            self._emptied = self._sim.event()
        return self._emptied

    def filled(self) -> None:
        """Wake the readers."""
        event, self._filled = self._filled, None
        if event is not None:
            event.succeed()

    def emptied(self) -> None:
        """Wake the writers."""
        event, self._emptied = self._emptied, None
        if event is not None:
            event.succeed()

    def add(self, text: str) -> None:
        """Put a text in, whatever the capacity."""
        if text:
            self.pieces.append(text)
            self.size += size_of(text)
            meter = self._sim.meter
            if 0 < meter.budget.output < self.size:
                meter.halt("output", "a program fills a pipe and does not wait for its reader")
            self.filled()

    def cut(self, end: int) -> str:
        """The first piece, up to its character `end`."""
        piece, start = self.pieces[0], self.start
        if end >= len(piece):
            self.pieces.popleft()
            self.start = 0
        else:
            self.start = end
        taken = piece[start:end]
        self.size -= size_of(taken)
        return taken


class _End(OpenFile):
    """One end of a pipe; `_holders` descriptors name it."""

    def __init__(self, pipe: Pipe) -> None:
        self._pipe = pipe
        self._holders = 0

    def hold(self) -> None:
        self._holders += 1

    def release(self) -> None:
        self._holders -= 1
        if not self._holders:
            self._closed()

    def _closed(self) -> None:
        """No process has this end any more."""


class _Reader(_End):
    def _closed(self) -> None:
        self._pipe.broken = True
        self._pipe.pieces.clear()
        self._pipe.start = 0
        self._pipe.size = 0
        self._pipe.emptied()

    @property
    def ready(self) -> bool:
        return bool(self._pipe.pieces) or self._pipe.ended

    def news(self) -> simpy.Event | None:
        return None if self.ready else self._pipe.wait_filled()

    def take(self, most: int) -> str:
        pipe = self._pipe
        taken: list[str] = []
        while pipe.pieces and most:
            taken.append(pipe.cut(pipe.start + most))
            most -= len(taken[-1])
        pipe.emptied()
        return "".join(taken)

    def take_line(self) -> str:
        pipe = self._pipe
        taken: list[str] = []
        while pipe.pieces:
            piece = pipe.pieces[0]
            taken.append(pipe.cut(piece.find("\n", pipe.start) + 1 or len(piece)))
            if taken[-1].endswith("\n"):
                break
        pipe.emptied()
        return "".join(taken)


class _Writer(_End):
    def _closed(self) -> None:
        self._pipe.ended = True
        self._pipe.filled()

    def write(self, text: str) -> None:
        if self._pipe.broken:
            raise broken_pipe()
        self._pipe.add(text)

    @property
    def room(self) -> simpy.Event | None:
        pipe = self._pipe
        if pipe.size <= CAPACITY:
            return None
        return pipe.wait_emptied()

    def put(self, text: str) -> Steps:
        pipe = self._pipe
        at, whole = 0, len(text)
        while at < whole:
            if pipe.broken:
                raise broken_pipe()
            room = CAPACITY - pipe.size
            if room <= 0 or (whole <= ATOMIC and room < whole):
                yield pipe.wait_emptied()
                continue
            pipe.add(text[at : at + room] if at or room < whole else text)
            at += room
