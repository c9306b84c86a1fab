"""Builtins that deal with variables and parameters."""

from __future__ import annotations

import re

from macvsim.machine.call import Waiting
from macvsim.shell.builtins.invocation import Invocation
from macvsim.shell.state import State

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_OPTIONS = {"errexit": "e", "noglob": "f", "nounset": "u", "xtrace": "x", "verbose": "v", "noexec": "n"}


def export(run: Invocation) -> int:
    state, marks = run.state, run.state.exported if run.argv[0] == "export" else run.state.read_only
    if not run.args or run.args == ["-p"]:
        for name in sorted(marks):
            value = f"={quoted(state.variables[name])}" if name in state.variables else ""
            run.out(f"{run.argv[0]} {name}{value}\n")
        return 0
    for word in run.args:
        name, assigned, value = word.partition("=")
        if not _NAME.match(name):
            raise run.fail(f"{name}: bad variable name")
        if assigned:
            state.set(name, value)
        marks[name] = None
    return 0


def unset(run: Invocation) -> int:
    state = run.state
    functions = run.args[:1] == ["-f"]
    for name in run.args[1:] if run.args[:1] in (["-f"], ["-v"]) else run.args:
        if functions:
            state.functions.pop(name, None)
            continue
        if not _NAME.match(name):
            raise run.fail(f"{name}: bad variable name")
        if name in state.read_only:
            raise run.fail(f"{name}: is read only")
        state.variables.pop(name, None)
        state.exported.pop(name, None)
    return 0


def local(run: Invocation) -> int:
    state = run.state
    if not state.local:
        raise run.fail("not in a function")
    for word in run.args:
        name, assigned, value = word.partition("=")
        state.local[-1].setdefault(name, state.variables.get(name))
        if assigned:
            state.set(name, value)
    return 0


def set_options(run: Invocation) -> int:
    state, args = run.state, list(run.args)
    if not args:
        for name in sorted(state.variables):
            run.out(f"{name}={quoted(state.variables[name])}\n")
        return 0
    while args and args[0][:1] in ("-", "+") and len(args[0]) > 1:
        word = args.pop(0)
        if word == "--":
            state.params = args
            return 0
        letters = word[1:]
        if letters == "o":
            option = args.pop(0) if args else ""
            if option == "pipefail":
                _switch(state, option, on=word[0] == "-")
                continue
            letters = _OPTIONS.get(option, "")
            if not letters:
                raise run.fail(f"Illegal option {word} {option}")
        for letter in letters:
            if letter not in "aefhnuvxbCmI":
                raise run.fail(f"Illegal option -{letter}")
            _switch(state, letter, on=word[0] == "-")
    if args:
        state.params = args
    return 0


def _switch(state: State, option: str, *, on: bool) -> None:
    if on:
        state.options[option] = None
    else:
        state.options.pop(option, None)


def shift(run: Invocation) -> int:
    count = run.number(0, 1)
    if count > len(run.state.params):
        if run.state.dialect.name == "dash":
            raise run.fail("can't shift that many")
        return 1
    del run.state.params[:count]
    return 0


def read_line(run: Invocation) -> Waiting:
    state = run.state
    raw = "-r" in run.args
    names = [word for word in run.args if word != "-r"]
    if names[:1] == ["-p"]:
        run.streams.err(names[1] if len(names) > 1 else "")
        names = names[2:]
    if not names:
        return run.complain("arg count")
    line = ""
    complete = False
    while not complete:
        piece = yield from run.streams.stdin.read_line()
        complete = piece.endswith("\n")
        line += piece.removesuffix("\n")
        if complete and not raw and re.search(r"(?<!\\)(\\\\)*\\$", line):
            line, complete = line[:-1], False
        if not piece:
            break
    text = line if raw else re.sub(r"\\(.)", r"\1", line)
    separators = state.variables.get("IFS", " \t\n")
    blanks = "".join(char for char in separators if char in " \t\n")
    rest = text.strip(blanks) if blanks else text
    for name in names[:-1]:
        match = re.match(f"([^{re.escape(separators)}]*)([{re.escape(separators)}]?)", rest) if separators else None
        taken = match[1] if match else rest
        state.set(name, taken)
        rest = rest[match.end() :].lstrip(blanks) if match else ""
    state.set(names[-1], rest)
    return 0 if complete else 1


def quoted(text: str) -> str:
    """Text as the shell reads it back."""
    return "'" + text.replace("'", "'\"'\"'") + "'"
