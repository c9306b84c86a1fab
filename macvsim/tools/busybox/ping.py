"""busybox ping and ping6 (networking/ping.c)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from macvsim.apps.names6 import prefers6
from macvsim.apps.ping import BusyboxPing
from macvsim.errors import Effect, NotSimulated
from macvsim.machine.call import Call, Waiting
from macvsim.machine.tool import BUSYBOX, UsageError, tool
from macvsim.tools.apps import run_program
from macvsim.tools.busybox.applet import USAGE, duration, number

if TYPE_CHECKING:
    from macvsim.apps.ping6 import BusyboxPing6

_NUMBERS = {"-c": number(), "-t": number(), "-w": number(), "-W": number()}
_size = number(0, 0xFFFF)
_pattern = number(0, 0xFF, 16)


@tool("ping", flavour="busybox", usage=USAGE, letters="46nv", values=_NUMBERS, manner=BUSYBOX, effect=Effect.READS)
def ping(call: Call) -> Waiting:
    """``ping [OPTIONS] HOST``."""
    return _ping(call, "ping")


@tool("ping6", flavour="busybox", usage=USAGE, letters="46nvt:", values=_NUMBERS, manner=BUSYBOX, effect=Effect.READS)
def ping6(call: Call) -> Waiting:
    """``ping6 [OPTIONS] HOST``."""
    return _ping(call, "ping6")


def _ping(call: Call, name: str) -> Waiting:
    given = call.given
    if len(given.operands) != 1 or ("-q" in given and "-v" in given):
        raise UsageError
    target, ttl, timeout = given.operands[0], given.get("-t", 0), given.get("-W", 10)
    size, pattern = _size(given.get("-s", "56")), _pattern(given.get("-p", "0"))
    interval = duration(given.get("-i", "1"))
    if not timeout or not interval:
        raise NotSimulated("ping -W 0 and -i 0, which wait for ever", Effect.READS)
    six = name == "ping6" or "-6" in given or ("-4" not in given and prefers6(call.box, target))
    make: Callable[..., BusyboxPing | BusyboxPing6] = BusyboxPing
    if six:
        from macvsim.apps.ping6 import BusyboxPing6

        make = partial(BusyboxPing6, tag=name)
    app = make(
        call.box,
        target,
        count=given.get("-c", 0),
        interval=interval,
        size=size,
        ttl=ttl if 0 < ttl < 256 else None,  # setsockopt fails otherwise, which ping does not look at
        timeout=timeout,
        source=given.get("-I", None),
        deadline=given.get("-w", 0),
        pattern=pattern,
        quiet="-q" in given,
        adaptive="-A" in given,
        stdout=call.out,
        stderr=call.err,
    )
    return run_program(app)
