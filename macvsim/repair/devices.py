"""Devices: down, too small, without ARP, in the wrong mode, in no bridge, with a VLAN nobody else has."""

from __future__ import annotations

from collections.abc import Iterator

from macvsim.dev.base import NetDevice
from macvsim.dev.bridge import Bridge, netif_is_bridge_master
from macvsim.dev.ipvlan import Flag, Ipvlan, netif_is_ipvlan
from macvsim.dev.ipvlan import Mode as IpvlanMode
from macvsim.dev.macvlan import Macvlan, Mode, netif_is_macvlan
from macvsim.dev.nic import Nic, is_nic
from macvsim.dev.vlan import Vlan, is_vlan_dev
from macvsim.engine.drop import DropReason
from macvsim.repair.edit import Candidate, Edit, candidate
from macvsim.repair.memory import again
from macvsim.repair.routes import afterwards
from macvsim.repair.scene import Scene, space

MTU = 1500
_DOCKER = ("docker0", "br-")
"""How the bridges of Docker's networks are called."""


def checks(scene: Scene) -> Iterator[Candidate]:
    """What may be wrong with devices."""
    for dev in scene.devices:
        if not dev.up:
            yield from _down(scene, dev)
        if dev.mtu < MTU:
            yield from _small(scene, dev)
        if dev.noarp and not dev.link_kind.noarp:
            yield candidate(
                [scene.door(dev).simple(f"ip link set {dev.name} arp on")], (dev.label,), DropReason.ARP_NOARP
            )
        if netif_is_macvlan(dev) and dev.mode is not Mode.BRIDGE:
            yield from _macvlan(scene, dev)
        if netif_is_ipvlan(dev):
            yield from _ipvlan(scene, dev)
        if is_vlan_dev(dev):
            yield from _vlan(scene, dev)
        if is_nic(dev):
            yield from _new_vlan(scene, dev)
        if (is_nic(dev) or dev.peer_device() is not None) and dev.master is None:
            yield from _no_master(scene, dev)
        if netif_is_bridge_master(dev):
            yield from _bridge(scene, dev)


def _with_routes(scene: Scene, edits: list[Edit], dev: NetDevice, *reasons: DropReason) -> Iterator[Candidate]:
    """The edits; and what a device that was down has lost typed again after them."""
    yield candidate(edits, (dev.label,), *reasons)
    for more in afterwards(scene, dev):
        yield candidate([*edits, *more], (dev.label,), *reasons)


def _down(scene: Scene, dev: NetDevice) -> Iterator[Candidate]:
    below: list[NetDevice] = []
    lower = dev.lower
    while lower is not None and lower.ns in scene.doors:
        if not lower.up:
            below.insert(0, lower)
        lower = lower.lower
    ups = [scene.door(one).simple(f"ip link set {one.name} up") for one in (*below, dev)]
    reasons = (
        DropReason.DEV_DOWN,
        DropReason.VLAN_HOOK,
        DropReason.DEV_NO_CARRIER,
        DropReason.PORT_STATE,
        DropReason.CABLE_UNPLUGGED,
    )
    yield from _with_routes(scene, ups, dev, *reasons)


def _small(scene: Scene, dev: NetDevice) -> Iterator[Candidate]:
    """Its MTU; and that of everything stacked on it."""
    reasons = (DropReason.TOO_BIG_FOR_DEV, DropReason.PKT_TOO_BIG, DropReason.NIC_MTU, DropReason.IP_NO_CONFIG)
    one = [scene.door(dev).simple(f"ip link set {dev.name} mtu {MTU}")]
    yield from _with_routes(scene, one, dev, *reasons)
    stack = [dev]
    for low in stack:  # the list grows while it is read
        stack += [upper for upper in low.uppers if upper.mtu < MTU and upper.ns in scene.doors]
    if len(stack) > 1:
        edits = [scene.door(low).simple(f"ip link set {low.name} mtu {MTU}") for low in stack]
        yield from _with_routes(scene, edits, dev, *reasons)


def _macvlan(scene: Scene, dev: Macvlan) -> Iterator[Candidate]:
    """Mode bridge, for one child and for all on its card."""
    siblings = [one for one in scene.devices if netif_is_macvlan(one) and one.lower is dev.lower]
    places = (dev.label, dev.lower.label)
    text = "ip link set {} type {} mode bridge"
    reasons = (DropReason.MACVLAN_NO_SOURCE, DropReason.PORT_SAME, DropReason.NEIGH_FAILED)
    edits = [scene.door(one).edit(text.format(one.name, one.kind)) for one in siblings if one.mode is not Mode.BRIDGE]
    yield candidate([scene.door(dev).edit(text.format(dev.name, dev.kind))], places, *reasons)
    if len(edits) > 1:
        yield candidate(edits, places, *reasons)


