"""Namespaces and devices, parents first."""

from __future__ import annotations

from collections.abc import Container, Iterable
from shlex import quote

from macvsim.dev.registry import Kind
from macvsim.exchange.machine import Device, Place
from macvsim.exchange.records import Link, listed
from macvsim.exchange.restore import Restorer
from macvsim.exchange.wiring import nic_name


def restore_namespaces(restorer: Restorer) -> None:
    """Named namespaces, and cards that are in one."""
    machine = restorer.machine
    for place in machine.places.values():
        if place.kind == "netns":
            restorer.do(f"ip netns add {quote(place.label)}")
            restorer.run(place.name, "ip", "link", "set", "dev", "lo", "up")
    for card in machine.cards:
        restorer.made.add(card)
        restorer.tried.add(card)
        nic = nic_name(machine, card)
        if card.place.startswith("netns "):
            restorer.run("host", "ip", "link", "set", "dev", nic, "netns", card.place.removeprefix("netns "))
        if nic != card.name:
            restorer.run(card.place, "ip", "link", "set", "dev", nic, "down")
            restorer.run(card.place, "ip", "link", "set", "dev", nic, "name", card.name)


def restore_devices(restorer: Restorer) -> None:
    """Devices, parents first; what stands on one of Docker's is made when that is there, by another call."""
    waiting = [device for device, _ in restorer.machine.devices() if _is_wanted(restorer, device)]
    while waiting:
        ready = [device for device in waiting if _is_ready(restorer, device)]
        if not ready:
            return
        for device in ready:
            if device not in restorer.tried:
                _make(restorer, device, restorer.machine.link(device))
        waiting = [device for device in waiting if device not in restorer.tried]


def _is_wanted(restorer: Restorer, device: Device) -> bool:
    return device not in restorer.tried | restorer.by_docker and not device.place.startswith("container ")


def _is_ready(restorer: Restorer, device: Device) -> bool:
    parent = restorer.machine.below.get(device)
    return parent is None or parent in restorer.made or (parent in restorer.tried and parent not in restorer.by_docker)


def _make(restorer: Restorer, device: Device, link: Link) -> None:
    """Make a device, or note why it cannot be."""
    restorer.tried.add(device)
    kind = restorer.machine.kind(link)
    parent = restorer.machine.below.get(device)
    what = f"device {device.name}"
    if kind is None:
        restorer.note(
            what, f"{link.kind or link.link_type} devices" if link.master is None else f"a part of {link.master}"
        )
    elif kind.paired and device not in restorer.machine.peers:
        restorer.note(what, "its other end was not collected")
    elif kind.paired:
        _make_pair(restorer, device, link)
    elif kind.stacked and parent not in restorer.made:
        restorer.note(what, "what it stands on is not there")
    else:
        _make_one(restorer, device, link, kind)


def _make_one(restorer: Restorer, device: Device, link: Link, kind: Kind) -> None:
    parent = restorer.machine.below.get(device)
    where = device.place if parent is None else parent.place
    is_taken = where != device.place and restorer.machine.places[where].link(device.name) is not None
    name = f"new{len(restorer.tried)}" if is_taken else device.name
    words = ["ip", "link", "add", *(["link", parent.name] if parent is not None else []), "name", name]
    same = parent is not None and link.address == restorer.machine.link(parent).address
    if link.address and kind.own_mac and (kind.random_mac or not same):
        words += ["address", link.address]
    words += _into(where, device.place)
    words += ["type", kind.name, *kind.restore(link.linkinfo.info_data)]
    if not restorer.run(where, *words, what=f"device {device.name}"):
        return
    restorer.made.add(device)
    if is_taken:
        restorer.run(device.place, "ip", "link", "set", "dev", name, "name", device.name)
    if link.mtu != 1500:
        _set(restorer, device, "mtu", str(link.mtu))


def _into(place: str, other: str) -> list[str]:
    """The words of ``ip link add`` for a device of one namespace in another."""
    return ["netns", other.removeprefix("netns ") if other != "host" else "1"] if place != other else []


def _make_pair(restorer: Restorer, device: Device, link: Link) -> None:
    peer = restorer.machine.peers[device]
    other = restorer.machine.link(peer)
    words = ["ip", "link", "add", "name", device.name, "address", link.address, "mtu", str(link.mtu)]
    words += ["type", link.kind, "peer", "name", peer.name, "address", other.address, *_into(device.place, peer.place)]
    restorer.tried.add(peer)
    if restorer.run(device.place, *words, what=f"device {device.name}"):
        restorer.made |= {device, peer}
        if other.mtu != link.mtu:
            _set(restorer, peer, "mtu", str(other.mtu))


def _set(restorer: Restorer, device: Device, *words: str) -> bool:
    return restorer.run(device.place, "ip", "link", "set", "dev", device.name, *words)


def restore_states(restorer: Restorer, fresh: Container[Device]) -> None:
    """Of devices that are there since a moment ago what is up, from the bottom, and what is not."""
    machine = restorer.machine
    for device, link in sorted(machine.devices(), key=lambda pair: _height(restorer, pair[0])):
        is_card = device in machine.cards
        if device not in fresh:
            continue
        if link.up and (not is_card or device.place != "host"):
            _set(restorer, device, "up")
        elif is_card and not link.up:
            _set(restorer, device, "down")
        if "PROMISC" in link.flags and not is_card:
            _set(restorer, device, "promisc", "on")
        if "ALLMULTI" in link.flags:
            _set(restorer, device, "allmulticast", "on")


def restore_inside(restorer: Restorer, places: Iterable[Place]) -> None:
    """What was changed about devices that Docker has made in containers."""
    for place in places:
        now = {link.ifname: link for link in listed(Link, restorer.look(place.name, "ip", "-j", "link"))}
        for link in place.links:
            made = now.get(link.ifname)
            if made is None or link.link_type == "loopback":
                continue
            device = Device(place.name, link.ifname)
            kind = restorer.machine.kind(link)
            if link.address != made.address and (kind is None or kind.own_mac):
                _set(restorer, device, "address", link.address)
            if link.mtu != made.mtu:
                _set(restorer, device, "mtu", str(link.mtu))
            if link.up != made.up:
                _set(restorer, device, "up" if link.up else "down")


def _height(restorer: Restorer, device: Device) -> int:
    """How many devices are below."""
    height, at = 0, restorer.machine.below.get(device)
    while at is not None and height < len(restorer.machine.below):
        height, at = height + 1, restorer.machine.below.get(at)
    return height


__all__ = ["restore_devices", "restore_inside", "restore_namespaces", "restore_states"]
