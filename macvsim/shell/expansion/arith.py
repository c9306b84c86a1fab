"""``$((…))``: signed 64-bit integer expressions with C's operators (POSIX.1-2017, Shell Command Language 2.6.4; bash's
expr.c).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from macvsim.errors import MacvsimError
from macvsim.shell.syntax.grammar import Grammar

_OPERATORS = r"<<=|>>=|[-+*/%&|^]=|<<|>>|<=|>=|==|!=|&&|\|\||[-+*/%()<>=!~&^|?:]"
_TOKENS = (
    re.compile(rf"0[xX][0-9a-fA-F]+|\d+|[A-Za-z_]\w*|{_OPERATORS}"),
    re.compile(rf"\d+#\w+|0[xX][0-9a-fA-F]+|\d+|[A-Za-z_]\w*|\+\+|--|\*\*|,|{_OPERATORS}"),
    re.compile(rf"\d[\w@#]*|[A-Za-z_]\w*|\+\+|--|\*\*|,|{_OPERATORS}|."),
)
_LEVELS = {
    operator: level
    for level, operators in enumerate(
        ("||", "&&", "|", "^", "&", "== !=", "< <= > >=", "<< >>", "+ -", "* / %"),
    )
    for operator in operators.split()
}
_ASSIGN = frozenset(("=", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "<<=", ">>="))
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ@_"
_PLAIN = re.compile(r"[A-Za-z_]\w*\Z")
_DEEPEST, _LONGEST = 100, 1024
"""Expressions in variables in expressions, and names that lead to names."""


class BadExpression(MacvsimError):
    """An expression that has no value.

    kind : ``primary`` (an operand is missing), ``end`` (there is more), ``colon``, ``paren``, ``division``, ``number``,
        ``base``, ``digit``, ``assign``, ``exponent``, ``recursion``
    expression : all of it; token : it from the token on where it fails
    """

    def __init__(self, kind: str, expression: str, token: str) -> None:
        super().__init__(kind, expression, token)
        self.kind = kind
        self.expression = expression
        self.token = token

    def __str__(self) -> str:
        return f"{self.expression}: {self.kind}"


class Environment(NamedTuple):
    """How variables are read and set; one that is unset or empty counts as 0.  A name may have a subscript."""

    get: Callable[[str], str]
    assign: Callable[[str, str], None]
    grammar: Grammar = Grammar.POSIX


def evaluate(text: str, environment: Environment, depth: int = 0) -> int:
    """Value of an expression; an empty one is 0."""
    return _Evaluator(text, environment, depth).run() if text.strip() else 0


class _Token(NamedTuple):
    text: str
    start: int


class _Evaluator:
    """Precedence climbing; `live` is off in what ``&&``, ``||`` and ``?:`` do not evaluate."""

    def __init__(self, text: str, environment: Environment, depth: int) -> None:
        self._text = text
        self._environment = environment
        self._depth = depth
        self._live = True
        self._tokens: list[_Token] = []
        self._at = 0
        at = 0
        while text[at:].strip():
            at += len(text[at:]) - len(text[at:].lstrip())
            match = _TOKENS[environment.grammar].match(text, at)
            if not match:
                raise BadExpression("end", text, text[at:])
            end = match.end()
            if environment.grammar >= Grammar.BASH and _PLAIN.match(match[0]) and text[end : end + 1] == "[":
                end = _behind_subscript(text, end)
            self._tokens.append(_Token(text[at:end], at))
            at = end

    def run(self) -> int:
        value = self._list()
        if self._at < len(self._tokens):
            raise self._bad("end")
        return value

    def _bad(self, kind: str, at: int | None = None) -> BadExpression:
        """A mistake at a place, else at the token ahead or, at the end, the last one."""
        if at is None:
            at = self._tokens[min(self._at, len(self._tokens) - 1)].start if self._tokens else 0
        return BadExpression(kind, self._text, self._text[at:])

    def _peek(self, ahead: int = 0) -> str:
        at = self._at + ahead
        return self._tokens[at].text if at < len(self._tokens) else ""

    def _take(self, *tokens: str) -> str:
        token = self._peek()
        if token and token in tokens:
            self._at += 1
            return token
        return ""

    def _list(self) -> int:
        value = self._assignment()
        while self._take(","):
            value = self._assignment()
        return value

    def _assignment(self) -> int:
        if _is_name(self._peek()) and self._peek(1) in _ASSIGN:
            name, operator = self._peek(), self._peek(1)
            self._at += 2
            start = self._at
            value = self._assignment()
            if operator != "=":
                value = self._apply(operator[:-1], self._variable(name), value, start)
            if self._live:
                self._environment.assign(name, str(value))
            return value
        value = self._conditional()
        if self._peek() in _ASSIGN and self._environment.grammar >= Grammar.BASH:
            raise self._bad("assign")
        return value

    def _conditional(self) -> int:
        condition = self._binary(0)
        if not self._take("?"):
            return condition
        live = self._live
        self._live = live and condition != 0
        first = self._list() if self._environment.grammar else self._assignment()
        if not self._take(":"):
            raise self._bad("colon")
        self._live = live and condition == 0
        second = self._conditional()
        self._live = live
        return first if condition else second

    def _binary(self, lowest: int) -> int:
        left = self._power()
        while (level := _LEVELS.get(self._peek(), -1)) >= lowest:
            operator = self._take(self._peek())
            start = self._at
            if operator in ("&&", "||"):
                live = self._live
                self._live = live and (left != 0) == (operator == "&&")
                right = self._binary(level + 1)
                self._live = live
                left = int(bool(left and right) if operator == "&&" else bool(left or right))
            else:
                left = self._apply(operator, left, self._binary(level + 1), start)
        return left

    def _apply(self, operator: str, a: int, b: int, start: int) -> int:
        """The value of two operands; the second begins at the token `start`."""
        match operator:
            case "/" | "%" if b == 0:
                if self._live:
                    raise self._bad("division", self._tokens[start].start)
                return 0
            case "/":
                return _wrap(abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1))
            case "%":
                return _wrap(abs(a) % abs(b) * (-1 if a < 0 else 1))
            case "<<":
                return _wrap(a << (b & 63))
            case ">>":
                return a >> (b & 63)
        values = {"+": a + b, "-": a - b, "*": a * b, "&": a & b, "|": a | b, "^": a ^ b, "==": a == b, "!=": a != b,
                  "<": a < b, "<=": a <= b, ">": a > b, ">=": a >= b}  # fmt: skip
        return _wrap(int(values[operator]))

    def _power(self) -> int:
        base = self._unary()
        if not self._take("**"):
            return base
        exponent = self._power()
        if exponent < 0:
            raise self._bad("exponent")
        return _wrap(pow(base, exponent, 1 << 64))

    def _unary(self) -> int:
        match self._take("-", "+", "!", "~"):
            case "-":
                return _wrap(-self._unary())
            case "+":
                return self._unary()
            case "!":
                return int(not self._unary())
            case "~":
                return ~self._unary()
        if self._take("("):
            value = self._list()
            if not self._take(")"):
                raise self._bad("paren")
            return value
        if step := self._take("++", "--"):
            if not _is_name(self._peek()):
                return self._unary() if step == "++" else _wrap(self._unary())
            return self._count(self._take(self._peek()), step)
        token = self._peek()
        if _is_name(token):
            self._at += 1
            if step := self._take("++", "--"):
                value = self._variable(token)
                self._count(token, step)
                return value
            return self._variable(token) if self._live or not self._environment.grammar else 0
        if token[:1].isdecimal():
            value = self._number(token, self._tokens[self._at].start)
            self._at += 1
            return value
        raise self._bad("primary")

    def _count(self, name: str, step: str) -> int:
        value = _wrap(self._variable(name) + (1 if step == "++" else -1))
        if self._live:
            self._environment.assign(name, str(value))
        return value

    def _variable(self, name: str) -> int:
        """The value of a variable: a number in dash, an expression elsewhere."""
        text = self._environment.get(name).strip()
        sign = -1 if text.startswith("-") else 1
        digits = text.lstrip("+-")
        if not digits:
            return 0
        if self._environment.grammar == Grammar.POSIX:
            if not digits[0].isdecimal():
                raise BadExpression("number", self._text, text)
            return _wrap(sign * self._number(digits, 0))
        if re.fullmatch(r"[-+]?(0|[1-9]\d*)", text):
            return _wrap(int(text))
        steps = 0
        while _PLAIN.match(text):
            steps += 1
            name, text = text, self._environment.get(text).strip()
            if steps >= _LONGEST - 1:
                raise BadExpression("recursion", name, name)
        if self._depth >= _DEEPEST:
            raise BadExpression("recursion", text, text)
        return evaluate(text, self._environment, self._depth + 1)

    def _number(self, digits: str, start: int) -> int:
        """A number as it is written, at a place."""
        base, mark, figures = digits.partition("#")
        if mark:
            if not base.isdecimal() or not 2 <= int(base) <= 64:
                raise self._bad("base", start)
            return _wrap(self._based(figures.lower() if int(base) <= 36 else figures, int(base), start))
        if digits[:2] in ("0x", "0X"):
            return _wrap(self._based(digits[2:].lower(), 16, start))
        return _wrap(self._based(digits, 8 if digits[0] == "0" else 10, start))

    def _based(self, figures: str, base: int, start: int) -> int:
        value = 0
        for figure in figures:
            place = _DIGITS.find(figure)
            if not 0 <= place < base:
                raise self._bad("end" if self._environment.grammar < Grammar.BASH else "digit", start)
            value = value * base + place
        return value


def _behind_subscript(text: str, at: int) -> int:
    """The place behind ``[…]``."""
    depth = 0
    for end in range(at, len(text)):
        depth += (text[end] == "[") - (text[end] == "]")
        if not depth:
            return end + 1
    return at


def _is_name(token: str) -> bool:
    return token[:1].isalpha() or token[:1] == "_"


def _wrap(value: int) -> int:
    """Two's complement of 64 bits."""
    return (value + (1 << 63)) % (1 << 64) - (1 << 63)
