"""Builtins about names of commands: command, type, hash, builtin, enable."""

from __future__ import annotations

from macvsim.machine.call import Waiting
from macvsim.machine.execute import where_is
from macvsim.shell.builtins import BUILTINS, find_builtin, is_special, known
from macvsim.shell.builtins.invocation import Invocation
from macvsim.shell.syntax.parser import MORE_RESERVED, RESERVED
from macvsim.shell.syntax.unparse import function_text


def command(run: Invocation) -> int | Waiting:
    """``command [-pVv] NAME [ARG…]``: without functions."""
    given, words = run.options("pVv")
    if "v" in given or "V" in given:
        return _named(run, words, verbose="V" in given)
    if not words:
        return 0
    builtin = find_builtin(words[0], run.state)
    if builtin is not None:
        return builtin(Invocation(run.shell, words, run.streams, {at - 1: one for at, one in run.arrays.items()}))
    return run.shell.program(words, run.streams)


def _named(run: Invocation, words: list[str], *, verbose: bool) -> int:
    """``command -v`` and ``-V``."""
    found = 0
    for word in words if run.bash else words[:1]:
        what = _what_is(run, word)
        if what is None:
            if verbose:
                if not run.bash:
                    run.out(f"{word}: not found\n")
                else:
                    run.complain(f"{word}: not found", 1)
            continue
        found += 1
        if verbose:
            run.out(_described(run, word, what))
        elif word in run.state.aliases:
            run.out(f"alias {word}='{run.state.aliases[word]}'\n")
        else:
            run.out(f"{what[1] if what[0] == 'file' else word}\n")
    return 0 if found else 1 if run.bash else 127


def _what_is(run: Invocation, word: str) -> tuple[str, str] | None:
    """The kind of command that a word names, as ``type -t`` prints it; with the path of a file."""
    state = run.state
    expands = not run.bash or "i" in state.options or "expand_aliases" in state.shopts
    if word in state.aliases and expands:
        return "alias", state.aliases[word]
    if word in RESERVED or word in MORE_RESERVED[state.dialect.grammar]:
        return "keyword", ""
    if word in state.functions:
        return "function", ""
    if find_builtin(word, state) is not None:
        return "builtin", ""
    path = where_is(state.box, word)
    return ("file", path) if path else None


def _described(run: Invocation, word: str, what: tuple[str, str]) -> str:
    kind, detail = what
    dialect = run.state.dialect
    match kind:
        case "alias":
            return f"{word} is aliased to `{detail}'\n" if run.bash else f"{word} is an alias for {detail}\n"
        case "keyword":
            return f"{word} is a shell keyword\n"
        case "function":
            if not run.bash:
                return f"{word} is a {'shell ' if dialect.name == 'dash' else ''}function\n"
            return f"{word} is a function\n{function_text(word, run.state.functions[word].body)}\n"
        case "builtin":
            special = is_special(word, dialect) and dialect.name == "dash"
            return f"{word} is a {'special ' if special else ''}shell builtin\n"
    if word in run.state.hashed and run.bash:
        return f"{word} is hashed ({detail})\n"
    if word in run.state.hashed and dialect.name == "dash":
        return f"{word} is a tracked alias for {detail}\n"
    return f"{word} is {detail}\n"


def type_(run: Invocation) -> int:
    """``type [-afptP] NAME…``."""
    given, words = run.options("afptP") if run.bash else ({}, run.args)
    status = 0
    for word in words:
        what = _what_is(run, word)
        if {"p", "P"} & given.keys():
            path = where_is(run.state.box, word)
            shown = path if path and ("P" in given or (what is not None and what[0] == "file")) else ""
            run.out(f"{shown}\n" if shown else "")
            status = status if path else 1
        elif what is None:
            status = 1 if run.bash else 127
            if run.bash and "t" not in given:
                run.complain(f"{word}: not found")
            elif not run.bash:
                run.out(f"{word}: not found\n")
        elif "t" in given:
            run.out(f"{what[0]}\n")
        else:
            run.out(_described(run, word, what))
            if "a" in given and what[0] != "file" and (path := where_is(run.state.box, word)):
                run.out(f"{word} is {path}\n")
    return status


def hash_(run: Invocation) -> int:
    """``hash [-r] [NAME…]``: paths of programs that have run."""
    hashed = run.state.hashed
    given, words = run.options("lrp:dt" if run.bash else "rv")
    if "r" in given:
        hashed.clear()
    elif not words and run.bash and not hashed:
        run.out("hash: hash table empty\n")
    elif not words and "r" not in given:
        if run.bash:
            run.out(
                "hits\tcommand\n"
                + "".join(f"{hits:4d}\t{where_is(run.state.box, name)}\n" for name, hits in hashed.items())
            )
        else:
            run.out("".join(f"{where_is(run.state.box, name)}\n" for name in hashed))
    status = 0
    for word in words:
        if find_builtin(word, run.state) is None and not where_is(run.state.box, word):
            status = run.complain(f"{word}: not found", 1)
        elif "t" in given:
            run.out(f"{where_is(run.state.box, word)}\n")
        elif find_builtin(word, run.state) is None:
            hashed[word] = 0
    return status


def builtin(run: Invocation) -> int | Waiting:
    """``builtin NAME [ARG…]``."""
    _, words = run.options("")
    if not words:
        return 0
    found = find_builtin(words[0], run.state)
    if found is None:
        return run.complain(f"{words[0]}: not a shell builtin", 1)
    return found(Invocation(run.shell, words, run.streams))


def enable(run: Invocation) -> int:
    """``enable [-n] [NAME…]``."""
    given, words = run.options("anpsd")
    state = run.state
    if not words:
        for name in sorted(BUILTINS):
            if ("n" in given) == (name in state.disabled) and known(name, state.dialect.grammar):
                run.out(f"enable {'-n ' if 'n' in given else ''}{name}\n")
        return 0
    status = 0
    for word in words:
        if not known(word, state.dialect.grammar):
            status = run.complain(f"{word}: not a shell builtin", 1)
        elif "n" in given:
            state.disabled[word] = None
        else:
            state.disabled.pop(word, None)
    return status
