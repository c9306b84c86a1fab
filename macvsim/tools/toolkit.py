"""What the everyday tools share: GNU's and busybox's wording, options, and reading the files named, or standard
input."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, replace
from functools import wraps
from typing import Any

import simpy

from macvsim.errors import Effect
from macvsim.machine.call import Call, Waiting
from macvsim.machine.files import FileError
from macvsim.machine.options import read_alone
from macvsim.machine.streams import OpenFile, Text
from macvsim.machine.tool import BUSYBOX, GNU, Manner, Texts, Tool, tool

_GNU_FILE = {
    "ls": "cannot access '{path}': {why}",
    "mkdir": "cannot create directory '{path}': {why}",
    "rm": "cannot remove '{path}': {why}",
    "rmdir": "failed to remove '{path}': {why}",
    "sed": "can't read {path}: {why}",
    "sort": "cannot read: {path}: {why}",
    "tail": "cannot open '{path}' for reading: {why}",
    "head": "cannot open '{path}' for reading: {why}",
    "touch": "cannot touch '{path}': {why}",
}
_BUSYBOX_FILE = {
    "cat": "can't open '{path}': {why}",
    "mkdir": "can't create directory '{path}': {why}",
    "rm": "can't remove '{path}': {why}",
    "rmdir": "'{path}': {why}",
    "sort": "can't open '{path}': {why}",
    "tail": "can't open '{path}': {why}",
    "uniq": "can't open '{path}': {why}",
}


ALONE = replace(GNU, reader=read_alone)
"""Programs that know ``--help`` and ``--version`` only where nothing else is on the line."""
WORDS = Manner(reader=read_alone, help_options=(), version_options=())
"""Programs to which every word is an operand."""


@dataclass(frozen=True)
class Wording:
    """The texts of a program that GNU (coreutils 9, findutils 4) and busybox (1.37) both have."""

    busybox: bool
    file_texts: Mapping[str, str]

    def file_error(self, call: Call, path: str, why: str) -> int:
        """A file cannot be had; returns the exit status."""
        text = self.file_texts.get(_base(call), "{path}: {why}").format(path=path, why=why)
        return self.error(call, text)

    def error(self, call: Call, text: str) -> int:
        """A complaint behind the program's name; returns the exit status."""
        call.err(f"{call.name}: {text}\n")
        return 1 if call.tool is None else call.tool.manner.status


_GNU = Wording(False, _GNU_FILE)
_BUSYBOX = Wording(True, _BUSYBOX_FILE)

Shared = Callable[[Call, Wording], "int | Waiting"]


def everywhere(
    *names: str,
    effect: Effect,
    usage: str | Texts = "",
    works: str | None = None,
    letters: str = "",
    gnu: Manner = GNU,
    busybox: Manner = BUSYBOX,
) -> Callable[[Shared], tuple[Tool, Tool]]:
    """Make the programs of GNU and of busybox that share a function, which is told in which words to speak.

    usage, works, letters, effect : as of `macvsim.machine.tool.Tool`; gnu, busybox : the manner of each, where
    `WORDS` is that of a busybox applet without a usage
    """

    def make(fn: Shared) -> tuple[Tool, Tool]:
        @wraps(fn)
        def as_gnu(call: Call) -> int | Waiting:
            return fn(call, _GNU)

        @wraps(fn)
        def as_busybox(call: Call) -> int | Waiting:
            return fn(call, _BUSYBOX)

        make_gnu = tool(*names, usage=usage, works=works, letters=letters, effect=effect, manner=gnu)
        make_busybox = tool(
            *names,
            flavour="busybox",
            usage=usage if busybox.busybox else "",
            works=works if busybox.busybox else None,
            letters=letters,
            effect=effect,
            manner=busybox,
        )
        return make_gnu(as_gnu), make_busybox(as_busybox)

    return make


def _base(call: Call) -> str:
    return call.name.rsplit("/", 1)[-1]


def letters_of(call: Call) -> dict[str, Any]:
    """The options of a call by their letters, without the dash; the last of each counts."""
    return {name.lstrip("-"): value for name, value in call.given.options}


def opened(call: Call, manner: Wording, name: str, failed: list[str]) -> OpenFile | None:
    """A file opened for reading, ``-`` is standard input; one that cannot be read is complained about, and its name
    put in `failed`.
    """
    if name == "-":
        return call.fds.stdin
    try:
        return call.open(name)
    except FileError as error:
        if manner.busybox and error.errno == "EISDIR" and _base(call) in ("cat", "tail"):
            manner.error(call, f"read error: {error.strerror}")
        elif not manner.busybox and error.errno == "EISDIR" and _base(call) in ("head", "tail"):
            manner.error(call, f"error reading '{name}': {error.strerror}")
        else:
            manner.file_error(call, name, error.strerror)
        failed.append(name)
        return None


def text_of(call: Call, manner: Wording, name: str, failed: list[str]) -> Generator[simpy.Event, Any, str | None]:
    """All of a file, or of standard input; None for a file that cannot be read (`opened`)."""
    if name == "-":
        return (yield from call.read_all())
    file = opened(call, manner, name, failed)
    return None if file is None else (yield from call.read_all(file))


class Lines:
    """Lines of the files named, one file after the other, or of standard input, each as soon as it is there.

    failed : names of files that could not be read
    """

    def __init__(self, call: Call, manner: Wording, names: list[str]) -> None:
        self.failed: list[str] = []
        self._call = call
        self._manner = manner
        self._names = list(reversed(names or ["-"]))
        self._file: OpenFile | None = None

    def next(self) -> Text:
        """The next line with its end; empty at the end of the last file."""
        while True:
            while self._file is None:
                if not self._names:
                    return ""
                self._file = opened(self._call, self._manner, self._names.pop(), self.failed)
            if self._file is self._call.fds.stdin:
                line = yield from self._call.read_line()
            else:
                line = yield from self._file.read_line()
            if line:
                return line
            self._file = None


def lines_of(text: str) -> list[str]:
    """Lines without their ends; a last one without an end counts."""
    lines = text.split("\n")
    return lines[:-1] if lines[-1] == "" else lines
