"""Tilde expansion (POSIX.1-2017, Shell Command Language 2.6.1)."""

from __future__ import annotations

import re

from macvsim.shell.state import State
from macvsim.shell.syntax.grammar import Grammar
from macvsim.shell.syntax.nodes import Lit, Part, Word

_PREFIX = re.compile(r"~([\w.+-]*)(?=[/:]|\Z)")
_HOMES = {"root": "/root", "daemon": "/usr/sbin", "bin": "/bin", "sys": "/dev", "nobody": "/nonexistent"}
"""Home directories of Debian's users (/etc/passwd)."""


def with_home(word: Word | tuple[Part, ...], state: State, *, assigned: bool = False) -> Word:
    """The word with the directory that a tilde at the beginning stands for; `assigned`: behind each colon too."""
    found: list[Part] = []
    for number, part in enumerate(word):
        if not isinstance(part, Lit) or part.quoted or "~" not in part.text:
            found.append(part)
            continue
        at, begins = 0, number == 0
        for match in _PREFIX.finditer(part.text):
            before = part.text[at : match.start()]
            if not ((begins and match.start() == 0) or (assigned and before.endswith(":"))):
                continue
            whole = match.end() < len(part.text) or number == len(word) - 1
            home = _home(match[1], state) if whole else None
            if home is None or (match.end() < len(part.text) and part.text[match.end()] == ":" and not assigned):
                continue
            found += [Lit(before)] * bool(before) + [Lit(home, quoted=True)]
            at = match.end()
        if part.text[at:]:
            found.append(Lit(part.text[at:]))
    return Word(found)


def _home(user: str, state: State) -> str | None:
    """The directory behind ``~user``; None if there is none."""
    if not user:
        return state.variables.get("HOME")
    if user in ("+", "-") and state.dialect.grammar >= Grammar.BASH:
        return state.variables.get("PWD" if user == "+" else "OLDPWD")
    return _HOMES.get(user)
