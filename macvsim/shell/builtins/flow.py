"""Builtins that change what runs next: break, exit, return, eval, ``.``, exec, shift, caller, let."""

from __future__ import annotations

import re

from macvsim.errors import Effect, NotSimulated
from macvsim.machine.call import Waiting
from macvsim.machine.execute import NotExecutable, NotFound
from macvsim.machine.files import FileError
from macvsim.shell import simple
from macvsim.shell.builtins.invocation import Invocation
from macvsim.shell.state import Exit, Frame, Logout, LoopControl, Return, ShellError

_NUMBER = re.compile(r"\s*[-+]?\d+\s*\Z")


def colon(run: Invocation) -> int:
    return 0


def false(run: Invocation) -> int:
    return 1


def loop_control(run: Invocation) -> int:
    """``break [N]``, ``continue [N]``."""
    if not run.shell.loops:
        if run.bash:
            run.complain("only meaningful in a `for', `while', or `until' loop")
        return 0
    if run.bash and run.args:
        if not _NUMBER.match(run.args[0]):
            raise run.fail(f"{run.args[0]}: numeric argument required", 128)
        if int(run.args[0]) < 1:
            run.complain(f"{run.args[0]}: loop count out of range")
            raise LoopControl(run.shell.loops, again=False, status=1)
    raise LoopControl(min(run.number(0, 1), run.shell.loops), again=run.argv[0] == "continue")


def _status(run: Invocation) -> int:
    """The argument of ``exit`` and ``return``."""
    if run.bash and run.args:
        if not _NUMBER.match(run.args[0]):
            run.complain(f"{run.args[0]}: numeric argument required")
            return 2
        return int(run.args[0]) & 255
    return run.number(0, run.state.status) & 255


def exit_shell(run: Invocation) -> int:
    status = _status(run)
    if run.bash and len(run.args) > 1 and _NUMBER.match(run.args[0]):
        return run.complain("too many arguments", 1)
    raise Logout(status)


def return_(run: Invocation) -> int:
    if run.bash and not run.state.frames and "i" not in run.state.options:
        return run.complain("can only `return' from a function or sourced script")
    raise Return(_status(run))


def eval_(run: Invocation) -> int | Waiting:
    _, words = run.options("") if run.bash else ({}, run.args)
    return run.shell.lines(" ".join(words), run.streams, within="eval") if words else 0


def dot(run: Invocation) -> int | Waiting:
    """``. FILE [ARG…]``."""
    args = run.args[1:] if run.args[:1] == ["--"] else run.args
    if not args:
        if run.bash:
            raise run.misuse("filename argument required")
        return run.complain("filename argument required") if run.state.dialect.name != "dash" else 0
    try:
        text = run.files.read(args[0])
    except FileError as error:
        run.streams.err(run.state.dialect.cannot_source(run.shell.line, error, run.argv[0]))
        if run.bash:
            return 1
        raise Exit(2) from None
    return _sourced(run, text, args)


def _sourced(run: Invocation, text: str, args: list[str]) -> Waiting:
    """Run the text of a file; its own arguments, if it has any, replace the script's arguments while it runs."""
    shell, state, dialect = run.shell, run.state, run.state.dialect
    line, params = shell.line, state.params
    if args[1:] and dialect.name != "dash":
        state.params = args[1:]
    if run.bash:
        state.frames.append(Frame("source", line, args[0]))
    before = dialect.arg0, dialect.script
    if run.bash:
        dialect.arg0, dialect.script = args[0], True
    try:
        return (yield from shell.lines(text, run.streams, within="" if not run.bash else "."))
    except Return as leaving:
        return leaving.status
    finally:
        dialect.arg0, dialect.script = before
        if run.bash:
            state.frames.pop()
        if args[1:] and dialect.name != "dash":
            state.params = params
        shell.line = line


def let(run: Invocation) -> int:
    if not run.args:
        return run.complain("expression expected", 1)
    value = 0
    for word in run.args:
        try:
            value = run.shell.expander.evaluate(word)
        except ShellError as error:
            if error.fatal or not run.bash:
                raise
            return run.complain(error.text, 1)
    return int(not value)


def exec_(run: Invocation) -> Waiting:
    """``exec [COMMAND ARG…]``: the shell ends with the program."""
    given, words = run.options("a:cl") if run.bash else ({}, run.args)
    if {"a", "l"} & given.keys():
        raise NotSimulated("exec -a: a program under another name", Effect.CHANGES)
    if not words:
        return 0
    if "c" in given:
        for name in run.state.variables.marked("x"):
            run.state.variables.declare(name, "", "x")
    name = words[0]
    try:
        status = yield from simple.program_or_raise(run.shell, words, run.streams)
    except NotFound:
        if not run.bash:
            raise run.fail(f"{name}: not found", 127) from None
        if "/" in name:
            text, status = simple.not_found(run.shell, name)
            run.streams.err(text)
            raise Exit(status) from None
        raise run.fail(f"{name}: not found", 127) from None
    except NotExecutable as error:
        raise run.fail(f"{name}: {error}", 126) from None
    run.state.traps.pop("EXIT", None)
    raise Exit(status)


def shift(run: Invocation) -> int:
    if run.bash and run.args:
        if not _NUMBER.match(run.args[0]):
            return run.complain(f"{run.args[0]}: numeric argument required", 1)
        if int(run.args[0]) < 0:
            return run.complain(f"{run.args[0]}: shift count out of range", 1)
    count = run.number(0, 1)
    if count > len(run.state.params):
        if run.state.dialect.name == "dash":
            raise run.fail("can't shift that many")
        return 1
    del run.state.params[:count]
    return 0


def caller(run: Invocation) -> int:
    """``caller [N]``: the line of the call, its function and its file."""
    frames = run.state.frames
    if not run.args:
        here = run.state.dialect.arg0 if run.state.dialect.script else "NULL"
        run.out(f"{frames[-1].line} {here}\n" if frames else "0 NULL\n")
        return 0
    if not run.args[0].isdecimal():
        raise run.misuse(f"{run.args[0]}: invalid number")
    back = int(run.args[0])
    if back >= len(frames):
        return 1
    outer = frames[-2 - back] if back + 1 < len(frames) else Frame("main", 0, run.state.dialect.arg0)
    run.out(f"{frames[-1 - back].line} {outer.name} {outer.source}\n")
    return 0
