"""Builtins about words of command lines: alias, unalias, getopts."""

from __future__ import annotations

from macvsim.shell.builtins.invocation import Invocation
from macvsim.shell.expansion.quotes import dash_quoted
from macvsim.shell.state import OptionAt


def alias(run: Invocation) -> int:
    """``alias [NAME[=VALUE]…]``."""
    aliases, bash = run.state.aliases, run.state.dialect.name == "bash"
    words = [word for word in run.args if word != "-p"]
    for name in () if words else sorted(aliases):
        run.out(_shown(run, name))
    status = 0
    for word in words:
        name, assigned, value = word.partition("=")
        if assigned and name:
            aliases[name] = value
        elif word in aliases:
            run.out(_shown(run, word))
        else:
            status = run.complain(f"{word}: not found", 1) if bash else _missing(run, word)
    return status


def _shown(run: Invocation, name: str) -> str:
    """As the shell reads it back."""
    value = run.state.aliases[name]
    if run.state.dialect.name == "bash":
        return f"alias {name}='{value.replace(chr(39), chr(39) + chr(92) + chr(39) * 2)}'\n"
    return f"{name}={dash_quoted(value)}\n"


def _missing(run: Invocation, name: str) -> int:
    run.streams.err(f"{run.argv[0]}: {name} not found\n")
    return 1


def unalias(run: Invocation) -> int:
    """``unalias -a | NAME…``."""
    aliases, bash = run.state.aliases, run.state.dialect.name == "bash"
    if run.args[:1] == ["-a"]:
        aliases.clear()
        return 0
    if not run.args and bash:
        run.streams.err("unalias: usage: unalias [-a] name [name ...]\n")
        return 2
    status = 0
    for name in run.args:
        if aliases.pop(name, None) is None:
            status = run.complain(f"{name}: not found", 1) if bash else _missing(run, name)
    return status


def getopts(run: Invocation) -> int:
    """``getopts OPTIONS NAME [WORD…]``: the next option, 1 after the last."""
    state, bash = run.state, run.state.dialect.name == "bash"
    if len(run.args) < 2:
        if bash:
            run.streams.err("getopts: usage: getopts optstring name [arg ...]\n")
            return 2
        raise run.fail("Usage: getopts optstring var [arg...]" if state.dialect.name == "dash" else
                       "usage: getopts optstring var [arg]")  # fmt: skip
    known, name = run.args[:2]
    words = run.args[2:] or state.params
    shown = state.variables.get("OPTIND", "1") or "1"
    at = state.option_at
    index, offset = (at.word, at.offset) if at.shown == shown else (int(shown) if shown.isdecimal() else 1, 0)
    word = words[index - 1] if 0 < index <= len(words) else ""
    if not offset and (len(word) < 2 or word[0] != "-" or word == "--"):
        _leave(run, name, "?", None, OptionAt("", index + (word == "--"), 0))
        return 1
    letter = word[max(offset, 1)]
    offset = max(offset, 1) + 1
    ends = offset >= len(word)
    place = known.find(letter) if letter != ":" else -1
    found, value = letter, None
    if place >= 0 and known[place + 1 : place + 2] == ":":
        value = word[offset:] if not ends else words[index] if index < len(words) else None
        index += 2 if ends and value is not None else 1
        offset = 0
        if value is None:
            found, value = _bad(run, known, letter, ":")
    else:
        if place < 0:
            found, value = _bad(run, known, letter, "?")
        if ends:
            index, offset = index + 1, 0
    _leave(run, name, found, value, OptionAt("", index, offset))
    return 0


def _bad(run: Invocation, known: str, letter: str, what: str) -> tuple[str, str | None]:
    """An option that is not known (``?``) or lacks its value (``:``); with a colon first the script is told only."""
    if known.startswith(":"):
        return what, letter
    if run.state.dialect.name == "bash":
        text = "illegal option" if what == "?" else "option requires an argument"
        run.streams.err(f"{run.state.name}: {text} -- {letter}\n")
    else:
        run.streams.err(f"Illegal option -{letter}\n" if what == "?" else f"No arg for -{letter} option\n")
    return "?", None


def _leave(run: Invocation, name: str, found: str, value: str | None, at: OptionAt) -> None:
    """Tell the script; within a word bash's OPTIND is still that word's, others' the next one's."""
    state = run.state
    shown = str(at.word + (1 if at.offset and state.dialect.name != "bash" else 0))
    state.option_at = at._replace(shown=shown)
    state.set(name, found)
    state.set("OPTIND", shown)
    if value is None:
        state.variables.pop("OPTARG", None)
    elif value is not None:
        state.set("OPTARG", value)
