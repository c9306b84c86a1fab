"""busybox vconfig (networking/vconfig.c): the SIOCSIFVLAN calls as they are, silent when they succeed."""

from __future__ import annotations

from macvsim.errors import Effect, NetlinkError
from macvsim.machine.call import Call
from macvsim.machine.tool import BUSYBOX_OWN, ToolError, UsageError, tool
from macvsim.net import vlanioctl
from macvsim.net.vlanioctl import NameType
from macvsim.tools.busybox.applet import USAGE, number
from macvsim.tools.net_tools.oldnet import require_net_admin

_WORDS = {"add": 2, "rem": 1, "set_flag": 3, "set_egress_map": 3, "set_ingress_map": 3, "set_name_type": 1}


@tool("vconfig", flavour="busybox", usage=USAGE, effect=Effect.CHANGES, manner=BUSYBOX_OWN)
def vconfig(call: Call) -> int:
    """``vconfig add|rem|set_flag|…``."""
    args = call.args
    if not args or _WORDS.get(args[0]) != len(args) - 1:
        raise UsageError
    if args[0] == "set_name_type" and args[1] not in NameType.__members__:
        raise UsageError
    try:
        require_net_admin(call)
        _run(call, args[0], args[1:])
    except NetlinkError as error:
        raise ToolError(f"ioctl error for {args[0]}: {error.strerror}") from None
    return 0


def _run(call: Call, what: str, words: list[str]) -> None:
    ns = call.box.ns
    match what, words:
        case "set_name_type", [text]:
            vlanioctl.set_name_type(ns, NameType[text])
        case "add", [name, vid]:
            vlanioctl.add(ns, name, number(0, 4095)(vid))
        case "rem", [name]:
            vlanioctl.remove(ns, name)
        case "set_flag", [name, flag, value]:
            vlanioctl.set_flag(ns, name, number(0, 1)(flag), bool(number(0, 7)(value)))
        case "set_egress_map", [name, priority, pcp]:
            vlanioctl.set_egress(ns, name, number(0, 0xFFFFFFFF)(priority), number(0, 7)(pcp))
        case "set_ingress_map", [name, priority, pcp]:
            first = number(0, 0xFFFFFFFF)(priority)
            vlanioctl.set_ingress(ns, name, number(0, 7)(pcp), first)
