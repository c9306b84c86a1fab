"""``env``: a program with other variables (GNU coreutils 9, busybox 1.37)."""

from __future__ import annotations

from macvsim.errors import Effect
from macvsim.machine.call import Call, Waiting
from macvsim.machine.execute import run_program
from macvsim.tools.coreutils.inputs import BUSYBOX_IN_ORDER, STARTER, TEXTS
from macvsim.tools.toolkit import Wording, everywhere


def cannot_run(call: Call, manner: Wording, name: str, what: str = "") -> str:
    """What a program says of another one that it cannot run, up to the reason."""
    return f"{call.name}: can't execute '{name}'" if manner.busybox else f"{call.name}: {what}'{name}'"


@everywhere("env", usage=TEXTS, works="-i -u", gnu=STARTER, busybox=BUSYBOX_IN_ORDER, effect=Effect.CHANGES)
def env(call: Call, manner: Wording) -> int | Waiting:
    """``env [-i] [-u NAME] [NAME=VALUE…] [PROGRAM [WORD…]]``."""
    args = call.given.operands
    variables = dict(call.env)
    if "-i" in call.given or args[:1] == ["-"]:
        variables.clear()
    if args[:1] == ["-"]:
        args.pop(0)
    for name in call.given.all("-u"):
        variables.pop(name, None)
    while args and "=" in args[0]:
        name, _, value = args.pop(0).partition("=")
        variables[name] = value
    if args:
        return run_program(call.derived(args, env=variables), failed=cannot_run(call, manner, args[0]))
    call.out("".join(f"{name}={value}\n" for name, value in variables.items()))
    return 0
