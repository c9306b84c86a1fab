"""The sets of tr, and backslash escapes as the tools read them."""

from __future__ import annotations

import re
import string

_SIMPLE = {"a": "\a", "b": "\b", "e": "\x1b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "\\": "\\"}
_CLASSES = {
    "alnum": string.digits + string.ascii_uppercase + string.ascii_lowercase,
    "alpha": string.ascii_uppercase + string.ascii_lowercase,
    "blank": "\t ",
    "digit": string.digits,
    "lower": string.ascii_lowercase,
    "punct": string.punctuation,
    "space": "\t\n\v\f\r ",
    "upper": string.ascii_uppercase,
    "xdigit": string.digits + "ABCDEFabcdef",
}


def unescape(text: str, *, leading_zero: bool = False, unicode: bool = False) -> tuple[str, bool]:
    """Text with its backslash escapes replaced, and whether ``\\c`` ended it.

    leading_zero : octal numbers are written ``\\0NNN`` (echo, ``%b``) and not ``\\NNN`` (printf formats)
    unicode : ``\\uHHHH``, ``\\UHHHHHHHH`` and ``\\"`` exist (bash)
    """
    octal = r"0[0-7]{0,3}" if leading_zero else r"[0-7]{1,3}"
    parts = []
    at = 0
    wide = r"u([0-9a-fA-F]{1,4})|U([0-9a-fA-F]{1,8})" if unicode else r"(?!)()|(?!)()"
    for match in re.finditer(rf"\\(?:({octal})|x([0-9a-fA-F]{{1,2}})|{wide}|(.))", text, re.DOTALL):
        parts.append(text[at : match.start()])
        at = match.end()
        if match[1] is not None:
            parts.append(chr(int(match[1], 8) & 0xFF))
        elif match[2] is not None:
            parts.append(chr(int(match[2], 16)))
        elif match[3] or match[4]:
            parts.append(chr(int(match[3] or match[4], 16)))
        elif match[5] == "c":
            return "".join(parts), True
        elif match[5] in "\"'" and unicode and not leading_zero:
            parts.append(match[5])
        else:
            parts.append(_SIMPLE.get(match[5], match[0]))
    return "".join(parts) + text[at:], False


def expand_set(text: str) -> str:
    """Every character of a set of tr's, in order: escapes, ranges, ``[:class:]``."""
    found: list[str] = []
    at = 0
    while at < len(text):
        named = re.compile(r"\[:(\w+):\]").match(text, at)
        if named and named[1] in _CLASSES:
            found += _CLASSES[named[1]]
            at = named.end()
            continue
        low, at = _character(text, at)
        if text[at : at + 1] == "-" and at + 1 < len(text):
            high, at = _character(text, at + 1)
            found += (chr(code) for code in range(ord(low), ord(high) + 1))
        else:
            found.append(low)
    return "".join(found)


def _character(text: str, at: int) -> tuple[str, int]:
    """The character at a place, and the place behind it."""
    match = re.compile(r"\\([0-7]{1,3}|.)", re.DOTALL).match(text, at)
    if match is None:
        return text[at], at + 1
    if match[1][0] in "01234567":
        return chr(int(match[1], 8) & 0xFF), match.end()
    return _SIMPLE.get(match[1], match[1]), match.end()
