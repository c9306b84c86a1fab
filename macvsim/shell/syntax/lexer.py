"""From characters to tokens (POSIX.1-2017, Shell Command Language 2.2, 2.3): quoting, operators, parts of words.

What is inside ``$(…)`` is parsed where it stands, by the parser that uses the lexer.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from macvsim.shell.expansion.escapes import unescape
from macvsim.shell.syntax.grammar import Grammar
from macvsim.shell.syntax.nodes import (
    Arithmetic,
    BadSubstitution,
    Command,
    HereDocument,
    Lit,
    Param,
    Part,
    Substitution,
    Word,
)

_MORE_OPERATORS = ((), ("&>",), ("<<<", "&>>", "&>", "|&"))
"""Operators beyond POSIX, by grammar."""
OPERATORS = ("<<-", "&&", "||", ";;", "<<", ">>", "<&", ">&", "<>", ">|", "&", "|", ";", "(", ")", "<", ">")
REDIRECTIONS = frozenset(("<", ">", ">>", "<<", "<<-", "<&", ">&", "<>", ">|", "<<<", "&>", "&>>"))
_SPECIAL = "?$!#@*-"
_BLANKS = frozenset(" \t\n")
_ENDS_WORD = frozenset(" \t\n;&|<>()")
_NAME_FIRST = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_")
_NAME = _NAME_FIRST | frozenset("0123456789")
_OPERATIONS = (":-", ":=", ":?", ":+", "-", "=", "?", "+", "##", "#", "%%", "%")
_MORE_OPERATIONS = ((), (":", "//", "/"), (":", "//", "/#", "/%", "/", "^^", "^", ",,", ","))


class ShellSyntaxError(Exception):
    """A line that is no command.

    unexpected : the token that should not be there, with quotes where it is an operator or a reserved word; None when
    `message` says it all; expecting : what should be, likewise, or empty
    """

    def __init__(self, line: int, message: str = "", unexpected: str | None = None, expecting: str = "") -> None:
        super().__init__(line, message, unexpected, expecting)
        self.line = line
        self.message = message
        self.unexpected = unexpected
        self.expecting = expecting


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of a command.

    kind : ``word``, ``operator``, ``number`` (before a redirection), ``newline`` or ``end``; text : as written, for
    operators and numbers; start, end : where it stands
    """

    kind: str
    line: int
    start: int
    end: int
    text: str = ""
    word: Word = ()

    @property
    def literal(self) -> str:
        """Text of a word without quotes and expansions; empty for others: what may be a reserved word."""
        if self.kind == "word" and len(self.word) == 1 and isinstance(part := self.word[0], Lit) and not part.quoted:
            return part.text
        return ""


