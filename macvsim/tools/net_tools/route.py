"""route of net-tools 2.10."""

from __future__ import annotations

from dataclasses import replace

from macvsim.errors import Effect, NotSimulated
from macvsim.machine.call import Call
from macvsim.machine.tool import ToolError, tool
from macvsim.tools.net_tools.common import NET_TOOLS_OWN, ROUTE_VERSION, USAGE
from macvsim.tools.net_tools.routetable import NET_TOOLS, listing, listing6
from macvsim.tools.net_tools.routewords import RouteTexts, change

_FAMILIES = {"inet": False, "inet6": True}


def _misuse(family: int, text: str = "") -> ToolError:
    return ToolError(text + USAGE.blocks[f"route -{family}"], 3, named=False)


_TEXTS = RouteTexts(
    not_a_gateway="route: {}: cannot use a NETWORK as gateway!\n",
    host_with_mask="route: netmask {} doesn't make sense with host route\n",
    bogus_mask="route: bogus netmask {}\n",
    mask_mismatch="route: netmask doesn't match route address\n",
    misuse=_misuse,
    unknown=lambda name, why: ToolError(f"{name}: {why}\n", 6, named=False),
    failed=lambda text: ToolError(f"{text}\n", 7, named=False),
    find_device="SIOGIFINDEX",
)


def is_six(text: str) -> bool:
    """True for the name of IPv6's family, False for IPv4's."""
    if text in ("ax25", "netrom", "rose", "ipx", "ddp", "x25"):
        raise NotSimulated(f"the address family {text}", Effect.CHANGES)
    if text not in _FAMILIES:
        raise ToolError(f"Unknown address family `{text}'.\n", 1, named=False)
    return _FAMILIES[text]


@tool(
    "route",
    flavour="debian",
    usage=USAGE,
    topics=("route -4", "route -6"),
    version=ROUTE_VERSION,
    more="  -4, --inet\n  -6, --inet6\n  -A FAMILY\n  -N, --symbolic\n",
    left_out={"-C": "kernels since 3.6 have no routing cache"},
    values={"-A": is_six},
    effect=Effect.CHANGES,
    manner=replace(NET_TOOLS_OWN, usage_status=0, usage_on_stdout=True, help_options=("-h", "--help", "-?")),
)
def route(call: Call) -> int:
    """``route [-neF] [add|del WORDS…]``."""
    words = [f"#{word[1:]}" if word in ("-net", "-host") else word for word in call.args]
    given = route.read(call, words)
    six, numeric = False, "-n" in given or "-N" in given
    for name, value in given.options:
        six = value if name == "-A" else six or name == "-6"
    if not given.operands:
        extended = given.names.count("-e")
        call.out(listing6(call, NET_TOOLS, numeric=numeric) if six else
                 listing(call, NET_TOOLS, numeric=numeric, extended=extended))  # fmt: skip
        return 0
    action, *words = given.operands
    if action == "flush":
        raise _misuse(6 if six else 4, f"Flushing `{'inet6' if six else 'inet'}' routing table not supported\n")
    if action not in ("add", "del", "delete"):
        raise ToolError(route.text(), 3, named=False)
    if not words and not six:
        call.out(route.text("route -4"))
        return 0
    return change(call, words, _TEXTS, add=action == "add", six=six)
