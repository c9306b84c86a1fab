"""The files of a box: what commands wrote, and what the kernel shows under /proc and /sys.

Written files live in `Box.files`, by absolute path; a directory somebody made is a key that ends with a slash.  What is
generated has a `Node` each, made when it is looked up.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from macvsim.errors import ERRNO_TEXT, Effect, MacvsimError, NotSimulated
from macvsim.machine.host import Box
from macvsim.machine.kernelfs import Directory, File, Node
from macvsim.wire.addr import ip_int, ip_text

_DIRECTORIES = (
    "/bin", "/dev", "/etc", "/home", "/opt", "/proc", "/root", "/run", "/sbin", "/srv", "/sys", "/sys/class",
                "/tmp", "/usr", "/usr/bin", "/usr/sbin", "/var", "/var/log", "/var/run", "/var/tmp")  # fmt: skip
_MORE_ERRNO_TEXT = {
    "EBADF": "Bad file descriptor",
    "EIO": "Input/output error",
    "EISDIR": "Is a directory",
    "ENOSPC": "No space left on device",
    "ENOTDIR": "Not a directory",
    "ENOTEMPTY": "Directory not empty",
    "EROFS": "Read-only file system",
}


class FileError(MacvsimError):
    """A system call on a file fails; `errno` is the symbolic name, `path` as it was given."""

    def __init__(self, errno: str, path: str) -> None:
        super().__init__(errno, path)
        self.errno = errno
        self.path = path

    @property
    def strerror(self) -> str:
        """The C library's text for the errno."""
        return _MORE_ERRNO_TEXT.get(self.errno) or ERRNO_TEXT.get(self.errno, self.errno)

    def __str__(self) -> str:
        return f"{self.path}: {self.strerror}"


