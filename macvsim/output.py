"""Files that macvsim writes on the machine it runs on: whole, or not at all (rename(2), fsync(2)).

A new text goes into a temporary file of the same folder, is flushed to the disk, and takes the place of the old file in
one step: after a full disk, a signal or a power cut the old file is whole, and a new one is complete or absent.  The
process locks its temporary files (flock(2)); the files of killed processes are removed by the next one that writes.
Links are followed, the mode of the old file is kept.  Pipes, terminals, devices and /proc/self/fd are written to
directly.
Every other module writes through this one (tests/output/test_one_writer.py).
"""

from __future__ import annotations

import errno
import os
import re
import signal
import stat
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from io import BufferedReader
from pathlib import Path

from macvsim.errors import MacvsimError

_MOST_LINKS = 40
_MODE = 0o666
"""Of new files, before the umask."""


def write_file(path: str | Path, data: str | bytes) -> None:
    """Write a whole file, text as UTF-8.

    Raises
    ------
    OSError : it cannot be written; `filename` is `path`, and a note says what is there now
    """
    with replacing(path) as draft:
        draft.write(data.encode("utf-8") if isinstance(data, str) else data)


def append_file(path: str | Path, text: str) -> None:
    """Add a text in UTF-8 to the end of a file, which is made if need be.

    Raises
    ------
    OSError : there is no room for all of it; the file has its former length
    """
    with _named(path, "the file is as it was"):
        fd = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | _FLAGS, _MODE)
        try:
            length = os.fstat(fd).st_size
            try:
                _write_all(fd, text.encode("utf-8"))
                os.fsync(fd)
            except BaseException:
                with suppress(OSError):
                    os.ftruncate(fd, length)
                raise
        finally:
            os.close(fd)


@contextmanager
def replacing(path: str | Path) -> Iterator[Draft]:
    """A draft that becomes the file when the block ends, and is given up if it fails; raises as `write_file`."""
    draft = Draft(path)
    try:
        yield draft
        draft.commit()
    finally:
        draft.close()


