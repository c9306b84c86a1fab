"""Builtins that switch options of the shell: set, shopt."""

from __future__ import annotations

from macvsim.errors import Effect, NotSimulated
from macvsim.shell.builtins.declare import list_variables
from macvsim.shell.builtins.invocation import Invocation
from macvsim.shell.state import State
from macvsim.shell.syntax.grammar import LEFT_OUT, SHOPTS, SIMULATED_SHOPTS

_LETTERS = {"dash": "aefnuvxCmIsbVE", "ash": "aefnuvxCmb", "bash": "abefhkmnptuvxBCEHPT"}


def set_options(run: Invocation) -> int:
    """``set [±LETTERS] [±o NAME] [--] [ARG…]``."""
    state, args = run.state, list(run.args)
    if not args:
        run.out(list_variables(state))
        return 0
    while args and args[0][:1] in ("-", "+") and len(args[0]) > 1:
        word = args.pop(0)
        if word == "--":
            state.params = args
            return 0
        on = word[0] == "-"
        for letter in word[1:]:
            if letter == "o":
                if not args:
                    _list(run, plain=on)
                    continue
                status = _named(run, args.pop(0), word, on=on)
            else:
                status = _letter(run, letter, on=on)
            if status:
                return status
    if args[:1] == ["-"]:
        for letter in "xv":
            state.options.pop(letter, None)
        args = args[1:]
        state.params = args or state.params
    elif args:
        state.params = args
    return 0


def _letter(run: Invocation, letter: str, *, on: bool) -> int:
    state, dialect = run.state, run.state.dialect
    if letter not in _LETTERS[dialect.name]:
        if run.bash:
            raise run.misuse(f"{'-' if on else '+'}{letter}: invalid option")
        text = "Illegal option" if dialect.name == "dash" else "illegal option"
        raise run.fail(f"{text} -{letter}")
    if f"set -{letter}" in LEFT_OUT and run.bash and on:
        raise NotSimulated(LEFT_OUT[f"set -{letter}"], Effect.NONE)
    switch(state, letter, on=on)
    return 0


def _named(run: Invocation, name: str, word: str, *, on: bool) -> int:
    dialect = run.state.dialect
    letter = dialect.option_names.get(name)
    if letter is None and not (name == "pipefail" and not run.bash):
        if run.bash:
            return run.complain(f"{name}: invalid option name")
        text = "Illegal option" if dialect.name == "dash" else "illegal option"
        if dialect.name == "ash":
            return run.complain(f"{text} {word[0]}o {name}")
        raise run.fail(f"{text} {word[0]}o {name}")
    if letter == "" and on:
        raise NotSimulated(f"set -o {name}", Effect.NONE)
    if letter and letter != "!":
        switch(run.state, letter, on=on)
    return 0


def switch(state: State, option: str, *, on: bool) -> None:
    """Switch an option by its letter, or by its name if it has none."""
    if on:
        state.options[option] = None
    else:
        state.options.pop(option, None)


def _is_on(state: State, letter: str) -> bool:
    return letter == "!" or (letter != "" and letter in state.options)


def _list(run: Invocation, *, plain: bool) -> None:
    """``set -o`` and ``set +o``."""
    dialect = run.state.dialect
    shown = dialect.option_heading if plain else ""
    for name, letter in dialect.option_names.items():
        on = _is_on(run.state, letter)
        shown += dialect.option_line(name, on=on) if plain else f"set {'-' if on else '+'}o {name}\n"
    run.out(shown)


def shopt(run: Invocation) -> int:
    """``shopt [-pqsu] [-o] [NAME…]``."""
    state = run.state
    given, words = run.options("pqsuo")
    if "s" in given and "u" in given:
        return run.complain("cannot set and unset shell options simultaneously", 1)
    letters = state.dialect.option_names
    known = {name: _is_on(state, letters[name]) for name in letters} if "o" in given else {
        name: name in state.shopts for name in SHOPTS
    }  # fmt: skip
    if not words:
        listed = {name: on for name, on in known.items() if not {"s", "u"} & given.keys() or on == ("s" in given)}
        run.out("".join(_shown(name, on, given) for name, on in listed.items()))
        return 0
    status = 0
    for word in words:
        if word not in known:
            kind = "shell option name" if "o" not in given else "option name"
            status = run.complain(f"{word}: invalid {kind}", 1)
        elif "s" in given or "u" in given:
            status = _switch(run, word, given, on="s" in given) or status
        else:
            status = status or int(not known[word])
            if "q" not in given:
                run.out(_shown(word, known[word], given))
    return status


def _switch(run: Invocation, name: str, given: dict[str, str], *, on: bool) -> int:
    state = run.state
    if "o" in given:
        return _named(run, name, "-" if on else "+", on=on)
    if name not in SIMULATED_SHOPTS:
        if (name in state.shopts) != on:
            raise NotSimulated(LEFT_OUT[f"shopt {name}"], Effect.NONE)
    elif on:
        state.shopts[name] = None
    else:
        state.shopts.pop(name, None)
    return 0


def _shown(name: str, on: bool, given: dict[str, str]) -> str:
    if "p" in given:
        if "o" in given:
            return f"set {'-' if on else '+'}o {name}\n"
        return f"shopt -{'s' if on else 'u'} {name}\n"
    return f"{name:<15}\t{'on' if on else 'off'}\n"
