"""Values of awk: numbers, texts, and input that looks like a number (POSIX.1-2017, awk, Expressions in awk)."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeAlias, cast

_NUMBER = re.compile(r"\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
_FORMAT = re.compile(r"%([-+ #0]*)(\*|\d+)?(?:\.(\*|\d+)?)?([a-zA-Z%])|%")
_EXACT = (-(2.0**63), 2.0**64)
"""Whole numbers are printed with all digits from the first one to the second."""
_WIDEST = (1 << 31) - 1


class AwkError(Exception):
    """The program cannot go on, in mawk's words, and in busybox' where they are others; `printed`: what a format prints
    before that.
    """

    def __init__(self, message: str, busybox: str = "", printed: str | None = None) -> None:
        super().__init__(message)
        self.busybox = busybox or message
        self.printed = printed


class Input(str):
    """Text from outside, which compares as a number if it looks like one."""

    __slots__ = ()


Value: TypeAlias = float | str | None
"""None: a variable nobody has set, which is 0 and empty."""
Array: TypeAlias = dict[str, Value]


def number(value: Value) -> float:
    """As a number: as much of the beginning of a text as is one."""
    if isinstance(value, float):
        return value
    match = _NUMBER.match(value) if value else None
    return float(match[0]) if match else 0.0


def text(value: Value, conversion: str = "%.6g") -> str:
    """As text; whole numbers without a point."""
    if isinstance(value, float):
        if value != value or value in (float("inf"), float("-inf")):
            return "-nan" if value != value else f"{value:+}"
        if value == int(value) and _EXACT[0] <= value <= _EXACT[1]:
            return str(int(value))
        try:
            return conversion % value if conversion else ""
        except (TypeError, ValueError):
            raise AwkError(f"illegal format assigned to CONVFMT: {conversion}") from None
    return value or ""


def looks_numeric(value: Value) -> bool:
    """It compares as a number."""
    if isinstance(value, Input):
        match = _NUMBER.match(value)
        return match is not None and not value[match.end() :].strip()
    return not isinstance(value, str)


def truth(value: Value) -> bool:
    """Not 0, not empty."""
    return number(value) != 0 if looks_numeric(value) else bool(value)


def compare(left: Value, right: Value) -> int:
    """Below, at or above 0, as numbers if both look like it."""
    if looks_numeric(left) and looks_numeric(right):
        a, b = number(left), number(right)
        return (a > b) - (a < b)
    first, second = text(left), text(right)
    return (first > second) - (first < second)


def _size(value: float) -> int:
    """A width or precision, as mawk takes numbers for whole ones (d_to_int)."""
    return int(min(value, _WIDEST)) if value > -_WIDEST else -_WIDEST


def formatted(form: str, values: list[Value], field: Callable[[int], None], *, function: str = "") -> str:
    """A format of printf and its values; missing ones are empty, or `AwkError` in the name of a function.

    field : takes the width of each field before it is built
    """
    rest = iter(values)
    missing = object()

    def following(match: re.Match[str]) -> Value:
        value = next(rest, missing)
        if value is not missing:
            return cast(Value, value)
        if function:
            before = "".join(found) + form[at : match.start()]
            raise AwkError(f'not enough arguments passed to {function}("{form}")', printed=before)
        return None

    def one(match: re.Match[str]) -> str:
        flags, width, precision, letter = match[1], match[2], match[3], match[4]
        if letter is None or letter == "%":
            return "%"
        if width == "*":
            width = str(_size(number(following(match))))
        if precision == "*":
            precision = str(_size(number(following(match))))
        field(max(abs(_size(float(size))) for size in (width or 0, precision or 0)))
        head = f"%{flags}{width or ''}" + (f".{precision or 0}" if "." in match[0] else "")
        value = following(match)
        match letter:
            case "d" | "i" | "u":
                return f"{head}d" % int(number(value))
            case "o" | "x" | "X":
                return f"{head}{letter}" % (int(number(value)) & 0xFFFFFFFFFFFFFFFF)
            case "e" | "E" | "f" | "F" | "g" | "G":
                return f"{head}{letter}" % number(value)
            case "c":
                char = text(value)[:1] if isinstance(value, str) else chr(int(number(value)))
                return f"{head}s" % char
            case "s":
                return f"{head}s" % text(value)
        return match[0]

    found: list[str] = []
    at = 0
    for match in _FORMAT.finditer(form):
        text_of_match = one(match)
        found += [form[at : match.start()], text_of_match]
        at = match.end()
    return "".join([*found, form[at:]])
