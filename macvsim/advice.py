"""What to type when a packet ended: advice by the place, its reason and what is known of the devices around it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from macvsim.asking import Asking
from macvsim.dev.base import NetDevice
from macvsim.dev.ipvlan import Flag, Ipvlan, Mode
from macvsim.dev.macvlan import Macvlan
from macvsim.drop import DropReason
from macvsim.sim import Place
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
    return f"{hint}   (on {node})" if hint else ""


def unanswered(asker: Place, wanted: Asking, heard: Iterable[Place]) -> str:
    """Why nobody could answer for `wanted`, where the devices show it: a host and what stands on its own card, or an
    ipvlan child that does no ARP; empty where they do not.

    asker : the device that asked; heard : where copies of the request ended
    """
    if not isinstance(asker, NetDevice):
        return ""
    if isinstance(asker, Macvlan | Ipvlan) and wanted.held_by(asker.lower):
        return _of_one_card(asker.kind, asker.lower)
    for child in asker.uppers:
        if isinstance(child, Macvlan | Ipvlan) and wanted.held_by(child):
            if isinstance(child, Ipvlan) and child.port.mode is not Mode.L2 and child.port.flag is Flag.VEPA:
                return (
                    f"ip link set {child.name} type ipvlan mode {child.port.mode.value} bridge   (on {child.ns.name})"
                )
            return _of_one_card(child.kind, asker)
    for place in heard:
        for dev in beyond(place):
            if isinstance(dev, Ipvlan) and dev.port.mode is not Mode.L2 and wanted.held_by(dev):
                return route_behind(dev, asker) or ""
    return ""


def _of_one_card(kind: str, lower: NetDevice) -> str:
    """A parent's host does not hear what its children send, nor they what it sends."""
    mode = "bridge" if kind == "macvlan" else "l2"
    return (
        f"{lower.label} and its own {kind} children do not hear each other: give {lower.ns.name} a child too, "
        f"ip link add shim link {lower.name} type {kind} mode {mode}, and a route to the container through it"
    )


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
    """The device at a place and what is stacked on it; for a switch port, the NIC at the other end of its cable."""
    cable = getattr(where, "cable", None)
    start = where if isinstance(where, NetDevice) else cable.other(where) if cable is not None else None
    queue = [start] if isinstance(start, NetDevice) else []
    while queue:
        dev = queue.pop(0)
        yield dev
        queue += dev.uppers


__all__ = ["advice", "beyond", "route_behind", "unanswered"]
