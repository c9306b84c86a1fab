"""``env``: a program with other variables (GNU coreutils 9, busybox 1.37)."""

from __future__ import annotations

from macvsim.machine.call import Call, Waiting
from macvsim.machine.execute import run_program
from macvsim.tools.toolkit import Manner, everywhere


def cannot_run(call: Call, manner: Manner, name: str, what: str = "") -> str:
    """What a program says of another one that it cannot run, up to the reason."""
    return f"{call.name}: can't execute '{name}'" if manner.busybox else f"{call.name}: {what}'{name}'"


@everywhere("env")
def env(call: Call, manner: Manner) -> int | Waiting:
    """``env [-i] [-u NAME] [NAME=VALUE…] [PROGRAM [WORD…]]``."""
    args = call.args
    variables = dict(call.env)
    while args and args[0].startswith("-"):
        option = args.pop(0)
        if option in ("-i", "-"):
            variables.clear()
        elif option.startswith("-u") and (option[2:] or args):
            variables.pop(option[2:] or args.pop(0), None)
        elif option == "--":
            break
        else:
            return call.not_simulated(f"env {option}")
    while args and "=" in args[0]:
        name, _, value = args.pop(0).partition("=")
        variables[name] = value
    if args:
        return run_program(call.derived(args, env=variables), failed=cannot_run(call, manner, args[0]))
    call.out("".join(f"{name}={value}\n" for name, value in variables.items()))
    return 0
