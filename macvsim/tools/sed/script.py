"""The scripts of sed: commands with their addresses (GNU sed 4.9)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import NamedTuple

from macvsim.errors import Effect, NotSimulated
from macvsim.machine.tool import ToolError
from macvsim.shell.regexp import SED, SED_EXTENDED, Pattern, RegexError, compiled
from macvsim.tools.sed.expression import NOTHING, Replacement, plain, source

_PLAIN = "dDpPnNgGhHxFz="
_BLANK = " \t"


PANIC = 4
"""Exit status of GNU sed where it cannot go on (EXIT_PANIC)."""


class Address(NamedTuple):
    """``number``, ``last``, ``pattern``, ``step`` (``1~2``), ``more`` (``,+2``) or ``multiple`` (``,~4``)."""

    kind: str
    number: int = 0
    step: int = 0
    pattern: Pattern | None = None
    """None: the regular expression that was used last."""


@dataclass
class Command:
    """One command.

    first, last : its addresses; inverted : ``!``; target : index of the command a jump or an unselected block goes to
    pattern, replacement, flags : of ``s``; text : of ``a i c y r w`` and labels; number : of ``q Q l L``
    active, ends : a range has begun and not ended, and the number of the line where it does
    """

    letter: str
    first: Address | None = None
    last: Address | None = None
    inverted: bool = False
    target: int = 0
    pattern: Pattern | None = None
    replacement: Replacement = NOTHING
    flags: str = ""
    occurrence: int = 1
    text: str = ""
    table: dict[int, str] = field(default_factory=dict)
    number: int = -1
    active: bool = False
    ends: int = 0


class Piece(NamedTuple):
    """A part of a script: the number of an ``-e``, or the name of a file of ``-f``."""

    name: str
    text: str


class Script:
    """The commands of a script.

    extended : its regular expressions are extended ones (``-E``); busybox : mistakes are told without their place
    """

    def __init__(self, pieces: list[Piece], *, extended: bool, busybox: bool) -> None:
        self._busybox = busybox
        self._pieces = pieces
        self._text = "\n".join(piece.text for piece in pieces)
        self._at = 0
        self._syntax = SED_EXTENDED if extended else SED
        self._labels: dict[str, int] = {}
        self.quiet = self._text.startswith("#n") and self._text[2:3] in ("", "\n")
        self.commands: list[Command] = []
        self._read()

    def _read(self) -> None:
        blocks: list[int] = []
        while True:
            self._skip(" \t\n;")
            if self._at >= len(self._text):
                break
            if self._peek() == "#":
                self._line()
                continue
            command = self._command()
            match command.letter:
                case "{":
                    blocks.append(len(self.commands))
                case "}":
                    if not blocks:
                        raise self._error("unexpected `}'")
                    self.commands[blocks.pop()].target = len(self.commands)
                    self._ended()
                    continue
                case ":":
                    self._labels[command.text] = len(self.commands)
                    continue
            self.commands.append(command)
        if blocks:
            raise self.told(f"-e expression #{len(self._pieces)}, char 0", "unmatched `{'")
        for command in self.commands:
            if command.letter in ("b", "t", "T"):
                if command.text and command.text not in self._labels:
                    text = f"can't find label for jump to `{command.text}'"
                    raise ToolError(text, 1 if self._busybox else PANIC)
                command.target = self._labels.get(command.text, len(self.commands))

    def _command(self) -> Command:
        command = Command("")
        command.first = self._address()
        self._skip(_BLANK)
        if command.first is not None and self._peek() == ",":
            self._at += 1
            self._skip(_BLANK)
            command.last = self._address(second=True)
            if command.last is None:
                raise self._error("unexpected `,'", ahead=1)
            self._skip(_BLANK)
        first, last = command.first, command.last
        if first is not None and first.kind == "number" and first.number == 0:
            if last is None or last.kind != "pattern":
                raise self._error("invalid usage of line address 0", ahead=1)
            command.active = True
        while self._peek() == "!":
            self._at += 1
            if command.inverted:
                raise self._error("multiple `!'s")
            command.inverted = True
            self._skip(_BLANK)
        command.letter = letter = self._peek()
        if not letter or letter == "\n":
            raise self._error("missing command")
        self._at += 1
        self._arguments(command, letter)
        return command

    def _arguments(self, command: Command, letter: str) -> None:
        match letter:
            case "{":
                pass
            case "}" | ":" if command.first is not None and letter == ":":
                raise self._error(": doesn't want any addresses")
            case "}":
                if command.first is not None:
                    raise self._error("unexpected `}'")
            case ":":
                self._skip(_BLANK)
                command.text = self._word(";\n \t")
                if not command.text:
                    raise self._error('":" lacks a label')
            case "b" | "t" | "T":
                self._skip(_BLANK)
                command.text = self._word(";\n} \t").strip()
                self._ended()
            case "s":
                self._substitution(command)
            case "y":
                self._translation(command)
            case "a" | "i" | "c":
                self._appended(command)
            case "r" | "R" | "w" | "W":
                self._skip(_BLANK)
                command.text = self._line()
                if not command.text:
                    raise self._error("missing filename in r/R/w/W commands")
            case "q" | "Q" | "l" | "L":
                if letter in "qQ" and command.last is not None:
                    raise self._error("command only uses one address")
                self._skip(_BLANK)
                digits = self._digits()
                command.number = int(digits) if digits else -1
                self._ended()
            case "e":
                raise NotSimulated("the command e of sed", Effect.CHANGES)
            case _ if letter in _PLAIN:
                self._ended()
            case _:
                raise self._error(f"unknown command: `{letter}'")

    def _address(self, *, second: bool = False) -> Address | None:
        char = self._peek()
        if second and char and char in "+~" and self._peek(1).isdecimal() and self._peek(1).isascii():
            self._at += 1
            return Address("more" if char == "+" else "multiple", int(self._digits()))
        if char.isdecimal() and char.isascii():
            number = int(self._digits())
            if self._peek() == "~" and not second:
                self._at += 1
                return Address("step", number, int(self._digits() or 0))
            return Address("number", number)
        if char == "$":
            self._at += 1
            return Address("last")
        if char not in ("/", "\\"):
            return None
        self._at += 1 if char == "/" else 2
        text = self._delimited(self._text[self._at - 1 : self._at], "unterminated address regex", regex=True)
        flags = self._word_of("IM")
        return Address("pattern", pattern=self._pattern(text, flags))

    def _substitution(self, command: Command) -> None:
        mark, what = self._mark("s")
        text = self._delimited(mark, what, regex=True)
        command.replacement = Replacement.read(self._delimited(mark, what))
        while (char := self._peek()) and (char in "gpiIeMmw \t" or char.isdecimal()):
            if char.isdecimal():
                number = int(self._digits())
                if not number:
                    raise self._error("number option to `s' command may not be zero")
                if command.number >= 0:
                    raise self._error("multiple number options to `s' command")
                command.number = command.occurrence = number
                continue
            self._at += 1
            if char in _BLANK:
                continue
            if char == "e":
                raise NotSimulated("the flag e of sed's s", Effect.CHANGES)
            if char in "gp" and char in command.flags:
                raise self._error(f"multiple `{char}' options to `s' command")
            command.flags += char
            if char == "w":
                self._skip(_BLANK)
                command.text = self._line()
                if not command.text:
                    raise self._error("missing filename in r/R/w/W commands")
                break
        if "w" not in command.flags:
            self._ended("unknown option to `s'")
        command.pattern = self._pattern(text, command.flags.upper())
        groups = 9 if command.pattern is None else command.pattern.groups
        if command.replacement.groups > groups:
            raise self._error(f"invalid reference \\{command.replacement.groups} on `s' command's RHS")

    def _translation(self, command: Command) -> None:
        mark, what = self._mark("y")
        texts = [self._delimited(mark, what) for _ in range(2)]
        letters, others = ([plain(part) for part in re.findall(r"\\.|[^\\]|\\$", text, re.DOTALL)] for text in texts)
        if len(letters) != len(others):
            raise self._error("strings for `y' command are different lengths")
        command.table = {ord(letter): other for letter, other in reversed(list(zip(letters, others, strict=True)))}
        self._ended()

    def _appended(self, command: Command) -> None:
        """The text of ``a``, ``i``, ``c``: the rest of the line, or behind a backslash the next ones."""
        self._skip(_BLANK)
        if self._at >= len(self._text):
            raise self._error("expected \\ after `a', `c' or `i'")
        if self._peek() == "\\":
            match = re.compile(r"\\[ \t]*\n").match(self._text, self._at)
            self._at = match.end() if match else self._at + 1
            if self._at >= len(self._text) and not match:
                command.text = ""
                return
        lines: list[str] = []
        while True:
            end = self._text.find("\n", self._at)
            line = self._text[self._at : end if end >= 0 else len(self._text)]
            self._at = len(self._text) if end < 0 else end + 1
            lines.append(line)
            if end < 0 or (len(line) - len(line.rstrip("\\"))) % 2 == 0:
                break
        command.text = plain("\n".join(lines)) + "\n"

    # -- pieces of the text --------------------------------------------------------------------------------------------

    def _mark(self, letter: str) -> tuple[str, str]:
        """The delimiter of ``s`` and ``y``, and the error where it is missing."""
        mark, what = self._peek(), f"unterminated `{letter}' command"
        if not mark or mark in "\n\\":
            raise self._error(what)
        self._at += 1
        return mark, what

    def _delimited(self, mark: str, missing: str, *, regex: bool = False) -> str:
        """Text up to a mark, which a backslash or a bracket expression hides."""
        found, inside = "", 0
        while (char := self._peek()) != mark or inside:
            if not char or (char == "\n" and regex):
                raise self._error(missing)
            if char == "\\" and self._peek(1):
                after = self._peek(1)
                found += after if after == mark and (regex or mark != "&") else char + after
                self._at += 2
                continue
            if regex and inside:
                if self._text.startswith(("[:", "[.", "[="), self._at):
                    end = self._text.find(f"{self._peek(1)}]", self._at + 2)
                    if end > 0:
                        found += self._text[self._at : end + 2]
                        self._at = end + 2
                        continue
                inside = int(char != "]" or not found[inside:].lstrip("^")) and inside
            elif regex and char == "[":
                inside = len(found) + 1
            found += char
            self._at += 1
        self._at += 1
        return found

    def _pattern(self, text: str, flags: str) -> Pattern | None:
        if not text:
            return None
        try:
            return compiled(source(text), syntax=self._syntax, fold="I" in flags, lines="M" in flags)
        except RegexError as error:
            if error.code == "CLASS":
                raise ToolError(str(error), 1) from None
            raise self._error(str(error)) from None

    def _ended(self, otherwise: str = "extra characters after command") -> None:
        """Nothing but blanks may stand before the end of a command."""
        self._skip(_BLANK)
        if self._peek() not in ("", ";", "\n", "}", "#"):
            raise self._error(otherwise, ahead=1)

    def _line(self) -> str:
        end = self._text.find("\n", self._at)
        line = self._text[self._at : end if end >= 0 else len(self._text)]
        self._at += len(line)
        return line

    def _word(self, stops: str) -> str:
        start = self._at
        while self._peek() and self._peek() not in stops:
            self._at += 1
        return self._text[start : self._at]

    def _word_of(self, letters: str) -> str:
        start = self._at
        self._skip(letters)
        return self._text[start : self._at]

    def _digits(self) -> str:
        return self._word_of("0123456789")

    def _peek(self, ahead: int = 0) -> str:
        return self._text[self._at + ahead : self._at + ahead + 1]

    def _skip(self, chars: str) -> None:
        while self._peek() and self._peek() in chars:
            self._at += 1

    def _error(self, text: str, *, ahead: int = 0) -> ToolError:
        """An error where the script was read to, or `ahead` characters further where there are some."""
        at = min(self._at + ahead, len(self._text))
        start, expressions = 0, 0
        for piece in self._pieces:
            expressions += not piece.name
            if at <= start + len(piece.text):
                break
            start += len(piece.text) + 1
        if piece.name:
            return self.told(f"file {piece.name} line {self._text.count(chr(10), start, at) + 1}", text)
        return self.told(f"-e expression #{expressions}, char {at - start}", text)

    def told(self, place: str, text: str) -> ToolError:
        """A mistake; only GNU sed tells the place."""
        return ToolError(text if self._busybox else f"{place}: {text}", 1)
