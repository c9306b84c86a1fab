"""Quoting: what ``$'…'`` means, and how shells print a text so that they read it back (bash's lib/sh/shquote.c)."""

from __future__ import annotations

import re

_NAMED = {"a": "\a", "b": "\b", "e": "\x1b", "E": "\x1b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_ESCAPE = re.compile(
    r"\\(?:([0-7]{1,3})|x([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{1,4})|U([0-9a-fA-F]{1,8})|c(.)|(.))", re.DOTALL
)
_PRINTED = {"\a": "\\a", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\v": "\\v", "\x1b": "\\E"}
_META = re.compile(r"[ \t\n'\"\\|&;()<>!{}*\[?\]^$`]|(?:^|(?<=[=:]))~|^#")
_BACKSLASHED = re.compile(r"[ \t\n!\"$&'()*,;<>?\[\\\]^`{|}]|(?:^|(?<=[=:]))~|^#")
_ASH_META = re.compile(r"[^A-Za-z0-9_@%+=:,./~^{}#-]")


def c_quoted(text: str) -> str:
    """The text that the inside of ``$'…'`` stands for."""

    def one(match: re.Match[str]) -> str:
        octal, two, four, eight, control, other = match.groups()
        if octal:
            return chr(int(octal, 8) & 0xFF)
        if two or four or eight:
            return chr(int(two or four or eight, 16))
        if control:
            return chr(ord(control.upper()) & 0x1F)
        return _NAMED.get(other, other if other in "\\'\"?" else match[0])

    return _ESCAPE.sub(one, text)


def dash_quoted(text: str) -> str:
    """As dash and busybox ash print a value."""
    return "'" + text.replace("'", "'\"'\"'") + "'"


def single_quoted(text: str) -> str:
    """As bash quotes a value."""
    return "'" + text.replace("'", "'\\''") + "'"


def reusable(text: str) -> str:
    """The value of a variable as bash's ``set`` prints it: quoted where it must be."""
    if not text.isprintable():
        return _ansi(text)
    return single_quoted(text) if _META.search(text) else text


def traced(text: str) -> str:
    """A word as bash's ``set -x`` prints it."""
    return reusable(text) if text else "''"


def ash_traced(text: str) -> str:
    """A word as ash's ``set -x`` prints it."""
    return dash_quoted(text) if not text or _ASH_META.search(text) else text


def double_quoted(text: str) -> str:
    """As ``declare -p`` prints a value."""
    if not text.isprintable():
        return _ansi(text)
    return '"' + re.sub(r'([$`"\\])', r"\\\1", text) + '"'


def backslashed(text: str) -> str:
    """As ``printf %q`` prints a word."""
    if not text:
        return "''"
    return _BACKSLASHED.sub(lambda match: f"\\{match[0]}", text) if text.isprintable() else _ansi(text)


def _ansi(text: str) -> str:
    """``$'…'``."""
    return "$'" + "".join(_one(char) for char in text) + "'"


def _one(char: str) -> str:
    if char in "\\'":
        return f"\\{char}"
    return _PRINTED.get(char) or (char if char.isprintable() else f"\\{ord(char):03o}")
