"""The files that the kernel shows under /proc and /sys (proc(5), sysfs(5)), and the nodes of all file trees.

`procfs` and `sysfs` find the node of a path; `macvsim.machine.files` asks them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Directory:
    """A directory and the names in it."""

    names: list[str]


@dataclass(frozen=True, slots=True)
class File:
    """A file.

    read : gives its text; write : takes a new text (a kernel parameter: a value); None where that is not permitted.
    Both raise `OSError` whose first argument is the errno's name
    """

    read: Callable[[], str] | None
    write: Callable[[str], None] | None = None


Node: TypeAlias = Directory | File
