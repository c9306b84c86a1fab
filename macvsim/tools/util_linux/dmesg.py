"""dmesg: what the network wrote to the kernel's log."""

from __future__ import annotations

from datetime import UTC, datetime

from macvsim.engine.sim import SECOND
from macvsim.errors import Effect
from macvsim.machine.call import Call
from macvsim.machine.tool import BUSYBOX, GNU_SHORT, Texts, ToolError, tool

_MICRO = 1000


@tool(
    "dmesg",
    flavour="debian",
    usage=Texts(__package__),
    left_out=dict.fromkeys(
        ("-D", "-E", "-F", "-f", "-H", "-J", "-K", "-L", "-l", "-n", "-P", "-p", "-r", "-S", "-s", "-u", "-w", "-W",
         "-x", "-d", "-e", "-t", "--noescape", "--time-format", "--since", "--until"), ""
    ),
    effect=Effect.NONE,
    manner=GNU_SHORT,
)  # fmt: skip
def dmesg(call: Call) -> int:
    """``dmesg [-cCT]`` of util-linux."""
    return _dmesg(call)


@tool(
    "dmesg",
    flavour="busybox",
    usage=Texts("macvsim.tools.busybox"),
    left_out=dict.fromkeys(("-n", "-r", "-s"), ""),
    effect=Effect.NONE,
    manner=BUSYBOX,
)
def busybox_dmesg(call: Call) -> int:
    """``dmesg [-c]`` of busybox, which containers may not use."""
    if not call.box.sys_admin:
        raise ToolError("klogctl: Operation not permitted")
    return _dmesg(call)


def _dmesg(call: Call) -> int:
    log = call.box.ns.log
    if "-C" not in call.given:
        for line in log.lines:
            stamp = f"{line.time // SECOND:5}.{line.time % SECOND // _MICRO:06}"
            if "-T" in call.given:
                date = datetime.fromtimestamp((call.box.kernel.boot_time + line.time) // SECOND, UTC)
                stamp = f"{date:%a %b} {date.day:2} {date:%H:%M:%S %Y}"
            call.out(f"[{stamp}] {line.text}\n")
    if "-c" in call.given or "-C" in call.given:
        log.lines.clear()
    return 0
