"""One machine's configuration as commands: each is tried on a simulated machine, and kept if it works there.

What the collector has seen is compared with what the simulated tools print, so that only what differs needs a command.
"""

from __future__ import annotations

import json
from shlex import quote
from typing import Any

from macvsim.exchange.machine import Device, Machine
from macvsim.machine.host import Box


class Restorer:
    """Makes one machine of `box`, a new one with its cards.

    commands : that work, in order; notes : what is not simulated, or was left out, in sentences
    tried, made : devices that were to be made, and those that are there
    by_docker : devices that come and go with Docker's networks and containers
    containers : names of those that run
    """

    def __init__(self, machine: Machine, box: Box, *, all_neighbours: bool = False) -> None:
        self.machine = machine
        self.box = box
        self.all_neighbours = all_neighbours
        self.commands: list[str] = []
        self.notes: list[str] = []
        self.tried: set[Device] = set()
        self.made: set[Device] = set()
        self.by_docker: set[Device] = set()
        self.containers: set[str] = set()

    def do(self, command: str, what: str = "") -> bool:
        """Run a command and keep it if it works; else note that `what` is missing."""
        result = self.box.sh(command)
        if result.code:
            self.note(what or command, " ".join(str(result).split()) or f"exit status {result.code}")
        else:
            self.commands.append(command)
        return not result.code

    def run(self, place: str, *words: str, what: str = "") -> bool:
        """`do` with words, in a namespace."""
        return self.do(self.command(place, *words), what)

    def note(self, what: str, why: str) -> None:
        """Something has no place in the lab."""
        text = f"not simulated: {self.box.name}: {what}: {why.removeprefix('not simulated: ')}"
        if text not in self.notes:
            self.notes.append(text)

    def command(self, place: str, *words: str) -> str:
        """A command line that runs a program in a namespace."""
        kind, _, name = place.partition(" ")
        line = " ".join(map(quote, words))
        if kind == "container":
            return f"nsenter -t $(docker inspect -f '{{{{.State.Pid}}}}' {quote(name)}) -n {line}"
        if kind == "netns" and words[0] == "ip":
            return f"ip -n {quote(name)}{line[2:]}"
        return f"ip netns exec {quote(name)} {line}" if kind == "netns" else line

    def look(self, place: str, *words: str) -> list[Any]:
        """What a simulated program prints as JSON in a namespace; nothing if it fails."""
        result = self.box.sh(self.command(place, *words))
        return [one for one in json.loads(result.stdout or "[]") if one] if not result.code else []


__all__ = ["Restorer"]