class Lexer:
    """Tokens of `text`, one at a time.

    nested : parses commands from a position on until the ``)`` that closes them; returns them and the position after it
    """

    def __init__(
        self,
        text: str,
        nested: Callable[[str, int, int], tuple[Command, int, int]],
        start: int = 0,
        line: int = 1,
        grammar: Grammar = Grammar.POSIX,
    ) -> None:
        self.text = text
        self.grammar = grammar
        self.position = start
        self.line = line
        self._nested = nested
        self.cut_short = False
        """A here-document had no end."""
        self._pending: list[HereDocument] = []

    # -- tokens --------------------------------------------------------------------------------------------------------

    def next(self) -> Token:
        """The next token; ``end`` for ever at the end."""
        self._skip_blanks()
        text, start, line = self.text, self.position, self.line
        if start >= len(text):
            return Token("end", line, start, start)
        if text[start] == "\n":
            self.position += 1
            self.line += 1
            self._read_here_documents()
            return Token("newline", line, start, self.position)
        for operator in (*_MORE_OPERATORS[self.grammar], *OPERATORS):
            if text.startswith(operator, start):
                self.position += len(operator)
                return Token("operator", line, start, self.position, operator)
        word = self._word()
        written = text[start : self.position]
        if written.isascii() and written.isdigit() and self._peek() in ("<", ">"):
            return Token("number", line, start, self.position, written)
        return Token("word", line, start, self.position, written, word)

    def here_document(self, delimiter: Token, strip_tabs: bool) -> HereDocument:
        """Note that the text of a here-document begins after this line; it is filled in when the line ends."""
        quoted = any(not isinstance(part, Lit) or part.quoted for part in delimiter.word)
        name = "".join(part.text for part in delimiter.word if isinstance(part, Lit))
        pending = HereDocument(name, strip_tabs, expand=not quoted)
        self._pending.append(pending)
        return pending

    def _peek(self, ahead: int = 0) -> str:
        at = self.position + ahead
        return self.text[at] if at < len(self.text) else ""

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

    # -- words ---------------------------------------------------------------------------------------------------------

    def pattern(self) -> Token:
        """The next word, which only a blank ends: a regular expression in ``[[ … ]]``."""
        self._skip_blanks()
        start = self.position
        return Token("word", self.line, start, self.position, "", self._word(_BLANKS))

    def _word(self, ends: frozenset[str] = _ENDS_WORD) -> Word:
        """A word from here to the first blank or operator."""
        parts: list[Part] = []
        while (char := self._peek()) and char not in ends:
            if char == "'":
                parts.append(self._single_quoted())
            elif char == '"':
                self.position += 1
                parts += self._double_quoted('"') or [Lit("", quoted=True)]
                self.position += 1
            elif char == "\\":
                self._backslash(parts)
            elif char in "$`":
                parts += self._dollar(quoted=False)
            else:
                self._add(parts, char, quoted=False)
                self.position += 1
        return tuple(parts)

    @staticmethod
    def _add(parts: list[Part], text: str, *, quoted: bool) -> None:
        """Append text, to the last part where that is of the same kind."""
        if parts and isinstance(last := parts[-1], Lit) and last.quoted == quoted:
            parts[-1] = Lit(last.text + text, quoted)
        else:
            parts.append(Lit(text, quoted))

    def _single_quoted(self) -> Lit:
        end = self.text.find("'", self.position + 1)
        if end < 0:
            raise ShellSyntaxError(self._last_line(), "Unterminated quoted string")
        text = self.text[self.position + 1 : end]
        self.line += text.count("\n")
        self.position = end + 1
        return Lit(text, quoted=True)

    def _backslash(self, parts: list[Part]) -> None:
        """A backslash outside quotes: the next character is quoted, and a line end is nothing."""
        following = self._peek(1)
        if following == "\n":
            self.line += 1
        else:
            self._add(parts, following or "\\", quoted=True)
        self.position += 2 if following else 1

    def _double_quoted(self, end: str) -> list[Part]:
        """Parts up to `end` (a double quote, the brace that closes ``${…}``, or nothing: the end of the text)."""
        parts: list[Part] = []
        while (char := self._peek()) != end:
            if not char:
                raise ShellSyntaxError(self._last_line(), "Unterminated quoted string")
            following = self._peek(1)
            if char == "\\" and following and following in "$`\\\n" + ('"' + end if end else ""):
                if following == "\n":
                    self.line += 1
                else:
                    self._add(parts, following, quoted=True)
                self.position += 2
            elif char in "$`":
                parts += self._dollar(quoted=True)
            elif char == '"' and end == "}":
                self.position += 1
            else:
                self.line += char == "\n"
                self._add(parts, char, quoted=True)
                self.position += 1
        return parts

    # -- what a dollar begins ------------------------------------------------------------------------------------------

    def _dollar(self, *, quoted: bool) -> list[Part]:
        """An expansion that begins here, or the dollar itself."""
        if self._peek() == "`":
            return [self._backquoted(quoted)]
        following = self._peek(1)
        if following == "(":
            if self._peek(2) == "(":
                self.position += 3
                return [self.arithmetic(quoted)]
            program, self.position, self.line = self._nested(self.text, self.position + 2, self.line)
            return [Substitution(program, quoted)]
        if following == "{":
            return [self._braced(quoted)]
        self.position += 1
        if following == "'" and not quoted and self.grammar >= Grammar.ASH:
            return [self._escaped()]
        if following in _NAME_FIRST:
            return [Param(self._name(), quoted=quoted)]
        if following and (following.isdigit() or following in _SPECIAL):
            self.position += 1
            return [Param(following, quoted=quoted)]
        return [Lit("$", quoted)]

    def _escaped(self) -> Lit:
        """``$'…'``: backslashes stand for characters, as in C."""
        end = self.position + 1
        while self.text[end : end + 1] != "'":
            if end >= len(self.text):
                raise ShellSyntaxError(self._last_line(), "Unterminated quoted string")
            end += 2 if self.text[end] == "\\" else 1
        text = self.text[self.position + 1 : end]
        self.line += text.count("\n")
        self.position = end + 1
        return Lit(unescape(text.replace("\\'", "'").replace('\\"', '"'))[0], quoted=True)

    def _name(self) -> str:
        start = self.position
        while self._peek() in _NAME and self._peek():
            self.position += 1
        return self.text[start : self.position]

    def _backquoted(self, quoted: bool) -> Part:
        """Commands between backquotes; a backslash hides ``\\``, `````, ``$`` and, in double quotes, ``"``."""
        line = self.line
        self.position += 1
        inside = ""
        while (char := self._peek()) != "`":
            if not char:
                raise ShellSyntaxError(self._last_line(), "EOF in backquote substitution")
            if char == "\\" and self._peek(1) and self._peek(1) in "\\`$" + ('"' if quoted else ""):
                self.position += 1
                char = self._peek()
            inside += char
            self.line += char == "\n"
            self.position += 1
        self.position += 1
        program, _, _ = self._nested(inside + "\n)", 0, line)
        return Substitution(program, quoted)

    def arithmetic(self, quoted: bool = False) -> Arithmetic:
        """``$((…))`` from behind the parentheses on: what is inside is expanded as in double quotes."""
        parts: list[Part] = []
        depth = 0
        while True:
            char = self._peek()
            if not char or (char == ")" and not depth and self._peek(1) != ")"):
                raise ShellSyntaxError(self._last_line() if not char else self.line, "Missing '))'")
            if char == ")" and not depth:
                self.position += 2
                return Arithmetic(tuple(parts), quoted)
            depth += (char == "(") - (char == ")")
            if char in "$`":
                parts += self._dollar(quoted=True)
            else:
                self.line += char == "\n"
                self._add(parts, char, quoted=True)
                self.position += 1

    def _braced(self, quoted: bool) -> Part:
        """``${name}``, ``${#name}``, ``${name OP word}``."""
        self.position += 2
        length = self._peek() == "#" and self._peek(1) != "}" and (self._peek(1) in _NAME or self._peek(1) in _SPECIAL)
        self.position += length
        name = self._parameter_name()
        if length and self._peek() == "}" and name:
            self.position += 1
            return Param(name, "len", (), quoted)
        if self._peek() == "}" and name:
            self.position += 1
            return Param(name, "", (), quoted)
        known = (*_OPERATIONS, *_MORE_OPERATIONS[self.grammar])
        operation = next((op for op in known if self.text.startswith(op, self.position)), "")
        if length or not name or not operation:
            end = self.text.find("}", self.position)
            if end < 0:
                raise ShellSyntaxError(self._last_line(), "Missing '}'")
            self.position = end + 1
            return BadSubstitution()
        self.position += len(operation)
        if operation not in _OPERATIONS:
            return self._braced_further(name, operation, quoted)
        trims = operation[0] in "#%"
        word = tuple(self._double_quoted("}")) if quoted and not trims else self._braced_word()
        self.position += 1
        return Param(name, operation, word, quoted)

    def _braced_further(self, name: str, operation: str, quoted: bool) -> Part:
        """``${name:offset:length}``, ``${name/pattern/text}``, ``${name^^}``."""
        parting = operation[0] if operation[0] in ":/" else "}"
        word, second = self._braced_word(parting), None
        if self._peek() == parting != "}":
            self.position += 1
            second = self._braced_word()
        self.position += 1
        return Param(name, operation, word, quoted, second)

    def _parameter_name(self) -> str:
        char = self._peek()
        if char and char in _NAME_FIRST:
            return self._name()
        if char.isdigit():
            start = self.position
            while self._peek().isdigit():
                self.position += 1
            return self.text[start : self.position]
        if char and char in _SPECIAL:
            self.position += 1
            return char
        return ""

    def _braced_word(self, parting: str = "}") -> Word:
        """The word in ``${name OP word}``, up to the brace, or to what parts it from another word."""
        parts: list[Part] = []
        while (char := self._peek()) not in ("}", parting):
            if not char:
                raise ShellSyntaxError(self._last_line(), "Missing '}'")
            if char == "'":
                parts.append(self._single_quoted())
            elif char == '"':
                self.position += 1
                parts += self._double_quoted('"') or [Lit("", quoted=True)]
                self.position += 1
            elif char == "\\":
                self._backslash(parts)
            elif char in "$`":
                parts += self._dollar(quoted=False)
            else:
                self.line += char == "\n"
                self._add(parts, char, quoted=False)
                self.position += 1
        return tuple(parts)

    # -- here-documents ------------------------------------------------------------------------------------------------

    def _read_here_documents(self) -> None:
        """The line has ended: read the texts that follow it."""
        pending, self._pending = self._pending, []
        for document in pending:
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
                self.cut_short = True
            text = "".join(lines)
            document.text = (Lit(text, quoted=True),) if not document.expand else self._expandable(text)

    def _expandable(self, text: str) -> Word:
        """A here-document whose delimiter was not quoted: like double quotes, but quotes stand for themselves."""
        inner = Lexer(text, self._nested, 0, self.line, self.grammar)
        return tuple(inner._double_quoted("")) or (Lit("", quoted=True),)

    def _last_line(self) -> int:
        """Where the text ends, which is where it is found wanting."""
        return self.line + self.text.count("\n", self.position)
