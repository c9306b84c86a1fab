"""busybox vconfig (networking/vconfig.c): the SIOCSIFVLAN calls as they are, silent when they succeed."""

from __future__ import annotations

from macvsim.errors import NetlinkError
from macvsim.machine.call import Call
from macvsim.machine.tool import tool
from macvsim.net import vlanioctl
from macvsim.net.vlanioctl import NameType
from macvsim.tools.busybox.applet import Die, usage
from macvsim.tools.net_tools.oldnet import require_net_admin

_USAGE = """\
vconfig COMMAND [OPTIONS]

Create and remove virtual ethernet devices

	add IFACE VLAN_ID
	rem VLAN_NAME
	set_flag IFACE 0|1 VLAN_QOS
	set_egress_map VLAN_NAME SKB_PRIO VLAN_QOS
	set_ingress_map VLAN_NAME SKB_PRIO VLAN_QOS
	set_name_type NAME_TYPE
"""
_WORDS = {"add": 2, "rem": 1, "set_flag": 3, "set_egress_map": 3, "set_ingress_map": 3, "set_name_type": 1}


@tool("vconfig", flavour="busybox")
def vconfig(call: Call) -> int:
    """``vconfig add|rem|set_flag|…``."""
    args = call.args
    if args[:1] == ["--help"]:
        return usage(call, _USAGE, code=0)
    if not args or _WORDS.get(args[0]) != len(args) - 1:
        return usage(call, _USAGE)
    if args[0] == "set_name_type" and args[1] not in NameType.__members__:
        return usage(call, _USAGE)
    try:
        require_net_admin(call)
        _run(call, args[0], args[1:])
    except NetlinkError as error:
        call.err(f"vconfig: ioctl error for {args[0]}: {error.strerror}\n")
        return 1
    except Die as error:
        call.err(f"vconfig: {error}\n")
        return 1
    return 0


def _run(call: Call, what: str, words: list[str]) -> None:
    ns = call.box.ns
    match what, words:
        case "set_name_type", [text]:
            vlanioctl.set_name_type(ns, NameType[text])
        case "add", [name, vid]:
            vlanioctl.add(ns, name, _number(vid, 4095))
        case "rem", [name]:
            vlanioctl.remove(ns, name)
        case "set_flag", [name, flag, value]:
            vlanioctl.set_flag(ns, name, _number(flag, 1), bool(_number(value, 7)))
        case "set_egress_map", [name, priority, pcp]:
            vlanioctl.set_egress(ns, name, _number(priority, 0xFFFFFFFF), _number(pcp, 7))
        case "set_ingress_map", [name, priority, pcp]:
            vlanioctl.set_ingress(ns, name, _number(pcp, 7), _number(priority, 0xFFFFFFFF))


def _number(text: str, highest: int) -> int:
    if not text.isdigit():
        raise Die(f"invalid number '{text}'")
    if int(text) > 0xFFFFFFFF:
        raise Die(f"invalid number '{text}'")
    if int(text) > highest:
        raise Die(f"number {text} is not in 0..{highest} range")
    return int(text)
