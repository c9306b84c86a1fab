"""Regular expressions of mawk 1.3.4, which have escapes of their own (mawk(1), Regular Expressions)."""

from __future__ import annotations

import re

from macvsim.shell.regexp import AWK, Pattern, RegexError, compiled
from macvsim.tools.mawk.values import AwkError

_ESCAPE = re.compile(r"\\([0-7]{1,3}|.)", re.DOTALL)
_LETTERS = {"t": "\t", "n": "\n", "/": "/", '"': '"', "&": "&", "r": "\r", "f": "\f", "v": "\v", "a": "\a", "b": "\b"}
_TEXTS = {
    "BADRPT": "missing operand",
    "EPAREN": "missing ')'",
    "EBRACK": "bad class -- [], [^] or [",
    "ECTYPE": "bad class -- [], [^] or [",
    "BADBR": "bad interval expression",
}


def regex(source: str) -> Pattern:
    """The pattern of an expression."""
    try:
        return compiled(_ESCAPE.sub(_character, source), syntax=AWK)
    except RegexError as error:
        raise AwkError(f"regular expression compile failed ({_TEXTS.get(error.code, error)})\n{source}") from None


def parts(pattern: Pattern, text: str) -> list[str]:
    """The parts of a text between matches that are not empty."""
    found, at = [], 0
    for match in pattern.matches(text):
        if match[0]:
            found.append(text[at : match.start])
            at = match.end
    return [*found, text[at:]]


def _character(match: re.Match[str]) -> str:
    """An escape that means a character; others are left to the matcher."""
    escaped = match[1]
    if escaped[0] in "01234567":
        return re.sub(r"([][\\^$.|?*+(){}])", r"\\\1", chr(int(escaped, 8)))
    return _LETTERS.get(escaped, match[0])
