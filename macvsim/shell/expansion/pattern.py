"""Pattern matching notation: ``*``, ``?``, ``[…]`` (POSIX.1-2017, Shell Command Language 2.13)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from macvsim.machine.files import FileSystem

Pieces = list[tuple[str, bool]]
"""Text, and whether it was quoted: then none of it is special."""

_SPECIAL = frozenset("*?[")


def is_pattern(pieces: Pieces) -> bool:
    """True if a character that is not quoted is special."""
    return any(not quoted and not _SPECIAL.isdisjoint(text) for text, quoted in pieces)


def to_regex(pieces: Pieces, *, shortest: bool = False) -> str:
    """A regular expression for whole strings; `shortest` lets ``*`` take as little as possible."""
    marked = [(char, quoted) for text, quoted in pieces for char in text]
    found = ""
    at = 0
    while at < len(marked):
        char, quoted = marked[at]
        at += 1
        if quoted or char not in _SPECIAL:
            found += re.escape(char)
        elif char == "*":
            found += ".*?" if shortest else ".*"
        elif char == "?":
            found += "."
        else:
            text = "".join(c for c, _ in marked[at:])
            end = text.find("]", 2 if text[:1] in ("!", "^") else 1)
            if end < 0:
                found += re.escape("[")
                continue
            inside = text[:end]
            negated = inside[:1] in ("!", "^")
            body = re.sub(r"\[:(\w+):\]", lambda m: _CLASSES.get(m[1], ""), inside[negated:])
            found += f"[{'^' if negated else ''}{body.replace(chr(92), chr(92) * 2).replace('[', chr(92) + '[')}]"
            at += end + 1
    return found


_CLASSES = {"alpha": "a-zA-Z", "digit": "0-9", "alnum": "a-zA-Z0-9", "upper": "A-Z", "lower": "a-z", "space": " \t\n",
            "xdigit": "0-9a-fA-F", "blank": " \t"}  # fmt: skip


def matches(pieces: Pieces, text: str) -> bool:
    """True if a pattern matches all of a text."""
    return re.fullmatch(to_regex(pieces), text, re.DOTALL) is not None


def trim(pieces: Pieces, text: str, operator: str) -> str:
    """``${x#pattern}`` and its relatives: without the shortest (``#``, ``%``) or longest prefix or suffix."""
    cuts = range(len(text) + 1)
    if operator in ("##", "%"):
        cuts = range(len(text), -1, -1)
    for cut in cuts:
        if operator[0] == "#" and matches(pieces, text[:cut]):
            return text[cut:]
        if operator[0] == "%" and matches(pieces, text[cut:]):
            return text[:cut]
    return text


def replace(pieces: Pieces, text: str, operator: str, new: str) -> str:
    """``${x/pattern/new}``: the first match, all (``//``), one at the beginning (``/#``) or at the end (``/%``)."""
    regex = to_regex(pieces)
    if not regex:
        return text
    regex = {"/#": rf"\A(?:{regex})", "/%": rf"(?:{regex})\Z"}.get(operator, regex)
    return re.sub(regex, lambda _: new, text, count=0 if operator == "//" else 1, flags=re.DOTALL)


def glob(pieces: Pieces, files: FileSystem) -> list[str]:
    """Paths that a pattern matches, sorted; names that begin with a dot only where the pattern does too."""
    components: list[Pieces] = [[]]
    for text, quoted in pieces:
        for number, part in enumerate(text.split("/")):
            if number:
                components.append([])
            components[-1].append((part, quoted))
    found = [""]
    for number, component in enumerate(components):
        last = number == len(components) - 1
        plain = "".join(text for text, _ in component)
        following: list[str] = []
        for base in found:
            if not is_pattern(component):
                path = base + plain
                if last and plain and not files.exists(path):
                    continue
                following.append(path if last else path + "/")
                continue
            try:
                names = files.names(base or ".")
            except Exception:
                continue
            hidden = plain.startswith(".")
            for name in names:
                if (hidden or not name.startswith(".")) and matches(component, name):
                    path = base + name
                    if last:
                        following.append(path)
                    elif files.is_directory(path):
                        following.append(path + "/")
        found = following
    return sorted(found)
