"""Which machine stands with which switch, and which cables lead elsewhere."""

from __future__ import annotations

from dataclasses import dataclass

from macvsim.view.topology import Edge, Node, Topology


@dataclass(frozen=True)
class Plan:
    """The sections of a picture.

    sections : switches with their hosts; hosts without a switch come last, with None
    inner : cables from a host to the switch of its section, port first; outer : the others
    """

    sections: list[tuple[Node | None, list[Node]]]
    inner: list[Edge]
    outer: list[Edge]


def plan(topology: Topology) -> Plan:
    """Divide a lab: a host belongs to the switch that its first cabled card leads to."""
    nodes = topology.nodes
    cables = [_port_first(topology, edge) for edge in topology.edges if edge.kind == "cable"]
    home: dict[str, str] = {}
    for edge in cables:
        if nodes[edge.a].kind == "port" and nodes[edge.b].kind != "port":
            home.setdefault(_machine(topology, edge.b), nodes[edge.a].inside)

    def is_inner(edge: Edge) -> bool:
        return nodes[edge.a].kind == "port" and home.get(nodes[edge.b].inside) == nodes[edge.a].inside

    hosts = topology.inside("", "host")
    sections: list[tuple[Node | None, list[Node]]] = [
        (switch, [host for host in hosts if home.get(host.id) == switch.id]) for switch in topology.inside("", "switch")
    ]
    free = [host for host in hosts if host.id not in home]
    if free:
        sections.append((None, free))
    return Plan(sections, [e for e in cables if is_inner(e)], [e for e in cables if not is_inner(e)])


def _port_first(topology: Topology, edge: Edge) -> Edge:
    if topology.nodes[edge.a].kind == "port":
        return edge
    return Edge(edge.b, edge.a, edge.kind, edge.detail)


def _machine(topology: Topology, node: str) -> str:
    """The host that a device is on, in whatever namespace."""
    while topology.nodes[node].inside:
        node = topology.nodes[node].inside
    return node