class Draft:
    """The draft of a file: complete pieces are written to it, then it takes the place of the file.

    path : of the file; is_direct : it is a pipe, a terminal or a device, and has each piece at once
    size : bytes of the pieces so far

    Methods raise OSError as `write_file` does.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.size = 0
        self._outcome = "the old file is as it was" if self.path.exists() else "no file was made"
        self._temporary: Path | None = None
        with _named(path):
            place = _place(self.path)
            self.is_direct = place is None
            self._place = place or self.path
            if place is None:
                self._fd = os.open(path, os.O_WRONLY | os.O_TRUNC | _FLAGS)
            else:
                if place.exists() and not os.access(place, os.W_OK):
                    raise OSError(errno.EACCES, os.strerror(errno.EACCES))
                self._temporary, self._fd = _create(place.parent)

    def write(self, piece: bytes) -> None:
        """Add a piece; if there is no room for all of it, none of it is kept."""
        with self._named():
            try:
                _write_all(self._fd, piece)
            except BaseException:
                if not self.is_direct:
                    with suppress(OSError):
                        os.ftruncate(self._fd, self.size)
                raise
        self.size += len(piece)

    def reader(self) -> BufferedReader:
        """Reads the pieces so far from the first one on."""
        os.lseek(self._fd, 0, os.SEEK_SET)
        return os.fdopen(os.dup(self._fd), "rb")

    def commit(self) -> None:
        """Make it the file."""
        if self._temporary is not None:
            with self._named():
                _inherit(self._fd, self._place)
                os.fsync(self._fd)
                os.replace(self._temporary, self._place)
            self._temporary = None
        self.close()

    def close(self) -> None:
        """Give it up, if it was not committed."""
        fd, self._fd = self._fd, -1
        temporary, self._temporary = self._temporary, None
        if fd != -1:
            os.close(fd)
        if temporary is not None:
            with suppress(OSError):
                temporary.unlink()

    def _named(self) -> AbstractContextManager[None]:
        return _named(self.path, self._outcome)


def check_writable(path: Path | None) -> None:
    """`MacvsimError` if a file could not be written in the end, before what is to be in it is made."""
    if path is None:
        return
    if path.is_dir():
        raise MacvsimError(f"{path}: this is a folder: choose the name of a file")
    place = _place(path)
    if place is None:
        if not os.access(path, os.W_OK):
            raise MacvsimError(f"{path}: no file can be written there: choose another name")
        return
    if not place.parent.is_dir():
        raise MacvsimError(f"{path}: there is no folder {place.parent}: make it first")
    if place.exists() and not os.access(place, os.W_OK):
        raise MacvsimError(f"{path}: the file must not be written: choose another name")
    if not os.access(place.parent, os.W_OK | os.X_OK):
        raise MacvsimError(f"{path}: no file can be written in the folder {place.parent}: choose another name")


_TEMPORARY = re.compile(r"\.macvsim-\d+-\d+\.tmp")
_FLAGS = getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)


def _place(path: Path) -> Path | None:
    """Where a file stands, links followed; None: it cannot be replaced by another file."""
    place = path.absolute()
    for _ in range(_MOST_LINKS):
        place = Path(os.path.realpath(place.parent)) / place.name
        if place.parts[1:2] == ("proc",):  # /dev/stdout, /dev/fd/3: what is open, whatever its name
            return None
        if not place.is_symlink():
            break
        place = place.parent / os.readlink(place)
    try:
        mode = place.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return place
    return place if stat.S_ISREG(mode) else None


def _create(folder: Path) -> tuple[Path, int]:
    """A new temporary file, open for reading and for adding to its end, and locked."""
    _remove_left(folder)
    number = 0
    while True:
        temporary = folder / f".macvsim-{os.getpid()}-{number}.tmp"
        number += 1
        with suppress(FileExistsError):
            fd = os.open(temporary, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_EXCL | _FLAGS, _MODE)
            with suppress(OSError):
                _lock(fd, wait=True)
            if os.fstat(fd).st_nlink:
                return temporary, fd
            os.close(fd)  # another process removed it before it was locked


def _remove_left(folder: Path) -> None:
    """Remove temporary files that no process holds open any more."""
    with suppress(OSError):
        for name in os.listdir(folder):
            if _TEMPORARY.fullmatch(name):
                with suppress(OSError):
                    _remove_unlocked(folder / name)


def _lock(fd: int, *, wait: bool) -> None:
    """Lock an open file; `OSError` if another process has, or no file is locked here."""
    try:
        import fcntl
    except ModuleNotFoundError:  # Windows, where no file that is open can be removed either
        raise OSError(errno.EOPNOTSUPP, os.strerror(errno.EOPNOTSUPP)) from None
    fcntl.flock(fd, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))


def _remove_unlocked(path: Path) -> None:
    fd = os.open(path, os.O_RDWR | _FLAGS | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    try:
        _lock(fd, wait=False)
        path.unlink()
    finally:
        os.close(fd)


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Ctrl-C, SIGTERM and SIGHUP act when the block has ended."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM, signal.SIGHUP})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _inherit(fd: int, place: Path) -> None:
    """The new file gets the mode and, where that is allowed, the owner of the old one."""
    try:
        old = place.stat()
    except FileNotFoundError:
        return
    new = os.fstat(fd)
    if hasattr(os, "fchown") and (old.st_uid, old.st_gid) != (new.st_uid, new.st_gid):
        with suppress(PermissionError):
            os.fchown(fd, old.st_uid, old.st_gid)
    if hasattr(os, "fchmod"):
        os.fchmod(fd, stat.S_IMODE(old.st_mode))


def _write_all(fd: int, data: bytes) -> None:
    left = memoryview(data)
    while left:
        left = left[os.write(fd, left) :]


@contextmanager
def _named(path: str | Path, outcome: str = "") -> Iterator[None]:
    """Errors of the system are about `path`, whichever file they came from, and say what is there now."""
    try:
        yield
    except OSError as error:
        named = OSError(error.errno, error.strerror, str(path))
        if outcome:
            named.add_note(outcome)
        raise named from None


__all__ = ["Draft", "append_file", "check_writable", "replacing", "uninterrupted", "write_file"]
