"""vconfig of the hosts: Debian's wrapper of vlan 2.0 around ip, and the C program 1.9 that CentOS has."""

from __future__ import annotations

from macvsim.errors import NetlinkError
from macvsim.machine.call import Call, Waiting
from macvsim.machine.tool import tool
from macvsim.net import vlanioctl
from macvsim.net.vlanioctl import NameType
from macvsim.tools.net_tools.oldnet import atoi, require_net_admin

_USAGE = """\

Usage: add             [interface-name] [vlan_id]
       rem             [vlan-name]
       set_flag        [interface-name] [flag-num]       [0 | 1]
       set_egress_map  [vlan-name]      [skb_priority]   [vlan_qos]
       set_ingress_map [vlan-name]      [skb_priority]   [vlan_qos]
       set_name_type   [name-type]

* The [interface-name] is the name of the ethernet card that hosts
  the VLAN you are talking about.
* The vlan_id is the identifier (0-4095) of the VLAN you are operating on.
* skb_priority is the priority in the socket buffer (sk_buff).
* vlan_qos is the 3 bit priority in the VLAN header
* name-type:  VLAN_PLUS_VID (vlan0005), VLAN_PLUS_VID_NO_PAD (vlan5),
              DEV_PLUS_VID (eth0.0005), DEV_PLUS_VID_NO_PAD (eth0.5)
* FLAGS:  1 REORDER_HDR  When this is set, the VLAN device will move the
            ethernet header around to make it look exactly like a real
            ethernet device.  This may help programs such as DHCPd which
            read the raw ethernet packet and make assumptions about the
            location of bytes.  If you don't need it, don't turn it on, because
            there will be at least a small performance degradation.  Default
            is OFF.
"""
_DEPRECATED = (
    "\nWarning: vconfig is deprecated and might be removed in the future, "
    "please migrate to ip(route2) as soon as possible!\n\n"
)
_ARGC = "Expecting argc to be 3-5, inclusive.  Was: {}\n"
_STATE_FILE = "/run/network/vlan/name-type"


# -- Debian's wrapper ------------------------------------------------------------------------------------------------


@tool("vconfig", flavour="debian")
def vconfig_debian(call: Call) -> Waiting:
    """A shell script that calls ip; its exit codes say which word failed."""
    call.err(_DEPRECATED)
    argc = len(call.argv)
    if not 3 <= argc <= 5:
        call.err(_ARGC.format(argc))
        call.out(_USAGE)
        return 1
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
                call.err("Invalid flag parameter specified\n")
                return 7
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
    call.err(f"Unknown command: {what}\n")
    return 5


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


@tool("vconfig", flavour="centos")
def vconfig_centos(call: Call) -> int:
    """Version 1.9; it tells what it did and where that can be seen."""
    argc = len(call.argv)
    if not 3 <= argc <= 5:
        call.out(_ARGC.format(argc) + _USAGE)
        return 1
    what, name, third, fourth = (*call.args, "0", "0")[:4]
    what = what.lower()
    first, second = atoi(third), atoi(fourth)
    if what == "set_name_type":
        return _set_name_type(call, name.upper())
    if len(name) > 15:
        call.err("ERROR:  if_name must be 15 characters or less.\n")
        return 1
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
                call.out(_USAGE)
                return 5
    except NetlinkError as error:
        call.err(f"ERROR: trying to {done} error: {error.strerror}\n")
        return {"add": 3, "rem": 4, "set_egress_map": 5, "set_ingress_map": 6}.get(what, 7)
    return 0


def _set_name_type(call: Call, word: str) -> int:
    if word not in NameType.__members__:
        call.err("Invalid name type.\n")
        call.out(_USAGE)
        return 1
    vlanioctl.set_name_type(call.box.ns, NameType[word])
    call.out("Set name-type for VLAN subsystem. Should be visible in /proc/net/vlan/config\n")
    return 0
