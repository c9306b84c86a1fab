"""Ways: routes that are missing, refuse or lead to nobody, forwarding, and what parameters do to packets."""

from __future__ import annotations

from collections.abc import Iterator

from macvsim.dev.base import NetDevice
from macvsim.engine.drop import DropReason
from macvsim.net.fibroute import RouteType
from macvsim.net.ipv6.address import Flag
from macvsim.net.namespace import Namespace
from macvsim.net.nud import Nud
from macvsim.repair.edit import Candidate, Edit, candidate
from macvsim.repair.memory import again
from macvsim.repair.scene import Scene, space

_REFUSING = (RouteType.BLACKHOLE, RouteType.UNREACHABLE, RouteType.PROHIBIT)
_NO_ROUTE = (
    DropReason.IP_OUTNOROUTES,
    DropReason.IP_INNOROUTES,
    DropReason.NEIGH_FAILED,
    DropReason.NEIGH6_FAILED,
    DropReason.IP_RPFILTER,
)


def checks(scene: Scene) -> Iterator[Candidate]:
    """What may be wrong with the ways of packets."""
    for ns in scene.doors:
        yield from _refusing(scene, ns)
        yield from _neighbours(scene, ns)
        yield from _forwarding(scene, ns)
        yield from _parameters(scene, ns)
        yield from _dead_gateways(scene, ns)
        yield from _strays(scene, ns)
    for ns in (*scene.ends(), *scene.multihomed()):
        yield from missing(scene, ns)


# -- routes ------------------------------------------------------------------------------------------------------------


def _asked(scene: Scene) -> list[int]:
    """Addresses that packets of the ping go to: the target's and the source's."""
    return [scene.wanted, *(one.ip for one in scene.held if one.ns is scene.source)]


def _refusing(scene: Scene, ns: Namespace) -> Iterator[Candidate]:
    for route in scene.routes(ns):
        if route.type in _REFUSING and any(scene.prefix(ip, route.plen) == route.dst for ip in _asked(scene)):
            text = f"{scene.ip} route del {route.type.value} {scene.text(route.dst)}/{route.plen}"
            reasons = (DropReason.IP_BLACKHOLE, DropReason.IP_UNREACHABLE_ROUTE)
            yield candidate([scene.doors[ns].simple(text)], (ns.name,), *reasons)


def _dead_gateways(scene: Scene, ns: Namespace) -> Iterator[Candidate]:
    """Routes through somebody who is not there: another gateway, or without the route."""
    for route in scene.routes(ns):
        if not route.gateway or route.type is not RouteType.UNICAST or scene.owners(route.gateway):
            continue
        where = "default" if not route.plen else f"{scene.text(route.dst)}/{route.plen}"
        places = (ns.name, *((route.dev.label,) if route.dev is not None else ()))
        door = scene.doors[ns]
        away = door.simple(f"{scene.ip} route del {where} via {scene.text(route.gateway)}")
        for via in _gateways(scene, ns):
            if scene.six or door.plain:
                edits = [away, door.simple(f"{scene.ip} route add {where} via {scene.text(via)}")]
            else:
                edits = [door.simple(f"{scene.ip} route replace {where} via {scene.text(via)}")]
            yield candidate(edits, places, *_NO_ROUTE)
        yield candidate([away], places, *_NO_ROUTE)
        yield from _lend(scene, ns, route.gateway)


def _strays(scene: Scene, ns: Namespace) -> Iterator[Candidate]:
    """Routes to one of the ping's addresses that somebody made, and that may lead it astray."""
    for route in scene.routes(ns):
        if route.proto in ("kernel", "ra") or not route.plen or route.type is not RouteType.UNICAST:
            continue
        if any(scene.prefix(ip, route.plen) == route.dst for ip in _asked(scene)):
            way = f"via {scene.text(route.gateway)}" if route.gateway else f"dev {route.dev.name}"
            edit = scene.doors[ns].simple(f"{scene.ip} route del {scene.text(route.dst)}/{route.plen} {way}")
            yield candidate([edit], (ns.name, route.dev.label), *_NO_ROUTE, bold=1 if route.gateway else 0)


def _lend(scene: Scene, ns: Namespace, gateway: int) -> Iterator[Candidate]:
    """The gateway's address for a router that has none in this network."""
    plen = next((one.plen for one in scene.held if one.ns is ns and scene.contains(one, gateway)), 24)
    for router in scene.doors:
        if router is ns or not scene.forwards(router):
            continue
        for dev in router.devices.values():
            if dev.up and not dev.loopback and not any(one.dev is dev for one in scene.held):
                edit = scene.doors[router].simple(f"{scene.ip} addr add {scene.text(gateway)}/{plen} dev {dev.name}")
                yield candidate([edit], (dev.label, router.name), *_NO_ROUTE, bold=2)


