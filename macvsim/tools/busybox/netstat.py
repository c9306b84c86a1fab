"""busybox netstat (networking/netstat.c)."""

from __future__ import annotations

from macvsim.errors import Effect, NotSimulated
from macvsim.machine.call import Call, Waiting
from macvsim.machine.tool import BUSYBOX, tool
from macvsim.tools.busybox.applet import USAGE
from macvsim.tools.busybox.route import route
from macvsim.tools.net_tools.netstattable import address_text, chosen, title

_LEFT_OUT = {"-w": "raw sockets", "-x": "Unix sockets"}


@tool("netstat", flavour="busybox", usage=USAGE, left_out=_LEFT_OUT, manner=BUSYBOX, effect=Effect.READS)
def netstat(call: Call) -> int | Waiting:
    """``netstat [-al] [-tu] [-n]``, ``netstat -r``."""
    given, numeric = call.given, "-n" in call.given
    if "-r" in given:
        words = ["-n"] if numeric else []
        return route(call.derived(["route", *words, *([] if "-e" in given else ["-e"])]))
    if "-e" in given:
        raise NotSimulated("netstat -e: owners", Effect.READS)
    if "-t" not in given and "-u" not in given:
        raise NotSimulated("netstat without -t or -u: it shows raw and Unix sockets too", Effect.READS)
    call.out(f"{title(given)}Proto Recv-Q Send-Q {'Local Address':<23} {'Foreign Address':<23} State       \n")
    for entry in chosen(call.box, given):
        local, remote = (
            address_text(call.box, address, dual=entry.dual, mapped=True, numeric=numeric)
            for address in (entry.local, entry.remote)
        )
        call.out(f"{entry.proto:<5} {entry.received:6} {entry.sent:6} {local:<23} {remote:<23} {entry.state:<12}\n")
    return 0
