"""The builtins echo, test and ``[`` (POSIX.1-2017)."""

from __future__ import annotations

from functools import partial

from macvsim.shell.builtins.echo import echo_text
from macvsim.shell.builtins.invocation import Invocation
from macvsim.shell.builtins.shelltests import of_shell
from macvsim.shell.builtins.testexpr import TestError, evaluate


def echo(run: Invocation) -> int:
    plain = run.state.dialect.echo_escapes
    escapes = plain or "xpg_echo" in run.state.shopts
    run.out(echo_text(run.args, letters="n" if plain else "neE", escapes=escapes, unicode=run.bash))
    return 0


def test(run: Invocation) -> int:
    args = run.args
    doubled = run.state.dialect.name != "dash"
    try:
        if run.argv[0] == "[":
            if args[-1:] != ["]"]:
                raise TestError("bracket", "")
            args = args[:-1]
        return (
            0 if evaluate(args, run.files, partial(of_shell, run.state) if run.bash else None, doubled=doubled) else 1
        )
    except TestError as error:
        run.streams.err(run.state.dialect.test(run.shell.line, run.argv[0], error))
        return 2
