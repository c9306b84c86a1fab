"""Network namespaces held by file descriptors: nothing has a name, everything ends with the process."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager

CLONE_NEWNET = 0x40000000
_SELF = "/proc/thread-self/ns/net"


def _call(name: str, *arguments: int) -> None:
    """A system call of the C library (`os.setns` and `os.unshare` are of Python 3.12)."""
    library = ctypes.CDLL(None, use_errno=True)
    if getattr(library, name)(*arguments) < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code), name)


@contextmanager
def inside(fd: int) -> Iterator[None]:
    """The thread is in that network namespace for the block."""
    before = os.open(_SELF, os.O_RDONLY | os.O_CLOEXEC)
    try:
        _call("setns", fd, CLONE_NEWNET)
        try:
            yield
        finally:
            _call("setns", before, CLONE_NEWNET)
    finally:
        os.close(before)


def new_netns() -> int:
    """A new network namespace as a file descriptor; `OSError` where the kernel refuses."""
    before = os.open(_SELF, os.O_RDONLY | os.O_CLOEXEC)
    try:
        _call("unshare", CLONE_NEWNET)
        try:
            return os.open(_SELF, os.O_RDONLY | os.O_CLOEXEC)
        finally:
            _call("setns", before, CLONE_NEWNET)
    finally:
        os.close(before)


def write_sysctl(fd: int, name: str, value: str) -> None:
    """Set ``net.…`` of a namespace."""
    with inside(fd), open("/proc/sys/" + name.replace(".", "/"), "w") as file:
        file.write(value)


__all__ = ["inside", "new_netns", "write_sysctl"]
