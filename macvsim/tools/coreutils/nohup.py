"""``nohup``: nothing hangs up here, so that the command runs as it would without."""

from __future__ import annotations

from macvsim.machine.call import Call, Waiting
from macvsim.machine.execute import run_program
from macvsim.machine.tool import tool


@tool("nohup")
def nohup(call: Call) -> int | Waiting:
    """``nohup COMMAND ARG…``."""
    if not call.args:
        call.err("nohup: missing operand\nTry 'nohup --help' for more information.\n")
        return 125
    busybox = call.box.flavour.name == "busybox"
    what = f"can't execute '{call.args[0]}'" if busybox else f"failed to run command '{call.args[0]}'"
    return run_program(call.derived(call.args), failed=f"{call.name}: {what}")