def _ipvlan(scene: Scene, dev: Ipvlan) -> Iterator[Candidate]:
    """Mode l2, which does ARP; no flag that keeps children apart."""
    places = (dev.label, dev.lower.label)
    door = scene.door(dev)
    reasons = (
        DropReason.ARP_NOARP,
        DropReason.IPVLAN_NO_L2,
        DropReason.IPVLAN_NO_GROUPS,
        DropReason.IPVLAN_PRIVATE,
        DropReason.NEIGH_FAILED,
    )
    if dev.port.mode is not IpvlanMode.L2:
        yield candidate([door.edit(f"ip link set {dev.name} type {dev.kind} mode l2")], places, *reasons)
    if dev.port.flag is not Flag.BRIDGE:
        mode = dev.port.mode.value
        yield candidate([door.edit(f"ip link set {dev.name} type {dev.kind} mode {mode} bridge")], places, *reasons)


def _vlan(scene: Scene, dev: Vlan) -> Iterator[Candidate]:
    """Its addresses on a sub-interface of a VLAN that others have."""
    if dev.lower.ns is not dev.ns or dev.uppers:
        return
    for vid in vids_elsewhere(scene, dev.lower):
        edits = [scene.door(dev).edit(command) for command in moved(scene, dev, vid)]
        yield candidate(edits, (dev.label, dev.lower.label), DropReason.VLAN_UNKNOWN, DropReason.PORT_VLAN, bold=2)


def _new_vlan(scene: Scene, nic: Nic) -> Iterator[Candidate]:
    """A sub-interface that is missing, and what was typed for it."""
    for vid in vids_elsewhere(scene, nic):
        name, door = f"{nic.name}.{vid}", scene.door(nic)
        if name in nic.ns.devices:
            continue
        edits = [
            door.edit(f"ip link add link {nic.name} name {name} type vlan id {vid}"),
            door.edit(f"ip link set {name} up"),
        ]
        more = [edit for edit in again(scene, space(nic)) if name in edit.command.split()]
        reasons = (DropReason.VLAN_UNKNOWN, DropReason.NEIGH_FAILED)
        yield candidate([*edits, *more], (nic.label,), *reasons, bold=0 if more else 1)


def vids_elsewhere(scene: Scene, lower: NetDevice) -> list[int]:
    """VLANs that others have and this device has not, those of the frames that ended first."""
    own = {vid & 0xFFF for vid in lower.vlans}
    others = sorted({vid & 0xFFF for dev in scene.devices for vid in dev.vlans if dev is not lower})
    return [vid for vid in dict.fromkeys((*scene.ended.vids, *others)) if vid and vid not in own]


def moved(scene: Scene, dev: Vlan, vid: int) -> list[str]:
    """Commands that put another sub-interface in the place of one."""
    new = f"{dev.lower.name}.{vid}"
    commands = [f"ip link del {dev.name}", f"ip link add link {dev.lower.name} name {new} type vlan id {vid}"]
    commands.append(f"ip link set {new} up")
    held = [one for one in scene.held if one.dev is dev]
    commands += [f"{scene.ip} addr add {scene.text(one.ip)}/{one.plen} dev {new}" for one in held]
    return commands


def _no_master(scene: Scene, dev: NetDevice) -> Iterator[Candidate]:
    """A card, or an end of a pair, that is in no bridge although its machine has one."""
    if dev.inet.addresses or dev.uppers:
        return
    ns = space(dev)
    bridges = [dev for dev in ns.devices.values() if netif_is_bridge_master(dev)]
    for bridge in (one for one in bridges if not one.name.startswith(_DOCKER)):
        join = scene.doors[ns].edit(f"ip link set {dev.name} master {bridge.name}")
        up = scene.doors[ns].edit(f"ip link set {dev.name} up")
        yield candidate([join] if dev.up else [join, up], (dev.label, bridge.label), DropReason.NEIGH_FAILED, bold=1)


def _bridge(scene: Scene, bridge: Bridge) -> Iterator[Candidate]:
    door = scene.door(bridge)
    if bridge.vlan_config.enabled:
        off = door.edit(f"ip link set {bridge.name} type bridge vlan_filtering 0")
        yield candidate([off], (bridge.label,), DropReason.PORT_VLAN, DropReason.PORT_PVID)
    for port in bridge.ports:
        for name, wanted in (
            ("isolated", False),
            ("locked", False),
            ("flood", True),
            ("learning", True),
            ("hairpin", True),
        ):
            if getattr(port, name, wanted) != wanted:
                word = "on" if wanted else "off"
                edit = door.edit(f"bridge link set dev {port.dev.name} {name} {word}")
                reasons = (DropReason.PORT_ISOLATED, DropReason.PORT_LOCKED, DropReason.PORT_NO_FLOOD)
                yield candidate([edit], (port.dev.label, bridge.label), *reasons)
