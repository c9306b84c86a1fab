"""``$((…))``: signed 64-bit integer expressions with C's operators (POSIX.1-2017, Shell Command Language 2.6.4)."""

from __future__ import annotations

import re
from collections.abc import Callable

from macvsim.errors import MacvsimError

_TOKEN = re.compile(
    r"\s*(0[xX][0-9a-fA-F]+|\d+|[A-Za-z_]\w*|<<=|>>=|[-+*/%&|^]=|<<|>>|<=|>=|==|!=|&&|\|\||[-+*/%()<>=!~&^|?:])"
)
_COUNT = re.compile(r"\s*(\+\+|--|\*\*)")
_BINARY: tuple[tuple[str, ...], ...] = (
    ("||",), ("&&",), ("|",), ("^",), ("&",), ("==", "!="), ("<", "<=", ">", ">="), ("<<", ">>"), ("+", "-"),
    ("*", "/", "%"),
)  # fmt: skip
_ASSIGN = frozenset(("=", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "<<=", ">>="))


class BadExpression(MacvsimError):
    """An expression that has no value; the text is dash's.  `kind` is ``syntax``, ``division`` or ``number``."""

    def __init__(self, text: str, kind: str = "syntax") -> None:
        super().__init__(text, kind)
        self.text = text
        self.kind = kind

    def __str__(self) -> str:
        return self.text


def evaluate(
    text: str, get: Callable[[str], str], assign: Callable[[str, str], None], *, counting: bool = False
) -> int:
    """Value of an expression; an empty one is 0.

    get, assign : read and set variables; one that is unset or empty counts as 0
    counting : ``x++``, ``--x`` and ``**`` exist
    """
    return _Evaluator(text, get, assign, counting).run() if text.strip() else 0


class _Evaluator:
    """Precedence climbing; `live` is off in what ``&&``, ``||`` and ``?:`` do not evaluate."""

    def __init__(
        self, text: str, get: Callable[[str], str], assign: Callable[[str, str], None], counting: bool
    ) -> None:
        self._text = text
        self._get = get
        self._assign = assign
        self._live = True
        self._tokens: list[str] = []
        at = 0
        while text[at:].strip():
            match = (counting and _COUNT.match(text, at)) or _TOKEN.match(text, at)
            if not match:
                raise BadExpression(f'arithmetic expression: expecting EOF: "{text}"')
            self._tokens.append(match[1])
            at = match.end()

    def run(self) -> int:
        value = self._assignment()
        if self._tokens:
            raise BadExpression(f'arithmetic expression: expecting EOF: "{self._text}"')
        return value

    def _take(self, *tokens: str) -> str:
        return self._tokens.pop(0) if self._tokens and self._tokens[0] in tokens else ""

    def _assignment(self) -> int:
        tokens = self._tokens
        if len(tokens) > 1 and _is_name(tokens[0]) and tokens[1] in _ASSIGN:
            name, operator = tokens.pop(0), tokens.pop(0)
            value = self._assignment()
            if operator != "=":
                value = self._apply(operator[:-1], self._variable(name), value)
            if self._live:
                self._assign(name, str(value))
            return value
        return self._conditional()

    def _conditional(self) -> int:
        condition = self._binary(0)
        if not self._take("?"):
            return condition
        live = self._live
        self._live = live and condition != 0
        first = self._assignment()
        if not self._take(":"):
            raise BadExpression(f"arithmetic expression: expecting ':': \"{self._text}\"")
        self._live = live and condition == 0
        second = self._conditional()
        self._live = live
        return first if condition else second

    def _binary(self, level: int) -> int:
        if level == len(_BINARY):
            return self._power()
        left = self._binary(level + 1)
        while operator := self._take(*_BINARY[level]):
            live = self._live
            if operator in ("&&", "||"):
                self._live = live and (left != 0) == (operator == "&&")
                right = self._binary(level + 1)
                self._live = live
                left = int(bool(left and right) if operator == "&&" else bool(left or right))
            else:
                left = self._apply(operator, left, self._binary(level + 1))
        return left

    def _apply(self, operator: str, a: int, b: int) -> int:
        match operator:
            case "/" | "%" if b == 0:
                if self._live:
                    raise BadExpression(f'arithmetic expression: division by zero: "{self._text}"', "division")
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
            raise BadExpression(f'arithmetic expression: exponent less than 0: "{self._text}"')
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
            value = self._assignment()
            if not self._take(")"):
                raise BadExpression(f"arithmetic expression: expecting ')': \"{self._text}\"")
            return value
        if step := self._take("++", "--"):
            if not self._tokens or not _is_name(self._tokens[0]):
                raise BadExpression(f'arithmetic expression: expecting primary: "{self._text}"')
            return self._count(self._tokens.pop(0), step)
        if self._tokens and _is_name(self._tokens[0]):
            name = self._tokens.pop(0)
            value = self._variable(name)
            if step := self._take("++", "--"):
                self._count(name, step)
            return value
        if self._tokens and self._tokens[0][0].isdigit():
            return _number(self._tokens.pop(0), self._text)
        raise BadExpression(f'arithmetic expression: expecting primary: "{self._text}"')

    def _count(self, name: str, step: str) -> int:
        value = _wrap(self._variable(name) + (1 if step == "++" else -1))
        if self._live:
            self._assign(name, str(value))
        return value

    def _variable(self, name: str) -> int:
        text = self._get(name).strip()
        sign = -1 if text.startswith("-") else 1
        digits = text.lstrip("+-")
        if not digits:
            return 0
        if not digits[0].isdigit():
            raise BadExpression(f"Illegal number: {text}", "number")
        return _wrap(sign * _number(digits, text))


def _is_name(token: str) -> bool:
    return token[0].isalpha() or token[0] == "_"


def _number(digits: str, whole: str) -> int:
    try:
        if digits[:2] in ("0x", "0X"):
            return _wrap(int(digits, 16))
        return _wrap(int(digits, 8 if digits[0] == "0" else 10))
    except ValueError:
        raise BadExpression(f'arithmetic expression: expecting EOF: "{whole}"') from None


def _wrap(value: int) -> int:
    """Two's complement of 64 bits."""
    return (value + (1 << 63)) % (1 << 64) - (1 << 63)
