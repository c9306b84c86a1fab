"""The lines on a page that a packet follows from one node to the next."""

from __future__ import annotations

from itertools import pairwise

from macvsim.view.page import Layout
from macvsim.view.scene import Area, Point
from macvsim.view.topology import Node

OVER = 7.0
"""How far above a bar a packet passes from one device of a stack to another."""


class Ways:
    """The lines of one page."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self._wires: dict[tuple[str, str], tuple[Point, ...]] = {}
        self._next: dict[str, list[str]] = {}
        for link in layout.links:
            a, b = link.edge.a, link.edge.b
            self._wires[a, b], self._wires[b, a] = link.points, link.points[::-1]
            self._next.setdefault(a, []).append(b)
            self._next.setdefault(b, []).append(a)
        self._ports = {port.node.id: port for port in layout.ports}

    def way(self, a: str, b: str) -> tuple[Point, ...]:
        """From node to node; nothing where they are the same, or one holds the other."""
        nodes = self.layout.topology.nodes
        if a == b or nodes[a].inside == b or nodes[b].inside == a:
            return ()
        if (a, b) in self._wires:
            return self._wires[a, b]
        if nodes[a].kind == nodes[b].kind == "port":
            return self._through_switch(nodes[a], nodes[b])
        for between in self._next.get(a, []):
            if (between, b) in self._wires and (nodes[a].inside != nodes[b].inside or _has_ports(nodes[between])):
                return (*self._wires[a, between], *self._wires[between, b])
        return self._over(a, b)

    def _over(self, a: str, b: str) -> tuple[Point, ...]:
        """From the upper border of one to that of the other."""
        one, other = self.layout.areas[a], self.layout.areas[b]
        y = min(one.y, other.y) - OVER
        left, right = (one, other) if one.x <= other.x else (other, one)
        out, back = left.right - min(14.0, left.width / 3), right.x + min(14.0, right.width / 3)
        way = ((out, left.y), (out, y), (back, y), (back, right.y))
        return way if left is one else way[::-1]

    def _through_switch(self, a: Node, b: Node) -> tuple[Point, ...]:
        """Along the borders of the switch's bars, and its spine where they are two."""
        one, other = self._ports[a.id], self._ports[b.id]
        start, end = (
            (port.socket.middle, port.socket.y + (3 if port.below else port.socket.height - 3)) for port in (one, other)
        )
        if start[1] == end[1]:
            return (start, end)
        bars = [area for area in self._bars(a.inside) if _holds(area, start) or _holds(area, end)]
        x = min(bar.x for bar in bars) + 6 if len(bars) > 1 else bars[0].right - 6
        return (start, (x, start[1]), (x, end[1]), end)

    def _bars(self, switch: str) -> list[Area]:
        return [
            bar.area.moved(*at)
            for node, section, at in self.layout.switches
            if node.id == switch
            for bar in section.bars
        ]


def _has_ports(node: Node) -> bool:
    return node.link_kind is not None and node.link_kind.master


def _holds(area: Area, point: Point) -> bool:
    return area.x <= point[0] <= area.right and area.y <= point[1] <= area.bottom


def beside(points: tuple[Point, ...], distance: float) -> tuple[Point, ...]:
    """A line parallel to the axes, moved to the right-hand side of its direction."""
    corners = [point for number, point in enumerate(points) if number == 0 or point != points[number - 1]]
    sides = [_right(a, b, distance) for a, b in pairwise(corners)]
    moved = []
    for number, (x, y) in enumerate(corners):
        before, after = sides[max(number - 1, 0)], sides[min(number, len(sides) - 1)]
        moved.append((x + (before[0] or after[0]), y + (before[1] or after[1])))
    return tuple(moved)


def _right(a: Point, b: Point, distance: float) -> Point:
    """One step to the right of the way from `a` to `b`; y grows downwards."""
    length = abs(b[0] - a[0]) + abs(b[1] - a[1])
    return (a[1] - b[1]) / length * distance, (b[0] - a[0]) / length * distance


__all__ = ["Ways", "beside"]
