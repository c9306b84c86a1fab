"""Regular expressions of POSIX as Python's: grep's basic and extended ones, and plain texts."""

from __future__ import annotations

import re

_CLASSES = {
    "alnum": "a-zA-Z0-9", "alpha": "a-zA-Z", "blank": " \\t", "digit": "0-9", "lower": "a-z", "space": "\\s",
    "upper": "A-Z", "xdigit": "0-9a-fA-F", "punct": "!-/:-@\\[-`{-~",
}  # fmt: skip
_TOKEN = re.compile(r"\[\^?\]?(?:\[:\w+:\]|[^\]])*\]|\\.|.", re.DOTALL)


def translated(pattern: str, kind: str) -> str:
    """A pattern for `re`; kind : ``F`` fixed text, ``G`` basic, ``E`` extended."""
    if kind == "F":
        return re.escape(pattern)
    parts: list[str] = []
    for token in _TOKEN.findall(pattern):
        begins = not parts or parts[-1] in ("(", "|", "^")
        if token.startswith("[") and len(token) > 1:
            parts.append(_bracket(token))
        elif token in ("\\<", "\\>"):
            parts.append(r"\b")
        elif token.startswith("\\"):
            letter = token[1:]
            if kind == "G" and letter in set("(){}|+?"):
                parts.append(letter)
            else:
                parts.append(token if letter.isdigit() or letter in set("wWbBsS") else re.escape(letter))
        else:
            special = ".^$*" if kind == "G" else "(){}|+?.^$*"
            plain = (token == "*" and begins) or (token == "^" and kind == "G" and not begins)
            parts.append(token if token in special and not plain else re.escape(token))
    return "".join(parts)


def _bracket(token: str) -> str:
    """A bracket expression: in POSIX a backslash in it is only itself."""
    negated = token.startswith("[^")
    inner = re.sub(r"[\\[\]]", r"\\\g<0>", token[2:-1] if negated else token[1:-1])
    for name, letters in _CLASSES.items():
        inner = inner.replace(f"\\[:{name}:\\]", letters)
    return f"[{'^' if negated else ''}{inner}]"
