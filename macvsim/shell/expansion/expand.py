"""Word expansions: parameters, command substitution, arithmetic, field splitting, file names (POSIX.1-2017, Shell
Command Language 2.6).  Substituted commands take simulated time, so these are generators.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterable
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

import simpy

from macvsim.engine.budget import FIELD, LONG
from macvsim.machine.files import FileSystem
from macvsim.machine.streams import Descriptors
from macvsim.shell.expansion.fields import Fields, Pieces, is_pattern
from macvsim.shell.state import ShellError, State
from macvsim.shell.syntax.grammar import Grammar
from macvsim.shell.syntax.nodes import (
    Arithmetic,
    Assignment,
    BadSubstitution,
    Command,
    Lit,
    Param,
    Part,
    ProcessSubstitution,
    Substitution,
    Word,
)
from macvsim.shell.variables import Items, VariableError, is_reference, parse_reference

if TYPE_CHECKING:
    from macvsim.shell.expansion.pattern import Options

_PLAIN = re.compile(r"[\w./:,=+@%-]+", re.ASCII).fullmatch
_Words: TypeAlias = "Word | tuple[Part, ...]"
_Expanding: TypeAlias = Generator[simpy.Event, Any, str]


def _is_plain(text: str) -> bool:
    """True for text in which nothing is expanded, and nothing is to be counted."""
    return len(text) < LONG and _PLAIN(text) is not None


def _with_home(word: _Words, state: State, *, assigned: bool = False) -> Word:
    """As `with_home`."""
    if not any(isinstance(part, Lit) and "~" in part.text for part in word):
        return word if isinstance(word, Word) else Word(word)
    from macvsim.shell.expansion.tilde import with_home

    return with_home(word, state, assigned=assigned)


class Substitutor(Protocol):
    """The interpreter, which runs commands and knows the variables."""

    state: State
    streams: Descriptors
    line: int

    def substitute(self, program: Command) -> _Expanding:
        """Output of commands, without the line ends at its end."""

    def substitute_process(self, part: ProcessSubstitution) -> str:
        """Start commands, and name the file that is their input or output."""


class Expander:
    """Expands words for one shell."""

    def __init__(self, shell: Substitutor) -> None:
        self._shell = shell

    @property
    def state(self) -> State:
        """The shell's."""
        return self._shell.state

    @property
    def _options(self) -> Options:
        from macvsim.shell.expansion.pattern import Options

        shopts = self.state.shopts
        return Options("extglob" in shopts, "nocasematch" in shopts)

    # -- whole words ---------------------------------------------------------------------------------------------------

    def fields(self, words: tuple[_Words, ...]) -> Generator[simpy.Event, Any, list[str]]:
        """Words of a command: split, and matched against file names."""
        found: list[str] = []
        for word in words:
            found += yield from self.word_fields(word)
            self.build(FIELD * len(found))
        return found

    def word_fields(self, word: _Words) -> Generator[simpy.Event, Any, list[str]]:
        """The fields of one word."""
        if len(word) == 1 and type(part := word[0]) is Lit and not part.quoted and _is_plain(part.text):
            return [part.text]
        state, found = self.state, list[str]()
        words: Iterable[_Words] = (word,)
        if state.dialect.grammar >= Grammar.BASH and "B" in state.options:
            from macvsim.shell.expansion import braces

            words = braces.expand(Word(word), self._words)
        for one in words:
            fields = self._new_fields()
            yield from self._parts(_with_home(one, state), fields, split=True)
            for pieces in fields.result():
                found += self._paths(pieces)
        return found

    def _paths(self, pieces: Pieces) -> list[str]:
        """The files that a field matches, else the field."""
        state = self.state
        text = self._joined(pieces)
        if "f" in state.options or not is_pattern(pieces, extended="extglob" in state.shopts):
            return [text]
        from macvsim.shell.expansion.glob import glob
        from macvsim.shell.expansion.pattern import matches

        ignored = (state.variables.get("GLOBIGNORE") or "").split(":") if state.dialect.name == "bash" else []
        shopts = {*state.shopts, "dotglob"} if ignored != [""] and ignored else state.shopts
        paths = [
            path
            for path in glob(pieces, FileSystem(state.box, state.cwd), shopts)
            if not any(one and matches([(one, False)], path, self._options) for one in ignored)
        ]
        if paths or "nullglob" in state.shopts:
            return paths
        if "failglob" in state.shopts:
            raise ShellError(f"no match: {text}")
        return [text]

    def text(self, word: _Words, *, assigned: bool = False) -> _Expanding:
        """A word that stays one: the value of an assignment, the target of a redirection."""
        pieces = yield from self.pieces(_with_home(word, self.state, assigned=assigned))
        return self._joined(pieces)

    def build(self, size: int) -> None:
        """A text of so many characters is about to be built."""
        if size >= LONG:
            self.state.box.sim.meter.build(size, f"{self.state.box.name}: line {self._shell.line}: a word grows long")

    def _work(self, steps: int) -> None:
        """So many steps of work for one word."""
        said = f"{self.state.box.name}: line {self._shell.line}: a text or an array grows long"
        self.state.box.sim.meter.step(lambda: said, steps)

    def _words(self, number: int) -> None:
        """A word has braces that stand for so many words."""
        said = f"{self.state.box.name}: line {self._shell.line}: braces stand for {number:,} words"
        self.state.box.sim.meter.step(lambda: said, number // 4)

    def _joined(self, pieces: Pieces) -> str:
        self.build(sum(len(part) for part, _ in pieces))
        return "".join(part for part, _ in pieces)

    def pieces(self, word: _Words) -> Generator[simpy.Event, Any, Pieces]:
        """As `text`, but keeps what was quoted apart: a pattern."""
        fields = self._new_fields()
        yield from self._parts(word, fields, split=False)
        return [piece for piece in fields.pieces if piece is not None]

    def pattern(self, word: _Words) -> Generator[simpy.Event, Any, Pieces]:
        """As `pieces`, with the directory that a tilde stands for."""
        return (yield from self.pieces(_with_home(word, self.state)))

    def elements(self, assignment: Assignment) -> Generator[simpy.Event, Any, Items]:
        """The elements of ``name=(…)``."""
        found: Items = []
        assert not isinstance(assignment.value, Word)
        for element in assignment.value:
            if element.subscript is None:
                values = yield from self.word_fields(element.value)
                self._work(len(values))
                found += [(None, value, False) for value in values]
            else:
                subscript = yield from self.text(element.subscript)
                found.append((subscript, (yield from self.text(element.value, assigned=True)), element.append))
        return found

    def _new_fields(self) -> Fields:
        return Fields(self._separators())

    def _separators(self) -> str:
        found = self.state.variables.get("IFS")
        return " \t\n" if found is None else found

    # -- parts ---------------------------------------------------------------------------------------------------------

    def _parts(
        self, word: _Words, fields: Fields, *, split: bool, literal: bool = True
    ) -> Generator[simpy.Event, Any, None]:
        """Add the parts of a word; text that is not `literal` stands in an expansion, and is split too."""
        for part in word:
            match part:
                case Lit(text, quoted):
                    if split and not literal and not quoted:
                        fields.add_split(text)
                    else:
                        fields.add(text, quoted)
                case Param():
                    yield from self._param(part, fields, split=split)
                case ProcessSubstitution():
                    fields.add(self._shell.substitute_process(part), True)
                case Substitution(program, quoted):
                    self._add((yield from self._shell.substitute(program)), fields, quoted, split=split)
                case Arithmetic(expression, quoted):
                    value = str(self.evaluate((yield from self.text(expression))))
                    self._add(value, fields, quoted, split=split)
                case BadSubstitution(source):
                    raise self._bad_substitution(source)

    def _add(self, text: str, fields: Fields, quoted: bool, *, split: bool) -> None:
        if quoted or not split:
            fields.add(text, quoted)
        else:
            self.build(8 * len(text))
            fields.add_split(text)

    def _add_all(self, values: list[str], part: Param, fields: Fields, *, split: bool) -> None:
        """Values of ``$@`` or ``$*``."""
        star = part.name == "*" or (part.subscript is not None and part.subscript.source == "*")
        if not star and part.op == "names":
            star = part.word == (Lit("*"),)
        if star and (part.quoted or not split):
            self.build(sum(map(len, values)) + len(values))
            fields.add(self._separators()[:1].join(values), part.quoted)
            return
        for number, value in enumerate(values):
            if number:
                if split:
                    fields.split()
                else:
                    fields.add(" ", part.quoted)
            self._add(value, fields, part.quoted, split=split)

    def _bad_substitution(self, source: str) -> ShellError:
        return ShellError(self.state.dialect.bad_substitution(source), parsed=True)

    def evaluate(self, expression: str, within: str = "") -> int:
        """Value of an arithmetic expression; `within` a command that the message names."""
        from macvsim.shell.expansion import arith

        state = self.state
        environment = arith.Environment(self._number, self._assign_number, state.dialect.grammar)
        try:
            return arith.evaluate(expression, environment)
        except arith.BadExpression as error:
            raise ShellError(within + state.dialect.arithmetic(error)) from None

    def _number(self, reference: str) -> str:
        name, subscript = parse_reference(reference)
        found = self._element(name, subscript)
        if found is None and "u" in self.state.options and self.state.dialect.name != "dash":
            raise self._unset(reference)
        return found or ""

    def _assign_number(self, reference: str, value: str) -> None:
        self.state.assign(reference, value)

    def _element(self, name: str, subscript: str | None) -> str | None:
        """The value of a parameter or of an element; a subscript before the first one is reported."""
        if subscript is None:
            return self.state.value_of(name)
        try:
            return self.state.variables.element(name, subscript)
        except VariableError as error:
            self._shell.streams.err(self.state.dialect.say(self._shell.line, self.state.dialect.variable(error)))
            return None

    def _unset(self, name: str) -> ShellError:
        dialect = self.state.dialect
        shown = f"${name}" if name.isdecimal() and dialect.name == "bash" else name
        return ShellError(f"{shown}: {dialect.unset_parameter}", fatal=True)

    # -- parameters ----------------------------------------------------------------------------------------------------

    def _param(self, part: Param, fields: Fields, *, split: bool) -> Generator[simpy.Event, Any, None]:
        """``$name``, ``${#name}``, ``${name=word}``, ``${name?word}``, ``${name#pattern}`` …"""
        state = self.state
        if part.op == "names":
            self._add_all(state.variables.names(part.name), part, fields, split=split)
            return
        if part.op == "keys":
            from macvsim.shell.expansion.parameters import keys_of

            self._add_all(keys_of(state, part.name), part, fields, split=split)
            return
        name, subscript = part.name, None
        if part.subscript is not None:
            subscript = yield from self.text(part.subscript)
        if part.indirect:
            target = state.variables.own(name)
            if target is not None and "n" in target.attributes and subscript is None:
                self._add(target.scalar or "", fields, part.quoted, split=split)
                return
            name, subscript = parse_reference(self._behind(part, name, subscript))
        reference = name if subscript is None else f"{name}[{subscript}]"
        values = state.values_of(name, subscript)
        value = self._element(name, subscript) if values is None else " ".join(values) if values else None
        if part.op in (":-", "-", ":+", "+", ":=", "=", ":?", "?"):
            empty = value is None or (part.op[0] == ":" and not value)
            if (yield from self._substituted(part, empty, reference, fields, split=split)):
                return
            values, value = (values, value) if part.op[-1] not in "=" else (None, self._element(name, subscript))
        elif value is None and values is None and "u" in state.options:
            raise self._unset(reference)
        if part.op == "len":
            self._add(str(len(value or "") if values is None else len(values)), fields, part.quoted, split=split)
        elif values is None:
            text = yield from self._one(part, value, reference)
            self._add(text, fields, part.quoted, split=split)
        else:
            changed = yield from self._all(part, name, subscript, values)
            self._add_all(changed, part, fields, split=split)

    def _behind(self, part: Param, name: str, subscript: str | None) -> str:
        """The reference that the value of ``${!name}`` is."""
        value = self._element(name, subscript)
        if value is None:
            raise ShellError(f"{part.name}: invalid indirect expansion")
        if not is_reference(value) and not value.isdecimal() and value not in ("@", "*", "#", "?", "$", "!", "-"):
            raise ShellError(f"{value}: invalid variable name")
        return value

    def _substituted(
        self, part: Param, empty: bool, reference: str, fields: Fields, *, split: bool
    ) -> Generator[simpy.Event, Any, bool]:
        """``:-``, ``:+``, ``:=``, ``:?``: True if the word took the place of the value."""
        sign = part.op[-1]
        if sign == "?" and empty:
            message = yield from self.text(part.word)
            raise ShellError(f"{part.name}: {message or self.state.dialect.unset_message(part.op)}", fatal=True)
        if sign == "=" and empty:
            value = yield from self.text(part.word)
            self.state.assign(reference, value)
            return False
        if (sign == "-" and not empty) or sign in "=?":
            return False
        takes_word = sign == "-" or not empty
        if takes_word:
            word = _with_home(part.word, self.state)
            yield from self._parts(word, fields, split=split and not part.quoted, literal=False)
        if part.quoted and (takes_word or part.name != "@"):
            fields.add("", True)
        return True

    def _one(self, part: Param, value: str | None, reference: str) -> _Expanding:
        """The value, changed by an operator."""
        text = value or ""
        match part.op:
            case ":":
                return (yield from self._substring(part, text))
            case "@":
                letter = yield from self.text(part.word)
                if len(letter) != 1 or letter not in "QUuLEAaKkP":
                    raise self._bad_substitution(part.source)
                from macvsim.shell.expansion.parameters import transformed

                return transformed(self.state, value, letter, reference)
        return (yield from self._changed(part, text))

    def _changed(self, part: Param, text: str) -> _Expanding:
        """``#``, ``%``, ``/``, ``^`` and their relatives."""
        if not part.op or (part.op[-1] in "-=?+" and part.op[0] not in "/#%^,~"):
            return text
        from macvsim.shell.expansion import pattern

        pieces = yield from self.pieces(part.word)
        match part.op[0]:
            case "/":
                new = yield from self.pieces(part.second or ())
                if "patsub_replacement" not in self.state.shopts:
                    new = [(one, True) for one, _ in new]
                self._work(len(text) // 16)
                if len(text) * sum(len(one) for one, _ in new) >= LONG:  # then as long as each match makes it
                    marked = pattern.replace(pieces, text, part.op, [("\0", True)], self._options)
                    self.build(len(text) + marked.count("\0") * sum(len(one) for one, _ in new))
                return pattern.replace(pieces, text, part.op, new, self._options)
            case "^" | "," | "~":
                return pattern.change_case(pieces, text, part.op, self._options)
        return pattern.trim(pieces, text, part.op, pattern.Options("extglob" in self.state.shopts))

    def _all(
        self, part: Param, name: str, subscript: str | None, values: list[str]
    ) -> Generator[simpy.Event, Any, list[str]]:
        """The values of ``$@`` and the like, each changed by an operator."""
        if part.op == ":":
            offset = self.evaluate((yield from self.text(part.word)))
            length = None if part.second is None else self.evaluate((yield from self.text(part.second)))
            from macvsim.shell.expansion.parameters import sliced

            found = sliced(self.state, name, subscript, values, offset, length)
            if found is None:
                raise ShellError(f"{length}: substring expression < 0")
            return found
        changed: list[str] = []
        for value in values:
            changed.append((yield from self._one(part, value, name)))
        return changed

    def _substring(self, part: Param, text: str) -> _Expanding:
        """``${name:offset:length}``; what is negative counts from the end."""
        offset = self.evaluate((yield from self.text(part.word)))
        begin = offset if offset >= 0 else len(text) + offset
        bash = self.state.dialect.name == "bash"
        if begin < 0:
            begin = len(text) if bash else 0
        if part.second is None:
            return text[begin:]
        length = self.evaluate((yield from self.text(part.second)))
        end = begin + length if length >= 0 else len(text) + length
        if end < begin and bash and begin <= len(text):
            raise ShellError(f"{length}: substring expression < 0")
        return text[begin : max(end, begin)]
