"""Reading parts of words: quoting, and what a dollar begins (POSIX.1-2017, Shell Command Language 2.2; bash(1)).

Commands inside ``$(…)`` are parsed where they stand, by the parser that uses the reader.
"""

from __future__ import annotations

from collections.abc import Callable, Container

from macvsim.shell.syntax.grammar import Grammar
from macvsim.shell.syntax.nodes import (
    Arithmetic,
    BadSubstitution,
    Command,
    Lit,
    Param,
    Part,
    ProcessSubstitution,
    Substitution,
    Word,
)

_SPECIAL = "?$!#@*-"
_NAME_FIRST = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_")
_NAME = _NAME_FIRST | frozenset("0123456789")
_OPERATIONS = (":-", ":=", ":?", ":+", "-", "=", "?", "+", "##", "#", "%%", "%")
_MORE_OPERATIONS: tuple[tuple[str, ...], ...] = (
    (),
    (":", "//", "/"),
    (":", "//", "/#", "/%", "/", "^^", "^", ",,", ",", "~~", "~", "@"),
)

Nested = Callable[[str, int, int], tuple[Command, int, int]]
"""Parses commands from a position and a line on until the ``)`` that closes them: the commands, and where they end."""


class ShellSyntaxError(Exception):
    """A line that is no command.

    unexpected : the token that should not be there, with quotes where it is an operator or a reserved word; None when
    `message` says it all; expecting : what should be, likewise, or empty; token : the token as written, or, with a
    message, the character that closes what is open; opened : the line where it was opened, 0 for the end of the text
    """

    def __init__(
        self,
        line: int,
        message: str = "",
        unexpected: str | None = None,
        expecting: str = "",
        token: str = "",
        opened: int = 0,
    ) -> None:
        super().__init__(line, message, unexpected, expecting)
        self.line = line
        self.message = message
        self.unexpected = unexpected
        self.expecting = expecting
        self.token = token
        self.opened = opened
        self.within = ""
        """The first message of bash about a mistake in ``[[ … ]]``."""


