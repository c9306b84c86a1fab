"""Comparisons of numbers in filter expressions: ``tcp[13] & 2 != 0``, ``len > 100``."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from macvsim.wire.pcapfilter.generate import OPERATIONS, Generator, divided
from macvsim.wire.pcapfilter.program import FilterError, Test, Value, View, both
from macvsim.wire.pcapfilter.words import PROTOCOLS, Words

_RELATIONS: dict[str, Callable[[int, int], bool]] = {
    "=": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    ">": lambda a, b: a > b,
    "<": lambda a, b: a < b,
    ">=": lambda a, b: a >= b,
    "<=": lambda a, b: a <= b,
}
_LEVELS = (("|",), ("&",), ("^",), ("<<", ">>"), ("+", "-"), ("*", "/", "%"))
"""Operators that bind as loosely as each other, the loosest first."""


class Term(NamedTuple):
    """checks : what must hold for the value to make sense; constant : its value if it is always the same"""

    checks: list[Test]
    value: Value
    constant: int | None = None


class Arithmetic:
    """The part of the grammar that deals with numbers."""

    def __init__(self, parser: Words, generator: Generator) -> None:
        self._parser = parser
        self._generator = generator

    def begins(self) -> bool:
        """True if the next words are a comparison; found by trying, for parentheses may hold either."""
        parser = self._parser
        start = parser.at
        try:
            if self._could_begin():
                self._skip(0)
                return parser.token.kind in _RELATIONS
            return False
        except _NoNumber:
            return False
        finally:
            parser.at = start

    def _could_begin(self) -> bool:
        parser = self._parser
        kind = parser.token.kind
        return kind in ("number", "len", "-", "(") or parser.peek().kind == "["

    def _skip(self, level: int) -> None:
        """Read over an arithmetic expression without making anything of it."""
        parser = self._parser
        if level == len(_LEVELS):
            if parser.accept("-"):
                self._skip(level)
            elif parser.accept("("):
                self._skip(0)
                if not parser.accept(")"):
                    raise _NoNumber
            elif parser.token.kind in ("number", "len"):
                parser.take()
            elif parser.peek().kind == "[":
                parser.take()
                parser.take()
                self._skip(0)
                if parser.accept(":") and not parser.accept("number"):
                    raise _NoNumber
                if not parser.accept("]"):
                    raise _NoNumber
            else:
                raise _NoNumber
            return
        self._skip(level + 1)
        while parser.token.kind in _LEVELS[level]:
            parser.take()
            self._skip(level + 1)

    def comparison(self) -> Test:
        """``ARITH RELATION ARITH``."""
        left = self._expression(0)
        relation = _RELATIONS[self._parser.take().kind]
        right = self._expression(0)
        first, second = left.value, right.value

        def compare(view: View) -> bool:
            return relation(first(view), second(view))

        test: Test = compare
        for check in reversed([*left.checks, *right.checks]):
            test = both(check, test)
        return test

    def _expression(self, level: int) -> Term:
        if level == len(_LEVELS):
            return self._operand()
        left = self._expression(level + 1)
        while self._parser.token.kind in _LEVELS[level]:
            operator = self._parser.take().kind
            left = _combined(left, self._expression(level + 1), operator)
        return left

    def _operand(self) -> Term:
        parser = self._parser
        if parser.accept("-"):
            return _combined(_constant(0), self._operand(), "-")
        if parser.accept("("):
            term = self._expression(0)
            parser.expect(")")
            return term
        if parser.accept("len"):
            return Term([], lambda view: view.length)
        if parser.token.kind == "number":
            return _constant(parser.take().value)
        return self._accessor()

    def _accessor(self) -> Term:
        parser = self._parser
        name = parser.take().kind
        if name not in PROTOCOLS:
            raise parser.wrong()
        parser.expect("[")
        index = self._expression(0)
        size = 1
        if parser.accept(":"):
            size = parser.expect("number").value
            if size not in (1, 2, 4):
                raise FilterError("data size must be 1, 2, or 4")
        parser.expect("]")
        checks, value = self._generator.accessor(name, _signed(index.value), size)
        return Term([*index.checks, *checks], value)


class _NoNumber(Exception):
    """Not an arithmetic expression."""


def _constant(number: int) -> Term:
    return Term([], lambda view: number, number)


def _signed(value: Value) -> Value:
    """An index: numbers with the highest bit set are negative."""
    return lambda view: (number ^ 1 << 31) - (1 << 31) if (number := value(view)) >> 31 else number


def _combined(left: Term, right: Term, operator: str) -> Term:
    checks = [*left.checks, *right.checks]
    first, second = left.value, right.value
    if operator in ("/", "%"):
        if right.constant == 0:
            raise FilterError("division by zero" if operator == "/" else "modulus by zero")
        return Term(checks, divided(first, second, operator))
    operation = OPERATIONS[operator]
    if left.constant is not None and right.constant is not None:
        return _constant(operation(left.constant, right.constant))
    return Term(checks, lambda view: operation(first(view), second(view)))
