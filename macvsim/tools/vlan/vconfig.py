"""vconfig of the hosts: Debian's wrapper of vlan 2.0 around ip, and the C program 1.9 that CentOS has."""

from __future__ import annotations

from macvsim.errors import Effect, NetlinkError
from macvsim.machine.call import Call, Waiting
from macvsim.machine.tool import Manner, Texts, ToolError, UsageError, tool
from macvsim.net import vlanioctl
from macvsim.net.vlanioctl import NameType
from macvsim.tools.net_tools.oldnet import atoi, require_net_admin

_USAGE = Texts(__package__)
_VCONFIG = Manner(own=True, usage_on_stdout=True, help_options=())
_DEPRECATED = (
    "\nWarning: vconfig is deprecated and might be removed in the future, "
    "please migrate to ip(route2) as soon as possible!\n\n"
)
_ARGC = "Expecting argc to be 3-5, inclusive.  Was: {}\n"
_STATE_FILE = "/run/network/vlan/name-type"


# -- Debian's wrapper ------------------------------------------------------------------------------------------------


@tool("vconfig", flavour="debian", usage=_USAGE, effect=Effect.CHANGES, manner=_VCONFIG)
def vconfig_debian(call: Call) -> Waiting:
    """A shell script that calls ip; its exit codes say which word failed."""
    call.err(_DEPRECATED)
    argc = len(call.argv)
    if not 3 <= argc <= 5:
        call.err(_ARGC.format(argc))
        raise UsageError
    what, first, second, third = (*call.args, "", "")[:4]
    match what:
        case "add":
            name = _wrapper_name(call, first, second)
            words = ["add", "link", first, "name", name, "type", "vlan", "id", second]
            return 3 if (yield from _ip_link(call, words)) else 0
        case "rem":
            return 4 if (yield from _ip_link(call, ["del", first])) else 0
        case "set_flag":
            call.out(f"{first} {second} {third}\n")
            if third not in ("0", "1"):
                raise ToolError("Invalid flag parameter specified\n", 7, named=False)
            words = ["set", "dev", first, "type", "vlan", "reorder_hdr", "on" if third == "1" else "off"]
            return 7 if (yield from _ip_link(call, words)) else 0
        case "set_ingress_map" | "set_egress_map":
            option = what.removeprefix("set_").removesuffix("_map") + "-qos-map"
            words = ["set", "dev", first, "type", "vlan", option, f"{second}:{third}"]
            failed = 6 if what == "set_ingress_map" else 5
            return failed if (yield from _ip_link(call, words)) else 0
        case "set_name_type":
            call.box.files[_STATE_FILE] = first + "\n"
            return 0
    raise ToolError(f"Unknown command: {what}\n", 5, named=False)


def _wrapper_name(call: Call, dev: str, vid: str) -> str:
    """Name of a new VLAN device by what set_name_type wrote; empty for a type that does not exist."""
    kind = call.box.files.get(_STATE_FILE, "DEV_PLUS_VID_NO_PAD").strip()
    padded = f"{atoi(vid):04}" if kind in ("VLAN_PLUS_VID", "DEV_PLUS_VID") else vid
    if kind not in NameType.__members__:
        return ""
    return f"vlan{padded}" if kind.startswith("VLAN") else f"{dev}.{padded}"


def _ip_link(call: Call, words: list[str]) -> Waiting:
    """Run ``ip link`` with the caller's streams."""
    fn = call.box.kernel.programs.find("ip", call.box.flavour.name)
    if fn is None:
        call.err("/usr/sbin/vconfig: 68: /bin/ip: not found\n")
        return 127
    code = fn(call.derived(["ip", "link", *words]))
    return code if isinstance(code, int) else (yield from code)


# -- the C program ---------------------------------------------------------------------------------------------------


@tool("vconfig", flavour="centos", usage=_USAGE, effect=Effect.CHANGES, manner=_VCONFIG)
def vconfig_centos(call: Call) -> int:
    """Version 1.9; it tells what it did and where that can be seen."""
    argc = len(call.argv)
    if not 3 <= argc <= 5:
        call.out(_ARGC.format(argc))
        raise UsageError
    what, name, third, fourth = (*call.args, "0", "0")[:4]
    what = what.lower()
    first, second = atoi(third), atoi(fourth)
    if what == "set_name_type":
        return _set_name_type(call, name.upper())
    if len(name) > 15:
        raise ToolError("ERROR:  if_name must be 15 characters or less.\n", named=False)
    ns = call.box.ns
    seen = f"on device -:{name}:- Should be visible in /proc/net/vlan/{name}\n"
    done = what
    try:
        require_net_admin(call)
        match what:
            case "add":
                done = f"add VLAN #{first} to IF -:{name}:- "
                vlanioctl.add(ns, name, first)
                call.out(f"Added VLAN with VID == {first} to IF -:{name}:-\n")
                if first == 1:
                    call.out("WARNING:  VLAN 1 does not work with many switches,\n")
                    call.out("consider another number if you have problems.\n")
            case "rem":
                done = f"remove VLAN -:{name}:-"
                vlanioctl.remove(ns, name)
                call.out(f"Removed VLAN -:{name}:-\n")
            case "set_egress_map":
                done = f"set egress map on device -:{name}:-"
                vlanioctl.set_egress(ns, name, first, second)
                call.out(f"Set egress mapping {seen}")
            case "set_ingress_map":
                done = f"set ingress map on device -:{name}:-"
                vlanioctl.set_ingress(ns, name, second, first)
                call.out(f"Set ingress mapping {seen}")
            case "set_flag":
                done = f"set flag on device -:{name}:-"
                vlanioctl.set_flag(ns, name, first, bool(second))
                call.out(f"Set flag {seen}")
            case _:
                call.err(f"Unknown command -:{call.args[0]}:-\n")
                call.out(vconfig_centos.text())
                return 5
    except NetlinkError as error:
        status = {"add": 3, "rem": 4, "set_egress_map": 5, "set_ingress_map": 6}.get(what, 7)
        raise ToolError(f"ERROR: trying to {done} error: {error.strerror}\n", status, named=False) from None
    return 0


def _set_name_type(call: Call, word: str) -> int:
    if word not in NameType.__members__:
        call.err("Invalid name type.\n")
        raise UsageError
    vlanioctl.set_name_type(call.box.ns, NameType[word])
    call.out("Set name-type for VLAN subsystem. Should be visible in /proc/net/vlan/config\n")
    return 0
