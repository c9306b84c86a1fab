"""Ports of bridges: their settings, their VLANs, and entries of forwarding tables that somebody made."""

from __future__ import annotations

from collections.abc import Container

from macvsim.exchange.machine import Device, Place
from macvsim.exchange.records import PortVlans, listed
from macvsim.exchange.restore import Restorer

_USUAL = {
    "hairpin": False, "isolated": False, "learning": True, "flood": True, "mcast_flood": True, "bcast_flood": True,
    "guard": False, "neigh_suppress": False,
}  # fmt: skip
"""Settings of a port, and what they are if nobody has changed them."""


def restore_bridges(restorer: Restorer, fresh: Container[Device]) -> None:
    """Ports among the devices that are there since a moment ago, and the bridges they are in."""
    for device, link in restorer.machine.devices():
        if link.master is None or device not in fresh:
            continue
        master = restorer.machine.places[device.place].link(link.master)
        if master is None or not restorer.machine.is_bridge(master):
            restorer.note(f"{device.name} in {link.master}", f"{master.kind if master else 'unknown'} devices")
            continue
        restorer.run(device.place, "ip", "link", "set", "dev", device.name, "master", master.ifname)
        for flag, usual in _USUAL.items():
            value = link.linkinfo.info_slave_data.get(flag, usual)
            if isinstance(value, bool) and value != usual:
                restorer.run(device.place, "bridge", "link", "set", "dev", device.name, flag, "on" if value else "off")
    for place in restorer.machine.places.values():
        if place.kind != "container":
            _vlans(restorer, place)
            _fdb(restorer, place, fresh)


def _vlans(restorer: Restorer, place: Place) -> None:
    filtering = [link.ifname for link in place.links if link.linkinfo.info_data.get("vlan_filtering")]
    now = {row.ifname: _vids(row) for row in listed(PortVlans, restorer.look(place.name, "bridge", "-j", "vlan"))}
    wanted = {row.ifname: _vids(row) for row in place.vlans}
    for name in [*filtering, *(link.ifname for link in place.links if link.master in filtering)]:
        own = ["self"] if name in filtering else []
        before, after = now.get(name, {}), wanted.get(name, {})
        for vid in before if place.vlans else ():
            if vid not in after:
                restorer.run(place.name, "bridge", "vlan", "del", "dev", name, "vid", str(vid), *own)
        for vid, flags in after.items():
            if before.get(vid) != flags:
                restorer.run(place.name, "bridge", "vlan", "add", "dev", name, "vid", str(vid), *flags, *own)


def _vids(row: PortVlans) -> dict[int, list[str]]:
    """Flags of each VLAN of a port, as ``bridge vlan add`` takes them."""
    words = {"PVID": "pvid", "Egress Untagged": "untagged"}
    return {
        vid: sorted(words[flag] for flag in one.flags if flag in words)
        for one in row.vlans
        for vid in range(one.vlan, min(one.vlanEnd or one.vlan, 4094) + 1)
    }


def _fdb(restorer: Restorer, place: Place, fresh: Container[Device]) -> None:
    own = {link.address for link in place.links}
    for entry in place.fdb:
        device = Device(place.name, entry.ifname)
        if entry.master is None or entry.mac in own or entry.state not in ("static", "permanent"):
            continue
        if device in fresh:
            kind = "static" if entry.state == "static" else "local"
            words = ["bridge", "fdb", "replace", entry.mac, "dev", entry.ifname, "master", kind]
            restorer.run(place.name, *words, *([] if entry.vlan is None else ["vlan", str(entry.vlan)]))


__all__ = ["restore_bridges"]
