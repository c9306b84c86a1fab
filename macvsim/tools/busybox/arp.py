"""busybox arp (networking/arp.c)."""

from __future__ import annotations

from macvsim.errors import Effect
from macvsim.machine.call import Call
from macvsim.machine.tool import BUSYBOX, ToolError, tool
from macvsim.net import arpioctl
from macvsim.net.arpioctl import ATF_COM, ATF_PERM, ArpRow
from macvsim.tools.busybox.applet import USAGE
from macvsim.tools.net_tools.arpwork import ArpTexts, check_words, chosen, delete_entry, set_entry
from macvsim.tools.net_tools.oldnet import known_name
from macvsim.wire.addr import ip_text, mac_text

_TEXTS = ArpTexts(
    unknown=lambda name, why: ToolError(f"{name}: {why}"),
    failed=ToolError,
    no_mac="can't get HW-Address for '{}': No such device",
    strict=True,
    deletes="SIOCDARP(priv)",
)


@tool("arp", flavour="busybox", usage=USAGE, letters="t:", effect=Effect.CHANGES, manner=BUSYBOX)
def arp(call: Call) -> int:
    """``arp [-an] [HOST]``, ``arp -s HOST MAC [temp]``, ``arp -d HOST``."""
    given = call.given
    for name, value in given.options:
        check_words(name, value)
    if "-s" in given:
        return set_entry(call, given, _TEXTS)
    if "-d" in given:  # where there is none, it looks for a published entry
        return delete_entry(call, given, _TEXTS, ToolError("SIOCDARP(pub): No such file or directory"))
    shown = chosen(call, given, _TEXTS)
    for row in shown:
        call.out(_line(row, known_name(call, row.ip, numeric="-n" in given) or "?"))
    if not shown and (given.operands or given.get("-i")):
        call.out(f"No match found in {len(arpioctl.table(call.box.ns))} entries\n")
    return 0


def _line(row: ArpRow, name: str) -> str:
    if not row.flags & ATF_COM:
        return f"{name} ({ip_text(row.ip)}) at <incomplete>  on {row.dev}\n"
    permanent = "PERM" if row.flags & ATF_PERM else ""
    return f"{name} ({ip_text(row.ip)}) at {mac_text(row.ha)} [ether] {permanent} on {row.dev}\n"
