"""``$name`` and ``${name…}``: values of parameters, and the operators on one value.

POSIX.1-2017, Shell Command Language 2.5 and 2.6.2; bash(1), Parameter Expansion.
"""

from __future__ import annotations

from macvsim.errors import Effect, NotSimulated
from macvsim.shell.expansion import quotes
from macvsim.shell.state import State
from macvsim.shell.variables import Variable, parse_reference


def value_of(state: State, name: str) -> str | None:
    """Value of a parameter, None if it is unset."""
    if name.isdecimal():
        number = int(name)
        if number == 0:
            return state.name
        return state.params[number - 1] if number <= len(state.params) else None
    match name:
        case "?":
            return str(state.status)
        case "$":
            return str(state.pid)
        case "!":
            return str(state.last_background) if state.last_background else None
        case "#":
            return str(len(state.params))
        case "-":
            return state.dialect.option_letters(state.options)
        case "@" | "*":
            return " ".join(state.params)
    return state.variables.get(name)


def values_of(state: State, name: str, subscript: str | None) -> list[str] | None:
    """The values of ``$@``, ``$*``, ``${name[@]}`` and ``${name[*]}``; None for a parameter that has one value."""
    if name in ("@", "*") and subscript is None:
        return state.params
    if subscript not in ("@", "*"):
        return None
    variable = state.variables.find(name)
    return [] if variable is None else [value for _, value in variable.elements()]


def keys_of(state: State, name: str) -> list[str]:
    """``${!name[@]}``."""
    variable = state.variables.find(name)
    return [] if variable is None else [key for key, _ in variable.elements()]


def sliced(
    state: State, name: str, subscript: str | None, values: list[str], offset: int, length: int | None
) -> list[str] | None:
    """``${@:offset:length}`` and ``${name[@]:offset:length}``; None for a length that ends before the offset."""
    if subscript is None:
        items = list(enumerate([state.name, *values]))
    else:
        variable = state.variables.find(name)
        found = [] if variable is None else variable.elements()
        counted = variable is not None and "A" in variable.attributes
        items = [(number if counted else int(key), value) for number, (key, value) in enumerate(found)]
    last = items[-1][0] + 1 if items else 0
    if offset < 0:
        offset += last
        if offset < 0:
            return []
    if length is not None and length < 0:
        return None
    chosen = [value for at, value in items if at >= offset]
    return chosen if length is None else chosen[:length]


def transformed(state: State, value: str | None, letter: str, reference: str) -> str:
    """``${name@Q}`` and its relatives, of one value."""
    name, _ = parse_reference(reference)
    variable = state.variables.find(name) or Variable()
    if letter == "a":
        return variable.attributes
    if value is None and letter != "A":
        return ""
    text = value or ""
    match letter:
        case "Q":
            return quotes.single_quoted(text) if text.isprintable() else quotes.traced(text)
        case "U":
            return text.upper()
        case "u":
            return text[:1].upper() + text[1:]
        case "L":
            return text.lower()
        case "E":
            return quotes.c_quoted(text)
        case "K" | "k":
            return quotes.single_quoted(text)
        case "A":
            if isinstance(variable.value, dict) or variable.attributes:
                return f"declare -{variable.attributes or '-'} {reference}={quotes.single_quoted(text)}"
            return f"{name}={quotes.single_quoted(text)}" if value is not None else ""
    raise NotSimulated(f"${{{reference}@{letter}}}", Effect.CHANGES)
