"""The imported machines as a lab document."""

from __future__ import annotations

import io
from collections.abc import Sequence
from shlex import quote

from ruamel.yaml import YAML
from ruamel.yaml.scalarstring import LiteralScalarString

from macvsim.errors import ScenarioError
from macvsim.exchange.machine import Device, Machine, Place
from macvsim.exchange.restore import Restorer
from macvsim.exchange.restore_addresses import restore_addresses, restore_neighbours, restore_routes
from macvsim.exchange.restore_bridges import restore_bridges
from macvsim.exchange.restore_docker import made_by_docker, restore_docker
from macvsim.exchange.restore_links import restore_devices, restore_inside, restore_namespaces, restore_states
from macvsim.exchange.restore_rules import restore_rules, restore_sysctls
from macvsim.exchange.wiring import Wiring, wire
from macvsim.lab import Lab
from macvsim.labfile.build import build
from macvsim.labfile.frontmatter import FrontMatter


class Imported:
    """A lab made of machines.

    text : the document; notes : what is not simulated, sentences; assumed : what nobody has told
    """

    def __init__(
        self, machines: Sequence[Machine], pings: Sequence[tuple[str, str]] = (), *, all_neighbours: bool = False
    ) -> None:
        wiring = wire(machines)
        self.topology = wiring.topology
        self.assumed = wiring.assumed
        self.notes: list[str] = []
        lab = build(FrontMatter(self._front(), "the imported lab"))
        for name, machine in wiring.machines.items():
            restorer = Restorer(machine, lab.hosts[name], all_neighbours=all_neighbours)
            if not machine.is_root:
                restorer.note("rules, namespaces and containers", "the collector was not run as root")
            restore(restorer)
            if restorer.commands:
                self.topology["nodes"][name]["exec"] = [_block(line) for line in restorer.commands]
            self.notes += restorer.notes
        self.assumed += _unknown_gateways(wiring)
        self.pings = [_prompted(lab, source, f"ping -c 2 {quote(target)}") for source, target in pings]

    def _front(self) -> str:
        yaml = YAML()
        yaml.width = 4096
        yaml.indent(mapping=2, sequence=4, offset=2)
        out = io.StringIO()
        yaml.dump({"name": "imported", "topology": self.topology}, out)
        return out.getvalue()

    @property
    def text(self) -> str:
        """The document."""
        names = [name for name, node in self.topology["nodes"].items() if node.get("kind") != "switch"]
        parts = [f"---\n{self._front()}---\n# {', '.join(names)}: imported\n"]
        for title, lines in (("What was assumed:", self.assumed), ("What is missing:", self.notes)):
            if lines:
                parts.append("\n".join([title, "", *(f"- {_plain(line)}" for line in lines), ""]))
        if self.pings:
            parts.append("\n".join(["```console", *self.pings, "```", ""]))
        return "\n".join(parts)


def restore(restorer: Restorer) -> None:
    """Everything of one machine, in the order in which each thing needs what is before it."""
    places = list(restorer.machine.places.values())
    outside = [place for place in places if place.kind != "container"]
    restorer.by_docker = set(made_by_docker(restorer.machine))
    restore_namespaces(restorer)
    _layer(restorer, outside, frozenset())
    restore_docker(restorer)
    restorer.made |= restorer.by_docker
    _layer(restorer, outside, frozenset(restorer.made))
    restore_addresses(restorer, outside)
    inside = [place for place in places if place.kind == "container" and place.label in restorer.containers]
    restore_inside(restorer, inside)
    restore_addresses(restorer, inside)
    restore_routes(restorer, [*outside, *inside])
    restore_neighbours(restorer, [*outside, *inside])
    restore_rules(restorer, [*outside, *inside])
    restore_sysctls(restorer, [*outside, *inside])


def _layer(restorer: Restorer, places: Sequence[Place], before: frozenset[Device]) -> None:
    """Devices that can be made now, but those that were there `before`."""
    restore_devices(restorer)
    fresh = restorer.made - before
    if fresh:
        restore_bridges(restorer, fresh)
        restore_sysctls(restorer, places, only="/disable_ipv6")
        restore_states(restorer, fresh)
        restore_addresses(restorer, places)


def _block(line: str) -> str:
    return LiteralScalarString(line + "\n") if "\n" in line else line


def _plain(line: str) -> str:
    """A line that Markdown shows as it is."""
    return " ".join(line.split()).replace("`", "'")


def _unknown_gateways(wiring: Wiring) -> list[str]:
    """Gateways that no collected machine has: nobody answers for them in the lab."""
    known = {
        address.local
        for machine in wiring.machines.values()
        for place in machine.places.values()
        for row in place.addresses
        for address in row.all
    }
    lines = []
    for name, machine in wiring.machines.items():
        for place in machine.places.values():
            for route in place.routes:
                if route.table == "main" and route.gateway and route.gateway not in known:
                    where = name if place.kind == "host" else f"{place.label} on {name}"
                    lines.append(f"nobody here has {route.gateway}, the gateway of {where} to {route.dst}")
    return list(dict.fromkeys(lines))


def _prompted(lab: Lab, place: str, command: str) -> str:
    """A command behind a prompt: of a machine or container, or of a named namespace; `ScenarioError` lists those."""
    if place in lab.boxes():
        return f"{place}# {command}"
    known = list(lab.boxes())
    for name, host in lab.hosts.items():
        if place in host.kernel.netns:
            return f"{name}# ip netns exec {quote(place)} {command}"
        known += host.kernel.netns
    raise ScenarioError(
        f"--ping {place}: there is no such machine, container or namespace: there are {', '.join(known)}"
    )


__all__ = ["Imported", "restore"]
