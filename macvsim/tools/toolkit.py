"""What the everyday tools share: GNU's and busybox's wording, options, and reading the files named, or standard
input."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import Any

import simpy

from macvsim.machine.call import Call, Waiting
from macvsim.machine.files import FileError
from macvsim.machine.streams import OpenFile, Text
from macvsim.machine.tool import Tool, tool
from macvsim.tools.getopt import OptionError, getopt

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
_GNU_FAILURE = {"ls": 2, "sort": 2, "grep": 2, "env": 125, "timeout": 125}
"""Exit codes for mistakes where they are not 1."""


@dataclass(frozen=True)
class Manner:
    """Whose tool it is: GNU's (coreutils 9, grep 3) or busybox's (1.37)."""

    busybox: bool
    file_texts: Mapping[str, str]

    def file_error(self, call: Call, path: str, why: str) -> int:
        """A file cannot be had; returns the exit code."""
        text = self.file_texts.get(_base(call), "{path}: {why}").format(path=path, why=why)
        return self.error(call, text)

    def error(self, call: Call, text: str) -> int:
        """A complaint behind the tool's name; returns the exit code."""
        call.err(f"{call.name}: {text}\n")
        return self.failure(call)

    def failure(self, call: Call) -> int:
        """Exit code of the tool for mistakes."""
        return (2 if _base(call) == "grep" else 1) if self.busybox else _GNU_FAILURE.get(_base(call), 1)

    def misuse(self, call: Call, text: str) -> int:
        """Words that make no sense: a complaint, if any, and where to read more; returns the exit code."""
        if text:
            call.err(f"{call.name}: {text}\n")
        if self.busybox:
            return call.not_simulated(f"the usage text of busybox {_base(call)}")
        call.err(f"Try '{call.name} --help' for more information.\n")
        return self.failure(call)


GNU = Manner(False, _GNU_FILE)
BUSYBOX = Manner(True, _BUSYBOX_FILE)

ToolFunction = Callable[[Call, Manner], "int | Waiting"]


def everywhere(*names: str) -> Callable[[ToolFunction], tuple[Tool, Tool]]:
    """Make the programs of GNU and of busybox that share a function, which is told in which manner to speak."""

    def make(fn: ToolFunction) -> tuple[Tool, Tool]:
        @wraps(fn)
        def gnu(call: Call) -> int | Waiting:
            return _run(fn, GNU, call)

        @wraps(fn)
        def busybox(call: Call) -> int | Waiting:
            return _run(fn, BUSYBOX, call)

        return tool(*names)(gnu), tool(*names, flavour="busybox")(busybox)

    return make


class Misuse(Exception):
    """Words that make no sense; the text goes before the usage."""


class Refused(Exception):
    """The tool ends here; the text goes behind its name."""


class LeftOut(Exception):
    """An option that the real tool has and macvsim does not."""


def _run(fn: ToolFunction, manner: Manner, call: Call) -> int | Waiting:
    try:
        answer = fn(call, manner)
    except (Misuse, Refused, LeftOut) as error:
        return _answer(call, manner, error)
    return answer if isinstance(answer, int) else _waiting(call, manner, answer)


def _waiting(call: Call, manner: Manner, body: Waiting) -> Waiting:
    try:
        return (yield from body)
    except (Misuse, Refused, LeftOut) as error:
        return _answer(call, manner, error)


def _answer(call: Call, manner: Manner, error: Exception) -> int:
    if isinstance(error, LeftOut):
        return call.not_simulated(str(error))
    return manner.misuse(call, str(error)) if isinstance(error, Misuse) else manner.error(call, str(error))


def _base(call: Call) -> str:
    return call.name.rsplit("/", 1)[-1]


def options(
    call: Call, letters: str, left_out: str = "", long: Mapping[str, str] | None = None, *, gathered: str = ""
) -> tuple[dict[str, str], list[str]]:
    """Options by letter, the last one counts, and the other words; of letters in `gathered` all count, a value a line.

    letters : as for getopt; left_out : letters the real tool also has; long : long options and the letters they mean
    """
    words = []
    for at, word in enumerate(call.args):
        if word == "--":
            words += call.args[at:]
            break
        if word.startswith("--"):
            name, equals, value = word[2:].partition("=")
            if not long or name not in long:
                raise LeftOut(f"{_base(call)} --{name}")
            words += [f"-{long[name]}{value}" if equals else f"-{long[name]}"]
        else:
            words.append(word)
    try:
        found, rest = getopt(words, letters + left_out)
    except OptionError as error:
        raise Misuse(str(error)) from None
    for letter, _ in found:
        if letter in left_out:
            raise LeftOut(f"{_base(call)} -{letter}")
    given = dict(found)
    for letter in (letter for letter in gathered if letter in given):
        given[letter] = "\n".join(value for other, value in found if other == letter)
    return given, rest


def opened(call: Call, manner: Manner, name: str, failed: list[str]) -> OpenFile | None:
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


def text_of(call: Call, manner: Manner, name: str, failed: list[str]) -> Generator[simpy.Event, Any, str | None]:
    """All of a file, or of standard input; None for a file that cannot be read (`opened`)."""
    if name == "-":
        return (yield from call.read_all())
    file = opened(call, manner, name, failed)
    return None if file is None else (yield from call.read_all(file))


class Lines:
    """Lines of the files named, one file after the other, or of standard input, each as soon as it is there.

    failed : names of files that could not be read
    """

    def __init__(self, call: Call, manner: Manner, names: list[str]) -> None:
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
