"""A router where there is none: a machine that takes the gateways' addresses in the networks of both ends."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations

from macvsim.dev.nic import is_nic
from macvsim.dev.vlan import is_vlan_dev
from macvsim.engine.drop import DropReason
from macvsim.net.namespace import Namespace
from macvsim.net.netfilter.rule import Standard
from macvsim.repair.edit import Candidate, Edit, candidate
from macvsim.repair.scene import Scene

MOST_DEVICES = 4
"""Of one machine that are tried as ends of a router."""


def checks(scene: Scene) -> Iterator[Candidate]:
    """Every machine with a device to spare in each network whose gateway is nobody."""
    gateways = _gateways(scene)
    if len(gateways) < 2:
        return
    for host in scene.lab.hosts.values():
        having = {one.dev for one in scene.held}
        spare = [
            dev
            for dev in host.ns.devices.values()
            if dev.up and dev not in having and (is_nic(dev) or is_vlan_dev(dev))
        ]
        for devices in permutations(spare[:MOST_DEVICES], len(gateways)):
            edits = [
                scene.door(dev).simple(f"{scene.ip} addr add {scene.text(ip)}/{plen} dev {dev.name}")
                for (ip, plen), dev in zip(gateways, devices, strict=True)
            ]
            places = (host.name, *(dev.label for dev in devices))
            reasons = (DropReason.NEIGH_FAILED, DropReason.NEIGH6_FAILED)
            yield candidate([*edits, *_forwarding(scene, host.ns)], places, *reasons, bold=1)


def _gateways(scene: Scene) -> list[tuple[int, int]]:
    """The default gateways of both ends that nobody has, with the prefix lengths of their networks."""
    found: dict[tuple[int, int], None] = {}
    for ns in scene.ends():
        for route in scene.routes(ns):
            net = next((one for one in scene.held if one.ns is ns and scene.contains(one, route.gateway)), None)
            if route.gateway and not route.plen and net is not None and not scene.owners(route.gateway):
                found[route.gateway, net.plen] = None
    return list(found)


def _forwarding(scene: Scene, ns: Namespace) -> Iterator[Edit]:
    """What keeps a machine from forwarding."""
    door = scene.doors[ns]
    if not scene.forwards(ns):
        yield door.edit("sysctl -w net.ipv6.conf.all.forwarding=1" if scene.six else "sysctl -w net.ipv4.ip_forward=1")
    for ruleset in ns.netfilter.rulesets().values():
        chain = ruleset.find("filter", "FORWARD")
        if chain is not None and chain.policy is Standard.DROP and not scene.six:
            yield door.edit("iptables -P FORWARD ACCEPT")