class FileSystem:
    """The files of one box; paths are relative to `cwd`."""

    def __init__(self, box: Box, cwd: str = "/") -> None:
        self.box = box
        self.cwd = cwd

    def absolute(self, path: str) -> str:
        """The path from the root, without dots and double slashes."""
        joined = posixpath.normpath(posixpath.join(self.cwd, path))
        return "/" + joined.lstrip("/")

    # -- looking -------------------------------------------------------------------------------------------------------

    def lookup(self, path: str) -> Node | None:
        """The file or directory at a path, None if there is none; `NotSimulated` for files of the kernel's that are
        left out.
        """
        where = self.absolute(path)
        parts = tuple(part for part in where.split("/") if part)
        text = self.box.files.get(where)
        if text is not None:
            return File(lambda: text, lambda new: self._store(where, new))
        if parts[:1] in (("dev",), ("sys",)):
            self._check_left_out(where)
        if parts[:1] == ("proc",) and len(parts) > 1:
            from macvsim.machine.kernelfs.procfs import proc  # commands that read no /proc do not load its texts

            return proc(self.box, parts[1:])
        if parts[:3] == ("sys", "class", "net"):
            from macvsim.machine.kernelfs.sysfs import sys_class_net

            return sys_class_net(self.box, parts[3:])
        generated = self._etc_or_dev(where)
        if generated is not None:
            return generated
        names = self._children(where)
        return (
            Directory(names)
            if names or where == "/" or where in _DIRECTORIES or where + "/" in self.box.files
            else None
        )

    def _check_left_out(self, where: str) -> None:
        """`NotSimulated` for a file that a device brings on a real machine only."""
        for dev in self.box.ns.present.values():
            if any(where == path or where.startswith(f"{path}/") for path in dev.link_kind.files_left_out(dev)):
                raise NotSimulated(f"{where}, which {dev.kind} devices have", Effect.READS)

    def _children(self, where: str) -> list[str]:
        """Names in a directory that is not generated as a whole."""
        prefix = where.rstrip("/") + "/"
        paths = [*self.box.files, *_DIRECTORIES, *_ETC, *_DEV]
        if prefix == "/proc/":
            paths += ["/proc/net", "/proc/sys"]
        if prefix == "/sys/class/":
            paths.append("/sys/class/net")
        inside = [path.removeprefix(prefix).rstrip("/") for path in paths if path.startswith(prefix)]
        return sorted({path.split("/")[0] for path in inside if path})

    def _etc_or_dev(self, where: str) -> Node | None:
        if where in _ETC:
            return File(lambda: _ETC[where](self.box), lambda text: self._store(where, text))
        return _DEV.get(where)

    def exists(self, path: str) -> bool:
        """True if there is a file or directory."""
        return self.lookup(path) is not None

    def is_directory(self, path: str) -> bool:
        """True if there is a directory."""
        return isinstance(self.lookup(path), Directory)

    def written(self, path: str) -> int:
        """When a file was written (ns of simulated time); others are as old as the lab."""
        return self.box.file_times.get(self.absolute(path), 0)

    def is_device(self, path: str) -> bool:
        """True for a character device."""
        return self.absolute(path) in _DEV

    def names(self, path: str) -> list[str]:
        """Names in a directory, sorted."""
        node = self.lookup(path)
        if not isinstance(node, Directory):
            raise FileError("ENOENT" if node is None else "ENOTDIR", path)
        return sorted(node.names)

    @contextmanager
    def changing(self, path: str) -> Iterator[None]:
        """A file is about to be written: where the kernel has a file that is left out, it would have changed the
        network, unless it is read-only.
        """
        try:
            yield
        except NotSimulated as error:
            where = self.absolute(path)
            if error.effect is not Effect.READS or (where.startswith("/proc/sys/") and self.box.read_only_parameters):
                raise
            raise NotSimulated(error.feature, Effect.CHANGES) from None

    # -- reading and writing -------------------------------------------------------------------------------------------

    def read(self, path: str) -> str:
        """The text of a file."""
        node = self.lookup(path)
        if not isinstance(node, File):
            raise FileError("ENOENT" if node is None else "EISDIR", path)
        if node.read is None:
            raise FileError("EACCES", path)
        try:
            return node.read()
        except OSError as error:
            raise FileError(error.args[0], path) from None

    def open_for_writing(self, path: str, *, truncate: bool) -> None:
        """What open() does for writing: makes the file if need be, empties it if `truncate`."""
        where = self.absolute(path)
        with self.changing(path):
            node = self.lookup(path)
        if isinstance(node, Directory):
            raise FileError("EISDIR", path)
        if isinstance(node, File):
            if node.write is None:
                raise FileError("EACCES", path)
            self._check_writable(where, path)
            if truncate and (where in self.box.files or where in _ETC):
                self._store(where, "")
            return
        if not self.is_directory(posixpath.dirname(where)) or _generated(where):
            raise FileError("ENOENT", path)
        self._store(where, "")

    def write(self, path: str, text: str) -> None:
        """Write at the end of a file that is open; to a kernel parameter, a value."""
        where = self.absolute(path)
        if where in self.box.files:
            self._count(path, text)
            self._append(where, text)
            return
        with self.changing(path):
            node = self.lookup(path)
        if not isinstance(node, File) or node.write is None:
            raise FileError("EACCES", path)
        self._check_writable(where, path)
        if where in _ETC:
            self._count(path, text)
            node.write((node.read() if node.read else "") + text)
            return
        try:
            node.write(text)
        except OSError as error:
            raise FileError(error.args[0], path) from None

    def write_at(self, where: str, text: str, at: int | None) -> int:
        """Write at an offset, or at the end (None), of a file that commands wrote; the offset behind the text.

        where : the absolute path
        """
        self._count(where, text)
        length = self.box.files.length(where)
        start = length if at is None else at
        end = start + len(text)
        if start >= length:
            self._append(where, "\0" * (start - length) + text)
        else:
            old = self.box.files[where]
            self._store(where, old[:start] + text + old[end:])
        return end

    def is_plain(self, path: str) -> bool:
        """True for a file that commands wrote: the kernel does not look at it."""
        return self.absolute(path) in self.box.files

    def _count(self, path: str, text: str) -> None:
        self.box.sim.meter.write(len(text), f"{self.box.name}: a program writes to {path} without an end")

    def _check_writable(self, where: str, path: str) -> None:
        if where.startswith("/proc/sys/") and self.box.read_only_parameters:
            raise FileError("EROFS", path)

    def make_directory(self, path: str) -> None:
        """mkdir()."""
        where = self.absolute(path)
        if self.exists(path):
            raise FileError("EEXIST", path)
        if not self.is_directory(posixpath.dirname(where)):
            raise FileError("ENOENT", path)
        if _generated(where):
            raise FileError("EPERM", path)
        self.box.files[where + "/"] = ""

    def replace(self, path: str, text: str) -> None:
        """Make a text all of a file, which need not exist."""
        self.open_for_writing(path, truncate=True)
        self.write(path, text)

    def remove(self, path: str) -> None:
        """unlink()."""
        where = self.absolute(path)
        if self.box.files.pop(where, None) is None:
            node = self.lookup(path)
            raise FileError("ENOENT" if node is None else "EISDIR" if isinstance(node, Directory) else "EPERM", path)

    def remove_directory(self, path: str) -> None:
        """rmdir()."""
        where = self.absolute(path)
        if self.names(path):
            raise FileError("ENOTEMPTY", path)
        if self.box.files.pop(where + "/", None) is None:
            raise FileError("EBUSY", path)

    def _store(self, where: str, text: str) -> None:
        """Keep a file."""
        self.box.files[where] = text
        self._written(where)

    def _append(self, where: str, text: str) -> None:
        """Keep more of a file."""
        self.box.files.append(where, text)
        self._written(where)

    def _written(self, where: str) -> None:
        """A file has another text; that of /etc/hosts is also the table of host names."""
        self.box.file_times[where] = int(self.box.sim.now)
        if where == "/etc/hosts":
            self.box.hosts.clear()
            self.box.hosts.update(_parse_hosts(self.box.files[where]))


def _generated(where: str) -> bool:
    """True where no file can be made."""
    return where.split("/")[1] in ("proc", "sys")


def _hosts(box: Box) -> str:
    names = "".join(f"{ip_text(address)}\t{name}\n" for name, address in box.hosts.items())
    return f"127.0.0.1\tlocalhost\n{names}"


def _parse_hosts(text: str) -> dict[str, int]:
    """Names and IPv4 addresses of a hosts file; the first line that has a name counts (hosts(5))."""
    found: dict[str, int] = {}
    for line in text.splitlines():
        address, *names = line.partition("#")[0].split() or [""]
        try:
            number = ip_int(address)
        except MacvsimError:
            continue
        for name in names:
            found.setdefault(name, number)
    return found


def _full(text: str) -> None:
    raise OSError("ENOSPC")


def _endless() -> str:
    raise NotSimulated("all of a device that has no end", Effect.NONE)


_ETC: dict[str, Callable[[Box], str]] = {
    "/etc/hosts": _hosts,
    "/etc/hostname": lambda box: box.hostname + "\n",
    "/etc/resolv.conf": lambda box: "",
}
_DEV: dict[str, File] = {
    "/dev/null": File(lambda: "", lambda text: None),
    "/dev/full": File(None, _full),
    "/dev/random": File(_endless, lambda text: None),
    "/dev/urandom": File(_endless, lambda text: None),
    "/dev/zero": File(_endless, lambda text: None),
}
