"""The shell's own commands (POSIX.1-2017, Shell Command Language 2.14, and those utilities that every shell has)."""

from __future__ import annotations

from macvsim.errors import NotSimulated
from macvsim.machine.call import NOT_SIMULATED, Waiting
from macvsim.machine.files import FileError
from macvsim.machine.resolve import NotExecutable, NotFound, where_is
from macvsim.shell.builtins.echo import echo_text, format_text
from macvsim.shell.builtins.invocation import Builtin, Invocation
from macvsim.shell.builtins.jobs import background, foreground, jobs, kill, trap, wait
from macvsim.shell.builtins.testexpr import TestError, evaluate
from macvsim.shell.builtins.variables import export, local, read_line, set_options, shift, unset
from macvsim.shell.builtins.words import alias, getopts, unalias
from macvsim.shell.state import Exit, Logout, LoopControl, Return
from macvsim.shell.syntax.grammar import Grammar
from macvsim.shell.syntax.parser import RESERVED

# -- flow --------------------------------------------------------------------------------------------------------------


def _colon(run: Invocation) -> int:
    return 0


def _false(run: Invocation) -> int:
    return 1


def _break(run: Invocation) -> int:
    if not run.shell.loops:
        return 0
    raise LoopControl(min(run.number(0, 1), run.shell.loops), again=run.argv[0] == "continue")


def _exit(run: Invocation) -> int:
    raise Logout(run.number(0, run.state.status) & 255)


def _return(run: Invocation) -> int:
    raise Return(run.number(0, run.state.status) & 255)


def _eval(run: Invocation) -> int | Waiting:
    return run.shell.lines(" ".join(run.args), run.streams, within="eval") if run.args else 0


def _dot(run: Invocation) -> int | Waiting:
    if not run.args:
        return run.complain("filename argument required")
    try:
        text = run.files.read(run.args[0])
    except FileError as error:
        run.streams.err(run.state.dialect.cannot_source(run.shell.line, error))
        raise Exit(2) from None
    return run.shell.lines(text, run.streams)


def _let(run: Invocation) -> int:
    value = 0
    for word in run.args:
        value = run.shell.expander.evaluate(word)
    return int(not value)


def _exec(run: Invocation) -> Waiting:
    if not run.args:
        return 0
    try:
        status = yield from run.shell.program_or_raise(run.args, run.streams)
    except NotFound:
        raise run.fail(f"{run.args[0]}: not found", 127) from None
    except NotExecutable as error:
        raise run.fail(f"{run.args[0]}: {error}", 126) from None
    raise Exit(status)


def _command(run: Invocation) -> int | Waiting:
    args = run.args
    if args[:1] in (["-v"], ["-V"]):
        if len(args) < 2:
            return 0
        word = args[1]
        found = _what_is(run, word)
        if not found:
            return 127
        brief = word if found[0] != "is" else found[1]
        run.out(f"{brief}\n" if args[0] == "-v" else f"{word} {' '.join(found)}\n")
        return 0
    args = args[1:] if args[:1] == ["-p"] else args
    if not args:
        return 0
    if (builtin := find_builtin(args[0], run.state.dialect.grammar)) is not None:
        return builtin(Invocation(run.shell, args, run.streams))
    return run.shell.program(args, run.streams)


def _type(run: Invocation) -> int:
    status = 0
    for word in run.args:
        found = _what_is(run, word)
        run.out(f"{word} {' '.join(found)}\n" if found else f"{word}: not found\n")
        status = status if found else 127
    return status


def _what_is(run: Invocation, word: str) -> tuple[str, ...]:
    """What a word would run, in words; a path comes behind ``is``."""
    if word in RESERVED:
        return ("is a shell keyword",)
    if word in run.state.functions:
        return ("is a shell function",)
    if word in SPECIAL and run.state.dialect.name == "dash":
        return ("is a special shell builtin",)
    if find_builtin(word, run.state.dialect.grammar) is not None:
        return ("is a shell builtin",)
    path = where_is(run.state.box, word)
    return ("is", path) if path else ()


# -- places ---------------------------------------------------------------------------------------------------------


def _cd(run: Invocation) -> int:
    state = run.state
    words = [word for word in run.args if word not in ("-L", "-P", "--")]
    target = words[0] if words else state.variables.get("HOME", "/")
    if target == "-":
        target = state.variables.get("OLDPWD", state.cwd)
        run.out(f"{target}\n")
    files = run.files
    if not files.is_directory(target):
        error = FileError("ENOTDIR" if files.exists(target) else "ENOENT", target)
        run.streams.err(state.dialect.cannot_change_directory(run.shell.line, target, error))
        return 1 if state.dialect.name == "bash" else 2
    old, state.cwd = state.cwd, files.absolute(target)
    state.set("OLDPWD", old)
    state.set("PWD", state.cwd)
    return 0


def _pwd(run: Invocation) -> int:
    run.out(f"{run.state.cwd}\n")
    return 0


def _umask(run: Invocation) -> int:
    if run.args:
        raise NotSimulated("umask: files have no permissions")
    run.out("0022\n")
    return 0


# -- text --------------------------------------------------------------------------------------------------------------


def _echo(run: Invocation) -> int:
    plain = run.state.dialect.echo_escapes
    run.out(echo_text(run.args, letters="n" if plain else "neE", escapes=plain))
    return 0


def _printf(run: Invocation) -> int:
    if not run.args:
        return run.complain("usage: printf format [arg ...]")
    args = run.args[1:] if run.args[0] == "--" else run.args
    text, bad = format_text(args[0], args[1:])
    for word in bad:
        run.streams.err(run.state.dialect.bad_format_number(run.shell.line, word))
    run.out(text)
    return 1 if bad else 0


def _test(run: Invocation) -> int:
    args = run.args
    try:
        if run.argv[0] == "[":
            if args[-1:] != ["]"]:
                raise TestError("bracket", "")
            args = args[:-1]
        return 0 if evaluate(args, run.files) else 1
    except TestError as error:
        run.streams.err(run.state.dialect.test(run.shell.line, run.argv[0], error))
        return 2


def _left_out(run: Invocation) -> int:
    run.streams.err(f"not simulated: {run.argv[0]}\n")
    return NOT_SIMULATED


BUILTINS: dict[str, Builtin] = {
    ":": _colon, ".": _dot, "break": _break, "continue": _break, "eval": _eval, "exec": _exec, "exit": _exit,
    "export": export, "readonly": export, "return": _return, "set": set_options, "shift": shift, "trap": trap,
    "unset": unset, "times": _left_out,
    "[": _test, "alias": alias, "bg": background, "cd": _cd, "command": _command, "echo": _echo, "false": _false,
    "fg": foreground, "getopts": getopts, "hash": _colon, "jobs": jobs, "kill": kill, "local": local,
    "printf": _printf, "pwd": _pwd, "read": read_line, "test": _test, "true": _colon, "type": _type,
    "ulimit": _left_out,
    "umask": _umask, "unalias": unalias, "wait": wait,
    "let": _let, "source": _dot,
}  # fmt: skip
SPECIAL = frozenset(list(BUILTINS)[:15])
"""Special builtins: their mistakes end the shell, and assignments before them stay."""
_NOT_POSIX = frozenset(("let", "source"))


def find_builtin(name: str, grammar: Grammar) -> Builtin | None:
    """The builtin that a shell has under a name."""
    return None if name in _NOT_POSIX and grammar < Grammar.ASH else BUILTINS.get(name)


__all__ = ["BUILTINS", "SPECIAL", "Invocation", "find_builtin"]
