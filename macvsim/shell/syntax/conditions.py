"""Reading ``[[ … ]]`` (bash(1), Conditional Expressions)."""

from __future__ import annotations

from collections.abc import Callable

from macvsim.shell.syntax.grammar import Grammar
from macvsim.shell.syntax.lexer import Lexer, ShellSyntaxError, Token
from macvsim.shell.syntax.nodes import Lit, Redirect, Test, Word

UNARY = frozenset(f"-{letter}" for letter in "abcdefghknoprstuvwxzLOSGNR")
BINARY = frozenset(("=", "==", "!=", "=~", "<", ">", "-eq", "-ne", "-lt", "-le", "-gt", "-ge", "-nt", "-ot", "-ef"))


class Conditions:
    """A recursive descent over the tokens between the brackets; `advance` takes the parser's token ahead.

    redirects : redirections that ash finds between the brackets
    """

    def __init__(self, lexer: Lexer, advance: Callable[[], Token]) -> None:
        self._lexer = lexer
        lexer.assignments = False
        self.redirects: list[Redirect] = []
        self._line = advance().line
        self._token = self._next()

    def test(self) -> Test:
        """The whole test; the closing brackets are the last token read."""
        found = self._either()
        if self._token.literal != "]]":
            raise self._unexpected()
        return Test(found.op, found.args, self._line, found.bare)

    def _next(self) -> Token:
        token = self._lexer.next()
        while token.kind == "newline":
            token = self._lexer.next()
        return token

    def _take(self) -> Token:
        token, self._token = self._token, self._next()
        return token

    def _at(self, *texts: str) -> bool:
        return (self._token.text if self._token.kind == "operator" else self._token.literal) in texts

    def _either(self) -> Test:
        found = self._both()
        while self._at("||"):
            self._take()
            found = Test("||", (found, self._both()))
        return found

    def _both(self) -> Test:
        found = self._one()
        while self._at("&&"):
            self._take()
            found = Test("&&", (found, self._one()))
        return found

    def _one(self) -> Test:
        if self._at("!"):
            self._take()
            return Test("!", (self._one(),))
        if self._at("("):
            self._take()
            found = self._either()
            if not self._at(")"):
                raise self._unexpected()
            self._take()
            return Test("(", (found,))
        first = self._token
        if first.literal == "]]" or first.kind not in ("word", "number"):
            raise self._unexpected()
        self._take()
        if first.literal in UNARY and self._token.kind in ("word", "number") and not self._at("]]", *BINARY):
            return Test(first.literal, (_word_of(self._take()),))
        if self._at("<", ">") and self._lexer.grammar < Grammar.BASH:  # ash takes them for redirections
            operator = self._take().text
            self.redirects.append(Redirect(int(operator == ">"), operator, _word_of(self._take())))
            return Test("-n", (_word_of(first),), bare=True)
        if not self._at(*BINARY):
            return Test("-n", (_word_of(first),), bare=True)
        operator = self._token.text or self._token.literal
        second = self._operand(operator)
        if second.kind not in ("word", "number") or second.literal == "]]":
            self._token = second
            raise self._unexpected("unexpected argument to conditional binary operator")
        self._token = self._next()
        return Test(operator, (_word_of(first), _word_of(second)))

    def _operand(self, operator: str) -> Token:
        """The word behind a binary operator: a regular expression, a pattern, or any word."""
        lexer = self._lexer
        if operator == "=~":
            return lexer.pattern()
        lexer.patterns = lexer.grammar >= Grammar.BASH
        try:
            return self._next()
        finally:
            lexer.patterns = False

    def _unexpected(self, message: str = "") -> ShellSyntaxError:
        token = self._token
        written = token.text or token.literal
        if token.kind == "end":
            return ShellSyntaxError(token.line, "", "end of file")
        error = ShellSyntaxError(token.line, "", f'"{written}"', token=written)
        error.within = message
        return error


def _word_of(token: Token) -> Word:
    return token.word or Word((Lit(token.text),), token.text)
