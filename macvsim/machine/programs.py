"""The programs that boxes have, found by name when a command line first names one.

A program comes from the table of `macvsim.tools`, from another package's entry point of the group ``macvsim.tools``,
whose name is the program's, or is registered for the kernels of one lab (``Lab(tools=…)``).  A later
program replaces an earlier one of its name: registered programs, then installed packages', then macvsim's own.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from macvsim.errors import Effect, MacvsimError
from macvsim.machine.tool import Tool

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

ENTRY_POINTS = "macvsim.tools"


class Programs:
    """The programs that the boxes of one lab have.

    more : programs besides macvsim's and installed packages'; a later program replaces an earlier one of its name
    """

    def __init__(self, more: Iterable[Tool] = ()) -> None:
        self._registered: dict[tuple[str, str], Tool] = {}
        for one in more:
            self.register(one)

    def register(self, one: Tool) -> None:
        """Take one more program; it replaces all programs of its names in its boxes."""
        for name in one.names:
            for flavour in _FLAVOURS if one.flavour == "*" else (one.flavour,):
                self._registered[flavour, name] = one

    @property
    def registered(self) -> tuple[Tool, ...]:
        """The programs that were registered for this lab, in the order in which they came."""
        return tuple(dict.fromkeys(self._registered.values()))

    def find(self, name: str, flavour: str) -> Tool | None:
        """The program a box of that flavour runs under that name; None if there is none.

        ``centos`` has ``debian``'s programs but for its own, and every box has the programs of the flavour ``*``.
        """
        kinds = _searched(flavour)
        for kind in kinds:
            if (registered := self._registered.get((kind, name))) is not None:
                return registered
        if name in _installed() and (installed := _load(name)).flavour in kinds:
            return installed
        return next((one for kind in kinds if (one := _built_in(kind, name)) is not None), None)

    def names(self, flavour: str) -> list[str]:
        """Every program's name that a flavour has, sorted."""
        kinds = _searched(flavour)
        found = {name for kind, name in [*self._registered, *_places()] if kind in kinds}
        return sorted(found.union(name for name in _installed() if _load(name).flavour in kinds))

    def all(self) -> Iterator[Tool]:
        """Every program, macvsim's own first, each once."""
        mine = [one for kind, name in _places() if (one := _built_in(kind, name)) is not None]
        return iter(dict.fromkeys([*mine, *map(_load, _installed()), *self._registered.values()]))


_FLAVOURS = ("debian", "centos", "busybox")


def _searched(flavour: str) -> tuple[str, ...]:
    """The flavours whose programs a flavour has, its own first."""
    return ("centos", "debian", "*") if flavour == "centos" else (flavour, "*")


@cache
def _places() -> Mapping[tuple[str, str], str]:
    """The module of each program of macvsim, by flavour and name: the table of the room of programs, which stands above
    this one and is imported by its name.
    """
    table: Mapping[str, str] = import_module("macvsim.tools").TABLE
    found: dict[tuple[str, str], str] = {}
    for module, line in table.items():
        for part in line.split(";"):
            flavours, _, names = part.rpartition(":")
            for flavour in flavours.split() or ["debian"]:
                found.update({(flavour, name): module for name in names.split()})
    return MappingProxyType(found)


def left_out(name: str, words: Sequence[str]) -> Effect | None:
    """The effect of a program that is left out, with these words (`macvsim.tools.leftout`); None if no table has it."""
    effect: Effect | None = import_module("macvsim.tools.leftout").effect_of(name, words)
    return effect


@cache
def _built_in(flavour: str, name: str) -> Tool | None:
    """A program of macvsim; None if there is none."""
    place = _places().get((flavour, name))
    if place is None:
        return None
    module = import_module(f"macvsim.tools.{place}")
    return next(one for one in tools_of(module) if one.flavour == flavour and name in one.names)


def tools_of(module: object) -> Iterator[Tool]:
    """The programs that a module has: its global names that are programs, or tuples of programs."""
    for value in vars(module).values():
        for one in value if isinstance(value, tuple) else (value,):
            if isinstance(one, Tool):
                yield one


@cache
def _installed() -> Mapping[str, EntryPoint]:
    """The entry points of installed packages by the names of their programs.

    importlib.metadata costs as much as half of a first command, so that it is imported only where some package has an
    entry point of the group.
    """
    if not any(_names_group(path) for folder in sys.path for path in Path(folder).glob("*-info/entry_points.txt")):
        return MappingProxyType({})
    from importlib.metadata import entry_points

    return MappingProxyType({point.name: point for point in entry_points(group=ENTRY_POINTS)})


@cache
def _load(name: str) -> Tool:
    """The program of an installed package."""
    one = _installed()[name].load()
    if not isinstance(one, Tool):
        raise MacvsimError(f"the entry point {name} of {ENTRY_POINTS} is no Tool: {_installed()[name].value}")
    return one


def _names_group(path: Path) -> bool:
    return f"[{ENTRY_POINTS}]" in path.read_text("utf-8", errors="replace")
