"""Switches with the machines on them: rows of hosts, and below each row the switch as a bar, joined by a spine."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import sqrt

from macvsim.view.cells import LEADING, Cell, machine
from macvsim.view.layers import Link, Placed, place
from macvsim.view.plan import plan
from macvsim.view.scene import Area, Point, Word, line_width
from macvsim.view.topology import Node, Topology

APART = 22.0
"""Between hosts, and between sections."""
DROP = 22.0
"""From a host to the switch below it."""
LANE = 9.0
"""Between cables side by side."""
SOCKET = (14.0, 8.0)
"""Width and height of a port's socket."""
LABEL = 14.0
"""From a socket to the baseline of its label's first line."""
INDENT = 12.0
"""From the left and right border of a switch to what stands on it."""
SPINE = 16.0
LEAST_PAGE = 1120.0
"""Width below which hosts are not wrapped."""


@dataclass
class Port:
    """A switch port: its socket, the lines of its label, and where the cable is plugged in; `below`: on the lower
    border.
    """

    node: Node
    socket: Area
    lines: list[Word]
    at: Point
    below: bool


@dataclass
class Bar:
    """A switch below one row of hosts; `title`: where its name begins, on the baseline."""

    area: Area
    title: Point


@dataclass
class Section:
    """A switch (None: hosts without one) and its hosts; everything is relative to its left upper corner.

    loose : cards with cables that lead elsewhere: where they leave, and y of the lane they take to the right border
    """

    switch: Node | None
    title: list[Word] = field(default_factory=list)
    hosts: list[tuple[Placed, Point]] = field(default_factory=list)
    bars: list[Bar] = field(default_factory=list)
    spine: Area | None = None
    ports: dict[str, Port] = field(default_factory=dict)
    links: list[Link] = field(default_factory=list)
    loose: dict[str, tuple[Point, float]] = field(default_factory=dict)
    width: float = 0.0
    height: float = 0.0


