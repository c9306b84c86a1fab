"""Tests of ``test`` and ``[[`` that look at the shell: ``-v``, ``-o``, ``-R`` (bash(1), CONDITIONAL EXPRESSIONS)."""

from __future__ import annotations

from macvsim.shell.state import State
from macvsim.shell.variables import Variable, is_reference, parse_reference


def of_shell(state: State, op: str, word: str) -> bool | None:
    """Whether such a test holds; None for another operator."""
    match op:
        case "-v":
            if not is_reference(word):
                return False
            name, subscript = parse_reference(word)
            if subscript in ("@", "*"):
                return bool((state.variables.find(name) or Variable()).elements())
            return state.variables.element(name, subscript) is not None
        case "-R":
            found = state.variables.own(word)
            return found is not None and "n" in found.attributes and bool(found.scalar)
        case "-o":
            letter = state.dialect.option_names.get(word, "")
            return letter == "!" or (letter != "" and letter in state.options)
    return None
