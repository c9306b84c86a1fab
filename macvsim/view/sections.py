"""Switches with the machines on them: rows of hosts, and below each row the switch as a bar, joined by a spine.

A host belongs to the switch that its first cabled card leads to, so that most cables are short and straight.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import sqrt

from macvsim.view.cells import LEADING, machine
from macvsim.view.scene import Area, Point, Word, line_width
from macvsim.view.storeys import Link, Placed, place
from macvsim.view.topology import Edge, Node, Topology

APART = 22.0
"""Between hosts, and between sections."""
DROP = 22.0
"""From a host to the switch below it."""
LANE = 9.0
"""Between cables side by side."""
NUB = 8.0
"""Height of a port's socket."""
SPINE = 16.0
LEAST_PAGE = 1120.0
"""Width below which hosts are not wrapped."""


@dataclass
class Port:
    """A switch port with its place: the socket, and the lines of its label."""

    node: Node
    socket: Area
    lines: list[Word]
    at: Point
    """Where the cable is plugged in."""
    below: bool


@dataclass
class Bar:
    """A switch below one row of hosts; `indent`, `title`: from its left upper corner to the begin of its name."""

    area: Area
    title: float
    indent: float = 12.0


@dataclass
class Section:
    """A switch (None: hosts without one) and its hosts; everything is relative to its left upper corner."""

    switch: Node | None
    title: list[Word] = field(default_factory=list)
    hosts: list[tuple[Placed, Point]] = field(default_factory=list)
    bars: list[Bar] = field(default_factory=list)
    spine: Area | None = None
    ports: dict[str, Port] = field(default_factory=dict)
    links: list[Link] = field(default_factory=list)
    loose: dict[str, tuple[Point, float]] = field(default_factory=dict)
    """Cards with cables that lead elsewhere: where they leave, and y of the lane they take to the right border."""
    width: float = 0.0
    height: float = 0.0


@dataclass(frozen=True)
class Plan:
    """Which host and cable belongs to which section."""

    sections: list[tuple[Node | None, list[Node]]]
    inner: list[Edge]
    """Cables from a host to its section's switch, port first."""
    outer: list[Edge]


def plan(topology: Topology) -> Plan:
    """Divide a lab into sections."""
    nodes = topology.nodes
    cables = [edge for edge in topology.edges if edge.kind == "cable"]
    home: dict[str, str] = {}
    for edge in cables:
        for port, card in ((edge.a, edge.b), (edge.b, edge.a)):
            if nodes[port].kind == "port" and nodes[card].kind != "port":
                home.setdefault(_machine(topology, card), nodes[port].inside)
    inner: list[Edge] = []
    outer: list[Edge] = []
    for edge in cables:
        port, card = (edge.a, edge.b) if nodes[edge.a].kind == "port" else (edge.b, edge.a)
        is_inner = (
            nodes[port].kind == "port"
            and nodes[card].inside in home
            and nodes[card].kind == "nic"
            and home[nodes[card].inside] == nodes[port].inside
        )
        (inner if is_inner else outer).append(Edge(port, card, edge.kind, edge.detail) if is_inner else edge)
    hosts = topology.inside("", "host")
    sections: list[tuple[Node | None, list[Node]]] = [
        (switch, [host for host in hosts if home.get(host.id) == switch.id]) for switch in topology.inside("", "switch")
    ]
    free = [host for host in hosts if host.id not in home]
    if free:
        sections.append((None, free))
    return Plan(sections, inner, outer)


def _machine(topology: Topology, node: str) -> str:
    """The host that a device is on, in whatever namespace."""
    while topology.nodes[node].inside:
        node = topology.nodes[node].inside
    return node


