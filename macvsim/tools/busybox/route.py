"""busybox route (networking/route.c)."""

from __future__ import annotations

from macvsim.errors import Effect
from macvsim.machine.call import Call
from macvsim.machine.tool import BUSYBOX_OWN, ToolError, UsageError, tool
from macvsim.tools.busybox.applet import USAGE
from macvsim.tools.net_tools.routetable import BUSYBOX, listing, listing6
from macvsim.tools.net_tools.routewords import RouteTexts, change

_TEXTS = RouteTexts(
    not_a_gateway="gateway {} is a NETWORK",
    host_with_mask="netmask {} and host route conflict",
    bogus_mask="bogus netmask {}",
    mask_mismatch="netmask and route address conflict",
    misuse=lambda _, text: ToolError(text) if text else UsageError(),
    unknown=lambda name, _: ToolError(f"resolving {name}"),
    failed=ToolError,
    find_device="SIOCGIFINDEX",
    number="invalid number '{}'",
    length="number {} is not in 0..{} range",
)


@tool("route", flavour="busybox", usage=USAGE, letters="A:", effect=Effect.CHANGES, manner=BUSYBOX_OWN)
def route(call: Call) -> int:
    """``route [-ne] [-A inet[6]] [add|del WORDS…]``."""
    words = [f"#{word[1:]}" if word in ("-net", "-host") else word for word in call.args]
    given = route.read(call, words)
    family, numeric = given.get("-A", "inet"), "-n" in given
    if family not in ("inet", "inet6"):
        raise UsageError
    six = family == "inet6"
    if not given.operands:
        extended = int("-e" in given)
        call.out(listing6(call, BUSYBOX, numeric=True) if six else
                 listing(call, BUSYBOX, numeric=numeric, extended=extended))  # fmt: skip
        return 0
    action, *words = given.operands
    if action not in ("add", "del", "delete"):
        raise UsageError
    return change(call, words, _TEXTS, add=action == "add", six=six)
