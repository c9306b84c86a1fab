"""Reading ``[[ … ]]``."""

from __future__ import annotations

from collections.abc import Callable

from macvsim.shell.syntax.lexer import Lexer, ShellSyntaxError, Token
from macvsim.shell.syntax.nodes import Lit, Test, Word

UNARY = frozenset(f"-{letter}" for letter in "abcdefghknoprstuvwxzLOSG")
BINARY = frozenset(("=", "==", "!=", "=~", "<", ">", "-eq", "-ne", "-lt", "-le", "-gt", "-ge", "-nt", "-ot", "-ef"))


class Conditions:
    """A recursive descent over the tokens between the brackets; `advance` takes the parser's token ahead."""

    def __init__(self, lexer: Lexer, advance: Callable[[], Token]) -> None:
        self._lexer = lexer
        advance()
        self._token = self._next()

    def test(self) -> Test:
        """The whole test; the closing brackets are the last token read."""
        found = self._either()
        if self._token.literal != "]]":
            raise self._unexpected()
        return found

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
            return found
        first = self._token
        if first.literal == "]]" or first.kind not in ("word", "number"):
            raise self._unexpected()
        self._take()
        if first.literal in UNARY and self._token.kind in ("word", "number") and not self._at("]]", *BINARY):
            return Test(first.literal, (_word_of(self._take()),))
        if not self._at(*BINARY):
            return Test("-n", (_word_of(first),))
        operator = self._token.text or self._token.literal
        second = self._lexer.pattern() if operator == "=~" else self._next()
        if second.kind not in ("word", "number"):
            self._token = second
            raise self._unexpected()
        self._token = self._next()
        return Test(operator, (_word_of(first), _word_of(second)))

    def _unexpected(self) -> ShellSyntaxError:
        token = self._token
        if token.kind == "end":
            return ShellSyntaxError(token.line, "", "end of file")
        return ShellSyntaxError(token.line, "", f'"{token.text or token.literal}"')


def _word_of(token: Token) -> Word:
    return token.word or (Lit(token.text),)
