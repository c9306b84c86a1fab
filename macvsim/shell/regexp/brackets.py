"""Bracket expressions, and the tests of single characters (POSIX.1-2017, Base Definitions 9.3.5)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from operator import eq

from macvsim.shell.regexp.program import CharTest
from macvsim.shell.regexp.syntax import RegexError

_CLASSES: dict[str, CharTest] = {
    "alnum": str.isalnum,
    "alpha": str.isalpha,
    "blank": " \t".__contains__,
    "cntrl": lambda char: char < " " or "\x7f" <= char < "\xa0",
    "digit": "0123456789".__contains__,
    "graph": lambda char: char.isprintable() and not char.isspace(),
    "lower": str.islower,
    "print": str.isprintable,
    "punct": lambda char: char.isprintable() and not char.isalnum() and not char.isspace(),
    "space": str.isspace,
    "upper": str.isupper,
    "xdigit": "0123456789abcdefABCDEF".__contains__,
}
_ESCAPES: dict[str, CharTest] = {
    "\\w": lambda char: char.isalnum() or char == "_",
    "\\W": lambda char: not (char.isalnum() or char == "_"),
    "\\s": str.isspace,
    "\\S": lambda char: not char.isspace(),
}
_AWK = {"n": "\n", "t": "\t", "r": "\r", "f": "\f", "v": "\v", "a": "\a", "b": "\b"}


def anything(_: str) -> bool:
    """The test of ``.``."""
    return True


def nothing(_: str) -> bool:
    """A test that no character passes."""
    return False


def escape_class(escape: str) -> CharTest | None:
    """The test of ``\\w`` and its like."""
    return _ESCAPES.get(escape)


def literal(char: str, *, fold: bool) -> CharTest:
    """The test for one character, whatever its case if `fold`."""
    variants = {char, char.lower(), char.upper()}
    return variants.__contains__ if fold and len(variants) > 1 else partial(eq, char)


def bracket(text: str, at: int, *, fold: bool, escapes: bool) -> tuple[CharTest, int]:
    """The test that a bracket expression means, and where the text goes on behind it.

    at : behind its opening bracket; escapes : a backslash escapes, as in awk
    """
    negated = text.startswith("^", at)
    at += negated
    tests: list[CharTest] = []
    singles: set[str] = set()
    first = at
    while True:
        if text.startswith("]", at) and at > first:
            break
        if text.startswith("-", at) and at > first and not (escapes or text.startswith("]", at + 1)):
            raise RegexError("ERANGE")
        low, at = _element(text, at, tests, escapes=escapes)
        if not (text.startswith("-", at) and at + 1 < len(text) and text[at + 1] != "]"):
            if low is not None:
                singles.add(low)
            continue
        high, at = _element(text, at + 1, [], escapes=escapes)
        if low is None or high is None or low > high:
            raise RegexError("ERANGE")
        tests.append(partial(_between, low, high))
    if singles:
        tests.append(singles.__contains__)
    return _Bracket(tests, negated=negated, fold=fold).accepts, at + 1


def _between(low: str, high: str, char: str) -> bool:
    return low <= char <= high


def _element(text: str, at: int, tests: list[CharTest], *, escapes: bool) -> tuple[str | None, int]:
    """A character of a bracket expression, or None for a class, whose test is added; and where the text goes on."""
    char = text[at : at + 1]
    if not char:
        raise RegexError("EBRACK")
    if char == "\\" and escapes and at + 1 < len(text):
        return _AWK.get(text[at + 1], text[at + 1]), at + 2
    mark = text[at + 1 : at + 2] if char == "[" else ""
    if not mark or mark not in (":" if escapes else ":.="):
        return char, at + 1
    end = text.find(f"{mark}]", at + 2)
    if end < 0:
        raise RegexError("EBRACK")
    name = text[at + 2 : end]
    if mark == ":":
        if name not in _CLASSES:
            raise RegexError("ECTYPE")
        tests.append(_CLASSES[name])
        return None, end + 2
    if len(name) != 1:
        raise RegexError("ECOLLATE")
    if mark == "=":
        tests.append(partial(eq, name))
        return None, end + 2
    return name, end + 2


class _Bracket:
    """Accepts what one of `tests` does, or none of them if `negated`."""

    def __init__(self, tests: list[CharTest], *, negated: bool, fold: bool) -> None:
        self._tests = tests
        self._negated = negated
        self._variants: Callable[[str], tuple[str, ...]] = _cases if fold else _itself

    def accepts(self, char: str) -> bool:
        """The test."""
        return any(test(one) for one in self._variants(char) for test in self._tests) != self._negated


def _itself(char: str) -> tuple[str, ...]:
    return (char,)


def _cases(char: str) -> tuple[str, ...]:
    return (char, char.lower(), char.upper())
