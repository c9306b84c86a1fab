"""The shell's own commands (POSIX.1-2017, Shell Command Language 2.14, and utilities that every shell has)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from macvsim.errors import Effect, NotSimulated
from macvsim.machine.call import Waiting
from macvsim.shell.syntax.grammar import LEFT_OUT, Grammar

if TYPE_CHECKING:
    from macvsim.shell.builtins.invocation import Builtin, Invocation
    from macvsim.shell.dialects import Dialect
    from macvsim.shell.state import State


def _late(module: str, name: str) -> Builtin:
    """A builtin of a module that is imported when the builtin first runs."""

    def run(invocation: Invocation) -> int | Waiting:
        from importlib import import_module

        found: Callable[[Invocation], int | Waiting] = getattr(import_module(f"macvsim.shell.builtins.{module}"), name)
        return found(invocation)

    return run


def _left_out(run: Invocation) -> int:
    raise NotSimulated(LEFT_OUT[run.argv[0]], Effect.NONE)


_FLOW = {":": "colon", ".": "dot", "break": "loop_control", "continue": "loop_control", "eval": "eval_",
         "exec": "exec_", "exit": "exit_shell", "return": "return_", "shift": "shift"}  # fmt: skip
BUILTINS: dict[str, Builtin] = {
    **{name: _late("flow", function) for name, function in _FLOW.items()},
    "export": _late("declare", "mark"), "readonly": _late("declare", "mark"), "unset": _late("declare", "unset"),
    "set": _late("options", "set_options"), "trap": _late("trapping", "trap"), "times": _left_out,
    "[": _late("plain", "test"), "alias": _late("words", "alias"), "bg": _late("jobs", "background"),
    "cd": _late("places", "cd"),
    "command": _late("names", "command"), "echo": _late("plain", "echo"), "false": _late("flow", "false"),
    "fg": _late("jobs", "foreground"), "getopts": _late("words", "getopts"), "hash": _late("names", "hash_"),
    "jobs": _late("jobs", "jobs"), "kill": _late("jobs", "kill"), "local": _late("declare", "local"),
    "printf": _late("printf", "printf"), "pwd": _late("places", "pwd"), "read": _late("reading", "read"),
    "test": _late("plain", "test"), "true": _late("flow", "colon"), "type": _late("names", "type_"),
    "ulimit": _late("places", "ulimit"), "umask": _late("places", "umask"), "unalias": _late("words", "unalias"),
    "wait": _late("jobs", "wait"),
    "let": _late("flow", "let"), "source": _late("flow", "dot"),
    "builtin": _late("names", "builtin"), "caller": _late("flow", "caller"), "declare": _late("declare", "declare"),
    "dirs": _late("places", "dirs"), "disown": _late("jobs", "disown"), "enable": _late("names", "enable"),
    "mapfile": _late("reading", "mapfile"), "popd": _late("places", "popd"), "pushd": _late("places", "pushd"),
    "readarray": _late("reading", "mapfile"), "shopt": _late("options", "shopt"),
    "typeset": _late("declare", "declare"),
    "bind": _left_out, "compgen": _left_out, "complete": _left_out, "compopt": _left_out, "fc": _left_out,
    "help": _left_out, "history": _left_out, "logout": _left_out, "suspend": _left_out,
}  # fmt: skip
_SPECIAL = frozenset((*_FLOW, "export", "readonly", "set", "times", "trap", "unset"))
_NAMES = list(BUILTINS)
_FROM_ASH = frozenset(("let", "source"))
_FROM_BASH = frozenset(_NAMES[_NAMES.index("builtin") :])


def is_special(name: str, dialect: Dialect) -> bool:
    """Special builtins: in dash and ash their mistakes end the shell, and assignments before them stay."""
    return name in _SPECIAL or (name == "source" and dialect.name == "ash")


def known(name: str, grammar: Grammar) -> bool:
    """True if a shell has the builtin."""
    if name not in BUILTINS or (name in _FROM_ASH and grammar < Grammar.ASH):
        return False
    return name not in _FROM_BASH or grammar >= Grammar.BASH


def find_builtin(name: str, state: State) -> Builtin | None:
    """The builtin that a shell has under a name, and has not disabled."""
    return BUILTINS[name] if known(name, state.dialect.grammar) and name not in state.disabled else None


__all__ = ["BUILTINS", "find_builtin", "is_special", "known"]
