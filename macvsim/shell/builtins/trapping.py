"""The builtin ``trap`` (POSIX.1-2017, trap; bash(1))."""

from __future__ import annotations

from macvsim.errors import Effect, NotSimulated
from macvsim.machine.job import SIGNALS
from macvsim.shell.builtins.invocation import Invocation
from macvsim.shell.builtins.jobs import ALL_SIGNALS, signal_number
from macvsim.shell.expansion.quotes import dash_quoted, single_quoted

_PSEUDO = ("DEBUG", "ERR", "RETURN")
_NEVER = frozenset(("CONT", "IO", "PROF", "PWR", "SEGV", "STOP", "TSTP", "TTIN", "TTOU", "URG", "VTALRM", "WINCH",
                    "XCPU", "XFSZ", "ABRT", "BUS", "FPE", "ILL", "TRAP", "STKFLT", "SYS"))  # fmt: skip
"""Signals that nothing here sends."""


def trap(run: Invocation) -> int:
    """``trap [ACTION] [SIGNAL…]``."""
    given, words = run.options("lp") if run.bash else run.options("")
    if "l" in given:
        raise NotSimulated("trap -l", Effect.NONE)
    if not words or "p" in given:
        return _list(run, words)
    action, *conditions = words
    if not conditions or action.isdecimal():
        if not action.isdecimal() and not (len(words) == 1 and _condition(run, action)):
            if run.bash:
                raise run.misuse()
            return _bad(run, action)
        conditions, action = words, "-"
    status = 0
    for word in conditions:
        name = _condition(run, word)
        if name is None:
            status = _bad(run, word)
        elif run.bash and name in run.state.ignored:
            continue
        elif action == "-":
            run.state.traps.pop(name, None)
        else:
            if name not in SIGNALS and name not in ("EXIT", *_PSEUDO) and name not in _NEVER:
                raise NotSimulated(f"trap … {name}", Effect.CHANGES)
            run.state.traps[name] = action
    return status


def _condition(run: Invocation, word: str) -> str | None:
    """The name of a condition, None if there is none."""
    plain = word.upper().removeprefix("SIG")
    if run.bash and plain in _PSEUDO:
        return plain
    number = signal_number(word)
    if number is None:
        return None
    return ALL_SIGNALS[number - 1] if number else "EXIT"


def _bad(run: Invocation, word: str) -> int:
    match run.state.dialect.name:
        case "dash":
            run.streams.err(f"trap: {word}: bad trap\n")
            return 1
        case "ash":
            return run.complain(f"{word}: invalid signal specification", 1)
    return run.complain(f"{word}: invalid signal specification", 1)


def _list(run: Invocation, words: list[str]) -> int:
    """``trap`` and ``trap -p``: by number of the signal."""
    order = ("EXIT", *ALL_SIGNALS, *_PSEUDO)
    chosen = [_condition(run, word) for word in words] or sorted(run.state.traps, key=order.index)
    for name in chosen:
        if name in run.state.traps:
            text = run.state.traps[name]
            shown = f"SIG{name}" if run.bash and name in ALL_SIGNALS else name
            run.out(f"trap -- {(single_quoted if run.bash else dash_quoted)(text)} {shown}\n")
    return 0