def _gateways(scene: Scene, ns: Namespace) -> list[int]:
    """Addresses of others in the networks of a namespace, those of routers first."""
    own = [one for one in scene.held if one.ns is ns]
    routers = scene.multihomed()
    found = [
        (routers.index(one.ns), one.ip)
        for one in scene.held
        if one.ns is not ns and one.ns in routers and any(scene.contains(net, one.ip) for net in own)
    ]
    return [ip for _, ip in sorted(found, key=lambda one: one[0])]


def missing(scene: Scene, ns: Namespace) -> Iterator[Candidate]:
    """Routes to the target's network or back to the source's, over routers that this namespace has a network with."""
    door = scene.doors[ns]
    for ip in dict.fromkeys(_asked(scene)):
        if any(one.ns is ns and scene.contains(one, ip) for one in scene.held):
            continue
        nets = [one for one in scene.held if scene.contains(one, ip)]
        for via in _gateways(scene, ns):
            places = (ns.name, *(one.dev.label for one in scene.held if one.ip == via))
            wheres = ["default"] if ns in scene.ends() else []
            wheres += [scene.net_text(net.ip, net.plen) for net in nets[:1]] or ([] if wheres else ["default"])
            for where in wheres:
                yield candidate(
                    [door.simple(f"{scene.ip} route add {where} via {scene.text(via)}")], places, *_NO_ROUTE, bold=1
                )
            if not scene.six and any(not route.plen for route in scene.routes(ns)):
                edit = (
                    door.simple(f"route add default gw {scene.text(via)}")
                    if door.plain
                    else (door.simple(f"ip route replace default via {scene.text(via)}"))
                )
                yield candidate([edit], places, *_NO_ROUTE, bold=1)


def afterwards(scene: Scene, dev: NetDevice) -> Iterator[list[Edit]]:
    """What a device has lost that was down: what was typed for it, or the way out of its namespace."""
    typed = again(scene, space(dev))
    if typed:
        yield typed
    for container in scene.containers():
        if container.ns is dev.ns:
            for settings in container.settings.values():
                if settings.endpoint is not None and settings.endpoint.gateway is not None:
                    text = f"ip route add default via {settings.endpoint.gateway}"
                    yield [scene.door(dev).simple(text)]


# -- neighbours --------------------------------------------------------------------------------------------------------


def _neighbours(scene: Scene, ns: Namespace) -> Iterator[Candidate]:
    """Entries that are wrong: for good, or because somebody has another MAC now."""
    table = ns.ipv6.neigh if scene.six else ns.neigh
    for entry in table.listing():
        owners = scene.owners(entry.ip)
        right = any(entry.ha == owner.mac for owner in owners)
        if right or entry.state & (Nud.NOARP | Nud.INCOMPLETE | Nud.FAILED) or not any(entry.ha):
            continue
        text, door = scene.text(entry.ip), scene.doors[ns]
        edit = (
            door.simple(f"arp -d {text}")
            if door.plain and not scene.six
            else (door.edit(f"{scene.ip} neigh del {text} dev {entry.dev.name}"))
        )
        yield candidate([edit], (entry.dev.label, ns.name), DropReason.NIC_FILTER, DropReason.OTHERHOST, *_NO_ROUTE)
        for owner in owners:
            speak = scene.door(owner).edit(f"arping -c 2 -U -I {owner.name} {text}")
            if not scene.six and not entry.state & Nud.PERMANENT:
                yield candidate([speak], (owner.label, ns.name), DropReason.NIC_FILTER, DropReason.OTHERHOST)


# -- parameters --------------------------------------------------------------------------------------------------------


def _sysctl(scene: Scene, ns: Namespace, name: str, value: int) -> Edit:
    return scene.doors[ns].simple(f"sysctl -w {name}={value}")


def _forwarding(scene: Scene, ns: Namespace) -> Iterator[Candidate]:
    nets = {(scene.prefix(one.ip, one.plen), one.plen) for one in scene.held if one.ns is ns}
    if len(nets) < 2:
        return
    reasons = (DropReason.FORWARDING_OFF, DropReason.FORWARDING_OFF6)
    if not scene.forwards(ns):
        name = "net.ipv6.conf.all.forwarding" if scene.six else "net.ipv4.ip_forward"
        yield candidate([_sysctl(scene, ns, name, 1)], (ns.name,), *reasons)
    if not scene.six:
        for dev in ns.devices.values():
            if not dev.inet.conf.forwarding and not dev.loopback:
                edit = _sysctl(scene, ns, f"net.ipv4.conf.{dev.name}.forwarding", 1)
                yield candidate([edit], (dev.label, ns.name), *reasons)


