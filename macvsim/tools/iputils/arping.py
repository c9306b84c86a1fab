"""arping of iputils 20240905."""

from __future__ import annotations

from macvsim.apps.arping_iputils import IputilsArping
from macvsim.apps.names6 import is_text6
from macvsim.errors import Effect
from macvsim.machine.call import Call, Waiting
from macvsim.machine.tool import ToolError, UsageError, tool
from macvsim.tools.apps import run_program
from macvsim.tools.iputils.common import INT_MAX, IPUTILS, USAGE, VERSION, number


@tool(
    "arping",
    flavour="debian",
    usage=USAGE,
    version=VERSION.format("arping"),
    values={"-c": number(1, INT_MAX), "-w": number(0, INT_MAX), "-i": number(0, INT_MAX)},
    effect=Effect.CHANGES,
    manner=IPUTILS,
)
def arping(call: Call) -> Waiting:
    """``arping [options] <destination>``."""
    given = call.given
    if len(given.operands) != 1:
        raise UsageError
    target = given.operands[0]
    if is_text6(target):
        raise ToolError(f"{target}: Address family for hostname not supported")
    app = IputilsArping(
        call.box,
        target,
        count=given.get("-c", None),
        timeout=given.get("-w", 0),
        interval=given.get("-i", 1),
        device=given.get("-I", None),
        source=given.get("-s", None),
        quit_on_reply="-f" in given,
        quiet="-q" in given,
        broadcast_only="-b" in given,
        dad="-D" in given,
        unsolicited="-U" in given,
        advert="-A" in given,
        stdout=call.out,
        stderr=call.err,
    )
    return run_program(app)