class Builder:
    """Makes the sections of one picture."""

    def __init__(self, topology: Topology, tints: Mapping[int, int], notes: Mapping[str, str]) -> None:
        self.topology = topology
        self.tints = tints
        self.notes = notes
        self.plan = plan(topology)
        self.to_port = {edge.b: edge.a for edge in self.plan.inner}
        self.outer = [end for edge in self.plan.outer for end in (edge.a, edge.b)]

    def build(self, wide: float | None) -> list[Section]:
        """All sections; hosts are wrapped at `wide`, by default so that the page is a little wider than high."""
        placed = {host.id: self._host(host) for _, hosts in self.plan.sections for host in hosts}
        if wide is None:
            area = sum((one.width + APART) * (one.height + 90) for one in placed.values())
            wide = max(LEAST_PAGE, sqrt(area * 1.5))
        return [
            self._section(switch, [placed[host.id] for host in hosts], wide) for switch, hosts in self.plan.sections
        ]

    def label(self, port: str) -> list[Word]:
        """The lines of a port's label."""
        node = self.topology.nodes[port]
        lines = [Word(node.name, "port-name")]
        if node.detail:
            lines.append(Word(node.detail, "switch-detail"))
        if port in self.notes:
            lines.append(Word(f"✕ {self.notes[port]}", "reason"))
        return lines

    def _host(self, host: Node) -> Placed:
        least = {
            card: _widest(self.label(port)) + 4
            for card, port in self.to_port.items()
            if self.topology.nodes[card].inside == host.id
        }
        title = [Word(host.name, "host-name")]
        if host.detail:
            title.append(Word(host.detail, "detail"))
        if host.id in self.notes:
            title.append(Word(f"✕ {self.notes[host.id]}", "reason"))
        return place(machine(self.topology, host, self.tints, least, self.notes), title)

    # -- one section ---------------------------------------------------------------------------------------------------

    def _section(self, switch: Node | None, hosts: list[Placed], wide: float) -> Section:
        section = Section(switch, [] if switch is None else self._title(switch))
        rows = _rows(hosts, wide)
        left = SPINE + 14 if len(rows) > 1 and switch is not None else 0.0
        below = [] if switch is None else self._others(switch)
        widths = [sum(one.width for one in row) + APART * (len(row) - 1) for row in rows]
        width = left + max([*widths, self._bar_width(switch, below)])
        y = 0.0
        for number, row in enumerate(rows or [[]]):
            last = number == len(rows) - 1 or not rows
            y = self._row(section, row, left, y)
            if switch is not None:
                y = self._bar(section, row, (left, y, width - left), below if last else [])
            y += 0 if last else APART
        if left and section.bars:
            first, final = section.bars[0].area, section.bars[-1].area
            section.spine = Area(0, first.y, SPINE, final.bottom - first.y)
            for bar in section.bars:
                bar.area, bar.indent = Area(0, bar.area.y, width, bar.area.height), left + bar.indent
        section.width, section.height = width, y
        return section

    def _others(self, switch: Node) -> list[str]:
        """Ports on the lower border: those whose cables lead elsewhere, and those without."""
        taken = self.to_port.values()
        return [port.id for port in self.topology.inside(switch.id, "port") if port.id not in taken]

    def _bar_width(self, switch: Node | None, below: list[str]) -> float:
        if switch is None:
            return 0.0
        ports = sum(map(self._cell, below)) + 24
        return max(ports, line_width(self._title(switch)) + 24, 110.0)

    def _cell(self, port: str) -> float:
        """Width of a port that stands in no host's column."""
        return max(_widest(self.label(port)) + 14, 26.0)

    def _title(self, switch: Node) -> list[Word]:
        """What stands on a switch's bar."""
        note = self.notes.get(switch.id)
        return [
            Word(switch.name, "switch-name"),
            Word(switch.detail or "switch", "switch-detail"),
            *([Word(f"✕ {note}", "reason")] if note else []),
        ]

    def _row(self, section: Section, row: list[Placed], left: float, y: float) -> float:
        """Place the hosts of a row, bottom-aligned; returns y of their lower border, lanes included."""
        tallest = max((one.height for one in row), default=0.0)
        loose = [cell for one in row for cell in one.machine.cells.values() if cell.node.id in self.outer]
        x = left
        for one in row:
            section.hosts.append((one, (x, y + tallest - one.height)))
            x += one.width + APART
        y += tallest
        for number, cell in enumerate(loose):
            at = next(at for one, at in section.hosts if cell.node.id in one.machine.cells)
            area = cell.area.moved(*at)
            section.loose[cell.node.id] = (area.middle, area.bottom), y + 8 + LANE * number
        if row and (section.switch is not None or loose):
            y += DROP if section.switch is not None else 0
            y += LANE * len(loose)
        return y

    def _bar(
        self,
        section: Section,
        row: list[Placed],
        at: tuple[float, float, float],
        below: list[str],
    ) -> float:
        """The switch below a row: sockets on its upper border under the cards, on its lower one for other cables."""
        left, y, width = at
        assert section.switch is not None
        cables = []
        for one in row:
            place_ = next(place_ for placed, place_ in section.hosts if placed is one)
            for cell in one.machine.cells.values():
                if cell.node.id in self.to_port:
                    cables.append((cell, cell.area.moved(*place_)))
        labels = [self.label(self.to_port[cell.node.id]) for cell, _ in cables]
        top = LEADING * max(map(len, labels), default=0) + (NUB + 3 if labels else 0)
        bottom = LEADING * max((len(self.label(port)) for port in below), default=0) + (NUB + 3 if below else 0)
        first = min(
            (card.middle - _widest(self.label(self.to_port[cell.node.id])) / 2 for cell, card in cables), default=width
        )
        beside = bool(labels) and left + 12 + line_width(section.title) + 12 <= first
        area = Area(left, y, width, top + (7 if beside else 22) + bottom)
        section.bars.append(Bar(area, NUB + 14 if beside else top + 15))
        for cell, card in cables:
            port = self.to_port[cell.node.id]
            x = card.middle
            section.ports[port] = self._port(port, x, area.y, below=False)
            edge = next(edge for edge in self.plan.inner if edge.b == cell.node.id)
            section.links.append(Link(edge, ((x, area.y), (x, card.bottom))))
        x = area.right - 12
        for port in reversed(below):
            x -= self._cell(port)
            section.ports[port] = self._port(port, x + self._cell(port) / 2, area.bottom, below=True)
        return area.bottom

    def _port(self, port: str, x: float, y: float, *, below: bool) -> Port:
        socket = Area(x - 7, y - NUB if below else y, 14, NUB)
        return Port(self.topology.nodes[port], socket, self.label(port), (x, y), below)


def _rows(hosts: list[Placed], wide: float) -> list[list[Placed]]:
    """Hosts in rows that are at most `wide`, as even as they come."""
    rows: list[list[Placed]] = []
    used = 0.0
    for one in hosts:
        if rows and used + APART + one.width <= wide:
            rows[-1].append(one)
            used += APART + one.width
        else:
            rows.append([one])
            used = one.width
    return rows


def _widest(words: list[Word]) -> float:
    return max(word.width for word in words)


def port_title(port: Node) -> str:
    """What a pointer held over a port shows."""
    state = "" if port.up else ", no link"
    return f"{port.id}{': ' + port.detail if port.detail else ''}{state}"


__all__ = ["APART", "LANE", "Bar", "Builder", "Port", "Section", "plan", "port_title"]
