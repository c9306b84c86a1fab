"""Builtins that declare and forget variables: declare, export, readonly, local, unset (bash(1))."""

from __future__ import annotations

import re

from macvsim.errors import Effect, NotSimulated
from macvsim.machine.tool import ToolError
from macvsim.shell.builtins.invocation import Invocation
from macvsim.shell.expansion.quotes import double_quoted
from macvsim.shell.state import ShellError, State
from macvsim.shell.syntax.unparse import function_text
from macvsim.shell.variables import NAME, Variable, VariableError, is_reference, parse_reference

_WORD = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(?:\[(.*?)\])?(?:(\+?)=(.*))?\Z", re.DOTALL)
_ATTRIBUTES = "aAilnrux"


def value_text(state: State, variable: Variable, *, quote_all: bool) -> str:
    """A value as ``declare -p`` prints it, or, not `quote_all`, as ``set`` does; empty if there is none."""
    if variable.value is None:
        return ""
    if isinstance(variable.value, dict):
        elements = " ".join(f"[{_key(key)}]={double_quoted(value)}" for key, value in variable.elements())
        return f"=({elements}{' ' if 'A' in variable.attributes and elements else ''})"
    return "=" + (double_quoted(variable.value) if quote_all else state.dialect.quoted(variable.value))


def _key(key: str) -> str:
    return key if re.fullmatch(r"[\w.,:/@%+-]+", key) else double_quoted(key)


def _declaration(state: State, name: str, variable: Variable) -> str:
    value = value_text(state, variable, quote_all=True)
    return f"declare -{variable.attributes or '-'} {name}{value}\n"


class Declaring:
    """One run of ``declare`` or a relative in bash.

    on, off : attributes that are given and taken away
    """

    def __init__(self, run: Invocation, on: str, off: str, *, local: bool) -> None:
        self._run = run
        self._state = run.state
        self._on = on
        self._off = off
        self._local = local

    def word(self, place: int, word: str) -> int:
        """One argument: its status."""
        match = _WORD.match(word)
        if match is None:
            return self._run.complain(f"`{word}': not a valid identifier", 1)
        name, subscript, plus, value = match.groups()
        try:
            self._declare(place, name, subscript, bool(plus), value)
        except VariableError as error:
            return self._run.complain(self._text(error), 1)
        return 0

    def _text(self, error: VariableError) -> str:
        if error.kind == "convert":
            kinds = ("associative", "indexed")
            old, new = kinds if "a" in self._on else kinds[::-1]
            return f"{error.name}: cannot convert {old} to {new} array"
        return self._state.dialect.variable(error)

    def _declare(self, place: int, name: str, subscript: str | None, plus: bool, value: str | None) -> None:
        variables, on = self._state.variables, self._on
        items = self._run.arrays.get(place)
        if self._local:
            variables.hide(name)
        if "n" in on:
            self._refer(name, value)
            return
        if "n" not in self._off and not self._local:
            name = variables.resolve(name)
        old = variables.own(name) or Variable()
        if "r" in old.attributes and (value is not None or "r" in self._off):
            raise VariableError("read-only", name)
        first = "".join(letter for letter in on if letter not in "rx")
        if items is not None or subscript is not None:
            first += "" if "A" in first + old.attributes else "a"
        variables.declare(name, first, self._off)
        if items is not None:
            variables.set_array(name, items, append=plus)
        elif value is not None and subscript is not None:
            variables.set_element(name, subscript, value, append=plus)
        elif value is not None:
            variables.set(name, value, append=plus)
        variables.declare(name, "".join(letter for letter in on if letter in "rx"))

    def _refer(self, name: str, value: str | None) -> None:
        """``declare -n NAME=REFERENCE``."""
        if value is not None and not is_reference(value):
            self._run.complain(f"`{value}': invalid variable name for name reference", 1)
            raise ToolError("", 1)
        if value == name and not self._local:
            self._run.complain(f"{name}: nameref variable self references not allowed", 1)
            raise ToolError("", 1)
        variables = self._state.variables
        variables.declare(name, "", "n")
        if value is not None:
            variables.put_back(name, Variable(value, "n"))
        else:
            variables.declare(name, "n")


def _signed(run: Invocation, known: str) -> tuple[str, str, list[tuple[int, str]]]:
    """Letters behind ``-`` and behind ``+``, and the other words with their places."""
    on = off = ""
    at = 1
    while at < len(run.argv) and re.match(r"[-+].", run.argv[at]):
        word = run.argv[at]
        at += 1
        if word == "--":
            break
        for letter in word[1:]:
            if letter not in known:
                raise run.misuse(f"{word[0]}{letter}: invalid option")
            if letter in "tIc":
                raise NotSimulated(f"{run.argv[0]} {word[0]}{letter}", Effect.NONE)
        if word[0] == "-":
            on += word[1:]
        else:
            off += word[1:]
    return on, off, list(enumerate(run.argv))[at:]


def declare(run: Invocation) -> int:
    """``declare``, ``typeset`` and bash's ``local``."""
    state = run.state
    local = run.argv[0] == "local"
    if local and not state.in_function():
        return run.complain("can only be used in a function", 1)
    if local and run.args == ["-"]:
        raise NotSimulated("local -: options of a function", Effect.NONE)
    on, off, words = _signed(run, "aAfFgiIlnprtuxc")
    if "f" in on or "F" in on:
        return _functions(run, [word for _, word in words], only_names="F" in on)
    attributes = "".join(letter for letter in on if letter in _ATTRIBUTES)
    if "p" in on or not words:
        return _print(run, [word for _, word in words], attributes, local=local, short=not on and not local)
    inner = state.in_function() and "g" not in on
    declaring = Declaring(run, attributes, off, local=bool(inner))
    return max(declaring.word(place, word) for place, word in words)


