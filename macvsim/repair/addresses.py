"""Addresses that are missing, changed or held twice, and prefix lengths that do not fit; MACs held twice."""

from __future__ import annotations

from collections.abc import Iterator

from macvsim.dev.base import NetDevice
from macvsim.dev.ipvlan import netif_is_ipvlan
from macvsim.dev.macvlan import netif_is_macvlan
from macvsim.dev.nic import is_nic
from macvsim.engine.drop import DropReason
from macvsim.net.namespace import Namespace
from macvsim.repair.edit import Candidate, Edit, candidate
from macvsim.repair.memory import again, mentioned
from macvsim.repair.routes import afterwards
from macvsim.repair.scene import Held, Scene, space
from macvsim.wire.addr import ip_int, mac_text
from macvsim.wire.addr6 import ip6_int

_NOBODY = (
    DropReason.NEIGH_FAILED,
    DropReason.NEIGH6_FAILED,
    DropReason.ARP_NOT_FOR_US,
    DropReason.FORWARDING_OFF,
    DropReason.IP_NO_CONFIG,
    DropReason.IPV6_NDISC_NS_OTHERHOST,
)
_NO_WAY = (DropReason.IP_OUTNOROUTES, DropReason.IP_INNOROUTES)
_TWICE = (
    DropReason.PING_NO_SOCKET,
    DropReason.IP_LOCAL_SOURCE,
    DropReason.NEIGH_FAILED,
    DropReason.OTHERHOST,
    DropReason.IP_MARTIAN_SOURCE,
)


def checks(scene: Scene) -> Iterator[Candidate]:
    """What may be wrong with addresses."""
    yield from _configured(scene)
    yield from _typed_again(scene)
    yield from _wanted(scene)
    yield from _foreign(scene)
    yield from _twice(scene)
    yield from _prefixes(scene)
    yield from _macs(scene)
    yield from _shims(scene)


def _add(scene: Scene, dev: NetDevice, ip: str, plen: int) -> Edit:
    return scene.door(dev).simple(f"{scene.ip} addr add {ip}/{plen} dev {dev.name}")


def _del(scene: Scene, one: Held) -> Edit:
    return scene.door(one.dev).simple(f"{scene.ip} addr del {scene.text(one.ip)}/{one.plen} dev {one.dev.name}")


def _configured(scene: Scene) -> Iterator[Candidate]:
    """Addresses that Docker gave containers, and that they have no longer."""
    for container in scene.containers():
        if container.ns not in scene.doors:
            continue
        for settings in container.settings.values():
            endpoint = settings.endpoint
            if endpoint is None or endpoint.link is None or endpoint.link.ns is not container.ns:
                continue
            given = endpoint.assignment6 if scene.six else endpoint.assignment
            if given is None:
                continue
            ip = ip6_int(str(given.address)) if scene.six else ip_int(str(given.address))
            if any(one.ip == ip and one.ns is container.ns for one in scene.held):
                continue
            dev = endpoint.link
            edit = _add(scene, dev, str(given.address), given.prefixlen)
            places = (dev.label, container.name)
            yield candidate([edit], places, *_NOBODY)
            yield from (candidate([edit, *more], places, *_NOBODY) for more in afterwards(scene, dev))


def _typed_again(scene: Scene) -> Iterator[Candidate]:
    """What was typed for a namespace once, and is there no longer."""
    for ns in scene.doors:
        edits = again(scene, ns)
        for edit in edits:
            yield candidate([edit], (ns.name, *_named(ns, edit)), *_NOBODY)
        if len(edits) > 1:
            yield candidate(edits, (ns.name,), *_NOBODY)
        own = [one for one in scene.held if one.ns is ns]
        for text, plen in mentioned(scene, ns):
            six = ":" in text
            if six == scene.six and not scene.owners(ip6_int(text) if six else ip_int(text)):
                for one in own:
                    yield candidate([_add(scene, one.dev, text, plen)], (ns.name, one.dev.label), *_NOBODY)


def _named(ns: Namespace, edit: Edit) -> list[str]:
    return [dev.label for dev in ns.devices.values() if dev.name in edit.command.split()]


