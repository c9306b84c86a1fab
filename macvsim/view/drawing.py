"""A layout as a scene: hosts, devices, containers, switches, wires, and the key to the colours."""

from __future__ import annotations

from collections.abc import Sequence

from macvsim.view.cells import LEADING, Cell
from macvsim.view.layers import Link, Placed
from macvsim.view.page import MARGIN, Layout
from macvsim.view.scene import Area, Box, Scene, Text, Wire, text
from macvsim.view.sections import LABEL, Port, Section
from macvsim.view.style import TYPES, tint
from macvsim.view.topology import Node, Topology


def draw(layout: Layout, scene: Scene) -> None:
    """Put a lab into a scene."""
    for placed, at in layout.hosts:
        _host(scene, placed, at)
    for node, section, at in layout.switches:
        _switch(scene, node, section, at)
    for link in layout.links:
        scene.add(_wire(layout.topology, link))
    for placed, (dx, dy) in layout.hosts:
        for cell in placed.machine.cells.values():
            _cell(scene, cell, cell.area.moved(dx, dy))
    for port in layout.ports:
        _port(scene, port)


def key(scene: Scene, layout: Layout, y: float) -> float:
    """What the colours mean; returns y below it."""
    entries = [(f"VLAN {vid}", f"dev-{tint(number)}") for vid, number in layout.tints.items()]
    if not entries:
        return y
    entries.append(("untagged, or several VLANs", "dev-plain"))
    x = MARGIN
    for meaning, style in entries:
        width = 20 + TYPES["muted"].width(meaning)
        if x > MARGIN and x + width > scene.width - MARGIN:
            x, y = MARGIN, y + 20
        scene.add(Box(Area(x, y, 14, 12), style, 3), text(x + 20, y + 10, meaning, "muted"))
        x += width + 18
    return y + 12


def describe(topology: Topology) -> str:
    """The picture in words, for those who do not see it."""
    parts = []
    for switch in topology.inside("", "switch"):
        parts.append(f"Switch {switch.id} with ports {_names(topology.inside(switch.id, 'port'))}.")
    for host in topology.inside("", "host"):
        cards = [node for node in topology.inside(host.id) if node.kind not in ("container", "netns")]
        boxes = topology.inside(host.id, "container", "netns")
        held = f", and {_names(boxes)}" if boxes else ""
        parts.append(f"Host {host.id} with {_names(cards)}{held}.")
    cables = [f"{edge.a} to {edge.b}" for edge in topology.edges if edge.kind == "cable"]
    if cables:
        parts.append(f"Cables: {', '.join(cables)}.")
    return " ".join(parts)


def _names(nodes: Sequence[Node]) -> str:
    return ", ".join(node.name for node in nodes) or "none"


def _host(scene: Scene, placed: Placed, at: tuple[float, float]) -> None:
    x, y = at
    host = placed.machine.host
    scene.add(Box(Area(x, y, placed.width, placed.height), "host", 8, f"host {host.name}"))
    for number, line in enumerate(placed.lines):
        scene.add(Text(x + 12, y + 20 + LEADING * number, tuple(line)))


def _switch(scene: Scene, node: Node, section: Section, at: tuple[float, float]) -> None:
    dx, dy = at
    title = f"switch {node.name}{': ' + node.detail if node.detail else ''}"
    if section.spine is not None:
        scene.add(Box(section.spine.moved(dx, dy), "switch", 5, title))
    scene.add(*(Box(bar.area.moved(dx, dy), "switch", 5, title) for bar in section.bars))
    if section.spine is not None:
        x, y, width, height = section.spine.moved(dx, dy)
        scene.add(Box(Area(x + 1, y + 1, width - 2, height - 2), "switch-inside", 4, title))
    for bar in section.bars:
        scene.add(Text(bar.title[0] + dx, bar.title[1] + dy, tuple(section.title)))


def _wire(topology: Topology, link: Link) -> Wire:
    edge = link.edge
    if edge.kind == "cable":
        up = topology.nodes[edge.a].up and topology.nodes[edge.b].up
        detail = f" ({edge.detail})" if edge.detail else ""
        return Wire(link.points, "cable" if up else "cable-off", title=f"cable {edge.a} to {edge.b}{detail}")
    style = "veth" if edge.kind == "veth" and link.tint == "plain" else f"wire-{link.tint}"
    return Wire(link.points, style)


def _cell(scene: Scene, cell: Cell, area: Area) -> None:
    node = cell.node
    if cell.is_box:
        scene.add(Box(area, "box" if node.up else "box-off", 6, f"{_title(node)} {node.name}"))
        y = area.y + 15
    else:
        style = f"dev-{cell.tint}" if node.up else f"dev-off-{cell.tint}"
        scene.add(Box(area, style, 4, device_title(node)))
        y = area.y + (area.height - LEADING * len(cell.lines)) / 2 + 10.5
    for number, line in enumerate(cell.lines):
        scene.add(Text(area.middle, y + LEADING * number, tuple(line), "middle"))


def device_title(node: Node) -> str:
    """What a pointer held over a device shows."""
    words = [node.id, _title(node), node.mac, *node.addresses, "" if node.up else "down"]
    return ", ".join(word for word in words if word)


def _title(node: Node) -> str:
    """The name of a box's kind."""
    if node.link_kind is not None:
        return node.link_kind.title or node.kind
    return "network namespace" if node.kind == "netns" else node.kind


def _port(scene: Scene, port: Port) -> None:
    scene.add(Box(port.socket, "port" if port.node.up else "port-off", 2, _port_title(port.node)))
    rows = len(port.lines)
    for number, word in enumerate(port.lines):
        if port.below:
            y = port.socket.y - LABEL / 2 - LEADING * (rows - 1 - number)
        else:
            y = port.socket.bottom + LABEL + LEADING * number
        scene.add(Text(port.socket.middle, y, (word,), "middle"))


def _port_title(port: Node) -> str:
    """What a pointer held over a port shows."""
    state = "" if port.up else ", no link"
    return f"{port.id}{': ' + port.detail if port.detail else ''}{state}"


__all__ = ["describe", "device_title", "draw", "key"]
