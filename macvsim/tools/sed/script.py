"""The scripts of sed: commands with their addresses (GNU sed 4.9)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from macvsim.shell.expansion.escapes import unescape
from macvsim.shell.expansion.regex import translated

Address = int | str | re.Pattern[str]
"""The number of a line, ``$`` for the last one, or what a line matches."""


class SedError(Exception):
    """A script that means nothing; `at` is how many characters had been read."""

    def __init__(self, at: int, text: str) -> None:
        super().__init__(at, text)
        self.at = at
        self.text = text


@dataclass
class SedCommand:
    """One command.

    first, last : its addresses; inverted : ``!``; body : of ``{``; pattern, text, flags : what the letter takes
    active : a range has begun and not ended
    """

    letter: str
    first: Address | None = None
    last: Address | None = None
    inverted: bool = False
    body: list[SedCommand] = field(default_factory=list)
    pattern: re.Pattern[str] | None = None
    text: str = ""
    flags: str = ""
    active: bool = False


class Script:
    """Reads a script; `extended` regular expressions are egrep's."""

    def __init__(self, text: str, *, extended: bool) -> None:
        self._text = text
        self._at = 0
        self._kind = "E" if extended else "G"
        self.commands = self._block(nested=False)

    def _block(self, *, nested: bool) -> list[SedCommand]:
        found: list[SedCommand] = []
        while True:
            self._skip(" \t\n;")
            if self._at >= len(self._text):
                if nested:
                    raise SedError(0, "unmatched `{'")
                return found
            if self._peek() == "}":
                self._at += 1
                if not nested:
                    raise SedError(self._at, "unexpected `}'")
                return found
            if self._peek() == "#":
                end = self._text.find("\n", self._at)
                self._at = len(self._text) if end < 0 else end
                continue
            found.append(self._command())

    def _command(self) -> SedCommand:
        first = self._address()
        last: Address | None = None
        self._skip(" \t")
        if first is not None and self._peek() == ",":
            self._at += 1
            self._skip(" \t")
            last = self._address()
            if last is None:
                raise SedError(self._at, "unexpected `,'")
            self._skip(" \t")
        inverted = self._peek() == "!"
        if inverted:
            self._at += 1
            self._skip(" \t")
        letter = self._peek()
        self._at += 1
        if not letter:
            raise SedError(self._at - 1, "missing command")
        command = SedCommand(letter, first, last, inverted)
        match letter:
            case "{":
                command.body = self._block(nested=True)
            case "s" | "y":
                self._substitution(command)
            case "a" | "i" | "c":
                self._appended(command)
            case "d" | "D" | "p" | "P" | "q" | "Q" | "=" | "n" | "N" | "g" | "G" | "h" | "H" | "x":
                self._skip(" \t")
                if self._peek() not in ("", ";", "\n", "}", "#"):
                    raise SedError(self._at + 1, "extra characters after command")
            case _:
                raise SedError(self._at, f"unknown command: `{letter}'")
        return command

    def _address(self) -> Address | None:
        char = self._peek()
        if char.isdigit():
            start = self._at
            while self._peek().isdigit():
                self._at += 1
            return int(self._text[start : self._at])
        if char == "$":
            self._at += 1
            return "$"
        if char not in ("/", "\\"):
            return None
        self._at += 1 if char == "/" else 2
        pattern = self._delimited(self._text[self._at - 1], "unterminated address regex")
        insensitive = self._peek() == "I"
        self._at += insensitive
        return self._regex(pattern, re.IGNORECASE if insensitive else 0)

    def _substitution(self, command: SedCommand) -> None:
        mark = self._peek()
        self._at += 1
        what = f"unterminated `{command.letter}' command"
        if not mark or mark in "\n\\":
            raise SedError(self._at - (not mark), what)
        pattern = self._delimited(mark, what)
        command.text = self._delimited(mark, what)
        if command.letter == "y":
            source, target = (unescape(text)[0] for text in (pattern, command.text))
            if len(source) != len(target):
                raise SedError(self._at, "strings for `y' command are different lengths")
            command.flags, command.text = source, target
            return
        start = self._at
        while self._peek() and self._peek() in "gpiIe0123456789":
            self._at += 1
        command.flags = self._text[start : self._at]
        if self._peek() not in ("", ";", "\n", "}", " ", "#"):
            raise SedError(self._at + 1, "unknown option to `s'")
        command.pattern = self._regex(pattern, re.IGNORECASE if set("iI") & set(command.flags) else 0)

    def _appended(self, command: SedCommand) -> None:
        """The text of ``a``, ``i``, ``c``: the rest of the line, or behind a backslash the next ones."""
        self._skip(" \t")
        if self._peek() == "\\":
            self._at += 1
            self._skip(" \t")
            self._at += self._peek() == "\n"
        lines: list[str] = []
        while True:
            end = self._text.find("\n", self._at)
            line = self._text[self._at : end if end >= 0 else len(self._text)]
            self._at = len(self._text) if end < 0 else end + 1
            lines.append(line.removesuffix("\\"))
            if not line.endswith("\\") or end < 0:
                break
        command.text = re.sub(r"\\(.)", r"\1", "\n".join(lines))
        if not command.text and len(lines) == 1:
            raise SedError(self._at, "expected \\ after `a', `c' or `i'")

    def _delimited(self, mark: str, missing: str) -> str:
        """Text up to a mark, which a backslash hides."""
        found = ""
        while (char := self._peek()) != mark:
            if not char:
                raise SedError(len(self._text), missing)
            if char == "\\" and self._peek(1) == mark:
                found += mark if mark not in ".*[]^$+?(){}|" else f"\\{mark}"
                self._at += 2
                continue
            if char == "\\":
                found += char + self._peek(1)
                self._at += 2
                continue
            found += char
            self._at += 1
        self._at += 1
        return found

    def _regex(self, pattern: str, flags: int) -> re.Pattern[str]:
        try:
            return re.compile(translated(pattern.replace("\\n", "\n").replace("\\t", "\t"), self._kind), flags)
        except re.error as error:
            raise SedError(self._at, f"Invalid preceding regular expression: {error}") from None

    def _peek(self, ahead: int = 0) -> str:
        return self._text[self._at + ahead : self._at + ahead + 1]

    def _skip(self, chars: str) -> None:
        while self._peek() and self._peek() in chars:
            self._at += 1