def _needed(scene: Scene) -> list[int]:
    """Addresses that packets are sent to and nobody has: the target, and gateways."""
    found = [scene.wanted]
    for ns in scene.doors:
        found += [route.gateway for route in scene.routes(ns) if route.gateway]
    return [ip for ip in dict.fromkeys(found) if ip and not scene.owners(ip)]


def _wanted(scene: Scene) -> Iterator[Candidate]:
    """An address that nobody has, for a device that has another of its network, or none; not for who asks for it."""
    for ip in _needed(scene):
        askers = {ns for ns in scene.doors if any(route.gateway == ip for route in scene.routes(ns))}
        askers.add(scene.source)
        near = [one for one in scene.held if scene.contains(one, ip) and one.ns not in askers]
        changed = [one for one in near if not _is_used(scene, one)]
        for one in (*changed, *(one for one in near if one not in changed)):
            edit = _add(scene, one.dev, scene.text(ip), one.plen)
            bold = 3 if ip == scene.wanted and one.ns in scene.multihomed() else 2
            yield candidate([edit], (one.dev.label, one.ns.name), *_NOBODY, bold=bold)
        plen = next((one.plen for one in scene.held if scene.contains(one, ip)), 64 if scene.six else 24)
        for dev in _bare(scene):
            if dev.ns not in askers:
                ups = [] if dev.up else [scene.door(dev).simple(f"ip link set {dev.name} up")]
                edits = [*ups, _add(scene, dev, scene.text(ip), plen)]
                places = (dev.label, dev.label.partition(":")[0])
                yield candidate(edits, places, *_NOBODY, bold=1)
                yield from (candidate([*edits, *more], places, *_NOBODY, bold=1) for more in afterwards(scene, dev))


def _foreign(scene: Scene) -> Iterator[Candidate]:
    """A free address of the other end's network, or of a network that others of its cable have, for a device that has
    none of it.
    """
    nets: dict[tuple[int, int], Held] = {}
    for one in scene.held:
        nets.setdefault((scene.prefix(one.ip, one.plen), one.plen), one)
    bare = _bare(scene)
    for dev in scene.devices:
        if not dev.up or dev.master is not None or (dev not in bare and space(dev) not in scene.ends()):
            continue
        own = [one for one in scene.held if one.dev is dev]
        for (prefix, plen), net in nets.items():
            if plen >= scene.width - 2 or any(scene.contains(net, one.ip) for one in own):
                continue
            free = next(ip for ip in range(prefix + 200, prefix + 250) if not scene.owners(ip))
            if scene.contains(net, free):
                edit = _add(scene, dev, scene.text(free), plen)
                yield candidate([edit], (dev.label,), *_NOBODY, *_NO_WAY, bold=2)


def _is_used(scene: Scene, held: Held) -> bool:
    """True if routes or the ping lead to an address."""
    if held.ip == scene.wanted or held.ns is scene.source:
        return True
    return any(route.gateway == held.ip for ns in scene.doors for route in scene.routes(ns))


def _bare(scene: Scene) -> list[NetDevice]:
    """Devices without an address at which packets could end."""
    having = {one.dev for one in scene.held}
    return [dev for dev in scene.devices if dev not in having and dev.master is None and not _carries(dev)]


def _carries(dev: NetDevice) -> bool:
    return (is_nic(dev) or dev.peer_device() is not None) and bool(dev.uppers)


def _twice(scene: Scene) -> Iterator[Candidate]:
    """An address of two machines: taken from one of them, the one that got it last first."""
    for one in reversed(scene.held):
        if any(other.ip == one.ip and other.ns is not one.ns for other in scene.held):
            away = _del(scene, one)
            places = (one.dev.label, *(other.dev.label for other in scene.held if other.ip == one.ip))
            yield candidate([away], places, *_TWICE)
            free = next(ip for ip in range(one.ip + 100, one.ip + 200) if not scene.owners(ip))
            if scene.contains(one, free):
                edits = [away, _add(scene, one.dev, scene.text(free), one.plen)]
                for more in ([], *afterwards(scene, one.dev)):
                    yield candidate([*edits, *more], places, *_TWICE)


