"""sed: a stream of lines, edited by a script (GNU sed 4.9, busybox 1.37)."""

from __future__ import annotations

import posixpath
from collections.abc import Generator
from typing import Any

import simpy

from macvsim.errors import Effect
from macvsim.machine.call import Call, Waiting
from macvsim.machine.files import FileError
from macvsim.machine.streams import OpenFile, Steps
from macvsim.machine.tool import Manner, Texts, ToolError, UsageError, tool
from macvsim.tools.sed.run import Run
from macvsim.tools.sed.script import PANIC, Piece, Script

_TEXTS = Texts(__package__)
_BUSYBOX = Manner(help_on_stderr=True, version_options=(), busybox=True)
_BAD_INPUT = 2


@tool("sed", usage=_TEXTS, version=_TEXTS.blocks["version"], manner=Manner(),
      left_out={"--debug": "the program in a canonical form", "--sandbox": "no e, r and w"},
      effect=Effect.NONE)  # fmt: skip
def sed(call: Call) -> Waiting:
    """``sed [OPTION]... SCRIPT [FILE]...``."""
    return _sed(call, busybox=False)


@tool(
    "sed",
    flavour="busybox",
    usage=_TEXTS.blocks["busybox sed"],
    letters="e:f:i::nrEs",
    manner=_BUSYBOX,
    effect=Effect.NONE,
)
def busybox_sed(call: Call) -> Waiting:
    """``sed [-i[SFX]] [-nrE] ...``."""
    return _sed(call, busybox=True)


def _sed(call: Call, *, busybox: bool) -> Waiting:
    given, names = call.given, list(call.given.operands)
    pieces: list[Piece] = []
    for option, value in given.options:
        if option == "-e":
            pieces.append(Piece("", value))
        elif option == "-f":
            try:
                text = yield from call.read_all(None if value == "-" else call.open(value))
            except FileError as error:
                raise ToolError(f"couldn't open file {value}: {error.strerror}", PANIC) from None
            pieces.append(Piece(value, text.removesuffix("\n")))
    if not pieces:
        if not names:
            raise UsageError("")
        pieces.append(Piece("", names.pop(0)))
    width = given.get("-l", "70")
    if not width.isdecimal():
        raise ToolError(f"invalid line length: {width}")
    script = Script(pieces, extended="-E" in given or "-r" in given, busybox=busybox)
    files = _Files(call, names or ["-"], busybox=busybox, end="\0" if "-z" in given else "\n")
    for command in script.commands:
        if command.letter in "wW" or "w" in command.flags:
            files.opened(command.text)
    run = Run(
        script,
        files,
        call.box.sim.meter,
        quiet="-n" in given or script.quiet,
        width=int(width),
        end=files.end,
    )
    if "-i" not in given and "-s" not in given:
        status = yield from run.run()
    else:
        status = yield from _separately(call, run, files, suffix=given.get("-i") if "-i" in given else None)
    return files.status if status is None else status or files.status


def _separately(call: Call, run: Run, files: _Files, *, suffix: str | None) -> Generator[simpy.Event, Any, int | None]:
    """Each file by itself; with a suffix, which may be empty, in place."""
    for name in list(files.waiting):
        files.waiting = [name]
        if suffix is not None and call.files.is_directory(name):
            call.err(f"{call.name}: couldn't edit {name}: not a regular file\n")
            files.status = PANIC
            continue
        run.restart()
        files.kept = None if suffix is None else []
        before = call.files.read(name) if suffix and call.files.exists(name) else ""
        failed = files.failures
        status = yield from run.run()
        if files.kept is not None and files.failures == failed:
            if status is not None:
                while line := (yield from files.line()):
                    files.kept.append(line)
            if suffix:
                call.files.replace(_backup(name, suffix), before)
            try:
                call.files.replace(name, "".join(files.kept))
            except FileError as error:
                raise ToolError(f"couldn't open file {name}: {error.strerror}", PANIC) from None
        if status is not None:
            return status
    return None


def _backup(name: str, suffix: str) -> str:
    base = posixpath.basename(name)
    return posixpath.join(posixpath.dirname(name), suffix.replace("*", base) if "*" in suffix else base + suffix)


class _Files:
    """Input and output of a run.

    waiting : files that were not read yet; kept : output of a file that is edited in place; failures : files that
    could not be read
    """

    def __init__(self, call: Call, names: list[str], *, busybox: bool, end: str) -> None:
        self.waiting = names
        self.kept: list[str] | None = None
        self.failures = 0
        self.status = 0
        self.end = end
        self.name = "-"
        self._call = call
        self._missing = 1 if busybox else _BAD_INPUT
        self._file: OpenFile | None = None
        self._rest: list[str] = []
        self._written: dict[str, OpenFile] = {}
        self._partly: dict[str, OpenFile] = {}

    def line(self) -> Generator[simpy.Event, Any, str]:
        """The next line with its end; empty at the end of input."""
        call = self._call
        while True:
            if self._file is not None:
                file = None if self._file is call.fds.stdin else self._file
                if self.end == "\0":
                    if not self._rest:
                        text = yield from call.read_all(file)
                        self._rest = [f"{part}\0" for part in text.split("\0")]
                        last = self._rest.pop()[:-1]
                        self._rest = list(reversed([*self._rest, last] if last else self._rest))
                    line = self._rest.pop() if self._rest else ""
                else:
                    line = yield from call.read_line() if file is None else file.read_line()
                if line:
                    if not line.endswith(self.end) and self.waiting:
                        line += self.end
                    return line
                self._file = None
            if not self.waiting:
                return ""
            self._open(self.waiting.pop(0))

    def _open(self, name: str) -> None:
        call = self._call
        self.name = name
        try:
            if name != "-" and call.files.is_directory(name):
                raise ToolError(f"read error on {name}: Is a directory", PANIC)
            self._file = call.fds.stdin if name == "-" else call.open(name)
        except FileError as error:
            call.err(f"{call.name}: can't read {name}: {error.strerror}\n" if self._missing == _BAD_INPUT
                     else f"{call.name}: {name}: {error.strerror}\n")  # fmt: skip
            self.failures += 1
            self.status = self._missing

    def write(self, text: str) -> Steps:
        """Write to standard output, or keep for the file that is edited."""
        if self.kept is not None:
            self.kept.append(text)
        else:
            yield from self._call.write(text)

    def opened(self, name: str) -> OpenFile:
        """A file of ``w``, empty at first."""
        if name not in self._written:
            try:
                self._written[name] = self._call.create(name)
            except FileError as error:
                raise ToolError(f"couldn't open file {name}: {error.strerror}", PANIC) from None
        return self._written[name]

    def write_to(self, name: str, text: str) -> Steps:
        """Write to a file of ``w``."""
        file = self.opened(name)
        yield from file.put(text)
        file.flush()

    def text_of(self, name: str) -> Generator[simpy.Event, Any, str]:
        """The text of a file of ``r``; empty if it cannot be read."""
        try:
            return (yield from self._call.read_all(None if name == "/dev/stdin" else self._call.open(name)))
        except FileError:
            return ""

    def line_of(self, name: str) -> Generator[simpy.Event, Any, str]:
        """The next line of a file of ``R``."""
        try:
            file = self._partly.setdefault(name, self._call.open(name))
        except FileError:
            return ""
        return (yield from file.read_line())
