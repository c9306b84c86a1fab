"""Cables, switch ports and network cards."""

from __future__ import annotations

import re
from collections.abc import Iterator

from macvsim.dev.macvlan import Mode, netif_is_macvlan
from macvsim.dev.nic import Nic, is_nic
from macvsim.engine.drop import DropReason
from macvsim.repair.edit import Candidate, Edit, candidate
from macvsim.repair.scene import Scene
from macvsim.switch import SwitchPort
from macvsim.switch.policy import POLICIES

MTU = 1500
_ALLOWING = {"virtualbox": "virtualbox-allow-all", "vmware": "vmware-accept", "kvm": "kvm", "hyper": "hyper-v-spoofing"}
"""The setting of a hypervisor's switch that lets other MACs through."""
_NOT_OURS = ("cloud", "wifi")
"""Policies that nobody who uses the network can change."""
_VLANS = (DropReason.PORT_VLAN, DropReason.PORT_PVID, DropReason.PORT_TAGGED)
_POLICIES = (
    DropReason.PORT_NO_MATCH,
    DropReason.PORT_FORGED_SOURCE,
    DropReason.PORT_SECURITY,
    DropReason.PORT_ASSIGNED_MAC,
    DropReason.NIC_FILTER,
)


def checks(scene: Scene) -> Iterator[Candidate]:
    """What may be wrong between the machines."""
    yield from _cables(scene)
    for port in scene.ports():
        yield from _of_port(scene, port)
    yield from _adapters(scene)
    for nic in scene.nics():
        if nic.uppers and not nic.promiscuity:
            yield _promiscuous(scene, nic)


def _set(port: SwitchPort, text: str) -> Edit:
    return Edit(port.switch.name, f"port {port.name} {text}")


def _cables(scene: Scene) -> Iterator[Candidate]:
    """Cards without a cable, cables that lose everything."""
    for nic in scene.nics():
        if nic.cable is None:
            for switch in scene.lab.switches.values():
                port = next((p.name for p in switch.ports.values() if p.cable is None), _new_name(scene, switch.name))
                edit = Edit(switch.name, f"port {port} cable {nic.label}")
                places = (nic.label, f"{switch.name}:{port}")
                yield candidate([edit], places, DropReason.CABLE_UNPLUGGED, DropReason.DEV_NO_CARRIER)
    for cable in scene.lab.cables:
        end = next((end for end in (cable.b, cable.a) if isinstance(end, SwitchPort)), None)
        if cable.loss and end is not None:
            ends = (cable.label, cable.a.label, cable.b.label)
            yield candidate([_set(end, "loss 0")], ends, DropReason.CABLE_LOSS)


def _new_name(scene: Scene, switch: str) -> str:
    ports = scene.lab.switches[switch].ports
    return str(next(number for number in range(1, len(ports) + 2) if str(number) not in ports))


def _of_port(scene: Scene, port: SwitchPort) -> Iterator[Candidate]:
    places = (port.label, *_beyond(port))
    if not port.admin_up:
        yield candidate([_set(port, "up")], places, DropReason.CABLE_UNPLUGGED, DropReason.DEV_NO_CARRIER)
    if port.mtu < MTU:
        yield candidate([_set(port, f"mtu {MTU}")], places, DropReason.NIC_MTU, DropReason.PKT_TOO_BIG)
    if port.isolated:
        yield candidate([_set(port, "isolated off")], places, DropReason.PORT_ISOLATED)
    yield from _vlans(scene, port, places)
    if not port.hairpin and (DropReason.PORT_SAME in scene.ended.reasons or _is_vepa(scene)):
        yield candidate([_set(port, "hairpin on")], places, DropReason.PORT_SAME, bold=1)


def _is_vepa(scene: Scene) -> bool:
    return any(netif_is_macvlan(dev) and dev.mode is Mode.VEPA for dev in scene.devices)


def _beyond(port: SwitchPort) -> tuple[str, ...]:
    return () if port.cable is None else (port.cable.other(port).label,)


def _vlans(scene: Scene, port: SwitchPort, places: tuple[str, ...]) -> Iterator[Candidate]:
    """Another access VLAN, further VLANs on the trunk; those of the frames that ended first."""
    if not port.switch.vlan_aware:
        return
    vlans = port.vlans
    members = list(vlans)
    tagged = [member.vid for member in members if not member.untagged]
    known = dict.fromkeys((*scene.ended.vids, *_used(scene)))
    if not vlans.every:
        missing = [vid for vid in known if vid not in vlans]
        for vid in missing:
            listed = ",".join(map(str, sorted([*tagged, vid])))
            native = vlans.pvid or "none"
            if tagged or not vlans.pvid:
                of_untagged = "" if native == 1 else f" native {native}"
                yield candidate([_set(port, f"mode trunk vlans {listed}{of_untagged}")], places, *_VLANS, bold=1)
            yield candidate([_set(port, f"mode access vlan {vid}")], places, *_VLANS, bold=1)
        if missing:
            listed = ",".join(map(str, sorted({*tagged, *missing})))
            yield candidate([_set(port, f"mode trunk vlans {listed}")], places, *_VLANS, bold=1)
            yield candidate([_set(port, "mode trunk vlans all")], places, *_VLANS, bold=1)
    elif not vlans.pvid:
        yield candidate([_set(port, "mode trunk vlans all native 1")], places, *_VLANS, bold=1)


def _used(scene: Scene) -> list[int]:
    """VLANs that ports and sub-interfaces of the lab are about."""
    found = {member.vid for port in scene.ports() for member in port.vlans}
    found |= {vid for dev in scene.devices for vid in dev.vlans}
    return sorted(vid & 0xFFF for vid in found)


def _adapters(scene: Scene) -> Iterator[Candidate]:
    """What lets the MACs of containers through a hypervisor's port, alone and on all of them."""
    everywhere: list[Edit] = []
    places: list[str] = []
    for port in scene.ports():
        if port.policy.learn and not port.policy.own_source_only and not port.policy.max_macs:
            continue
        if port.policy.name in _NOT_OURS:
            instead = _set(port, "policy bare-metal")
            yield candidate([instead], (port.label, *_beyond(port)), *_POLICIES, bold=3)
            continue
        edits = _allow(scene, port)
        if edits:
            yield from (candidate([edit], (port.label, *_beyond(port)), *_POLICIES) for edit in edits)
            if len(edits) > 1:
                yield candidate(edits, (port.label, *_beyond(port)), *_POLICIES)
            everywhere += edits
            places += [port.label, *_beyond(port)]
    if len(places) > 2:
        yield candidate(everywhere, places, *_POLICIES)


def _allow(scene: Scene, port: SwitchPort) -> list[Edit]:
    family = re.match("[a-z]*", port.policy.name)
    name = _ALLOWING.get(family[0] if family else "", "bare-metal")
    edits = [] if port.policy == POLICIES[name] else [_set(port, f"policy {name}")]
    nic = port.cable.other(port) if port.cable is not None else None
    if is_nic(nic) and not nic.promiscuity and not POLICIES[name].learn:
        edits += _promiscuous(scene, nic).edits
    return edits


def _promiscuous(scene: Scene, nic: Nic) -> Candidate:
    reasons = (*_POLICIES, DropReason.NIC_VLAN_FILTER)
    return candidate([scene.door(nic).edit(f"ip link set {nic.name} promisc on")], (nic.label,), *reasons)
