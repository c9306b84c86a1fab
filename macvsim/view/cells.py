"""The parts of a machine as they stand on each other: cells, before they have a place.

A device is a bar, and what is stacked on it stands above it: sub-interfaces, bridges, members of bridges.  A container
or namespace is a box that stands above the device which its own device is made of, and holds its devices the same way.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from macvsim.view.scene import NOWHERE, Area, Word
from macvsim.view.style import tint
from macvsim.view.topology import Edge, Node, Topology

MOST_ADDRESSES = 4
SIDE = 8.0
"""Between a border and its text, left and right."""
BETWEEN = 10.0
"""Between neighbours."""
RAIL = 6.0
"""Between wires side by side."""
TITLE = 19.0
"""Height of a box's title line."""
LEADING = 13.5
"""From line to line."""
IN_ONE_ROW = 4
"""Boxes that stand side by side before they are wrapped."""


@dataclass(eq=False)
class Cell:
    """A device's bar or a namespace's box.

    bars, boxes : what stands on it; content : devices that a box holds, the lowest ones
    level : its layer, 0 at the bottom; lines : its label, once the width is known
    """

    node: Node
    words: list[Word]
    bars: list[Cell] = field(default_factory=list)
    boxes: list[Cell] = field(default_factory=list)
    content: list[Cell] = field(default_factory=list)
    least: float = 0.0
    level: int = 0
    lines: list[list[Word]] = field(default_factory=list)
    area: Area = NOWHERE
    tint: str = "plain"

    @property
    def is_box(self) -> bool:
        return self.node.kind in ("container", "netns")

    def everything(self) -> Iterator[Cell]:
        """This cell and all on and in it."""
        yield self
        for cell in (*self.bars, *self.boxes, *self.content):
            yield from cell.everything()


@dataclass
class Machine:
    """A host's cells.

    roots : devices at the bottom; loose : boxes that stand on nothing
    edges : between its cells; extra : those of them that the stacking does not show
    """

    host: Node
    roots: list[Cell]
    loose: list[Cell]
    edges: list[Edge]
    extra: list[Edge]
    cells: dict[str, Cell]


def machine(
    topology: Topology,
    host: Node,
    tints: Mapping[int, int],
    least: Mapping[str, float],
    notes: Mapping[str, str],
) -> Machine:
    """The cells of a host.

    tints : number of each VLAN's colour; least : widths that nodes need; notes : what has to be said at nodes besides
    """
    holders = [host, *topology.inside(host.id, "container", "netns")]
    cells: dict[str, Cell] = {}
    for holder in holders:
        for node in (*([holder] if holder is not host else []), *_shown(topology, holder.id)):
            colour = tint(tints.get(node.vlan)) if node.vlan is not None else "plain"
            cells[node.id] = Cell(
                node, list(_words(node, colour, notes.get(node.id))), least=least.get(node.id, 0), tint=colour
            )
    edges = [edge for edge in topology.edges if edge.a in cells and edge.b in cells and edge.kind != "holds"]
    below, extra = _parents(edges, host, cells)
    roots: list[Cell] = []
    loose: list[Cell] = []
    for cell in cells.values():
        lower = cells.get(below.get(cell.node.id, ""))
        if lower is not None:
            (lower.boxes if cell.is_box else lower.bars).append(cell)
        elif cell.is_box:
            loose.append(cell)
        else:
            (roots if cell.node.inside == host.id else cells[cell.node.inside].content).append(cell)
    return Machine(host, roots, loose, edges, extra, cells)


def _shown(topology: Topology, holder: str) -> list[Node]:
    """Devices of a holder, without Docker's bridge while nobody uses it."""
    members = {edge.b for edge in topology.edges if edge.kind in ("member", "stacking")}
    devices = topology.inside(holder)
    return [
        node
        for node in devices
        if node.kind not in ("container", "netns") and (node.name != "docker0" or node.id in members)
    ]


def _words(node: Node, colour: str, note: str | None) -> Iterator[Word]:
    box = node.kind in ("container", "netns")
    yield Word(node.name, "box-name" if box else f"name-{colour}")
    if node.detail:
        yield Word(node.detail, "detail" if box else f"kind-{colour}")
    for address in node.addresses[:MOST_ADDRESSES]:
        yield Word(address, f"address-{colour}")
    if len(node.addresses) > MOST_ADDRESSES:
        yield Word(f"+ {len(node.addresses) - MOST_ADDRESSES} more", f"kind-{colour}")
    if note:
        yield Word(f"✕ {note}", "reason")


def _parents(edges: list[Edge], host: Node, cells: dict[str, Cell]) -> tuple[dict[str, str], list[Edge]]:
    """What each cell stands on, and the edges between cells that this leaves out."""
    below: dict[str, str] = {}
    extra: list[Edge] = []

    def stand(edge: Edge, upper: str, lower: str) -> None:
        """Let one stand on the other, if it stands on nothing yet and not, by others, on itself."""
        at: str | None = lower
        while at is not None and at != upper:
            at = below.get(at) or below.get(cells[at].node.inside)
        if upper in below or at == upper:
            extra.append(edge)
        else:
            below[upper] = lower

    uplinks: dict[str, str] = {}
    for edge in edges:
        if edge.kind == "member" and edge.b not in uplinks and _leads_out(edge.a, cells, edges, host):
            uplinks[edge.b] = edge.a
    for edge in sorted(edges, key=lambda edge: ("stacking", "member", "veth").index(edge.kind)):
        a, b = cells[edge.a].node, cells[edge.b].node
        if edge.kind == "veth" and a.inside == host.id:
            a, b = b, a
        if edge.kind == "member" and uplinks.get(b.id) == a.id:
            a, b = b, a
        if a.link_kind is not None and not a.link_kind.made:  # at the bottom, for its cable
            extra.append(edge)
        elif a.inside == b.inside:
            stand(edge, a.id, b.id)
        elif b.inside == host.id:
            stand(edge, a.inside, b.id)
            if below.get(a.inside) == b.id and edge in extra:  # a second device of the box on the same one
                extra.remove(edge)
        else:
            extra.append(edge)
    return below, extra


def _leads_out(port: str, cells: dict[str, Cell], edges: list[Edge], host: Node) -> bool:
    """A bridge's port that stands below it: a card or sub-interface, or in a container what comes from outside."""
    node = cells[port].node
    if node.inside == host.id:
        return node.link_kind is not None and not node.link_kind.paired
    ends = [(edge.b if edge.a == port else edge.a) for edge in edges if port in (edge.a, edge.b)]
    return any(cells[end].node.inside != node.inside for end in ends)