def _print(run: Invocation, names: list[str], attributes: str, *, local: bool, short: bool) -> int:
    """``declare -p [NAME…]``; without names those with all the attributes."""
    state, status = run.state, 0
    if not names and short:
        run.out(list_variables(state))
        return 0
    for name in names or (state.variables.local_names() if local else state.variables.names()):
        variable = state.variables.own(name)
        if variable is None:
            status = run.complain(f"{name}: not found", 1)
        elif names or set(attributes) <= set(variable.attributes):
            run.out(_declaration(state, name, variable))
    return status


def list_variables(state: State) -> str:
    """The variables as ``set`` prints them."""
    found = ""
    for name in state.variables.names():
        variable = state.variables.own(name)
        if variable is not None and variable.value is not None:
            found += f"{name}{value_text(state, variable, quote_all=False)}\n"
    return found


def _functions(run: Invocation, names: list[str], *, only_names: bool) -> int:
    """``declare -f`` and ``-F``."""
    functions, status = run.state.functions, 0
    for name in names or sorted(functions):
        if name not in functions:
            status = 1
        elif not only_names:
            run.out(function_text(name, functions[name].body) + "\n")
        else:
            run.out(
                f"{name}\n" if names else f"declare -f{'x' if name in run.state.exported_functions else ''} {name}\n"
            )
    return status


def mark(run: Invocation) -> int:
    """``export`` and ``readonly``."""
    state, name = run.state, run.argv[0]
    letter = "x" if name == "export" else "r"
    if not run.bash:
        return _mark_posix(run, letter)
    on, _, words = _signed(run, "fnp" if name == "export" else "aAfp")
    if not words or ("p" in on and not words):
        for one in state.variables.marked(letter):
            variable = state.variables.own(one)
            if variable is not None and (set(on) & {"a", "A"}) <= set(variable.attributes):
                run.out(_declaration(state, one, variable))
        return 0
    if "f" in on:
        return _mark_functions(run, [word for _, word in words], off="n" in on)
    arrays = "".join(kind for kind in "aA" if kind in on)
    off = "x" if "n" in on else ""
    declaring = Declaring(run, arrays + ("" if off else letter), off, local=False)
    return max(declaring.word(place, word) for place, word in words)


def _mark_functions(run: Invocation, names: list[str], *, off: bool) -> int:
    status = 0
    for name in names:
        if name not in run.state.functions:
            status = run.complain(f"{name}: not a function", 1)
        elif run.argv[0] == "readonly":
            raise NotSimulated("readonly -f", Effect.NONE)
        elif off:
            run.state.exported_functions.pop(name, None)
        else:
            run.state.exported_functions[name] = None
    return status


def _mark_posix(run: Invocation, letter: str) -> int:
    """``export`` and ``readonly`` of dash and ash."""
    state, variables = run.state, run.state.variables
    words = run.args[1:] if run.args[:1] == ["--"] else run.args
    if not words or words == ["-p"]:
        for name in variables.marked(letter):
            value = variables.get(name)
            run.out(f"{run.argv[0]} {name}{'' if value is None else '=' + state.dialect.quoted(value)}\n")
        return 0
    for word in words:
        name, assigned, value = word.partition("=")
        if not NAME.match(name):
            raise run.fail(f"{name}: bad variable name")
        if assigned:
            state.set(name, value)
        variables.declare(name, letter)
    return 0


def local(run: Invocation) -> int:
    """``local`` of dash and ash, where a variable without a value keeps the outer one's in dash."""
    state = run.state
    if run.bash:
        return declare(run)
    if not state.in_function():
        raise run.fail("not in a function")
    for word in run.args:
        name, assigned, value = word.partition("=")
        if not NAME.match(name):
            raise run.fail(f"{name}: bad variable name")
        state.variables.hide(name, keep=True)
        if assigned:
            state.set(name, value)
    return 0


def unset(run: Invocation) -> int:
    state = run.state
    given, words = run.options("fnv" if run.bash else "fv")
    status = 0
    for word in words:
        if "f" in given:
            state.functions.pop(word, None)
            continue
        if not (is_reference(word) if run.bash else NAME.match(word)):
            if not run.bash:
                raise run.fail(f"{word}: bad variable name")
            if not given and word in state.functions:
                del state.functions[word]
                continue
            if "v" in given or "n" in given:
                status = run.complain(f"`{word}': not a valid identifier", 1)
            continue
        try:
            status = _unset_one(run, word, given) or status
        except VariableError as error:
            if not run.bash:
                raise run.fail(state.dialect.variable(error)) from None
            status = run.complain(f"{error.name}: cannot unset: readonly variable", 1)
    return status


def _unset_one(run: Invocation, word: str, given: dict[str, str]) -> int:
    state, variables = run.state, run.state.variables
    if not run.bash:
        variables.unset(word)
        return 0
    name, subscript = parse_reference(word if "n" in given else _behind(state, word))
    found = variables.own(name)
    if subscript is not None:
        try:
            variables.unset_element(name, subscript)
        except (VariableError, ShellError) as error:
            if isinstance(error, VariableError) and error.kind == "read-only":
                raise
            return run.complain(f"[{subscript}]: bad array subscript", 1)
    elif found is None and not given and name in state.functions:
        del state.functions[name]
    else:
        variables.unset(name)
    return 0


def _behind(state: State, word: str) -> str:
    """The reference that ``unset`` means: what a name reference leads to."""
    return word if "[" in word else state.variables.resolve(word)
