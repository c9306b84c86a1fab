"""A lab as a networkx graph, and a lab made from one."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_interface, ip_network
from types import ModuleType
from typing import TYPE_CHECKING, Any

from macvsim.errors import MacvsimError, TopologyError
from macvsim.lab import Lab
from macvsim.view.topology import Node, Topology, read

if TYPE_CHECKING:
    from networkx import Graph

    from macvsim.dev.nic import Nic
    from macvsim.docker.host import DockerHost
    from macvsim.switch import Switch, SwitchPort

LEVELS = ("all", "physical", "l2", "l3")
_MACHINES = ("host", "container", "netns")
_CABLE = ("delay", "rate", "loss", "queue")
"""Attributes of edges that say how a cable is, as `Lab.cable` takes them."""


def lab_graph(lab: Lab, level: str) -> Graph[str]:
    """As `ShownLab.graph`."""
    networkx = _networkx()
    if level not in LEVELS:
        raise MacvsimError(f"graph(level={level!r}): the levels are {', '.join(LEVELS)}")
    topology = read(lab)
    graph: Graph[str] = networkx.MultiGraph() if level == "physical" else networkx.Graph()
    if level == "physical":
        _add_physical(graph, lab)
    elif level == "l3":
        _add_networks(graph, topology)
    else:
        _add_all(graph, topology, machines=level == "all")
    return graph


def _networkx() -> ModuleType:
    try:
        import networkx
    except ModuleNotFoundError:
        raise MacvsimError("graphs need networkx: pip install networkx") from None
    return networkx


def _add_all(graph: Graph[str], topology: Topology, *, machines: bool) -> None:
    for node in topology.nodes.values():
        if machines or node.kind not in _MACHINES:
            graph.add_node(node.id, **_said(node))
    for edge in topology.edges:
        # a bridge's uplink may be stacked and a member
        if edge.a in graph and edge.b in graph and not graph.has_edge(edge.a, edge.b):
            graph.add_edge(edge.a, edge.b, kind=edge.kind, detail=edge.detail)


def _said(node: Node) -> dict[str, Any]:
    """Attributes as every format of networkx can write them."""
    vlan = {} if node.vlan is None else {"vlan": node.vlan}
    texts = {"name": node.name, "inside": node.inside, "detail": node.detail, "mac": node.mac}
    return {"kind": node.kind, **texts, "addresses": " ".join(node.addresses), "up": node.up, **vlan}


def _add_physical(graph: Graph[str], lab: Lab) -> None:
    for switch in lab.switches.values():
        graph.add_node(switch.name, kind="switch", policy=switch.policy.name)
    for host in lab.hosts.values():
        graph.add_node(host.name, kind="host", flavour=host.flavour.name)
    for cable in lab.cables:
        if cable.a.cable is cable:
            ends = [str(end.label) for end in (cable.a, cable.b)]
            a, b = (label.partition(":")[0] for label in ends)
            rate = {} if cable.rate is None else {"rate": cable.rate}
            graph.add_edge(a, b, a=ends[0], b=ends[1], delay=cable.delay, loss=cable.loss, queue=cable.queue, **rate)


def _add_networks(graph: Graph[str], topology: Topology) -> None:
    for node in topology.nodes.values():
        if node.kind in _MACHINES:
            graph.add_node(node.id, kind=node.kind, detail=node.detail)
    for node in topology.nodes.values():
        if node.kind in _MACHINES or node.inside not in graph:
            continue
        for text in node.addresses:
            address = ip_interface(text)
            network = str(address.network)
            if not address.is_link_local:
                graph.add_node(network, kind="network")
                graph.add_edge(node.inside, network, interface=node.name, address=str(address.ip))


def lab_from_graph(graph: Any, subnet: str | None, options: dict[str, Any]) -> Lab:
    """As `ShownLab.from_graph`."""
    lab = Lab(**options)
    builder = _Builder(lab, graph)
    for node, data in graph.nodes(data=True):
        builder.add(node, data)
    for a, b, data in graph.edges(data=True):
        builder.join(a, b, data)
    if subnet is not None:
        builder.number(subnet)
    return lab


class _Builder:
    """A lab under way from a graph."""

    def __init__(self, lab: Lab, graph: Any) -> None:
        self.lab = lab
        self.graph = graph
        self._nodes: dict[Any, Switch | DockerHost] = {}

    def add(self, node: Any, data: dict[str, Any]) -> None:
        """A switch or a host."""
        kind = data.get("kind") or ("switch" if self.graph.degree(node) > 1 else "host")
        name = node if isinstance(node, str) else f"{kind}{node}"
        if kind == "switch":
            policy = {"policy": data["policy"]} if "policy" in data else {}
            self._nodes[node] = self.lab.switch(name, **policy)
        elif kind == "host":
            self._nodes[node] = self.lab.host(name, nics={}, flavour=data.get("flavour", "debian"))
        else:
            raise TopologyError(f"{name}: a graph's nodes are of kind 'switch' or 'host', not {kind!r}")

    def join(self, a: Any, b: Any, data: dict[str, Any]) -> None:
        """A cable."""
        quality = {key: data[key] for key in _CABLE if data.get(key) is not None}
        self.lab.cable(self._end(a, b), self._end(b, a), **quality)

    def _end(self, node: Any, far: Any) -> Nic | SwitchPort:
        """A new card of a host, or a new port of a switch, which has the name of the node at the far end."""
        thing, other = self._nodes[node], self._nodes[far].name
        if thing.name in self.lab.hosts:
            host = self.lab.hosts[thing.name]
            number = sum(not dev.loopback for dev in host.ns.devices.values())
            return host.nic_add(f"eth{number}", self.lab.next_mac())
        switch = self.lab.switches[thing.name]
        number = sum(port.partition("#")[0] == other for port in switch.ports)
        return switch.port(f"{other}#{number + 1}" if number else other)

    def number(self, subnet: str) -> None:
        """Addresses for the first card of each host, in the order of the nodes."""
        try:
            network = ip_network(subnet)
        except ValueError as error:
            raise TopologyError(f"subnet={subnet!r}: {error}") from None
        free: Iterator[Any] = network.hosts()
        for host in self.lab.hosts.values():
            if "eth0" in host.ns.devices:
                address = next(free, None)
                if address is None:
                    raise TopologyError(f"subnet={subnet!r} has no room for {len(self.lab.hosts)} hosts")
                host.addr_add("eth0", f"{address}/{network.prefixlen}")