def _prefixes(scene: Scene) -> Iterator[Candidate]:
    """An address with a prefix length that others of its network do not have."""
    for one in scene.held:
        others = [
            other
            for other in scene.held
            if other.dev is not one.dev
            and other.plen != one.plen
            and scene.prefix(one.ip, other.plen) == scene.prefix(other.ip, other.plen)
        ]
        for plen in dict.fromkeys(other.plen for other in others):
            edits = [_del(scene, one), _add(scene, one.dev, scene.text(one.ip), plen)]
            yield candidate(edits, (one.dev.label,), *_NOBODY, DropReason.IP_OUTNOROUTES)
            for more in afterwards(scene, one.dev):
                yield candidate([*edits, *more], (one.dev.label,), *_NOBODY, DropReason.IP_OUTNOROUTES)


def _macs(scene: Scene) -> Iterator[Candidate]:
    """A MAC that two devices have that should have their own: another one for the one that got it last."""
    own = [
        dev
        for dev in scene.devices
        if (netif_is_macvlan(dev) or is_nic(dev) or dev.peer_device() is not None) and dev.mac != bytes(6)
    ]
    for dev in reversed(own):
        twins = [other for other in own if other is not dev and other.mac == dev.mac]
        if not twins:
            continue
        ip = next((one.ip for one in scene.held if one.dev is dev), 0) & 0xFFFFFFFF
        taken = {other.mac for other in scene.devices}
        for mac in (b"\x02\x42" + ip.to_bytes(4), b"\x02\x43" + ip.to_bytes(4)):
            if mac not in taken:
                edit = scene.door(dev).edit(f"ip link set {dev.name} address {mac_text(mac)}")
                yield candidate([edit], (dev.label, *(twin.label for twin in twins)), *_TWICE)
                break


def _shims(scene: Scene) -> Iterator[Candidate]:
    """A host and the macvlan or ipvlan children of its own card need a child on the host's side to reach each other."""
    ends = [space(dev) for dev in scene.owners(scene.wanted)]
    for child in scene.devices:
        if not child.link_kind.shim or child.lower is None or space(child.lower) not in scene.doors:
            continue
        host, own = space(child.lower), [one for one in scene.held if one.dev is child]
        outward = scene.source is host and any(one.ip == scene.wanted for one in own)
        inward = scene.source is space(child) and host in ends
        if not own or host is space(child) or not (outward or inward):
            continue
        door, shim = scene.doors[host], child.link_kind.shim
        edits = [
            door.edit(f"ip link add shim link {child.lower.name} type {shim}"),
            door.edit("ip link set shim up"),
        ]
        if netif_is_ipvlan(child):  # which hears only what is for an address of its own
            free = _free(scene, own[0])
            edits += [door.edit(f"{scene.ip} addr add {scene.text(free)}/{scene.width} dev shim")] if free else []
        ip = scene.wanted if outward else own[0].ip
        source = _source(scene, host, own[0]) if outward and netif_is_macvlan(child) else ""
        edits.append(door.edit(f"{scene.ip} route add {scene.text(ip)}/{scene.width} dev shim{source}"))
        places = (child.label, child.lower.label, host.name, scene.source.name)
        yield candidate(edits, places, DropReason.NEIGH_FAILED, DropReason.NEIGH6_FAILED)


def _source(scene: Scene, host: Namespace, net: Held) -> str:
    """The words for the source that a route needs, where the host's first address is none of the network."""
    held = [one for one in scene.held if one.ns is host]
    near = [one for one in held if scene.contains(net, one.ip)]
    return f" src {scene.text(near[0].ip)}" if near and near[0] is not held[0] else ""


def _free(scene: Scene, net: Held) -> int | None:
    """An address of a network that nobody has."""
    first = scene.prefix(net.ip, net.plen) + 200
    return next((ip for ip in range(first, first + 50) if scene.contains(net, ip) and not scene.owners(ip)), None)
