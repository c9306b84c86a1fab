"""A lab as a networkx graph."""

from __future__ import annotations

from typing import TYPE_CHECKING

from macvsim.errors import MacvsimError
from macvsim.lab import Lab
from macvsim.view.topology import read

if TYPE_CHECKING:
    from networkx import Graph


def lab_graph(lab: Lab) -> Graph[str]:
    """Nodes and edges as `macvsim.view.topology` names them, in the order they came about.

    Attributes of nodes: ``kind``, ``name``, ``inside``, ``detail``, ``addresses``, ``mac``, ``vlan``, ``up``; of edges:
    ``kind``, ``detail``.

    Raises
    ------
    MacvsimError : networkx is not installed
    """
    try:
        from networkx import Graph
    except ModuleNotFoundError:
        raise MacvsimError("graphs need networkx: pip install networkx") from None
    topology = read(lab)
    graph: Graph[str] = Graph()
    for node in topology.nodes.values():
        graph.add_node(
            node.id,
            kind=node.kind,
            name=node.name,
            inside=node.inside,
            detail=node.detail,
            addresses=node.addresses,
            mac=node.mac,
            vlan=node.vlan,
            up=node.up,
        )
    for edge in topology.edges:
        if not graph.has_edge(edge.a, edge.b):  # a bridge's uplink may be stacked and a member
            graph.add_edge(edge.a, edge.b, kind=edge.kind, detail=edge.detail)
    return graph
