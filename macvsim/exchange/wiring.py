"""Which cards of which machines are on one switch: nobody has told, so it is assumed, and said.

Cards are on one switch if they share a subnet, on whatever is stacked on them: VLANs, macvlan children, bridges,
containers.  A card without any goes with cards of the same name.  All ports are trunks that carry every VLAN.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Interface, IPv4Network
from itertools import count, islice
from typing import Any

from macvsim.exchange.machine import BONDS, Device, Machine

Card = tuple[str, Device]
"""Name of the machine's node, and the card there."""
_VIRTUAL = {"oracle": "virtualbox-deny", "vmware": "vmware", "microsoft": "hyper-v", "kvm": "kvm", "qemu": "kvm"}
"""The policy of the switch that a virtual machine's card may be on, by what systemd-detect-virt prints."""


@dataclass
class Wiring:
    """machines : by the name of their node; switches : cards of each; assumed : sentences for who reads the lab"""

    machines: dict[str, Machine]
    switches: list[list[Card]] = field(default_factory=list)
    assumed: list[str] = field(default_factory=list)

    @property
    def topology(self) -> dict[str, Any]:
        """Nodes and links, as a lab document has them."""
        nodes: dict[str, Any] = {}
        for name, machine in self.machines.items():
            node: dict[str, Any] = {} if machine.flavour == "debian" else {"flavour": machine.flavour}
            if machine.hostname != name:
                node["hostname"] = machine.hostname
            if machine.places["host"].sysctls.get("net/ipv6/conf/all/disable_ipv6") == "0":
                node["ipv6"] = True
            node["nics"] = {nic_name(machine, card): _nic(machine, card) for card in machine.cards}
            nodes[name] = node
        links = []
        for number, cards in enumerate(self.switches):
            switch = self.switch_names[number]
            wifi = [port for port, (_, card) in enumerate(cards, 1) if card.name.startswith("wl")]
            ports = {"ports": {port: {"policy": "wifi"} for port in wifi}} if wifi else {}
            nodes[switch] = {"kind": "switch", **ports}
            for port, (name, card) in enumerate(cards, 1):
                nic = nic_name(self.machines[name], card)
                links.append({"endpoints": [f"{name}:{nic}", f"{switch}:{port}"]})
        return {"nodes": nodes, "links": links} if links else {"nodes": nodes}

    @property
    def switch_names(self) -> list[str]:
        """``sw1``, ``sw2``, …, but no machine's name."""
        free = (name for name in (f"sw{number}" for number in count(1)) if name not in self.machines)
        return list(islice(free, len(self.switches)))


def nic_name(machine: Machine, card: Device) -> str:
    """The name a card is put in with: its own, unless another card of the machine has it, in another namespace."""
    same = [other for other in machine.cards if other.name == card.name]
    return card.name if same[0] == card else f"card{machine.cards.index(card)}"


def _nic(machine: Machine, card: Device) -> dict[str, Any]:
    link = machine.link(card)
    settings: dict[str, Any] = {"mac": link.address} if link.address else {}
    if link.mtu != 1500:
        settings["mtu"] = link.mtu
    if "PROMISC" in link.flags:
        settings["promiscuous"] = True
    return settings


def wire(machines: Sequence[Machine]) -> Wiring:
    """Put machines on switches."""
    named: dict[str, Machine] = {}
    for machine in machines:
        number, name = 1, machine.hostname
        while name in named:
            number += 1
            name = f"{machine.hostname}-{number}"
        named[name] = machine
    wiring = Wiring(named)
    cards = [(name, card) for name, machine in named.items() for card in machine.cards if _is_cabled(machine, card)]
    subnets = {card: dict(_subnets(named[card[0]], card[1])) for card in cards}
    for card in cards:
        groups = [group for group in wiring.switches if _belongs(card, group, subnets)]
        merged = [other for group in groups for other in group] + [card]
        wiring.switches = [group for group in wiring.switches if group not in groups] + [merged]
    wiring.assumed += _said(wiring, subnets)
    return wiring


def _is_cabled(machine: Machine, card: Device) -> bool:
    return "NO-CARRIER" not in machine.link(card).flags


def _belongs(card: Card, group: Sequence[Card], subnets: dict[Card, dict[IPv4Network, int]]) -> bool:
    if subnets[card] and any(subnets[other] for other in group):
        return any(net in subnets[other] for other in group for net in subnets[card])
    return any(other[1].name == card[1].name and other[0] != card[0] for other in group)


def _subnets(machine: Machine, card: Device) -> Iterator[tuple[IPv4Network, int]]:
    """Subnets on a card and what is stacked on it, with the VLAN of each (0: untagged)."""
    for place in machine.places.values():
        for row in place.addresses:
            device = Device(place.name, row.ifname)
            if place.link(row.ifname) is None or card not in machine.roots(device):
                continue
            for address in row.all:
                if address.family == "inet" and address.prefixlen < 32:
                    yield interface(f"{address.local}/{address.prefixlen}").network, machine.vid(device)


def interface(text: str) -> IPv4Interface:
    """An address of a collected row; 0.0.0.0/0 if it is none, which then names no subnet that others have."""
    try:
        return IPv4Interface(text)
    except ValueError:
        return IPv4Interface("0.0.0.0/0")


def _said(wiring: Wiring, subnets: dict[Card, dict[IPv4Network, int]]) -> Iterator[str]:
    for switch, cards in zip(wiring.switch_names, wiring.switches, strict=True):
        shown = ", ".join(f"{name}:{card.name}" for name, card in cards)
        nets = list(dict.fromkeys(str(net) for card in cards for net in subnets[card])) or ["no subnet"]
        yield f"{shown}: on one switch, {switch}, whose ports carry every VLAN ({', '.join(nets)})"
        for net in dict.fromkeys(net for card in cards for net in subnets[card]):
            vids = {f"{c[0]}:{c[1].name}": subnets[c][net] for c in cards if net in subnets[c]}
            if len(set(vids.values())) > 1:
                told = ", ".join(f"{f'VLAN {vid}' if vid else 'untagged'} on {where}" for where, vid in vids.items())
                yield f"{net} is {told}: if the switch has access ports, write mode: access and vlan: VID at {switch}"
    for name, machine in wiring.machines.items():
        for card in machine.cards:
            if not _is_cabled(machine, card):
                yield f"{name}:{card.name} has no carrier: it gets no cable"
            elif card.name.startswith("wl"):
                yield f"{name}:{card.name} is a wireless card: its port has policy wifi"
            kind = machine.link(card).kind
            if kind in BONDS:
                parts = [one.ifname for one in machine.places[card.place].links if one.master == card.name]
                yield f"{name}:{card.name}, a {kind} of {', '.join(parts)}, is taken for one card"
            elif kind:
                yield f"{name}:{card.name}, whose other end was not collected ({kind}), is taken for a card"
        policy = _VIRTUAL.get(machine.virtualization)
        if policy and machine.cards:
            yield (
                f"{name} is a virtual machine ({machine.virtualization}): what its switch lets through cannot be seen "
                f"from inside: if other MACs are dropped there, write policy: {policy} at its port"
            )


__all__ = ["Wiring", "interface", "nic_name", "wire"]
