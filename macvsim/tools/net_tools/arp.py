"""arp of net-tools 2.10."""

from __future__ import annotations

from collections.abc import Callable

from macvsim.errors import Effect
from macvsim.machine.call import Call
from macvsim.machine.tool import ToolError, tool
from macvsim.net import arpioctl
from macvsim.net.arpioctl import ATF_COM, ATF_PERM, ArpRow
from macvsim.tools.net_tools.arpwork import ArpTexts, check_words, chosen, delete_entry, host, set_entry
from macvsim.tools.net_tools.common import ARP_VERSION, NET_TOOLS, USAGE, usage_asked_for
from macvsim.tools.net_tools.oldnet import known_name
from macvsim.wire.addr import ip_text, mac_text

_HEADER = "Address                  HWtype  HWaddress           Flags Mask            Iface\n"
_TEXTS = ArpTexts(
    unknown=lambda name, why: ToolError(f"{name}: {why}\n" if name else f"{why}\n", named=False),
    failed=lambda text: ToolError(f"{text}\n", named=False),
    no_mac="cant get HW-Address for `{}': No such device.",
    strict=False,
    deletes="SIOCDARP(dontpub)",
    ignored=("dev",),
)


def _checked(name: str) -> Callable[[str], str]:
    """A reader of an option of which there is one value."""

    def read(text: str) -> str:
        try:
            check_words(name, text)
        except ToolError as error:
            raise ToolError(f"{error}.") from None
        return text

    return read


@tool(
    "arp",
    flavour="debian",
    usage=USAGE,
    version=ARP_VERSION,
    letters="A:p:i:?",
    more="  -H, --hw-type HW\n  -t HW\n  -N, --symbolic\n",
    left_out={"-f": "entries are set with arp -s"},
    values={**{name: _checked(name) for name in ("-H", "-t", "-A", "-p")}, "-?": usage_asked_for},
    effect=Effect.CHANGES,
    manner=NET_TOOLS,
)
def arp(call: Call) -> int:
    """``arp [-an] [HOST]``, ``arp -s HOST MAC [temp]``, ``arp -d HOST``."""
    given = call.given
    call.err("arp: -N not yet supported.\n" * given.names.count("-N"))
    action = next((name for name in reversed(given.names) if name in ("-s", "-d")), "")
    if action == "-s":
        return set_entry(call, given, _TEXTS)
    if action == "-d":
        return _delete(call)
    return _show(call)


def _show(call: Call) -> int:
    given, box = call.given, call.box
    bsd, shown = "-a" in given, chosen(call, given, _TEXTS)
    number = len(arpioctl.table(box.ns))
    name = given.operands[0] if given.operands else ""
    if shown and not bsd:
        call.out(_HEADER)
    for row in shown:
        known = known_name(call, row.ip, numeric="-n" in given or "-N" in given)
        call.out(_bsd_line(row, known or "?") if bsd else _linux_line(row, known or ip_text(row.ip)))
    if "-v" in given:
        call.out(f"Entries: {number}\tSkipped: {number - len(shown)}\tFound: {len(shown)}\n")
    if not shown and name and not bsd:
        call.out(f"{name} ({ip_text(host(call, given.operands, _TEXTS))}) -- no entry\n")
    elif not shown and (name or "-i" in given):
        call.out(f"arp: in {number} entries no match found.\n")
    return 0


def _linux_line(row: ArpRow, name: str) -> str:
    if not row.flags & ATF_COM:
        return f"{name:<23.23}  {'':<7} {'(incomplete)':<19} {'':<5} {'':<15} {row.dev}\n"
    flags = "C" + ("M" if row.flags & ATF_PERM else "")
    return f"{name:<23.23}  {'ether':<7} {mac_text(row.ha):<19} {flags:<5} {'':<15} {row.dev}\n"


def _bsd_line(row: ArpRow, name: str) -> str:
    if not row.flags & ATF_COM:
        return f"{name} ({ip_text(row.ip)}) at <incomplete> on {row.dev}\n"
    permanent = "PERM " if row.flags & ATF_PERM else ""
    return f"{name} ({ip_text(row.ip)}) at {mac_text(row.ha)} [ether] {permanent}on {row.dev}\n"


def _delete(call: Call) -> int:
    missing = ToolError("", named=False)
    try:
        return delete_entry(call, call.given, _TEXTS, missing)
    except ToolError as error:
        if error is missing:
            call.out(f"No ARP entry for {call.given.operands[0]}\n")
        raise
