"""VLAN devices as SIOCSIFVLAN makes and changes them (net/8021q/vlan.c: vlan_ioctl_handler, register_vlan_device).

These are the system calls of vconfig; iproute2 uses netlink instead.
"""

from __future__ import annotations

import enum

from macvsim.dev.vlan import Vlan, is_vlan_dev
from macvsim.errors import Effect, NetlinkError, NotSimulated
from macvsim.net.ifioctl import device
from macvsim.net.links import add_vlan
from macvsim.net.namespace import Namespace

REORDER_HDR, GVRP, LOOSE_BINDING, MVRP, BRIDGE_BINDING = 0x1, 0x2, 0x4, 0x8, 0x10
_KNOWN = REORDER_HDR | GVRP | LOOSE_BINDING | MVRP | BRIDGE_BINDING
_IFNAMSIZ = 16


class NameType(enum.Enum):
    """How new VLAN devices of a namespace are named: vconfig's words, and those of /proc/net/vlan/config."""

    VLAN_PLUS_VID = "VLAN_NAME_TYPE_PLUS_VID"
    VLAN_PLUS_VID_NO_PAD = "VLAN_NAME_TYPE_PLUS_VID_NO_PAD"
    DEV_PLUS_VID = "VLAN_NAME_TYPE_RAW_PLUS_VID"
    DEV_PLUS_VID_NO_PAD = "VLAN_NAME_TYPE_RAW_PLUS_VID_NO_PAD"

    def name_for(self, dev: str, vid: int) -> str:
        """``vlan0005``, ``vlan5``, ``eth0.0005`` or ``eth0.5``, cut to the length of an interface name."""
        number = f"{vid:04}" if self in (NameType.VLAN_PLUS_VID, NameType.DEV_PLUS_VID) else str(vid)
        head = "vlan" if self in (NameType.VLAN_PLUS_VID, NameType.VLAN_PLUS_VID_NO_PAD) else f"{dev}."
        return (head + number)[: _IFNAMSIZ - 1]


def set_name_type(ns: Namespace, kind: NameType) -> None:
    """SET_VLAN_NAME_TYPE_CMD."""
    ns.vlan_name_type = kind.value


def add(ns: Namespace, name: str, vid: int) -> Vlan:
    """ADD_VLAN_CMD: a VLAN device on `name`, down; ENODEV, ERANGE, EOPNOTSUPP or EEXIST."""
    lower = device(ns, name)
    vlan = add_vlan(ns, lower, vid, NameType(ns.vlan_name_type).name_for(lower.name, vid))
    vlan.xmit_dst_release = False
    return vlan


def remove(ns: Namespace, name: str) -> None:
    """DEL_VLAN_CMD: EINVAL if it is no VLAN device."""
    _vlan(ns, name).destroy()


def set_flag(ns: Namespace, name: str, flags: int, on: bool) -> None:
    """SET_VLAN_FLAG_CMD: switch all of `flags`; EINVAL for unknown ones, `NotSimulated` for what needs protocols."""
    vlan = _vlan(ns, name)
    if flags & ~_KNOWN:
        raise NetlinkError("EINVAL", f"{vlan.label}: flags are {REORDER_HDR} (REORDER_HDR) and {LOOSE_BINDING}")
    if flags & (GVRP | MVRP | BRIDGE_BINDING) and on:
        raise NotSimulated(f"GVRP, MVRP and bridge binding on {vlan.label}: leave them off", Effect.CHANGES)
    if flags & REORDER_HDR:
        vlan.reorder_hdr = on
    if flags & LOOSE_BINDING:
        vlan.loose_binding = on


def set_egress(ns: Namespace, name: str, priority: int, pcp: int) -> None:
    """SET_VLAN_EGRESS_PRIORITY_CMD: packets of a priority leave with PCP `pcp`."""
    vlan = _vlan(ns, name)
    vlan.egress_map = {**vlan.egress_map, priority: pcp & 7}


def set_ingress(ns: Namespace, name: str, pcp: int, priority: int) -> None:
    """SET_VLAN_INGRESS_PRIORITY_CMD: frames with PCP `pcp` get a priority."""
    _vlan(ns, name).ingress_map[pcp & 7] = priority


def _vlan(ns: Namespace, name: str) -> Vlan:
    """The VLAN device of that name; ENODEV if there is none, EINVAL if it is another kind."""
    dev = ns.dev(name)
    if not is_vlan_dev(dev):
        raise NetlinkError("EINVAL", f"{dev.label} is a {dev.kind} device, no VLAN")
    return dev
