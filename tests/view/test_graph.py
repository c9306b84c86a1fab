"""Labs as networkx graphs, and labs made from them."""

from __future__ import annotations

import io
from collections.abc import Callable

import networkx
import pytest

from macvsim import Lab, MacvsimError
from tests.view.labs import large


@pytest.mark.parametrize("level", ["all", "physical", "l2", "l3"])
def test_every_level_can_be_written_and_read(level: str) -> None:
    graph = large(2, 4).graph(level)
    file = io.BytesIO()
    networkx.write_graphml(graph, file)
    file.seek(0)
    read = networkx.read_graphml(file, force_multigraph=graph.is_multigraph())
    assert [*read.nodes.items()] == [*graph.nodes.items()]
    assert networkx.node_link_graph(networkx.node_link_data(graph)).edges == graph.edges


def test_a_path_of_layer_2_is_a_frames() -> None:
    graph = large(2, 4).graph("l2")
    assert networkx.shortest_path(graph, "c1:eth0", "c2:eth0")[:3] == ["c1:eth0", "host1:enp0s8.100", "host1:enp0s8"]
    assert not {"host1", "c1"} & set(graph)


def test_layer_3_has_machines_and_networks() -> None:
    graph = large(2, 4).graph("l3")
    assert graph.nodes["172.16.10.0/24"]["kind"] == "network"
    assert graph.edges["c1", "172.16.10.0/24"] == {"interface": "eth0", "address": "172.16.10.10"}


@pytest.mark.parametrize("seed", range(5))
def test_a_random_tree_becomes_a_lab_in_which_all_reach_all(seed: int) -> None:
    tree = networkx.random_labeled_tree(20, seed=seed)
    lab = Lab.from_graph(tree)
    assert len(lab.switches) + len(lab.hosts) == 20
    first, *_, last = lab.hosts.values()
    wires = networkx.shortest_path_length(tree, int(first.name[4:]), int(last.name[4:]))
    first.ping(f"10.0.0.{len(lab.hosts)}", count=1)
    again = first.ping(f"10.0.0.{len(lab.hosts)}", count=1)
    assert again.rtts == [2 * wires * 25_000 + 250_000]


def test_there_and_back_again() -> None:
    graph: networkx.MultiGraph[object] = networkx.MultiGraph()
    graph.add_node("sw1", kind="switch", policy="virtualbox-deny")
    graph.add_node("old", kind="host", flavour="centos")
    graph.add_edge("sw1", "old", rate=100_000_000, delay=5_000)
    graph.add_edge("sw1", "old", loss=0.5)
    graph.add_edge("old", 7)
    lab = Lab.from_graph(graph, subnet=None, seed=3)
    assert [cable.label for cable in lab.cables] == [
        "cable sw1:old - old:eth0",
        "cable sw1:old#2 - old:eth1",
        "cable old:eth2 - host7:eth0",
    ]
    assert lab.options["seed"] == 3
    shown = lab.graph("physical")
    again = Lab.from_graph(shown, subnet=None)
    assert networkx.utils.graphs_equal(again.graph("physical"), shown)
    assert again.copy().graph("physical").edges == shown.edges


MISTAKES: list[tuple[Callable[[], object], str]] = [
    (lambda: Lab.from_graph(networkx.path_graph(2), subnet="10.0.0.0/33"), "subnet='10.0.0.0/33'"),
    (lambda: Lab.from_graph(networkx.star_graph(3), subnet="10.0.0.0/30"), "has no room for 3 hosts"),
    (lambda: Lab.from_graph(networkx.Graph({"a b": {}})), "'a b' is not a name for a host or switch"),
    (lambda: Lab().graph("l4"), "the levels are all, physical, l2, l3"),
]


@pytest.mark.parametrize(("call", "message"), MISTAKES, ids=[message for _, message in MISTAKES])
def test_mistakes(call: Callable[[], object], message: str) -> None:
    with pytest.raises(MacvsimError, match=message):
        call()


def test_a_node_of_another_kind() -> None:
    graph: networkx.Graph[str] = networkx.Graph()
    graph.add_node("x", kind="toaster")
    with pytest.raises(MacvsimError, match="x: a graph's nodes are of kind 'switch' or 'host', not 'toaster'"):
        Lab.from_graph(graph)