class Builder:
    """Makes the sections of one picture."""

    def __init__(self, topology: Topology, tints: Mapping[int, int], notes: Mapping[str, str]) -> None:
        self.topology = topology
        self.tints = tints
        self.notes = notes
        self.plan = plan(topology)
        self.cables = {edge.b: edge for edge in self.plan.inner}
        """By card."""
        self.outer = {end for edge in self.plan.outer for end in (edge.a, edge.b)}

    def build(self, wide: float | None) -> list[Section]:
        """All sections; hosts are wrapped at `wide`, by default so that the page is a little wider than high."""
        placed = {host.id: self._host(host) for _, hosts in self.plan.sections for host in hosts}
        if wide is None:
            area = sum((one.width + APART) * (one.height + 90) for one in placed.values())
            wide = max(LEAST_PAGE, sqrt(area * 1.5))
        return [
            self._section(switch, [placed[host.id] for host in hosts], wide) for switch, hosts in self.plan.sections
        ]

    # -- labels --------------------------------------------------------------------------------------------------------

    def _label(self, port: str) -> list[Word]:
        """The lines of a port's label."""
        node = self.topology.nodes[port]
        detail = [Word(node.detail, "switch-detail")] if node.detail else []
        return [Word(node.name, "port-name"), *detail, *self._note(port)]

    def _title(self, switch: Node) -> list[Word]:
        """What stands on a switch's bar."""
        detail = Word(switch.detail or "switch", "switch-detail")
        return [Word(switch.name, "switch-name"), detail, *self._note(switch.id)]

    def _note(self, node: str) -> list[Word]:
        return [Word(f"✕ {self.notes[node]}", "reason")] if node in self.notes else []

    def _host(self, host: Node) -> Placed:
        """A host with places, its cards at least as wide as the labels of their ports."""
        nodes = self.topology.nodes
        least = {
            card: _widest(self._label(edge.a)) + 4
            for card, edge in self.cables.items()
            if nodes[card].inside == host.id
        }
        detail = [Word(host.detail, "detail")] if host.detail else []
        title = [Word(host.name, "host-name"), *detail, *self._note(host.id)]
        return place(machine(self.topology, host, self.tints, least, self.notes), title)

    # -- one section ---------------------------------------------------------------------------------------------------

    def _section(self, switch: Node | None, hosts: list[Placed], wide: float) -> Section:
        section = Section(switch, [] if switch is None else self._title(switch))
        rows = _rows(hosts, wide)
        others = [] if switch is None else self._others(switch)
        left = SPINE + 14 if len(rows) > 1 and switch is not None else 0.0
        widths = [sum(one.width for one in row) + APART * (len(row) - 1) for row in rows]
        section.width = left + max([*widths, self._least_width(section, others)])
        y = 0.0
        for number, row in enumerate(rows):
            is_last = number == len(rows) - 1
            y = self._row(section, row, left, y)
            if switch is not None:
                y = self._bar(section, row, y, left, others if is_last else [])
            y += 0 if is_last else APART
        if left:
            top = section.bars[0].area.y
            section.spine = Area(0, top, SPINE, y - top)
        section.height = y
        return section

    def _others(self, switch: Node) -> list[str]:
        """Ports on the lower border: those whose cables lead elsewhere, and those without."""
        taken = {edge.a for edge in self.plan.inner}
        return [port.id for port in self.topology.inside(switch.id, "port") if port.id not in taken]

    def _least_width(self, section: Section, others: list[str]) -> float:
        if section.switch is None:
            return 0.0
        return max(sum(map(self._cell, others)), line_width(section.title), 86.0) + 2 * INDENT

    def _cell(self, port: str) -> float:
        """Width of a port that stands in no card's column."""
        return max(_widest(self._label(port)) + 14, 26.0)

    def _row(self, section: Section, row: list[Placed], x: float, y: float) -> float:
        """Place the hosts of a row, bottom-aligned; returns y of where the switch begins."""
        if not row:
            return y
        bottom = y + max(one.height for one in row)
        lanes = 0
        for one in row:
            at = (x, bottom - one.height)
            section.hosts.append((one, at))
            x += one.width + APART
            for card in one.machine.cells.values():
                if card.node.id in self.outer:
                    area = card.area.moved(*at)
                    section.loose[card.node.id] = (area.middle, area.bottom), bottom + 8 + LANE * lanes
                    lanes += 1
        return bottom + LANE * lanes + (DROP if section.switch is not None else 0)

    def _bar(self, section: Section, row: list[Placed], y: float, left: float, others: list[str]) -> float:
        """The switch below a row: sockets on its upper border under the cards, on its lower one the `others`; returns
        y of its lower border.
        """
        cards = self._cards(section, row)
        labels = {cell.node.id: self._label(self.cables[cell.node.id].a) for cell, _ in cards}
        begins = [area.middle - _widest(labels[cell.node.id]) / 2 for cell, area in cards]
        is_beside = bool(cards) and left + line_width(section.title) + 2 * INDENT <= min(begins)
        upper, lower = _depth(labels.values()), _depth([self._label(port) for port in others])
        area = Area(0, y, section.width, upper + (7 if is_beside else 22) + lower)
        baseline = y + (SOCKET[1] + LABEL if is_beside else upper + 15)
        section.bars.append(Bar(area, (left + INDENT, baseline)))
        for cell, card in cards:
            edge = self.cables[cell.node.id]
            self._add_port(section, edge.a, card.middle, y, below=False)
            section.links.append(Link(edge, ((card.middle, y), (card.middle, card.bottom))))
        x = area.right - INDENT
        for port in reversed(others):
            x -= self._cell(port)
            self._add_port(section, port, x + self._cell(port) / 2, area.bottom, below=True)
        return area.bottom

    def _cards(self, section: Section, row: list[Placed]) -> list[tuple[Cell, Area]]:
        """The cards of a row that are cabled to the switch below it."""
        return [
            (cell, cell.area.moved(*at))
            for one, at in section.hosts
            if one in row
            for cell in one.machine.cells.values()
            if cell.node.id in self.cables
        ]

    def _add_port(self, section: Section, port: str, x: float, y: float, *, below: bool) -> None:
        width, height = SOCKET
        socket = Area(x - width / 2, y - height if below else y, width, height)
        section.ports[port] = Port(self.topology.nodes[port], socket, self._label(port), (x, y), below)


def _rows(hosts: list[Placed], wide: float) -> list[list[Placed]]:
    """Hosts in rows that are at most `wide`; without hosts, one row that is empty."""
    rows: list[list[Placed]] = [[]]
    used = 0.0
    for one in hosts:
        if rows[-1] and used + APART + one.width > wide:
            rows.append([])
            used = 0.0
        used += one.width + (APART if rows[-1] else 0.0)
        rows[-1].append(one)
    return rows


def _depth(labels: Iterable[list[Word]]) -> float:
    """Height of a row of ports with these labels."""
    lines = [len(label) for label in labels]
    return SOCKET[1] + 3 + LEADING * max(lines) if lines else 0.0


def _widest(words: Sequence[Word]) -> float:
    return max(word.width for word in words)


__all__ = ["APART", "LABEL", "LANE", "Bar", "Builder", "Port", "Section"]
