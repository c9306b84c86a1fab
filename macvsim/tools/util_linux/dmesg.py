"""dmesg: what the network wrote to the kernel's log."""

from __future__ import annotations

from datetime import UTC, datetime

from macvsim.engine.sim import SECOND
from macvsim.machine.call import Call
from macvsim.machine.tool import tool
from macvsim.tools.getopt import OptionError, getopt

_MICRO = 1000


@tool("dmesg", flavour="debian")
def dmesg(call: Call) -> int:
    """``dmesg [-cCT]`` of util-linux."""
    return _dmesg(call, "cCTHwWkxtrsln:")


@tool("dmesg", flavour="busybox")
def busybox_dmesg(call: Call) -> int:
    """``dmesg [-c]`` of busybox, which containers may not use."""
    if not call.box.sys_admin:
        call.err("dmesg: klogctl: Operation not permitted\n")
        return 1
    return _dmesg(call, "cn:s:r")


def _dmesg(call: Call, letters: str) -> int:
    try:
        found, _ = getopt(call.args, letters)
    except OptionError as error:
        call.err(f"dmesg: {error}\n")
        return 1
    given = dict(found)
    if left_out := sorted(set(given) - set("cCTk")):
        return call.not_simulated(f"dmesg -{left_out[0]}")
    log = call.box.ns.log
    if "C" not in given:
        for line in log.lines:
            stamp = f"{line.time // SECOND:5}.{line.time % SECOND // _MICRO:06}"
            if "T" in given:
                date = datetime.fromtimestamp((call.box.kernel.boot_time + line.time) // SECOND, UTC)
                stamp = f"{date:%a %b} {date.day:2} {date:%H:%M:%S %Y}"
            call.out(f"[{stamp}] {line.text}\n")
    if given.keys() & {"c", "C"}:
        log.lines.clear()
    return 0
