"""``nohup``, ``nice`` and ``stdbuf`` (GNU coreutils 9): programs that run another one under other circumstances.

Nothing hangs up here, processes have no priorities, and programs pass output on as soon as they have it, so that the
other program runs as it would by itself.
"""

from __future__ import annotations

import re

from macvsim.errors import Effect, NotSimulated
from macvsim.machine.call import Call, Waiting
from macvsim.machine.execute import run_program
from macvsim.machine.tool import ToolError, UsageError, tool
from macvsim.tools.coreutils.inputs import BUSYBOX_IN_ORDER, STARTER, TEXTS
from macvsim.tools.toolkit import Wording, everywhere

_MODE = re.compile(r"L|\d+(?:[KMGTPEZYRQ](?:B|iB)?|kB)?")


@everywhere("nohup", usage=TEXTS, works="", gnu=STARTER, busybox=BUSYBOX_IN_ORDER, effect=Effect.CHANGES)
def nohup(call: Call, manner: Wording) -> Waiting:
    """``nohup COMMAND ARG…``."""
    words = call.given.operands
    if not words:
        raise UsageError("" if manner.busybox else "missing operand")
    what = f"can't execute '{words[0]}'" if manner.busybox else f"failed to run command '{words[0]}'"
    return run_program(call.derived(words), failed=f"{call.name}: {what}")


@tool("nice", flavour="debian", usage=TEXTS, effect=Effect.CHANGES, manner=STARTER)
def nice(call: Call) -> Waiting:
    """``nice [-n N] COMMAND ARG…``."""
    adjustment, words = call.given.get("-n", "10"), call.given.operands
    if not re.fullmatch(r"[-+]?\d+", adjustment):
        raise ToolError(f"invalid adjustment '{adjustment}'")
    if not words and "-n" in call.given:
        raise UsageError("a command must be given with an adjustment")
    if not words:
        raise NotSimulated("nice without a command: processes have no niceness", Effect.NONE)
    return run_program(call.derived(words), failed=f"{call.name}: '{words[0]}'")


@tool("stdbuf", flavour="debian", usage=TEXTS, effect=Effect.CHANGES, manner=STARTER)
def stdbuf(call: Call) -> Waiting:
    """``stdbuf {-i MODE | -o MODE | -e MODE}… COMMAND ARG…``."""
    words = call.given.operands
    for name, mode in call.given.options:
        if mode == "L" and name == "-i":
            raise UsageError("line buffering stdin is meaningless")
        if not _MODE.fullmatch(mode):
            raise ToolError(f"invalid mode '{mode}'")
    if not words:
        raise UsageError("missing operand")
    if not call.given.options:
        raise UsageError("you must specify a buffering mode option")
    return run_program(call.derived(words), failed=f"{call.name}: failed to run command '{words[0]}'")
