"""grep, egrep and fgrep (GNU grep 3.11, busybox 1.37): lines that match regular expressions."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Generator, Iterator
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

import simpy

from macvsim.errors import Effect
from macvsim.machine.call import Call, Waiting
from macvsim.machine.files import FileError
from macvsim.machine.streams import OpenFile, Text
from macvsim.machine.tool import Manner, Texts, ToolError, UsageError, tool
from macvsim.shell.regexp import EGREP, GREP, Pattern, RegexError, compiled
from macvsim.tools.grep.search import Search, Wanted

_TEXTS = Texts(__package__)
_GNU = Manner(after="synopsis", status=2, usage_status=2, version_options=("--version", "-V"))
_BUSYBOX = Manner(help_on_stderr=True, version_options=(), busybox=True, status=2, usage_status=1)
_FIRST_BLOCK = 32768
"""Where GNU grep looks for NUL bytes before it prints a line."""
_DIGITS = "0123456789"


@tool("grep", "egrep", "fgrep", usage=_TEXTS, version=_TEXTS.blocks["version"], letters=_DIGITS + "y", manner=_GNU,
      left_out={"-P": "expressions of Perl", "--exclude-from": "patterns of file names in a file"},
      effect=Effect.NONE)  # fmt: skip
def grep(call: Call) -> Waiting:
    """``grep [OPTION]... PATTERNS [FILE]...``."""
    return _Grep(call, busybox=False).run()


@tool(
    "grep",
    "egrep",
    "fgrep",
    flavour="busybox",
    usage=_TEXTS.blocks["busybox grep"],
    letters="y",
    manner=_BUSYBOX,
    effect=Effect.NONE,
)
def busybox_grep(call: Call) -> Waiting:
    """``grep [-HhnlLoqvsrRiwFEz] ...``."""
    return _Grep(call, busybox=True).run()


class _Grep:
    """One run."""

    def __init__(self, call: Call, *, busybox: bool) -> None:
        self._call = call
        self._given = call.given
        self._busybox = busybox
        self._name = "grep" if busybox else call.name
        self._failed = False
        self._silent = "-s" in self._given
        self._rest: list[str] = []
        self._end = "\0" if "-z" in self._given else "\n"
        self._devices = self._given.get("-D", "")
        if self._devices not in ("", "read", "skip"):
            raise ToolError("unknown devices method")

    def run(self) -> Waiting:
        """All files, and the exit status."""
        operands = list(self._given.operands)
        wanted = self._wanted(self._pattern((yield from self._sources(operands))))
        if not operands:
            operands = ["" if self._recursive else "-"]
        prefixed = self._prefixed(operands)
        found = printed = False
        for name in (name for word in operands for name in self._files(word)):
            label = self._given.get("--label", "(standard input)") if name == "-" else name
            search = Search(wanted, label if prefixed else "", self._call.out, separate=printed)
            if not (yield from self._read(name, search)):
                continue
            search.close(label)
            if search.hidden:
                self._call.err(f"{self._name}: {label}: binary file matches\n")
            found = found or (search.found > 0) != (wanted.show == "others")
            printed = printed or search.printed
            if found and wanted.show == "nothing":
                return 0
        return 2 if self._failed else int(not found)

    @property
    def _recursive(self) -> bool:
        given = self._given
        return "-r" in given or "-R" in given or given.get("-d") == "recurse"

    def _prefixed(self, operands: list[str]) -> bool:
        """True if names of files stand before lines."""
        asked = [name for name in self._given.names if name in ("-h", "-H")]
        if asked:
            return asked[-1] == "-H"
        return len(operands) > 1 or (self._recursive and self._call.files.is_directory(operands[0] or "."))

    # -- options and patterns ------------------------------------------------------------------------------------------

    def _sources(self, operands: list[str]) -> Generator[simpy.Event, Any, list[str]]:
        """The patterns."""
        given, found = self._given, list[str]()
        for name, value in given.options:
            if name == "-e":
                found += value.split("\n")
            elif name == "-f":
                try:
                    text = yield from self._call.read_all(None if value == "-" else self._call.open(value))
                except FileError as error:
                    raise ToolError(f"{value}: {error.strerror}") from None
                found += text.removesuffix("\n").split("\n") if text else []
        if "-e" in given or "-f" in given:
            return found
        if not operands:
            raise UsageError("")
        return operands.pop(0).split("\n")

    def _pattern(self, patterns: list[str]) -> Pattern:
        given, name = self._given, posixpath.basename(self._call.name)
        kinds = [option[1] for option in given.names if option in ("-E", "-F", "-G")]
        kind = kinds[-1] if kinds else {"egrep": "E", "fgrep": "F"}.get(name, "G")
        insensitive = [option for option in given.names if option in ("-i", "-y", "--no-ignore-case")]
        try:
            pattern = compiled(
                *patterns,
                syntax={"E": EGREP, "G": GREP}.get(kind),
                fold=bool(insensitive) and insensitive[-1] != "--no-ignore-case",
                words="-w" in given,
                whole="-x" in given,
            )
        except RegexError as error:
            if self._busybox:
                raise ToolError(f"bad regex '{patterns[0]}': {error}") from None
            raise ToolError(str(error)) from None
        if not self._busybox:
            for warning in pattern.warnings:
                self._call.err(f"{self._call.name}: warning: {warning}\n")
        return pattern

    def _wanted(self, pattern: Pattern) -> Wanted:
        given = self._given
        show = "lines"
        for option, meaning in (
            ("-o", "matches"),
            ("-c", "count"),
            ("-L", "others"),
            ("-l", "files"),
            ("-q", "nothing"),
        ):
            show = meaning if option in given else show
        colors = [value for name in ("--color", "--colour") for value in given.all(name)]
        if colors and colors[-1] not in ("", "always", "never", "auto", "yes", "no", "force", "none", "tty", "if-tty"):
            raise UsageError("")
        before, after = self._context()
        return Wanted(
            pattern=pattern,
            invert="-v" in given,
            most=self._most(),
            show=show,
            before=before,
            after=after,
            separator=self._separator(),
            line_number="-n" in given,
            byte_offset="-b" in given,
            initial_tab="-T" in given,
            color=bool(colors) and colors[-1] in ("always", "yes", "force"),
            end=self._end,
            name_end="\0" if "-Z" in given else "",
        )

    def _separator(self) -> str | None:
        found: str | None = "--"
        for name, value in self._given.options:
            if name in ("--group-separator", "--no-group-separator"):
                found = value if name == "--group-separator" else None
        return found

    def _most(self) -> int:
        if "-m" not in self._given:
            return -1
        word = self._given.get("-m")
        if not re.fullmatch(r"-?\d+", word):
            raise ToolError(
                f"invalid number '{word}'" if self._busybox else "invalid max count", 1 if self._busybox else 2
            )
        return max(int(word), -1)

    def _context(self) -> tuple[int, int]:
        """How many lines are printed before and behind selected ones."""
        around, before, after, digits = "", "", "", ""
        for name, value in self._given.options:
            digits = digits + name[1] if name[1] in _DIGITS else ""
            match name:
                case "-A":
                    after = self._number(value)
                case "-B":
                    before = self._number(value)
                case "-C":
                    around = self._number(value)
                case _ if digits:
                    around = digits
        return int(before or around or 0), int(after or around or 0)

    def _number(self, word: str) -> str:
        if word.isdecimal():
            return word
        raise ToolError(f"invalid number '{word}'" if self._busybox else f"{word}: invalid context length argument")

    # -- files ---------------------------------------------------------------------------------------------------------

    def _files(self, word: str) -> Iterator[str]:
        """The files that an operand names."""
        files, given = self._call.files, self._given
        if not self._recursive or not files.is_directory(word or "."):
            if (not word or self._included(word)) and not (self._devices == "skip" and files.is_device(word)):
                yield word
            return
        reads_devices = self._busybox or self._devices == "read" or ("-R" in given and not self._devices)
        for name in files.names(word or "."):
            inside = posixpath.join(word, name)
            if not reads_devices and files.is_device(inside):
                continue
            if not files.is_directory(inside):
                if self._included(inside):
                    yield inside
            elif not any(fnmatchcase(name, glob) for glob in given.all("--exclude-dir")):
                yield from self._files(inside)

    def _included(self, name: str) -> bool:
        globs = [(option, value) for option, value in self._given.options if option in ("--include", "--exclude")]
        included = not globs or globs[0][0] == "--exclude"
        for option, glob in globs:
            if fnmatchcase(posixpath.basename(name), glob) or fnmatchcase(name, glob):
                included = option == "--include"
        return included

    def _read(self, name: str, search: Search) -> Generator[simpy.Event, Any, bool]:
        """Look through a file; False if it cannot be read."""
        call = self._call
        try:
            file = None if name == "-" else self._opened(name)
        except FileError as error:
            if error.errno == "EISDIR" and (self._recursive or self._given.get("-d") == "skip"):
                return False
            self._failed = True
            if not self._silent:
                call.err(f"{self._name}: {name}: {error.strerror}\n")
            return False
        text_only = "-a" in self._given or "-z" in self._given or self._given.get("--binary-files") == "text"
        search.binary = not text_only and file is not None and file.binary
        while True:
            line = yield from self._line(None if file is None else file.file)
            if not line:
                return True
            search.binary = search.binary or (not text_only and "\0" in line)
            if search.binary and ("-I" in self._given or self._given.get("--binary-files") == "without-match"):
                return False
            more = search.line(line.removesuffix(self._end))
            if call.fds.full:
                yield from call.fds.drain()
            if not more:
                return True

    def _line(self, file: OpenFile | None) -> Text:
        """The next line with its end."""
        if self._end == "\n":
            return (yield from self._call.read_line() if file is None else file.read_line())
        if not self._rest:
            self._rest = list(reversed(re.findall("[^\0]*\0|[^\0]+", (yield from self._call.read_all(file)))))
        return self._rest.pop() if self._rest else ""

    def _opened(self, name: str) -> _File:
        """A file, whose first block shows whether it is a binary one."""
        if self._call.files.is_directory(name):
            raise FileError("EISDIR", name)
        first = self._call.open(name)
        return _File(self._call.open(name), first.seekable and "\0" in first.take(_FIRST_BLOCK))


class _File(NamedTuple):
    file: OpenFile
    binary: bool
