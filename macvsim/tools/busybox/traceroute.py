"""busybox traceroute and traceroute6 (networking/traceroute.c), as Debian builds it: UDP only."""

from __future__ import annotations

from typing import Any

from macvsim.apps.base import inet_aton
from macvsim.apps.names6 import is_text6, prefers6
from macvsim.apps.traceroute import DATA_SIZE, FIRST_PORT, HEADERS, BusyboxTraceroute
from macvsim.apps.traceroute6 import BUSYBOX_SIZE, BusyboxTraceroute6
from macvsim.errors import Effect
from macvsim.machine.call import Call, Waiting
from macvsim.machine.tool import BUSYBOX, ToolError, UsageError, tool
from macvsim.tools.apps import run_program
from macvsim.tools.busybox.applet import USAGE, number

_LEFT_OUT = {"-r": "SO_DONTROUTE", "-v": "every ICMP message in hexadecimal"}
_SMALLEST = HEADERS + DATA_SIZE


@tool(
    "traceroute",
    flavour="busybox",
    usage=USAGE,
    letters="46Idf:",
    left_out=_LEFT_OUT,
    manner=BUSYBOX,
    effect=Effect.READS,
)
def traceroute(call: Call) -> Waiting:
    """``traceroute [OPTIONS] HOST [BYTES]``."""
    return _start(call, "traceroute")


@tool(
    "traceroute6",
    flavour="busybox",
    usage=USAGE,
    letters="46FIldf:",
    left_out=_LEFT_OUT,
    manner=BUSYBOX,
    effect=Effect.READS,
)
def traceroute6(call: Call) -> Waiting:
    """``traceroute6 [OPTIONS] HOST [BYTES]``."""
    return _start(call, "traceroute6")


def _start(call: Call, name: str) -> Waiting:
    given = call.given
    if not given.operands:
        raise UsageError
    target = given.operands[0]
    if name == "traceroute6" or "-6" in given:
        six, strange = True, inet_aton(target) is not None
    elif "-4" in given:
        six, strange = False, is_text6(target)
    else:
        six, strange = prefers6(call.box, target), False
    smallest = BUSYBOX_SIZE if six else _SMALLEST
    tos = number(0, 255)(given.get("-t", "0"))
    max_ttl = number(1, 255)(given.get("-m", "30"))
    common: dict[str, Any] = {
        "max_ttl": max_ttl,
        "port": number(0, 0xFFFF)(given.get("-p", str(FIRST_PORT))),
        "probes": number(1)(given.get("-q", "3")),
        "wait": number(1, 24 * 60 * 60)(given.get("-w", "5")),
        "pause": number(0, 60 * 60 * 1000)(given.get("-z", "0")),
        "first_ttl": number(1, max_ttl)(given.get("-f", "1")),
        "size": number(smallest, 32 * 1024)(given.operands[1]) if len(given.operands) > 1 else smallest,
        "tos": tos,
        "source": given.get("-s", None),
        "device": given.get("-i", None),
        "numeric": "-n" in given,
        "stdout": call.out,
        "stderr": call.err,
    }
    if strange:
        raise ToolError(f"bad address '{target}'")
    if six:
        return run_program(BusyboxTraceroute6(call.box, target, tag=name, **common))
    return run_program(BusyboxTraceroute(call.box, target, **common))
