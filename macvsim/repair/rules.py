"""Rules of iptables that drop or reject, and translations that are missing."""

from __future__ import annotations

from collections.abc import Iterator

from macvsim.engine.drop import DropReason
from macvsim.net.fibroute import RouteType
from macvsim.net.namespace import Namespace
from macvsim.net.netfilter.hooks import Hook
from macvsim.net.netfilter.rule import Rule, Standard
from macvsim.net.netfilter.table import Chain
from macvsim.repair.edit import Candidate, Edit, candidate
from macvsim.repair.scene import Scene

_DROPS = (DropReason.NETFILTER_DROP,)


def checks(scene: Scene) -> Iterator[Candidate]:
    """Whatever keeps packets from passing; then what would let answers find back."""
    for ns in scene.doors:
        if scene.doors[ns].node not in scene.lab.hosts:
            continue
        for backend, ruleset in ns.netfilter.rulesets().items():
            host = scene.lab.hosts[scene.doors[ns].node if scene.doors[ns].prefix else ns.name]
            own = "legacy" if host.flavour.name == "centos" else host.kernel.iptables
            tool = "iptables" if backend == own else "iptables-legacy" if backend == "legacy" else "iptables-nft"
            for name, table in ruleset.tables.items():
                start = tool if name == "filter" else f"{tool} -t {name}"
                for chain in table.sorted_chains():
                    yield from _of_chain(scene, ns, start, chain)
    if not scene.six:
        yield from _masquerade(scene)


def _edit(scene: Scene, ns: Namespace, command: str) -> Edit:
    return scene.doors[ns].edit(command)


def _of_chain(scene: Scene, ns: Namespace, start: str, chain: Chain) -> Iterator[Candidate]:
    places = (ns.name, *(dev.label for dev in ns.devices.values()))
    for rule in chain.rules:
        if rule.spec.target_name not in ("DROP", "REJECT"):
            continue
        if chain.name.startswith("DOCKER"):
            yield from _around(scene, ns, start, rule, places)
        else:
            words = " ".join(rule.spec.words())
            yield candidate([_edit(scene, ns, f"{start} -D {chain.name} {words}")], places, *_DROPS)
    if chain.policy is Standard.DROP:
        yield candidate([_edit(scene, ns, f"{start} -P {chain.name} ACCEPT")], places, *_DROPS)


def _around(scene: Scene, ns: Namespace, start: str, rule: Rule, places: tuple[str, ...]) -> Iterator[Candidate]:
    """Docker's own rules stay; what users accept before them stands in a chain of its own."""
    devices = [
        f"{option} {dev.name}" for option, dev in (("-i", rule.spec.in_dev), ("-o", rule.spec.out_dev)) if dev.name
    ]
    if devices and not start.endswith("raw"):
        yield candidate([_edit(scene, ns, f"{start} -I DOCKER-USER {' '.join(devices)} -j ACCEPT")], places, *_DROPS)


def _masquerade(scene: Scene) -> Iterator[Candidate]:
    """On routers: the source's network behind the router's own address."""
    nets = [one for one in scene.held if one.ns is scene.source]
    for ns in scene.multihomed():
        route = ns.fib.lookup(scene.wanted)
        if ns is scene.source or route is None or route.dev is None or route.type is not RouteType.UNICAST:
            continue
        for net in nets:
            way = f"-s {scene.net_text(net.ip, net.plen)} -o {route.dev.name} -j MASQUERADE"
            edit = _edit(scene, ns, f"iptables -t nat -A {Hook.POSTROUTING.name} {way}")
            yield candidate([edit], (ns.name, route.dev.label), DropReason.IP_OUTNOROUTES, bold=1)
