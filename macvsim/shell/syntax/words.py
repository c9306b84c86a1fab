"""Reading words and assignments (POSIX.1-2017, Shell Command Language 2.3; bash(1), PARAMETERS and Arrays)."""

from __future__ import annotations

import re
from collections.abc import Sequence

from macvsim.shell.syntax.grammar import Grammar
from macvsim.shell.syntax.nodes import Assignment, Element, Lit, Part, Word
from macvsim.shell.syntax.quoting import PartReader, ShellSyntaxError

BLANKS = frozenset(" \t\n")
ENDS_WORD = frozenset(" \t\n;&|<>()")
_SUBSCRIPTED = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\[")
_ASSIGNED = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(\+?)=")


def in_one_word(elements: Sequence[Element]) -> Word:
    """``(…)`` as a text: what an array is where bash takes it for none, before a command and before more text."""
    parts: list[Part] = []
    for element in elements:
        parts += [Lit(" ")] if parts else []
        if element.subscript is not None:
            parts += [Lit("["), *element.subscript, Lit("]+=" if element.append else "]=")]
        parts += element.value
    return Word((Lit("("), *parts, Lit(")")), "")


class WordReader(PartReader):
    """Reads words and assignments."""

    # -- words ---------------------------------------------------------------------------------------------------------

    def word(self, ends: frozenset[str] = ENDS_WORD) -> Word:
        """A word from here to the first blank or operator."""
        start = self.position
        parts: list[Part] = []
        while (char := self._peek()) and (char not in ends or self._process_begins()):
            if self._pattern_begins():
                self._pattern_list(parts)
            else:
                self._piece(parts, char)
        return Word(parts, self.text[start : self.position])

    def regex(self) -> Word:
        """A regular expression in ``[[ … ]]``: only a blank outside parentheses ends it."""
        start, line, depth = self.position, self.line, 0
        parts: list[Part] = []
        while (char := self._peek()) and (depth or char not in BLANKS):
            depth += (char == "(") - (char == ")")
            self._piece(parts, char)
        if depth > 0 and self.grammar >= Grammar.BASH:
            raise ShellSyntaxError(line, "regex", token=")", opened=line)
        return Word(parts, self.text[start : self.position])

    # -- assignments ---------------------------------------------------------------------------------------------------

    def assignment(self) -> tuple[Word, Assignment | None]:
        """A word at a place where it may be an assignment, and the assignment."""
        start = self.position
        if self.grammar >= Grammar.BASH and _SUBSCRIPTED.match(self.text, start):
            found = self._assigned_element()
            if found is not None:
                return Word((Lit(found.source),), found.source), found
        match = _ASSIGNED.match(self.text, start) if self.grammar >= Grammar.BASH else None
        if match and self.text[match.end() : match.end() + 1] == "(":
            self.position = match.end()
            elements = self._elements()
            assigned: Word | tuple[Element, ...] = elements
            if (char := self._peek()) and char not in ENDS_WORD:
                more = self.word()
                assigned = Word((*in_one_word(elements), *more), self.text[match.end() : self.position])
            source = self.text[start : self.position]
            return Word((Lit(source),), source), Assignment(match[1], assigned, None, bool(match[2]), source)
        word = self.word()
        first = word[0] if word else None
        if not isinstance(first, Lit) or first.quoted or not (match := _ASSIGNED.match(first.text)):
            return word, None
        if match[2] and self.grammar < Grammar.BASH:
            return word, None
        rest = first.text[match.end() :]
        value = Word((Lit(rest), *word[1:]) if rest else word[1:], word.source[match.end() :])
        return word, Assignment(match[1], value, None, bool(match[2]), word.source)

    def _assigned_element(self) -> Assignment | None:
        """``name[subscript]=value``; None where there is none, and nothing is read."""
        start, line = self.position, self.line
        name = self._name()
        subscript = self._subscript()
        append = self._peek() == "+" and self._peek(1) == "="
        if subscript is None or (self._peek() != "=" and not append):
            self.position, self.line = start, line
            return None
        self.position += 2 if append else 1
        value: Word | tuple[Element, ...] = self._elements() if self._peek() == "(" else self.word()
        return Assignment(name, value, subscript, append, self.text[start : self.position])

    def _elements(self) -> tuple[Element, ...]:
        """``(…)`` behind ``name=``."""
        opened = self.line
        self.position += 1
        found: list[Element] = []
        while True:
            self._skip_space()
            char = self._peek()
            if not char:
                raise self._unclosed("Unterminated array", ")", opened)
            if char == ")":
                self.position += 1
                return tuple(found)
            start, line = self.position, self.line
            subscript = self._subscript() if char == "[" else None
            append = self._peek() == "+" and self._peek(1) == "="
            if subscript is not None and (append or self._peek() == "="):
                self.position += 2 if append else 1
                found.append(Element(self.word(), subscript, append))
                continue
            self.position, self.line = start, line
            word = self.word()
            if not word:
                raise ShellSyntaxError(self.line, "", f'"{char}"', token=char)
            found.append(Element(word))

    def _skip_space(self) -> None:
        """Blanks, ends of lines and comments."""
        while (char := self._peek()) and (char in " \t\n\r#" or (char == "\\" and self._peek(1) == "\n")):
            if char == "#":
                end = self.text.find("\n", self.position)
                self.position = len(self.text) if end < 0 else end
                continue
            self.line += "\n" in (char, self._peek(1) if char == "\\" else "")
            self.position += 2 if char == "\\" else 1
