"""Word expansions: parameters, command substitution, arithmetic, field splitting, file names (POSIX.1-2017, Shell
Command Language 2.6).  Substituted commands take simulated time, so these are generators.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, Protocol, TypeVar

import simpy

from macvsim.machine.files import FileSystem
from macvsim.shell.expansion import arith, braces, pattern
from macvsim.shell.expansion.pattern import Pieces
from macvsim.shell.state import ShellError, State
from macvsim.shell.syntax.grammar import Grammar
from macvsim.shell.syntax.nodes import Arithmetic, Command, Lit, Param, Part, Substitution, Word

_Sliced = TypeVar("_Sliced", str, list[str])


class Substitutor(Protocol):
    """Who runs commands and knows the variables: the interpreter."""

    state: State

    def substitute(self, program: Command) -> Generator[simpy.Event, Any, str]:
        """Output of commands, without the line ends at its end."""


class _Fields:
    """A word becoming fields: each is a list of pieces; None marks a place where it was split."""

    def __init__(self) -> None:
        self.pieces: list[tuple[str, bool] | None] = []

    def add(self, text: str, quoted: bool) -> None:
        if text or quoted:
            self.pieces.append((text, quoted))

    def split(self) -> None:
        self.pieces.append(None)

    def add_split(self, text: str, separators: str) -> None:
        """Text from an expansion outside quotes: cut at the characters of IFS."""
        blanks = "".join(char for char in separators if char in " \t\n")
        run, pending = "", False
        for char in text:
            if char not in separators:
                run += char
                pending = False
                continue
            self.add(run, False)
            if char not in blanks and not run and (pending or not self.pieces or self.pieces[-1] is None):
                self.pieces.append(("", True))
            run, pending = "", char not in blanks
            self.split()
        self.add(run, False)

    def result(self) -> list[Pieces]:
        fields: list[Pieces] = [[]]
        for piece in self.pieces:
            if piece is None:
                fields.append([])
            else:
                fields[-1].append(piece)
        return [field for field in fields if field]


class Expander:
    """Expands words for one shell."""

    def __init__(self, shell: Substitutor) -> None:
        self._shell = shell

    @property
    def _state(self) -> State:
        return self._shell.state

    # -- whole words ---------------------------------------------------------------------------------------------------

    def fields(self, words: tuple[Word, ...]) -> Generator[simpy.Event, Any, list[str]]:
        """Words of a command: split, and matched against file names."""
        found: list[str] = []
        if self._state.dialect.grammar >= Grammar.BASH:
            words = tuple(one for word in words for one in braces.expand(word))
        for word in words:
            fields = _Fields()
            yield from self._parts(_with_home(word, self._state), fields, split=True)
            for pieces in fields.result():
                text = "".join(part for part, _ in pieces)
                paths: list[str] = []
                if "f" not in self._state.options and pattern.is_pattern(pieces):
                    paths = pattern.glob(pieces, FileSystem(self._state.box, self._state.cwd))
                found += paths or [text]
        return found

    def text(self, word: Word) -> Generator[simpy.Event, Any, str]:
        """A word that stays one: the value of an assignment, the target of a redirection."""
        pieces = yield from self.pieces(_with_home(word, self._state))
        return "".join(part for part, _ in pieces)

    def pieces(self, word: Word) -> Generator[simpy.Event, Any, Pieces]:
        """As `text`, but keeps what was quoted apart: a pattern."""
        fields = _Fields()
        yield from self._parts(word, fields, split=False)
        return [piece for piece in fields.pieces if piece is not None]

    # -- parts ---------------------------------------------------------------------------------------------------------

    def _parts(self, word: Word, fields: _Fields, *, split: bool) -> Generator[simpy.Event, Any, None]:
        for part in word:
            if isinstance(part, Lit):
                fields.add(part.text, part.quoted)
                continue
            if isinstance(part, Param) and part.name in ("@", "*") and part.op in ("", ":+", "+", ":-", "-", ":"):
                done = yield from self._all_params(part, fields, split=split)
                if done:
                    continue
            if isinstance(part, Param) and part.op in (":-", "-", ":+", "+") and part.name not in ("@", "*"):
                value = self._value(part.name)
                empty = value is None or (part.op[0] == ":" and not value)
                if empty == (part.op[-1] == "-"):
                    yield from self._parts(part.word, fields, split=split and not part.quoted)
                    if part.quoted:
                        fields.add("", True)
                    continue
                text = "" if part.op[-1] == "+" else value or ""
            else:
                text = yield from self._expand(part)
            if not isinstance(part, Param | Substitution | Arithmetic):
                continue
            if part.quoted or not split:
                fields.add(text, part.quoted)
            else:
                fields.add_split(text, self._separators())

    def _separators(self) -> str:
        return self._state.variables.get("IFS", " \t\n")

    def _all_params(self, part: Param, fields: _Fields, *, split: bool) -> Generator[simpy.Event, Any, bool]:
        """``$@`` and ``$*``; False if an operator takes its word instead."""
        params = self._state.params
        if part.op == ":":
            params = yield from self._slice(part, [self._state.name, *params])
        elif part.op and bool(params) == (part.op[-1] == "+"):
            yield from self._parts(part.word, fields, split=split and not part.quoted)
            return True
        if part.op and part.op[-1] == "+":
            return True
        if part.quoted and part.name == "*":
            fields.add(self._separators()[:1].join(params), True)
            return True
        for number, param in enumerate(params):
            if number:
                if split:
                    fields.split()
                else:
                    fields.add(" ", part.quoted)
            if part.quoted or not split:
                fields.add(param, part.quoted)
            else:
                fields.add_split(param, self._separators())
        return True

    def _expand(self, part: Part) -> Generator[simpy.Event, Any, str]:
        """Text of one expansion."""
        match part:
            case Param():
                return (yield from self._param(part))
            case Substitution():
                return (yield from self._shell.substitute(part.program))
            case Arithmetic():
                return str(self.evaluate((yield from self.text(part.expression))))
        raise ShellError(self._state.dialect.bad_substitution)

    def evaluate(self, expression: str) -> int:
        """Value of an arithmetic expression."""
        counting = self._state.dialect.grammar >= Grammar.ASH
        try:
            return arith.evaluate(expression, lambda name: self._value(name) or "", self._state.set, counting=counting)
        except arith.BadExpression as error:
            raise ShellError(self._state.dialect.arithmetic(error)) from None

    def _slice(self, part: Param, items: _Sliced) -> Generator[simpy.Event, Any, _Sliced]:
        """``${name:offset:length}``; what is negative counts from the end."""
        offset = self.evaluate((yield from self.text(part.word)))
        begin = offset if offset >= 0 else max(len(items) + offset, 0)
        if part.second is None:
            return items[begin:]
        length = self.evaluate((yield from self.text(part.second)))
        return items[begin : begin + length if length >= 0 else len(items) + length]

    def _param(self, part: Param) -> Generator[simpy.Event, Any, str]:
        """``$name``, ``${#name}``, ``${name=word}``, ``${name?word}``, ``${name#pattern}`` …"""
        value = self._value(part.name)
        match part.op:
            case "" | "len":
                if value is None and "u" in self._state.options and part.name not in ("@", "*"):
                    raise ShellError(f"{part.name}: {self._state.dialect.unset_parameter}")
                return str(len(value or "")) if part.op == "len" else value or ""
            case "=" | ":=":
                if value is None or (part.op == ":=" and not value):
                    value = yield from self.text(part.word)
                    self._state.set(part.name, value)
                return value
            case "?" | ":?":
                if value is None or (part.op == ":?" and not value):
                    message = yield from self.text(part.word)
                    unset = "parameter not set" + (" or null" if part.op == ":?" else "")
                    raise ShellError(f"{part.name}: {message or unset}")
                return value
            case ":":
                return (yield from self._slice(part, value or ""))
            case "^" | "^^" | "," | ",,":
                change = str.upper if part.op[0] == "^" else str.lower
                text = value or ""
                return change(text) if len(part.op) == 2 else change(text[:1]) + text[1:]
        pieces = yield from self.pieces(part.word)
        if part.op[0] == "/":
            text = yield from self.text(part.second or ())
            return pattern.replace(pieces, value or "", part.op, text)
        return pattern.trim(pieces, value or "", part.op)

    def _value(self, name: str) -> str | None:
        """Value of a parameter, None if unset."""
        state = self._state
        if name.isdigit():
            number = int(name)
            if number == 0:
                return state.name
            return state.params[number - 1] if number <= len(state.params) else None
        match name:
            case "?":
                return str(state.status)
            case "$":
                return str(state.pid)
            case "!":
                return str(state.last_background) if state.last_background else None
            case "#":
                return str(len(state.params))
            case "-":
                return "".join(letter for letter in state.options if len(letter) == 1)
            case "@" | "*":
                return " ".join(state.params)
        return state.variables.get(name)


def _with_home(word: Word, state: State) -> Word:
    """A tilde at the beginning is the home directory."""
    first = word[0] if word else None
    if isinstance(first, Lit) and not first.quoted and (first.text == "~" or first.text.startswith("~/")):
        return (Lit(state.variables.get("HOME", "") + first.text[1:], quoted=True), *word[1:])
    return word
