"""Forwarding entries as netlink shows and changes them: of bridges, and the address filters of other devices
(net/core/rtnetlink.c: rtnl_fdb_add, rtnl_fdb_del, rtnl_fdb_dump, rtnl_fdb_get).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from macvsim.dev.base import NetDevice
from macvsim.dev.bridge import Bridge, netif_is_bridge_master
from macvsim.dev.bridge_fdb import Entry
from macvsim.dev.bridge_port import BridgePort
from macvsim.dev.macvlan import Mode, netif_is_macvlan
from macvsim.errors import NetlinkError
from macvsim.net.namespace import Namespace
from macvsim.wire.addr import is_group, mac_text


class FdbRow(NamedTuple):
    """One entry: a bridge's (`master`), or an address a device listens for itself (``self``, no master).

    vlan : 0 for none; state : permanent, static, stale, or "" for a learnt one; used, updated : seconds or None
    """

    dev: str
    mac: bytes
    vlan: int
    state: str
    master: str
    sticky: bool = False
    used: int | None = None
    updated: int | None = None


def rows(ns: Namespace, *, bridge: NetDevice | None = None, port: NetDevice | None = None) -> Iterator[FdbRow]:
    """Every entry, device by device: a port's share of its bridge's table, then what it listens for itself.

    bridge, port : only those of a bridge and its ports, or of one device
    """
    for dev in ns.devices.values():
        if port is not None and dev is not port:
            continue
        if bridge is not None and not (netif_is_bridge_master(bridge) and bridge in (dev, dev.master)):
            continue
        master = dev.master
        if netif_is_bridge_master(master):
            yield from _bridge_rows(master, master.port_of(dev))
        for mac in (*dev.uc, *dev.mc):
            yield FdbRow(dev.name, mac, 0, "permanent", "")
        if netif_is_bridge_master(dev):
            yield from _bridge_rows(dev, None)


def _bridge_rows(bridge: Bridge, port: BridgePort | None) -> Iterator[FdbRow]:
    bridge.fdb.collect(bridge.sim.jiffies)
    for entry in bridge.fdb:
        if entry.port is port:
            yield _row(bridge, entry)


def _row(bridge: Bridge, entry: Entry) -> FdbRow:
    """fdb_fill_info."""
    state = entry.state
    if state == "dynamic":
        state = "stale" if entry.updated + bridge.fdb.ageing <= bridge.sim.jiffies else ""
    dev = bridge if entry.port is None else entry.port.dev
    used, updated = bridge.fdb.age(entry)
    return FdbRow(dev.name, entry.mac, entry.vid, state, bridge.name, entry.sticky, used, updated)


def find(bridge: Bridge, mac: bytes, vlan: int = 0) -> FdbRow:
    """The entry of one address (rtnl_fdb_get); ENOENT."""
    entry = bridge.fdb.find(mac, vlan, bridge.sim.jiffies)
    if entry is None:
        text = f"{bridge.label} has no forwarding entry for {mac_text(mac)}"
        raise NetlinkError("ENOENT", text, "Fdb entry not found")
    return _row(bridge, entry)


# -- one device's share ----------------------------------------------------------------------------------------------


def bridge_side(dev: NetDevice, master: bool) -> tuple[Bridge, BridgePort | None] | None:
    """Whose table ``master`` and ``self`` mean for a device; None if the device has no bridge, or is none."""
    if master:
        bridge = dev.master
        return (bridge, bridge.port_of(dev)) if netif_is_bridge_master(bridge) else None
    return (dev, None) if netif_is_bridge_master(dev) else None


def add(
    dev: NetDevice,
    mac: bytes,
    *,
    master: bool,
    state: str = "permanent",
    vlan: int | None = None,
    sticky: bool = False,
    exclusive: bool = True,
) -> None:
    """``bridge fdb add MAC dev DEV master|self``; `exclusive`: EEXIST for what is there, else it is changed."""
    side = bridge_side(dev, master)
    if side is not None:
        side[0].fdb.add(mac, side[1], vid=vlan, state=state, sticky=sticky, exclusive=exclusive)
        return
    _check_own(dev, master)
    if state != "permanent" or vlan is not None:
        raise NetlinkError("EINVAL", f"{dev.label} has no forwarding table: its own entries are permanent and untagged")
    if netif_is_macvlan(dev) and dev.mode is not Mode.PASSTHRU and not is_group(mac):
        raise NetlinkError("EOPNOTSUPP", f"{dev.label}: a macvlan child has one unicast address")
    known = dev.mc if is_group(mac) else dev.uc
    if mac in known:
        if exclusive:
            raise NetlinkError("EEXIST", f"{dev.label} listens for {mac_text(mac)} already")
        return
    if is_group(mac):
        dev.add_mc(mac)
    else:
        dev.add_uc(mac)


def delete(dev: NetDevice, mac: bytes, *, master: bool, vlan: int | None = None) -> None:
    """``bridge fdb del MAC dev DEV master|self``; ENOENT."""
    side = bridge_side(dev, master)
    if side is not None:
        side[0].fdb.delete(mac, side[1], vid=vlan)
        return
    _check_own(dev, master)
    if mac not in (dev.mc if is_group(mac) else dev.uc):
        raise NetlinkError("ENOENT", f"{dev.label} does not listen for {mac_text(mac)}")
    if is_group(mac):
        dev.del_mc(mac)
    else:
        dev.del_uc(mac)


def _check_own(dev: NetDevice, master: bool) -> None:
    """EOPNOTSUPP unless `dev` keeps a list of addresses, and that is what was meant."""
    if master:
        raise NetlinkError("EOPNOTSUPP", f"{dev.label} is not a port of a bridge: leave master out, or enslave it")
    if dev.loopback:
        text = "FDB add only supported for Ethernet devices"
        raise NetlinkError("EINVAL", f"{dev.label} is a loopback device and has no addresses to listen for", text)


def flush(
    dev: NetDevice,
    *,
    master: bool,
    port: NetDevice | None = None,
    vlan: int = 0,
    local: bool | None = None,
    static: bool | None = None,
    user: bool | None = None,
    sticky: bool | None = None,
) -> None:
    """``bridge fdb flush dev DEV …``: forget every entry for which all that is given is true, permanent ones too."""
    side = bridge_side(dev, master)
    if side is None:
        raise NetlinkError("EOPNOTSUPP", f"{dev.label} has no forwarding table: name a bridge, or a port and master")
    bridge = side[0]
    only = side[1] if master else None if port is None else bridge.port_of(port)

    def keep(entry: Entry) -> bool:
        return not (
            (only is None or entry.port is only)
            and vlan in (0, entry.vid)
            and local in (None, entry.local)
            and static in (None, entry.static)
            and user in (None, entry.user)
            and sticky in (None, entry.sticky)
        )

    bridge.fdb.flush(keep)
