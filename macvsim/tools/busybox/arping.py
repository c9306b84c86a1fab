"""busybox arping (networking/arping.c)."""

from __future__ import annotations

from macvsim.apps.arping_busybox import BusyboxArping
from macvsim.errors import Effect
from macvsim.machine.call import Call, Waiting
from macvsim.machine.tool import BUSYBOX, UsageError, tool
from macvsim.tools.apps import run_program
from macvsim.tools.busybox.applet import INT_MAX, USAGE, number

_timeout = number(0, INT_MAX // 2_000_000)


@tool("arping", flavour="busybox", usage=USAGE, values={"-c": number()}, effect=Effect.CHANGES, manner=BUSYBOX)
def arping(call: Call) -> Waiting:
    """``arping [-fqbDUA] [-c CNT] [-w TIMEOUT] [-I IFACE] [-s SRC_IP] DST_IP``."""
    given = call.given
    if len(given.operands) != 1:
        raise UsageError
    app = BusyboxArping(
        call.box,
        given.operands[0],
        count=given.get("-c", None),
        timeout=_timeout(given.get("-w", "0")),
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
