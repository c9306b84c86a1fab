"""``set -x``: the prefix and the words of traced commands."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any

import simpy

from macvsim.shell.syntax.nodes import Assignment, Word
from macvsim.shell.syntax.words import WordReader

if TYPE_CHECKING:
    from macvsim.shell.shellprocess import ShellProcess


def prefix(shell: ShellProcess) -> Generator[simpy.Event, Any, str]:
    """PS4, expanded; bash repeats its first character for each command substitution around the command."""
    state = shell.state
    text = state.variables.get("PS4", "+ ") or ""
    if "$" in text or "`" in text:
        options, state.options = state.options, {name: None for name in state.options if name != "x"}
        status = state.status
        try:
            reader = WordReader(text, shell.parse_nested, grammar=state.dialect.grammar)
            text = yield from shell.expander.text(Word(reader.quoted_text()))
        finally:
            state.options, state.status = options, status
    return text[:1] * (state.nested if state.dialect.name == "bash" else 0) + text


def assignment(shell: ShellProcess, assigned: Assignment, value: str | None) -> str:
    """An assignment as it is traced; value : None for an array, which is shown as written."""
    if value is None:
        return assigned.source
    subscript = f"[{assigned.subscript.source}]" if assigned.subscript is not None else ""
    shown = shell.dialect.traced(value) if value else ""
    return f"{assigned.name}{subscript}{'+' if assigned.append else ''}={shown}"
