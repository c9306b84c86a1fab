"""expr: one expression, an argument each of its tokens (POSIX.1-2017, expr; GNU coreutils 9)."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import partial

from macvsim.errors import Effect, NotSimulated
from macvsim.machine.call import Call
from macvsim.machine.options import read_alone
from macvsim.machine.tool import BUSYBOX, ToolError, UsageError
from macvsim.shell.regexp import BASIC, RegexError, compiled
from macvsim.tools.coreutils.inputs import TEXTS
from macvsim.tools.toolkit import ALONE, Wording, everywhere

_INTEGER = re.compile(r"-?\d+")
_LEVELS = (("|",), ("&",), ("<", "<=", "=", "==", "!=", ">=", ">"), ("+", "-"), ("*", "/", "%"), (":",))


_EXPR = replace(ALONE, reader=partial(read_alone, dashes=True), status=2, usage_status=2)


@everywhere("expr", usage=TEXTS, gnu=_EXPR, busybox=replace(BUSYBOX, reader=read_alone, status=2), effect=Effect.NONE)
def expr(call: Call, manner: Wording) -> int:
    """``expr EXPRESSION``."""
    words = call.given.operands
    if not words:
        raise ToolError("too few arguments") if manner.busybox else UsageError("missing operand")
    reader = _Expression(words)
    value = reader.level(0)
    if reader.rest:
        raise ToolError(f"syntax error: unexpected argument '{reader.rest[0]}'", 2)
    call.out(f"{value}\n")
    return int(_is_null(value))


def _is_null(value: str) -> bool:
    return not value or re.fullmatch(r"-?0+", value) is not None


def _integer(value: str) -> int:
    if not _INTEGER.fullmatch(value):
        raise ToolError("non-integer argument", 2)
    return int(value)


class _Expression:
    """Recursive descent over the words; `last` is the one that was taken."""

    def __init__(self, words: list[str]) -> None:
        self.rest = list(words)
        self._last = ""
        self._depth = 0

    def _take(self) -> str:
        if not self.rest:
            raise ToolError(f"syntax error: missing argument after '{self._last}'", 2)
        self._last = self.rest.pop(0)
        return self._last

    def level(self, number: int) -> str:
        """Operators of a level of precedence, and all that bind more tightly."""
        if number == len(_LEVELS):
            return self._primary()
        value = self.level(number + 1)
        while self.rest and self.rest[0] in _LEVELS[number]:
            operator = self._take()
            value = _applied(operator, value, self.level(number + 1))
        return value

    def _primary(self) -> str:
        word = self._take()
        match word:
            case "(":
                self._depth += 1
                if self._depth > 100:
                    raise NotSimulated("an expression of expr with so many parentheses", Effect.NONE)
                value = self.level(0)
                if not self.rest:
                    raise ToolError(f"syntax error: expecting ')' after '{self._last}'", 2)
                if self._take() != ")":
                    raise ToolError(f"syntax error: expecting ')' instead of '{self._last}'", 2)
                self._depth -= 1
                return value
            case ")":
                raise ToolError("syntax error: unexpected ')'", 2)
            case "+" if self.rest:
                return self._take()
            case "length":
                return str(len(self._primary()))
            case "match":
                text = self._primary()
                return _matched(text, self._primary())
            case "index":
                text, chars = self._primary(), self._primary()
                return str(next((at for at, char in enumerate(text, 1) if char in chars), 0))
            case "substr":
                text, start, size = self._primary(), self._primary(), self._primary()
                if not (_INTEGER.fullmatch(start) and _INTEGER.fullmatch(size)) or int(start) < 1 or int(size) < 1:
                    return ""
                return text[int(start) - 1 : int(start) - 1 + int(size)]
        return word


def _applied(operator: str, left: str, right: str) -> str:
    match operator:
        case "|":
            return left if not _is_null(left) else right if not _is_null(right) else "0"
        case "&":
            return "0" if _is_null(left) or _is_null(right) else left
        case ":":
            return _matched(left, right)
    if operator in _LEVELS[2]:
        numeric = _INTEGER.fullmatch(left) and _INTEGER.fullmatch(right)
        order = (int(left) > int(right)) - (int(left) < int(right)) if numeric else (left > right) - (left < right)
        true = {"<": order < 0, "<=": order <= 0, "!=": order != 0, ">=": order >= 0, ">": order > 0}
        return str(int(true.get(operator, order == 0)))
    first, second = _integer(left), _integer(right)
    if operator in "/%" and not second:
        raise ToolError("division by zero", 2)
    quotient = abs(first) // abs(second) * (1 if (first < 0) == (second < 0) else -1) if operator in "/%" else 0
    match operator:
        case "+":
            return str(first + second)
        case "-":
            return str(first - second)
        case "*":
            return str(first * second)
        case "/":
            return str(quotient)
    return str(first - quotient * second)


def _matched(text: str, expression: str) -> str:
    """``:``, at the start of the text: its first group, or how many characters match."""
    try:
        pattern = compiled(expression, syntax=BASIC)
        match = pattern.match(text)
    except RegexError as error:
        raise ToolError(str(error), 2) from None
    if pattern.groups:
        return "" if match is None else match[1]
    return str(0 if match is None else match.end)
