"""What ``--help`` says: every command of Docker 26.1's command line, as it prints it on 80 columns.

The texts are also where the command line's grammar comes from: which commands there are, under which names, and which
flags each takes.  A block of the file begins with ``#### docker COMMAND``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from types import MappingProxyType

from macvsim.machine import usage
from macvsim.machine.tool import Subcommand

_OPTION = re.compile(r"^  (?:-(\w), |    )--([\w-]+)(?: ([a-zA-Z]\S*(?: \S+)*))?(?:  .*)?$", re.MULTILINE)
_HEAD = re.compile(r"\nUsage:  ([^\0]*?)\n\n(.*)\n")
SWITCH = "switch"


@dataclass(frozen=True, slots=True)
class Option:
    """A flag: its long name, its letter or an empty string, and the kind of its value (`SWITCH`: it takes none)."""

    name: str
    short: str
    kind: str

    @property
    def shown(self) -> str:
        """As errors about its value name it."""
        return f"-{self.short}, --{self.name}" if self.short else f"--{self.name}"

    @property
    def listed(self) -> usage.Option:
        """As every program's options are listed."""
        return usage.Option(tuple(self.shown.split(", ")), "" if self.kind == SWITCH else self.kind)


@dataclass(frozen=True)
class Page:
    """A command.

    path : ``docker network create``; usage : what stands behind it; summary : one line
    names : every path under which the same command can be called
    """

    path: str
    text: str
    usage: str
    summary: str
    names: tuple[str, ...]

    @cached_property
    def options(self) -> Mapping[str, Option]:
        """Its flags by long name."""
        listed = _OPTION.findall(self.text)
        found = {
            name: Option(name, letter, SWITCH if not kind or " " in kind else kind) for letter, name, kind in listed
        }
        return MappingProxyType({**found, "help": Option("help", "", SWITCH)})

    @property
    def is_group(self) -> bool:
        """It only holds other commands."""
        return self.usage.endswith("COMMAND")


class Manual:
    """Every command by its path; `root`: the path of the one that holds all others."""

    def __init__(self, text: str, root: str = "docker") -> None:
        self.root = root
        pages = {page.path: page for page in (_page(*block.split("\n", 1)) for block in text.split("#### ")[1:])}
        self._names: dict[str, str] = {}
        for page in list(pages.values()):
            first: dict[str, str] = {}
            for name in page.names:
                parent = name.rpartition(" ")[0]
                path = first.setdefault(parent, name)
                if parent in pages:
                    self._names.setdefault(name, path)
                    if path not in pages:
                        usage = f"Usage:  {page.path}"
                        pages[path] = _page(path, page.text.replace(usage, f"Usage:  {path}", 1))
        self.pages = MappingProxyType(pages)

    def subcommands(self, simulated: Callable[[Page], frozenset[str] | None]) -> Iterator[Subcommand]:
        """Every command under each of its names, with its options and the names that are left out.

        simulated : the options that a command knows; None: the command is left out
        """
        named = {name: self.pages[path] for name, path in self._names.items()}
        for path, page in {**self.pages, **named}.items():
            words = tuple(path.split()[1:])
            if words and not page.is_group:
                known = simulated(page)
                options = tuple(option.listed for option in page.options.values())
                left_out = set(page.options) - {"help"} - (known or set())
                missing = frozenset(f"--{name}" for name in left_out)
                yield Subcommand(words, options, missing, known is not None)

    def resolve(self, words: list[str]) -> tuple[Page, list[str]]:
        """The command that the first words name, as far as they name one, and the rest of them."""
        page, rest = self.pages[self.root], list(words)
        while rest and page.is_group:
            name = f"{page.path} {rest[0]}"
            path = name if name in self.pages else self._names.get(name, "")
            if not path:
                break
            page = self.pages[path]
            rest.pop(0)
        return page, rest


def _page(path: str, text: str) -> Page:
    """A block of the file."""
    head = _HEAD.match(text)
    assert head is not None and head[1].startswith(path), path
    aliases = re.search(r"\nAliases:\n  (.*)\n", text)
    names = aliases[1].split(", ") if aliases else []
    usage = head[1].removeprefix(path).lstrip()
    return Page(path, text, usage, head[2], (path, *names))


@cache
def manual() -> Manual:
    """The manual of Docker 26.1."""
    return Manual((files("macvsim.tools.docker") / "manual-26.1.txt").read_text("utf-8"))
