"""From characters to tokens (POSIX.1-2017, Shell Command Language 2.3): operators, words, here-documents."""

from __future__ import annotations

import re
from collections.abc import Container
from dataclasses import dataclass

from macvsim.shell.syntax.grammar import Grammar
from macvsim.shell.syntax.nodes import Assignment, HereDocument, Lit, Word
from macvsim.shell.syntax.quoting import Nested, ShellSyntaxError
from macvsim.shell.syntax.words import WordReader

_MORE_OPERATORS = ((), ("&>",), ("<<<", "&>>", "&>", "|&", ";;&", ";&"))
"""Operators beyond POSIX, by grammar."""
OPERATORS = ("<<-", "&&", "||", ";;", "<<", ">>", "<&", ">&", "<>", ">|", "&", "|", ";", "(", ")", "<", ">")
REDIRECTIONS = frozenset(("<", ">", ">>", "<<", "<<-", "<&", ">&", "<>", ">|", "<<<", "&>", "&>>"))
_VARIABLE = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}(?=[<>])")


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of a command.

    kind : ``word``, ``operator``, ``number`` (before a redirection; or ``{name}``), ``newline`` or ``end``
    text : as written, for operators and numbers; start, end : where it stands
    assignment : the assignment that the word may be
    """

    kind: str
    line: int
    start: int
    end: int
    text: str = ""
    word: Word = Word()  # noqa: RUF009 a constant
    assignment: Assignment | None = None

    @property
    def literal(self) -> str:
        """Text of a word without quotes and expansions; empty for others: what may be a reserved word."""
        if self.kind == "word" and len(self.word) == 1 and isinstance(part := self.word[0], Lit) and not part.quoted:
            return part.text
        return ""


class Lexer(WordReader):
    """Tokens of `text`, one at a time.

    unended : here-documents that the end of the text ended, with the line where each began
    """

    def __init__(
        self,
        text: str,
        nested: Nested,
        start: int = 0,
        line: int = 1,
        grammar: Grammar = Grammar.POSIX,
        shopts: Container[str] = (),
    ) -> None:
        super().__init__(text, nested, start, line, grammar, shopts)
        self.unended: list[tuple[int, str]] = []
        self._pending: list[tuple[int, HereDocument]] = []

    @property
    def cut_short(self) -> bool:
        """A here-document had no end."""
        return bool(self.unended)

    def next(self) -> Token:
        """The next token; ``end`` for ever at the end."""
        self._skip_blanks()
        text, start, line = self.text, self.position, self.line
        if start >= len(text):
            self._read_here_documents()
            return Token("end", line, start, start)
        if text[start] == "\n":
            self.position += 1
            self.line += 1
            self._read_here_documents()
            return Token("newline", line, start, self.position)
        if not self._process_begins():
            for operator in (*_MORE_OPERATORS[self.grammar], *OPERATORS):
                if text.startswith(operator, start):
                    self.position += len(operator)
                    return Token("operator", line, start, self.position, operator)
        if self.grammar >= Grammar.BASH and (match := _VARIABLE.match(text, start)):
            self.position = match.end()
            return Token("number", line, start, self.position, match[0])
        word, assignment = self.assignment() if self.assignments else (self.word(), None)
        written = text[start : self.position]
        if written.isascii() and written.isdigit() and self._peek() in ("<", ">") and not self._process_begins():
            return Token("number", line, start, self.position, written)
        return Token("word", line, start, self.position, written, word, assignment)

    def pattern(self) -> Token:
        """The next word, a regular expression."""
        self._skip_blanks()
        start = self.position
        word = self.regex()
        return Token("word", self.line, start, self.position, word.source, word)

    def here_document(self, delimiter: Token, strip_tabs: bool) -> HereDocument:
        """Note that the text of a here-document begins after this line; it is filled in when the line ends."""
        quoted = any(not isinstance(part, Lit) or part.quoted for part in delimiter.word)
        name = "".join(part.text for part in delimiter.word if isinstance(part, Lit))
        pending = HereDocument(name, strip_tabs, expand=not quoted)
        self._pending.append((delimiter.line, pending))
        return pending

    def _skip_blanks(self) -> None:
        text = self.text
        while self.position < len(text):
            char = text[self.position]
            if char in " \t\r":
                self.position += 1
            elif char == "\\" and self._peek(1) == "\n":
                self.position += 2
                self.line += 1
            elif char == "#":
                end = text.find("\n", self.position)
                self.position = len(text) if end < 0 else end
            else:
                return

    def _read_here_documents(self) -> None:
        """The line has ended: read the texts that follow it."""
        pending, self._pending = self._pending, []
        for begun, document in pending:
            lines: list[str] = []
            while self.position < len(self.text):
                end = self.text.find("\n", self.position)
                end = len(self.text) if end < 0 else end
                line = self.text[self.position : end]
                self.position = min(end + 1, len(self.text))
                self.line += 1
                if document.strip_tabs:
                    line = line.lstrip("\t")
                if line == document.delimiter:
                    break
                lines.append(line + "\n")
            else:
                self.unended.append((begun, document.delimiter))
            document.source = text = "".join(lines)
            document.text = self._expandable(text) if document.expand else Word((Lit(text, quoted=True),))

    def _expandable(self, text: str) -> Word:
        """A here-document whose delimiter was not quoted: like double quotes, but quotes stand for themselves."""
        inner = WordReader(text, self._nested, 0, self.line, self.grammar)
        return Word(inner.quoted_text())


__all__ = ["REDIRECTIONS", "Lexer", "ShellSyntaxError", "Token"]