class PartReader:
    """Reads parts of words of `text` at `position`, in `line`.

    assignments : a word here may be an assignment; patterns : ``@(…)`` and its relatives are patterns here
    shopts : the options of ``shopt`` that are on
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
        self.text = text
        self.grammar = grammar
        self.position = start
        self.line = line
        self.assignments = True
        self.patterns = False
        self._nested = nested
        self._shopts = shopts

    def _peek(self, ahead: int = 0) -> str:
        at = self.position + ahead
        return self.text[at] if at < len(self.text) else ""

    def _last_line(self) -> int:
        """Where the text ends, which is where it is found wanting."""
        return self.line + self.text.count("\n", self.position)

    def _unclosed(self, message: str, closing: str, opened: int = 0) -> ShellSyntaxError:
        return ShellSyntaxError(self._last_line(), message, token=closing, opened=opened)

    def quoted_text(self) -> list[Part]:
        """All of the text, as in double quotes, where quotes stand for themselves."""
        return self._double_quoted("") or [Lit("", quoted=True)]

    # -- outside and inside quotes -------------------------------------------------------------------------------------

    def _piece(self, parts: list[Part], char: str) -> None:
        """The part of a word that begins with a character, outside quotes."""
        if char == "'":
            parts.append(self._single_quoted())
        elif char == '"':
            parts += self._quoted_parts()
        elif char == "\\":
            self._backslash(parts)
        elif char in "$`":
            parts += self._dollar(quoted=False)
        elif char in "<>" and self._process_begins():
            program, self.position, self.line = self._nested(self.text, self.position + 2, self.line)
            parts.append(ProcessSubstitution(program, char))
        else:
            self.line += char == "\n"
            self._add(parts, char, quoted=False)
            self.position += 1

    def _process_begins(self) -> bool:
        return self.grammar >= Grammar.ASH and self._peek() in ("<", ">") and self._peek(1) == "("

    def _pattern_begins(self) -> bool:
        """True at ``?(``, ``*(``, ``+(``, ``@(`` and ``!(`` where they are patterns."""
        if self._peek(1) != "(" or self._peek() not in "?*+@!" or self.grammar < Grammar.BASH:
            return False
        return self.patterns or "extglob" in self._shopts

    def _pattern_list(self, parts: list[Part]) -> None:
        """A list of patterns, with its parentheses."""
        self._add(parts, self.text[self.position : self.position + 2], quoted=False)
        self.position += 2
        while (char := self._peek()) != ")":
            if not char:
                raise self._unclosed("Unterminated pattern", ")")
            if self._pattern_begins():
                self._pattern_list(parts)
            else:
                self._piece(parts, char)
        self._add(parts, ")", quoted=False)
        self.position += 1

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
            raise self._unclosed("Unterminated quoted string", "'", self.line)

        text = self.text[self.position + 1 : end]
        self.line += text.count("\n")
        self.position = end + 1
        return Lit(text, quoted=True)

    def _quoted_parts(self) -> list[Part]:
        """``"…"``: an empty one is a part too."""
        self.position += 1
        parts = self._double_quoted('"') or [Lit("", quoted=True)]
        self.position += 1
        return parts

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
        opened = self.line
        while (char := self._peek()) != end:
            if not char:
                raise self._unclosed("Unterminated quoted string", end, opened)
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

    def _subscript(self) -> Word | None:
        """``[…]`` from here on; None if it is not closed."""
        self.position += 1
        start, depth = self.position, 0
        parts: list[Part] = []
        while (char := self._peek()) != "]" or depth:
            if not char or char == "\n":
                return None
            depth += (char == "[") - (char == "]")
            self._piece(parts, char)
        self.position += 1
        return Word(parts, self.text[start : self.position - 1])

    # -- expansions behind a dollar ----------------------------------------------------------------------------------

    def _dollar(self, *, quoted: bool) -> list[Part]:
        """An expansion that begins here, or the dollar itself."""
        if self._peek() == "`":
            return [self._backquoted(quoted)]
        following = self._peek(1)
        if following == "(":
            if self._peek(2) == "(":
                before = self.position, self.line
                self.position += 3
                try:
                    return [self.arithmetic(quoted)]
                except ShellSyntaxError as error:
                    if error.token != "))" or self.grammar < Grammar.BASH:
                        raise
                    self.position, self.line = before  # a subshell in a substitution
            program, self.position, self.line = self._nested(self.text, self.position + 2, self.line)
            return [Substitution(program, quoted)]
        if following == "[" and self.grammar >= Grammar.BASH:
            self.position += 1
            expression = self._subscript()
            if expression is None:
                raise self._unclosed("Unterminated expression", "]", self.line)
            return [Arithmetic(expression, quoted)]
        if following == "{":
            return [self._braced(quoted)]
        self.position += 1
        if following == "'" and not quoted and self.grammar >= Grammar.ASH:
            return [self._escaped()]
        if following == '"' and not quoted and self.grammar >= Grammar.BASH:
            return self._quoted_parts()
        if following and following in _NAME_FIRST:
            return [Param(self._name(), quoted=quoted)]
        if following and (following.isdecimal() or following in _SPECIAL):
            self.position += 1
            return [Param(following, quoted=quoted)]
        return [Lit("$", quoted)]

    def _escaped(self) -> Lit:
        """``$'…'``: backslashes stand for characters, as in C."""
        end = self.position + 1
        while self.text[end : end + 1] != "'":
            if end >= len(self.text):
                raise self._unclosed("Unterminated quoted string", "'", self.line)
            end += 2 if self.text[end] == "\\" else 1
        from macvsim.shell.expansion.quotes import c_quoted  # few lines have such texts

        text = self.text[self.position + 1 : end]
        self.line += text.count("\n")
        self.position = end + 1
        return Lit(c_quoted(text), quoted=True)

    def _name(self) -> str:
        start = self.position
        while (char := self._peek()) and char in _NAME:
            self.position += 1
        return self.text[start : self.position]

    def _backquoted(self, quoted: bool) -> Part:
        """Commands between backquotes; a backslash hides ``\\``, `````, ``$`` and, in double quotes, ``"``."""
        line = self.line
        self.position += 1
        inside = ""
        while (char := self._peek()) != "`":
            if not char:
                raise self._unclosed("EOF in backquote substitution", "`", line)
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
        depth, start, opened = 0, self.position, self.line
        while True:
            char = self._peek()
            if not char:
                raise self._unclosed("Missing '))'", ")", opened)
            if char == ")" and not depth and self._peek(1) != ")":
                raise ShellSyntaxError(self.line, "Missing '))'", token="))")
            if char == ")" and not depth:
                source = self.text[start : self.position]
                self.position += 2
                return Arithmetic(Word(parts, source), quoted)
            depth += (char == "(") - (char == ")")
            if char in "$`":
                parts += self._dollar(quoted=True)
            elif char == '"' and self.grammar >= Grammar.BASH:
                self.position += 1
            else:
                self.line += char == "\n"
                self._add(parts, char, quoted=True)
                self.position += 1

    # -- ${…} ----------------------------------------------------------------------------------------------------------

    def _braced(self, quoted: bool) -> Part:
        """``${name}``, ``${#name}``, ``${name OP word}``."""
        start, line = self.position, self.line
        self.position += 2
        bash = self.grammar >= Grammar.BASH
        length = self._peek() == "#" and self._peek(1) != "}" and (self._peek(1) in _NAME or self._peek(1) in _SPECIAL)
        indirect = bash and self._peek() == "!" and self._peek(1) not in ("", "}", "-", ":", "=", "+", "?", "/", "%")
        self.position += length or indirect
        name = self._parameter_name()
        subscript = self._subscript() if bash and self._peek() == "[" and name else None
        if indirect and name and not length:
            if subscript is not None and subscript.source in ("@", "*") and self._peek() == "}":
                return self._ended(Param(name, "keys", (), quoted, None, subscript), start)
            if self._peek() in ("*", "@") and self._peek(1) == "}":
                word = Word((Lit(self._peek()),))
                self.position += 1
                return self._ended(Param(name, "names", word, quoted), start)
        if self._peek() == "}" and name:
            op = "len" if length else ""
            return self._ended(Param(name, op, (), quoted, None, subscript, indirect), start)
        known = (*_OPERATIONS, *_MORE_OPERATIONS[self.grammar])
        operation = next((op for op in known if self.text.startswith(op, self.position)), "")
        if length or not name or not operation:
            end = self.text.find("}", self.position)
            if end < 0:
                raise ShellSyntaxError(line, "Missing '}'", token="}", opened=line)
            self.position = end + 1
            return BadSubstitution(self.text[start : self.position])
        self.position += len(operation)
        second: Word | None = None
        if operation not in _OPERATIONS:
            parting = operation[0] if operation[0] in ":/" else "}"
            word = self._braced_word(parting)
            if self._peek() == parting != "}":
                self.position += 1
                second = self._braced_word()
        elif quoted and operation[0] not in "#%":
            word = Word(self._double_quoted("}"))
        else:
            word = self._braced_word()
        return self._ended(Param(name, operation, word, quoted, second, subscript, indirect), start)

    def _ended(self, param: Param, start: int) -> Param:
        """The parameter with its source, behind the brace."""
        self.position += 1
        source = self.text[start : self.position]
        return Param(
            param.name, param.op, param.word, param.quoted, param.second, param.subscript, param.indirect, source
        )

    def _parameter_name(self) -> str:
        char = self._peek()
        if char and char in _NAME_FIRST:
            return self._name()
        if char.isdecimal():
            start = self.position
            while self._peek().isdecimal():
                self.position += 1
            return self.text[start : self.position]
        if char and char in _SPECIAL:
            self.position += 1
            return char
        return ""

    def _braced_word(self, parting: str = "}") -> Word:
        """The word in ``${name OP word}``, up to the brace, or to what parts it from another word."""
        start, line, depth = self.position, self.line, 0
        parts: list[Part] = []
        while (char := self._peek()) != "}" and (char != parting or depth):
            if not char:
                raise self._unclosed("Missing '}'", "}", line)
            if parting == ":":
                depth += (char in "(?") - (char == ")" or (char == ":" and depth > 0))
            self._piece(parts, char)
        return Word(parts, self.text[start : self.position])
