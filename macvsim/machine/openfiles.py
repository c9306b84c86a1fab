"""Opening files of a box: regular files, files that the kernel generates, and the devices of mem(4) and fd(4)."""

from __future__ import annotations

import re

from macvsim.errors import Effect, NotSimulated
from macvsim.machine.files import FileError, FileSystem
from macvsim.machine.host import Box
from macvsim.machine.streams import NULL, ClosedInput, Descriptors, OpenFile, Steps

_LEAST = 1 << 10
"""Bytes that take as long as a read of fewer."""
_SAME = {"/dev/stdin": 0, "/dev/stdout": 1, "/dev/stderr": 2}


class _Regular(OpenFile):
    """A file that programs wrote, which is read and written where the offset is."""

    seekable = True

    def __init__(self, files: FileSystem, where: str, *, appends: bool) -> None:
        self._files = files
        self._where = where
        self._appends = appends
        self._at = 0
        self._last = ""

    def _text(self) -> str:
        """The text of the file; of a file that was removed, its last one."""
        self._last = self._files.box.files.get(self._where, self._last)
        return self._last

    def take(self, most: int) -> str:
        text = self._text()[self._at : self._at + most]
        self._at += len(text)
        return text

    def take_line(self) -> str:
        text = self._text()
        end = text.find("\n", self._at) + 1 or max(len(text), self._at)
        line = text[self._at : end]
        self._at = end
        return line

    def write(self, text: str) -> None:
        if text and self._where in self._files.box.files:
            self._at = self._files.write_at(self._where, text, None if self._appends else self._at)


class _Generated(OpenFile):
    """A file of the kernel's: read once, when it is opened, and written in one piece at the end of a command."""

    seekable = True

    def __init__(self, files: FileSystem, path: str, text: str) -> None:
        self._files = files
        self._path = path
        self._text = text
        self._at = 0
        self._pending = ""

    def take(self, most: int) -> str:
        text = self._text[self._at : self._at + most]
        self._at += len(text)
        return text

    def take_line(self) -> str:
        end = self._text.find("\n", self._at) + 1 or len(self._text)
        line = self._text[self._at : end]
        self._at = end
        return line

    def write(self, text: str) -> None:
        self._pending += text

    def flush(self) -> None:
        text, self._pending = self._pending, ""
        if text:
            self._files.write(self._path, text)


class _Zeros(OpenFile):
    """``/dev/zero``: as many NUL bytes as are read, which are steps of the budget."""

    endless = True
    per_step = 1 << 14
    """Bytes that take as long as a step of a program."""

    def __init__(self, box: Box, path: str) -> None:
        self._box = box
        self._path = path
        self._counted = 0

    def take(self, most: int) -> str:
        self._count(most)
        return "\0" * most

    def take_line(self) -> str:
        raise NotSimulated(f"a line of {self._path}, which has no end", Effect.NONE)

    def _count(self, octets: int) -> None:
        self._counted += max(octets, _LEAST)
        if self._counted >= self.per_step:
            steps, self._counted = divmod(self._counted, self.per_step)
            self._box.sim.meter.step(lambda: f"{self._box.name}: a program reads {self._path}, which has no end", steps)


class _Random(_Zeros):
    """``/dev/urandom``: bytes of the box's random stream, equal in every run of a lab with a seed (random(4))."""

    per_step = 1 << 10

    def take(self, most: int) -> str:
        self._count(most)
        data = self._box.sim.rng(f"urandom/{self._box.ns.name}").randbytes(most)
        return data.decode("ascii", "surrogateescape")

    def take_line(self) -> str:
        line = ""
        while not line.endswith("\n"):
            line += self.take(1)
        return line


class _Failing(OpenFile):
    """A place where every write fails: with an errno, and as late as a program can know it."""

    def __init__(self, errno: str, path: str) -> None:
        self._errno = errno
        self._path = path
        self._failed = False

    def write(self, text: str) -> None:
        self._failed = self._failed or bool(text)

    def put(self, text: str) -> Steps:
        self.write(text)
        self.flush()
        yield from ()

    def flush(self) -> None:
        failed, self._failed = self._failed, False
        if failed:
            raise FileError(self._errno, self._path)


class _Full(_Zeros, _Failing):
    """``/dev/full``: a disk without space."""

    def __init__(self, box: Box, path: str) -> None:
        _Zeros.__init__(self, box, path)
        _Failing.__init__(self, "ENOSPC", path)


class Closed(_Failing):
    """Standard input or output of a process that has closed it."""

    is_closed = True

    def __init__(self) -> None:
        super().__init__("EBADF", "standard output")

    def take(self, most: int) -> str:
        raise ClosedInput

    def take_line(self) -> str:
        raise ClosedInput


def open_to_read(files: FileSystem, path: str, fds: Descriptors) -> OpenFile:
    """Open a file for reading (O_RDONLY); `fds` are the descriptors that ``/dev/fd`` shows."""
    where = files.absolute(path)
    if (device := _device(files, where, path, fds)) is not None:
        return device
    if where in files.box.files:
        return _Regular(files, where, appends=False)
    return _Generated(files, path, files.read(path))


def open_to_write(
    files: FileSystem, path: str, fds: Descriptors, *, truncates: bool = True, appends: bool = False
) -> OpenFile:
    """Open a file for writing (O_CREAT, O_TRUNC, O_APPEND), and for reading where it does not truncate (O_RDWR)."""
    where = files.absolute(path)
    if (device := _device(files, where, path, fds)) is not None:
        return device
    files.open_for_writing(path, truncate=truncates and not appends)
    if where in files.box.files:
        return _Regular(files, where, appends=appends)
    return _Generated(files, path, "" if truncates or appends else files.read(path))


def _device(files: FileSystem, where: str, path: str, fds: Descriptors) -> OpenFile | None:
    if not where.startswith("/dev/"):
        return None
    number = re.fullmatch(r"/dev/fd/(\d+)", where)
    fd = int(number[1]) if number else _SAME.get(where)
    if fd is not None:
        found = fds.get(fd)
        if found is None:
            raise FileError("ENOENT" if number else "ENXIO", path)
        return found
    match where:
        case "/dev/null":
            return NULL
        case "/dev/zero":
            return _Zeros(files.box, path)
        case "/dev/urandom" | "/dev/random":
            return _Random(files.box, path)
        case "/dev/full":
            return _Full(files.box, path)
    return None