_ZERO = {
    "arp_ignore": (DropReason.ARP_IGNORED, DropReason.ARP_NOT_FOR_US),
    "arp_filter": (DropReason.ARP_IGNORED,),
    "rp_filter": (DropReason.IP_RPFILTER,),
    "drop_unicast_in_l2_multicast": (DropReason.IP_UNICAST_IN_L2_GROUP,),
}
"""Parameters of devices that are harmless at 0, and what they do to packets otherwise."""


def _parameters(scene: Scene, ns: Namespace) -> Iterator[Candidate]:
    if scene.six:
        yield from _parameters6(scene, ns)
        return
    if ns.ipv4_conf.icmp_echo_ignore_all:
        yield candidate(
            [_sysctl(scene, ns, "net.ipv4.icmp_echo_ignore_all", 0)], (ns.name,), DropReason.ICMP_ECHO_IGNORED
        )
    for name, reasons in _ZERO.items():
        devs = [dev for dev in ns.devices.values() if getattr(dev.inet.conf, name) and not dev.loopback]
        edits = [_sysctl(scene, ns, f"net.ipv4.conf.{dev.name}.{name}", 0) for dev in devs]
        for dev, edit in zip(devs, edits, strict=True):
            yield candidate([edit], (dev.label, ns.name), *reasons)
        if getattr(ns.conf_all, name):
            for_all = _sysctl(scene, ns, f"net.ipv4.conf.all.{name}", 0)
            yield candidate([for_all], (ns.name,), *reasons)
            yield candidate([for_all, *edits], (ns.name,), *reasons)
        elif len(edits) > 1:
            yield candidate(edits, (ns.name,), *reasons)
    if ns.conf_all.rp_filter == 1 or any(dev.inet.conf.rp_filter == 1 for dev in ns.devices.values()):
        for dev in ns.devices.values():
            if not dev.loopback:
                edit = _sysctl(scene, ns, f"net.ipv4.conf.{dev.name}.rp_filter", 2)
                yield candidate([edit], (dev.label, ns.name), DropReason.IP_RPFILTER)


def _failed_detection(scene: Scene, ns: Namespace) -> Iterator[Candidate]:
    """Addresses that somebody else had: taken from the others, and tried again."""
    for dev in ns.devices.values():
        for address in dev.inet.addresses6:
            if not address.flags & Flag.DADFAILED:
                continue
            others = [one for one in scene.held if one.ip == address.local and one.dev is not dev]
            edits = [
                scene.door(one.dev).simple(f"ip -6 addr del {scene.text(one.ip)}/{one.plen} dev {one.dev.name}")
                for one in others
            ]
            door = scene.doors[ns]
            edits += [door.simple(f"ip -6 addr {verb} {address.text} dev {dev.name}") for verb in ("del", "add")]
            places = (dev.label, ns.name, *(one.dev.label for one in others))
            reasons = (DropReason.NEIGH6_FAILED, DropReason.IPV6_NDISC_NS_OTHERHOST)
            yield candidate(edits, places, *reasons)


def _parameters6(scene: Scene, ns: Namespace) -> Iterator[Candidate]:
    yield from _failed_detection(scene, ns)
    if ns.ipv6.icmp_conf.echo_ignore_all:
        edit = _sysctl(scene, ns, "net.ipv6.icmp.echo_ignore_all", 0)
        yield candidate([edit], (ns.name,), DropReason.ICMP_ECHO_IGNORED)
    held = [a for dev in ns.devices.values() for a in dev.inet.addresses6]
    if any(address.tentative for address in held):
        yield candidate([scene.doors[ns].simple("sleep 3")], (ns.name,))
    for dev in ns.devices.values():
        if dev.inet.inet6 is not None and dev.inet.inet6.conf.disable_ipv6 and not dev.loopback:
            on = _sysctl(scene, ns, f"net.ipv6.conf.{dev.name}.disable_ipv6", 0)
            yield candidate([on], (dev.label, ns.name), DropReason.IPV6_DISABLED)
            for more in afterwards(scene, dev):
                yield candidate([on, *more], (dev.label, ns.name), DropReason.IPV6_DISABLED)
