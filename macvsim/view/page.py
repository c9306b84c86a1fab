"""The page: sections side by side in bands, and the cables between them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from macvsim.view.layers import Link, Placed
from macvsim.view.scene import Area, Point
from macvsim.view.sections import APART, LANE, Builder, Port, Section
from macvsim.view.topology import Edge, Node, Topology

MARGIN = 20.0
BAND = 1240.0
"""Width up to which switches stand side by side."""


@dataclass
class Layout:
    """Where everything of a lab is on a page, captions left out.

    areas : of nodes, by id; links : wires of edges, in drawing order
    hosts : machines with their left upper corner; ports : in page coordinates
    """

    topology: Topology
    tints: dict[int, int]
    width: float
    height: float
    hosts: list[tuple[Placed, Point]] = field(default_factory=list)
    switches: list[tuple[Node, Section, Point]] = field(default_factory=list)
    ports: list[Port] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    areas: dict[str, Area] = field(default_factory=dict)


def arrange(
    topology: Topology, *, top: float = MARGIN, notes: Mapping[str, str] | None = None, wide: float | None = None
) -> Layout:
    """Give everything of a lab its place.

    top : y where the lab begins; notes : what has to be said at nodes besides, by id; wide : width at which hosts and
    switches are wrapped
    """
    tints = {vid: number for number, vid in enumerate(topology.vlans())}
    builder = Builder(topology, tints, notes or {})
    sections = builder.build(wide)
    return _Page(topology, tints, sections, builder.plan.outer, top, wide).layout


@dataclass
class _End:
    """One end of a cable between sections: the way from the device down to the band's lanes."""

    band: int
    points: list[Point]


class _Page:
    def __init__(
        self,
        topology: Topology,
        tints: dict[int, int],
        sections: list[Section],
        outer: list[Edge],
        top: float,
        wide: float | None,
    ) -> None:
        self.layout = Layout(topology, tints, 0.0, 0.0)
        self.outer = outer
        self.ends: dict[str, _End] = {}
        widest = max((section.width for section in sections), default=0.0)
        bands = _bands(sections, max(wide or 0.0, widest, BAND))
        lanes: list[float] = []
        bottom = top
        for number, band in enumerate(bands):
            bottom = self._band(band, number, bottom)
            lanes.append(bottom + 10)
            bottom += self._channel(band)
        self.layout.width = max((self._right(band) for band in bands), default=0.0) + MARGIN
        self._cables(lanes)
        self.layout.height = bottom

    @staticmethod
    def _right(band: list[Section]) -> float:
        return MARGIN + sum(_room(section) for section in band) + APART * (len(band) - 1)

    def _band(self, band: list[Section], number: int, top: float) -> float:
        """Place sections side by side, their lower borders in line; returns y of that."""
        tallest = max((section.height for section in band), default=0.0)
        x = MARGIN
        for section in band:
            self._section(section, number, (x, top + tallest - section.height))
            x += _room(section) + APART
        return top + tallest

    def _section(self, section: Section, band: int, at: Point) -> None:
        dx, dy = at
        layout = self.layout
        for placed, (x, y) in section.hosts:
            layout.hosts.append((placed, (x + dx, y + dy)))
            layout.areas[placed.machine.host.id] = Area(x + dx, y + dy, placed.width, placed.height)
            for name, cell in placed.machine.cells.items():
                layout.areas[name] = cell.area.moved(x + dx, y + dy)
            layout.links += [_moved(link, x + dx, y + dy) for link in placed.links]
        if section.switch is not None:
            layout.switches.append((section.switch, section, at))
            layout.areas[section.switch.id] = section.bars[-1].area.moved(dx, dy)
        for port in section.ports.values():
            moved = replace(port, socket=port.socket.moved(dx, dy), at=(port.at[0] + dx, port.at[1] + dy))
            layout.ports.append(moved)
            layout.areas[port.node.id] = moved.socket
            if port.below:
                self.ends[port.node.id] = _End(band, [moved.at])
        layout.links += [_moved(link, dx, dy) for link in section.links]
        for edge in self.outer:
            if _side_by_side(section, edge):
                (ax, ay), lane = section.loose[edge.a]
                (bx, by), _ = section.loose[edge.b]
                way = ((ax, ay), (ax, lane), (bx, lane), (bx, by))
                layout.links.append(_moved(Link(edge, way), dx, dy))
                self.outer = [other for other in self.outer if other is not edge]
        for number, (card, ((x, y), lane)) in enumerate(section.loose.items()):
            gutter = dx + section.width + 10 + LANE * number
            self.ends[card] = _End(band, [(x + dx, y + dy), (x + dx, lane + dy), (gutter, lane + dy)])

    def _channel(self, band: list[Section]) -> float:
        """Height of the lanes below a band."""
        number = len({edge for edge in self.outer for section in band if _touches(section, edge)})
        return APART + (10 + LANE * number if number else 0.0)

    def _cables(self, lanes: list[float]) -> None:
        """The cables between sections: down, along a lane of each band that they touch, and along the right border."""
        used = [0] * len(lanes)
        rails = 0
        for edge in self.outer:
            if edge.a not in self.ends or edge.b not in self.ends:
                continue
            a, b = self.ends[edge.a], self.ends[edge.b]
            ya, yb = (lanes[end.band] + LANE * used[end.band] for end in (a, b))
            for band in {a.band: 0, b.band: 0}:
                used[band] += 1
            way = [*a.points, (a.points[-1][0], ya)]
            if a.band != b.band:
                rail = self.layout.width - MARGIN + 10 + LANE * rails
                rails += 1
                way += [(rail, ya), (rail, yb)]
            way += [(b.points[-1][0], yb), *reversed(b.points)]
            self.layout.links.append(Link(edge, tuple(way)))
        if rails:
            self.layout.width += 10 + LANE * rails


def _side_by_side(section: Section, edge: Edge) -> bool:
    """A cable between two cards of one row of hosts."""
    ends = [section.loose[end] for end in (edge.a, edge.b) if end in section.loose]
    return len(ends) == 2 and ends[0][0][1] == ends[1][0][1]


def _touches(section: Section, edge: Edge) -> bool:
    return any(end in section.ports or end in section.loose for end in (edge.a, edge.b))


def _room(section: Section) -> float:
    """Width of a section with the cables on its right."""
    return section.width + (10 + LANE * len(section.loose) if section.loose else 0.0)


def _bands(sections: list[Section], wide: float) -> list[list[Section]]:
    bands: list[list[Section]] = []
    used = 0.0
    for section in sections:
        if bands and used + APART + _room(section) <= wide:
            bands[-1].append(section)
            used += APART + _room(section)
        else:
            bands.append([section])
            used = _room(section)
    return bands


def _moved(link: Link, dx: float, dy: float) -> Link:
    return Link(link.edge, tuple((x + dx, y + dy) for x, y in link.points), link.tint)


__all__ = ["MARGIN", "Layout", "arrange"]
