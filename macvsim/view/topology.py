"""A lab as nodes and edges: what pictures and the networkx graph show of it, read once.

Nodes are named as in explanations: ``sw1``, ``sw1:1``, ``host1``, ``host1:enp0s8.100``, ``d1``, ``d1:eth0``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from macvsim.dev.base import NetDevice
from macvsim.dev.bridge import netif_is_bridge_master
from macvsim.dev.cable import Cable
from macvsim.dev.nic import is_nic
from macvsim.dev.registry import Kind
from macvsim.dev.vlan import is_vlan_dev
from macvsim.docker.container import Container
from macvsim.docker.host import DockerHost
from macvsim.engine.journal import Place
from macvsim.lab import Lab
from macvsim.net.namespace import Namespace
from macvsim.switch import Switch, SwitchPort
from macvsim.wire.addr import mac_text


@dataclass
class Node:
    """One thing of a lab.

    kind : ``switch``, ``port``, ``host``, ``container``, ``netns``, or the kind of a device (``nic``, ``vlan``, …)
    inside : what holds it: a port's switch, a device's host or container, a container's host; "" at the top
    detail : what there is to say in a few words; addresses : with prefix length
    vlan : the VLAN that it is in, None: untagged, or several; up : it works as far as it can be seen here
    places : what the journal knows it by; link_kind : of a device, its kind
    """

    id: str
    kind: str
    name: str
    inside: str = ""
    detail: str = ""
    addresses: tuple[str, ...] = ()
    mac: str = ""
    vlan: int | None = None
    up: bool = True
    places: tuple[Place, ...] = field(default=(), repr=False)
    link_kind: Kind | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Edge:
    """Two nodes that frames pass between.

    kind : ``cable``; ``stacking`` (b lies below a); ``member`` (a is a port of bridge b); ``veth``; ``port`` (of
    switch b); ``holds`` (host or container a has device b)
    """

    a: str
    b: str
    kind: str
    detail: str = ""


@dataclass
class Topology:
    """Everything of a lab at one moment."""

    nodes: dict[str, Node] = field(default_factory=dict)
    edges: list[Edge] = field(default_factory=list)

    def inside(self, holder: str, *kinds: str) -> list[Node]:
        """What a node holds, of these kinds, or of any."""
        return [node for node in self.nodes.values() if node.inside == holder and (not kinds or node.kind in kinds)]

    def vlans(self) -> list[int]:
        """The VLANs there are, in order."""
        return sorted({node.vlan for node in self.nodes.values() if node.vlan is not None})

    def at(self, place: Place) -> Node | None:
        """The node of a place of the journal."""
        return next((node for node in self.nodes.values() if any(place is known for known in node.places)), None)


def read(lab: Lab) -> Topology:
    """The topology of a lab as it is now; loopback devices are left out."""
    return _Reader(lab).topology


class _Reader:
    def __init__(self, lab: Lab) -> None:
        self.topology = Topology()
        self._ids: dict[object, str] = {}
        self._devices: list[NetDevice] = []
        for switch in lab.switches.values():
            self._switch(switch)
        names = {id(box): name for name, box in lab.boxes().items()}
        for host in lab.hosts.values():
            self._host(host, names)
        for dev in self._devices:
            self._below(dev)
        for cable in lab.cables:
            self._cable(cable)

    def _add(self, node: Node) -> None:
        for place in node.places:
            self._ids[place] = node.id
        self.topology.nodes[node.id] = node

    def _join(self, a: object, b: object, kind: str, detail: str = "") -> None:
        """An edge, if both ends are shown."""
        if a in self._ids and b in self._ids:
            self.topology.edges.append(Edge(self._ids[a], self._ids[b], kind, detail))

    # -- switches ------------------------------------------------------------------------------------------------------

    def _switch(self, switch: Switch) -> None:
        policy = "" if switch.policy.name == "bare-metal" else switch.policy.name
        self._add(Node(switch.name, "switch", switch.name, detail=policy, places=(switch,)))
        for port in switch.ports.values():
            detail, vlan = carried(port)
            if port.policy != switch.policy:
                detail = f"{detail} {port.policy.name}".strip()
            up = port.link or (port.cable is None and port.admin_up)
            self._add(Node(port.label, "port", port.name, switch.name, detail, vlan=vlan, up=up, places=(port,)))
            self._join(port, switch, "port")

    # -- machines ------------------------------------------------------------------------------------------------------

    def _host(self, host: DockerHost, names: dict[int, str]) -> None:
        detail = "forwards" if host.sysctl["net.ipv4.ip_forward"] == "1" else ""
        self._add(Node(host.name, "host", host.name, detail=detail, places=(host.ns,)))
        self._hold(host.ns, host.name)
        taken: dict[Namespace, str] = {host.ns: host.name}
        for container in host.containers():
            self._container(container, names[id(container)], taken)
        for name, ns in host.kernel.netns.items():
            if ns not in taken:
                taken[ns] = f"{host.name}/{name}" if name in self.topology.nodes else name
                self._add(Node(taken[ns], "netns", name, host.name, "netns", places=(ns,)))
                self._hold(ns, taken[ns])

    def _container(self, container: Container, name: str, taken: dict[Namespace, str]) -> None:
        """A container; where it shares another one's namespace, or its host's, it has no devices of its own."""
        holder = taken.get(container.ns)
        host = container.engine.host.name
        if not container.running:
            state = "created" if not container.started else "exited"
            self._add(Node(name, "container", container.name, host, state, up=False))
        elif holder is not None:
            detail = "network host" if holder == host else f"network of {holder}"
            self._add(Node(name, "container", container.name, host, detail))
        else:
            taken[container.ns] = name
            alone = all(dev.loopback for dev in container.ns.devices.values())
            detail = "no network" if alone else ""
            self._add(Node(name, "container", container.name, host, detail, places=(container.ns,)))
            self._hold(container.ns, name)

    def _hold(self, ns: Namespace, holder: str) -> None:
        for dev in ns.devices.values():
            if not dev.loopback:
                self._device(dev, holder)
                self._join(ns, dev, "holds")

    def _device(self, dev: NetDevice, holder: str) -> None:
        inet6 = dev.inet.inet6
        addresses = [address.text for address in dev.inet.addresses]
        addresses += [address.text for address in (() if inet6 is None else inet6.addresses)]
        node = Node(
            f"{holder}:{dev.name}",
            dev.kind,
            dev.name,
            holder,
            ", ".join(_details(dev)),
            tuple(addresses),
            mac_text(dev.mac),
            _vlan(dev),
            dev.up,
            (dev,),
            dev.link_kind,
        )
        self._devices.append(dev)
        self._add(node)

    # -- between them --------------------------------------------------------------------------------------------------

    def _below(self, dev: NetDevice) -> None:
        if dev.lower is not None:
            self._join(dev, dev.lower, "stacking")
        if dev.master is not None:
            self._join(dev, dev.master, "member")
        peer = dev.peer_device()
        if peer is not None and (peer not in self._ids or self._ids[dev] < self._ids[peer]):
            self._join(dev, peer, "veth")

    def _cable(self, cable: Cable) -> None:
        if cable.a.cable is cable:
            self._join(cable.a, cable.b, "cable", ", ".join(_qualities(cable)))


def _details(dev: NetDevice) -> Iterator[str]:
    """What a device is and does beyond its name."""
    if summary := dev.link_kind.describe(dev):
        yield summary
    if not dev.up:
        yield "down"
    elif is_nic(dev) and dev.cable is None:
        yield "no cable"
    elif not dev.carrier and not dev.link_kind.master:
        yield "no carrier"
    if dev.user_promisc:
        yield "promisc"


def _vlan(dev: NetDevice) -> int | None:
    """The VLAN that what a device sends is tagged with."""
    at: NetDevice | None = dev
    while at is not None:
        if is_vlan_dev(at):
            return at.vid
        peer = at.peer_device()
        if peer is not None and at.master is None and peer.master is not None:
            at = peer
        at = at.lower if at.master is None else _uplink(at.master)
    return None


def _uplink(bridge: NetDevice) -> NetDevice | None:
    """The port of a bridge that leads out of the host, if it is tagged: the only VLAN its members see."""
    ports = [port.dev for port in bridge.ports] if netif_is_bridge_master(bridge) else []
    return next((dev for dev in reversed(ports) if is_vlan_dev(dev)), None)


def carried(port: SwitchPort) -> tuple[str, int | None]:
    """The VLANs of a port in words, where they are not simply all; and the one of an access port."""
    vlans = port.vlans
    tagged = [member.vid for member in vlans if not member.untagged]
    untagged = [member.vid for member in vlans if member.untagged]
    if vlans.every:
        return ("" if vlans.pvid == 1 else f"native {vlans.pvid or 'none'}"), None
    if not tagged and len(untagged) == 1:
        return f"VLAN {untagged[0]}", untagged[0]
    native = f" native {vlans.pvid}" if vlans.pvid > 1 else ""
    return f"trunk {ranges(tagged) or 'none'}{native}", None


def ranges(numbers: list[int]) -> str:
    """Numbers in order, as ``1-3, 7``."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs)


def _qualities(cable: Cable) -> Iterator[str]:
    if cable.rate is not None:
        yield f"{cable.rate / 1e6:g} Mbit/s"
    if cable.loss:
        yield f"loss {cable.loss:.0%}"


__all__ = ["Edge", "Node", "Topology", "carried", "ranges", "read"]
