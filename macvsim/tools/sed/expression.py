"""Regular expressions and replacements in a script of sed (GNU sed 4.9)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from macvsim.shell.regexp import Match

_LETTERS = {"a": "\a", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_CODE = re.compile(r"\\(?:c(.)|d(\d{3})|o([0-7]{3})|x([0-9A-Fa-f]{2})|([afnrtv\n]))", re.DOTALL)
_TOKEN = re.compile(r"\\([0-9])|(&)|\\([LUEul])|\\(\n|.)|([^&\\]+|\\)", re.DOTALL)


def character(match: re.Match[str]) -> str:
    """The character that an escape of `_CODE` means."""
    control, decimal, octal, hexadecimal, letter = match.groups()
    if control:
        return chr(ord(control.upper()) ^ 64)
    for digits, base in ((decimal, 10), (octal, 8), (hexadecimal, 16)):
        if digits:
            return chr(int(digits, base))
    return _LETTERS.get(letter, letter)


def source(text: str) -> str:
    """A regular expression with the escapes of characters replaced; a special character stays literal."""
    found, at, inside = "", 0, False
    while at < len(text):
        match = _CODE.match(text, at)
        if match:
            char = character(match)
            found += f"\\{char}" if char in "^$.*[]\\" and not inside and match[0][1] in "cdox" else char
            at = match.end()
        elif inside:
            if text.startswith(("[:", "[.", "[="), at) and (end := text.find(f"{text[at + 1]}]", at + 2)) > 0:
                found, at = found + text[at : end + 2], end + 2
                continue
            inside = text[at] != "]"
            found, at = found + text[at], at + 1
        elif text[at] == "[":
            opening = re.compile(r"\[\^?\]?").match(text, at)
            assert opening is not None
            inside, found, at = True, found + opening[0], opening.end()
        else:
            size = 2 if text[at] == "\\" else 1
            found, at = found + text[at : at + size], at + size
    return found


def plain(text: str) -> str:
    """The text of ``a``, ``i`` and ``c``: escapes of characters, and backslashes that go."""
    text = _CODE.sub(lambda match: character(match).replace("\\", "\\\\"), text)
    return re.sub(r"\\(.)", r"\1", text, flags=re.DOTALL)


@dataclass(frozen=True)
class Replacement:
    """The right side of ``s``: texts, numbers of groups, and letters that change case."""

    parts: tuple[tuple[str, str], ...]

    @classmethod
    def read(cls, text: str) -> Replacement:
        """Parse it."""
        parts: list[tuple[str, str]] = []
        at = 0
        while at < len(text):
            code = _CODE.match(text, at)
            if code:
                parts.append(("text", character(code)))
                at = code.end()
                continue
            token = _TOKEN.match(text, at)
            assert token is not None
            group, whole, case, escaped, plain_text = token.groups()
            if group or whole:
                parts.append(("group", group or "0"))
            elif case:
                parts.append(("case", case))
            else:
                parts.append(("text", escaped or plain_text))
            at = token.end()
        return cls(tuple(parts))

    @property
    def groups(self) -> int:
        """The highest group it names."""
        return max((int(value) for kind, value in self.parts if kind == "group"), default=0)

    def most(self, match: Match) -> int:
        """The most characters that `apply` gives."""
        whole = match.end - match.start
        return sum(whole if kind == "group" else len(value) for kind, value in self.parts)

    def apply(self, match: Match) -> str:
        """The text for one match."""
        found, mode, once = "", "E", ""
        for kind, value in self.parts:
            if kind == "case":
                mode, once = (mode, value) if value in "ul" else (value, once)
                continue
            text = match[int(value)] if kind == "group" else value
            if not text:
                continue
            first, rest = (_cased(part, mode) for part in (text[0], text[1:]))
            found += (_cased(text[0], once.upper()) if once else first) + rest
            once = ""
        return found


NOTHING = Replacement(())


def _cased(text: str, mode: str) -> str:
    return text.upper() if mode == "U" else text.lower() if mode == "L" else text
