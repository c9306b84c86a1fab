"""What to type when a packet ended: advice by the place, its reason and what is known of the devices around it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from macvsim.dev.base import NetDevice
from macvsim.dev.cable import Cable
from macvsim.dev.ipvlan import Flag, Ipvlan, Mode, netif_is_ipvlan
from macvsim.dev.macvlan import Macvlan, netif_is_macvlan
from macvsim.dev.macvlan_port import Mode as MacvlanMode
from macvsim.engine.drop import DropReason
from macvsim.engine.sim import Place, Record
from macvsim.explain.resolution import Solicitation
from macvsim.switch import SwitchPort
from macvsim.switch.policy import Promiscuous
from macvsim.wire.addr import ip_text


def advice(where: Place, reason: DropReason) -> str:
    """What to type, and on which machine."""
    node, _, dev = where.label.partition(":")
    hint = reason.hint.replace("{dev}", dev or node)
    if reason is DropReason.PORT_NO_MATCH and isinstance(where, SwitchPort):
        nic = next(beyond(where), None)
        if where.policy.promiscuous is Promiscuous.NONE:
            return f"set the policy of {where.label} to one that allows promiscuous mode, such as virtualbox-allow-all"
        if nic is not None and not nic.promiscuity:
            return f"ip link set {nic.name} promisc on   (on {nic.ns.name})"
    if reason is DropReason.CABLE_UNPLUGGED and isinstance(where, SwitchPort):
        nic = next(beyond(where), None)
        if nic is not None:
            return _wake(where, nic)
    return f"{hint}   (on {node})" if hint else ""


def _wake(port: SwitchPort, nic: NetDevice) -> str:
    """What brings the cable of a port to life: the card at its other end, or the port itself."""
    if nic.up:
        return f"port {port.name} up   (on {port.switch.name})"
    return f"ip link set {nic.name} up   (on {nic.ns.name})"


def told(where: Place, reason: DropReason, vid: int, came: Record | None) -> str:
    """What the place shows beyond the meaning of a reason; empty if that says all.

    vid : VLAN of the frame; came : how it came into the switch
    """
    if isinstance(where, SwitchPort) and reason is DropReason.PORT_VLAN:
        by = f", in which {came.where.label} took it" if came is not None and came.where is not where else ""
        return f"the switch port carries {_carried(where)}, and not VLAN {vid}{by}"
    if isinstance(where, NetDevice) and reason is DropReason.VLAN_UNKNOWN:
        others = ", ".join(dev.name for dev in where.vlans.values())
        tagged = f"tagged for VLAN {vid}, which" if vid else "tagged for a VLAN that"
        return f"{tagged} no sub-interface here has{f' (it has {others})' if others else ''}"
    return ""


def withheld(came: SwitchPort, port: SwitchPort, vid: int) -> DropReason | None:
    """Why a port does not give out what was flooded from another; None: it does."""
    if not port.link:
        return DropReason.CABLE_UNPLUGGED
    if came.isolated and port.isolated:
        return DropReason.PORT_ISOLATED
    if port.switch.vlan_aware and port.vlans.egress(vid) is None:
        return DropReason.PORT_VLAN
    return None


def _carried(port: SwitchPort) -> str:
    vids = [str(member.vid) for member in port.vlans]
    return f"VLAN {', '.join(vids)}" if vids else "no VLAN"


class Known(NamedTuple):
    """What the devices show: why a question cannot be answered, and what to type; both may be empty."""

    why: str = ""
    hint: str = ""


def unanswered(asker: Place, wanted: Solicitation, heard: Iterable[Place]) -> Known:
    """Why nobody could answer for `wanted`, where the devices show it: a host and what stands on its own card, or an
    ipvlan child that does no ARP.

    asker : the device that asked; heard : where copies of the request ended
    """
    if not isinstance(asker, NetDevice):
        return Known()
    if asker.lower is not None and asker.link_kind.shim and wanted.held_by(asker.lower):
        why = (
            f"{asker.lower.label} has {wanted.text} and is the parent of {asker.label}: what {asker.kind} devices send "
            "goes out by their parent, and is not handed to the parent's own host"
        )
        return Known(why, _of_one_card(asker, asker.lower))
    if netif_is_macvlan(asker):
        for sibling in asker.lower.uppers:
            if netif_is_macvlan(sibling) and sibling is not asker and wanted.held_by(sibling):
                return _of_siblings(asker, sibling, wanted)
    for child in asker.uppers:
        if child.link_kind.shim and wanted.held_by(child):
            if netif_is_ipvlan(child) and child.port.mode is not Mode.L2 and child.port.flag is Flag.VEPA:
                mode = f"ip link set {child.name} type {child.kind} mode {child.port.mode.value} bridge"
                return Known(hint=f"{mode}   (on {child.ns.name})")
            why = (
                f"{child.label} has {wanted.text} and stands on {asker.label} itself: what a parent sends goes out by "
                f"its cable, and is not handed to the {child.kind} devices on it"
            )
            return Known(why, _of_one_card(child, asker))
    for place in heard:
        for dev in beyond(place):
            if netif_is_ipvlan(dev) and dev.port.mode is not Mode.L2 and wanted.held_by(dev):
                return Known(hint=route_behind(dev, asker) or "")
    return Known()


def _of_siblings(asker: Macvlan, sibling: Macvlan, wanted: Solicitation) -> Known:
    """Macvlan devices of one parent reach each other where both are in mode bridge."""
    strangers = [dev for dev in (asker, sibling) if dev.mode is not MacvlanMode.BRIDGE]
    if not strangers:
        return Known()
    modes = " and ".join(f"{dev.label} is in mode {dev.mode.value}" for dev in strangers)
    if len({dev.mode for dev in strangers}) < len(strangers):
        modes = f"{asker.label} and {sibling.label} are in mode {asker.mode.value}"
    comes = "not even ARP requests come from one to the other"
    if all(dev.mode is MacvlanMode.VEPA for dev in strangers):
        comes = (
            "what goes from one to the other leaves by the parent, and only a switch port with hairpin sends it back"
        )
    return Known(
        f"{sibling.label} has {wanted.text} on the same parent, but {modes}: {comes}",
        "macvlan devices of one parent reach each other if all are in mode bridge: "
        + ", ".join(f"ip link set {dev.name} type {dev.kind} mode bridge (on {dev.ns.name})" for dev in strangers),
    )


def _of_one_card(child: NetDevice, lower: NetDevice) -> str:
    """A parent's host does not hear what its children send, nor they what it sends."""
    return (
        f"{lower.label} and its own {child.kind} children do not hear each other: give {lower.ns.name} a child too, "
        f"ip link add shim link {lower.name} type {child.link_kind.shim}, and a route to the container through it"
    )


def elsewhere(wanted: Solicitation, heard: Iterable[Place]) -> str:
    """Who has `wanted`, and stands beside where copies of the question came to on its machine; empty if nobody does."""
    for place in heard:
        if not isinstance(place, NetDevice):
            continue
        if wanted.refused_by(place):
            return (
                f"{place.label} was given {wanted.text}, but another machine had it (duplicate address detection "
                "failed): it stays tentative and is never used"
            )
        root = place
        while root.lower is not None:
            root = root.lower
        for dev in beyond(root):
            if wanted.held_by(dev) and dev not in beyond(place):
                below = dev.lower.label if dev.lower is not None else dev.label
                return f"{dev.label} has {wanted.text} and stands on {below}, but the question came to {place.label}"
    return ""


def route_behind(child: Ipvlan, where: Place) -> str | None:
    """The route a host needs to an ipvlan child in mode l3 or l3s, which is reached through its parent's host; None: it
    is not behind anything.
    """
    if child.port.mode is Mode.L2 or not child.inet.addresses:
        return None
    address, parents = child.inet.addresses[0], child.lower.inet.addresses
    host = where.label.partition(":")[0]
    if host == child.lower.ns.name:
        return f"ip route add {ip_text(address.prefix)}/{address.plen} dev SHIM, an ipvlan child of {host}'s own"
    via = ip_text(parents[0].local) if parents else f"an address of {child.lower.label}, which has none"
    return f"ip route add {ip_text(address.prefix)}/{address.plen} via {via}   (on {host})"


def beyond(where: Any) -> Iterator[NetDevice]:
    """The device at a place and what is stacked on it or bridged to it; for a switch port, the NIC at the other end of
    its cable; for a cable, the NICs at its ends.
    """
    cable = where if isinstance(where, Cable) else getattr(where, "cable", None)
    ends: list[Any] = [where]
    if isinstance(where, Cable):
        ends = [where.a, where.b]
    elif cable is not None and not isinstance(where, NetDevice):
        ends = [cable.other(where)]
    queue: list[NetDevice] = [end for end in ends if isinstance(end, NetDevice)]
    seen: list[NetDevice] = []
    while queue:
        dev = queue.pop(0)
        if dev in seen:
            continue
        seen.append(dev)
        yield dev
        queue += dev.uppers
        if dev.master is not None:
            queue.append(dev.master)
            queue += [port.dev for port in getattr(dev.master, "ports", ())]
        if (peer := dev.peer_device()) is not None:
            queue.append(peer)


__all__ = ["Known", "advice", "beyond", "elsewhere", "route_behind", "told", "unanswered", "withheld"]
