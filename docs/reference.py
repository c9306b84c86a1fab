"""The reference: public names from their docstrings, commands from their help, programs from their usage texts, reasons
from their table.
"""

from __future__ import annotations

import argparse
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import macvsim
from macvsim.cli import parser
from macvsim.dev.base import NetDevice
from macvsim.docker.engine import Engine
from macvsim.docker.host import DockerHost
from macvsim.engine.display import Listed
from macvsim.engine.drop import DropReason
from macvsim.machine.programs import Programs
from macvsim.machine.tool import Tool
from macvsim.machine.usage import Option
from macvsim.output import write_file
from macvsim.switch import SwitchPort

RETURNED = {"DockerHost": DockerHost, "Engine": Engine, "SwitchPort": SwitchPort, "NetDevice": NetDevice}
SECTIONS = ("Parameters", "Returns", "Raises", "Attributes")


def write_reference(folder: Path) -> None:
    """Write the pages of the reference into a folder."""
    folder.mkdir(parents=True)
    for name, page in (("api", api()), ("commands", commands()), ("tools", tools()), ("reasons", reasons())):
        write_file(folder / f"{name}.md", "\n".join(page) + "\n")


# -- Python ------------------------------------------------------------------------------------------------------------


def api() -> Iterator[str]:
    """Every public name, and what its class has."""
    yield "# Python\n"
    yield "The names of `from macvsim import …`.\n"
    for name in macvsim.__all__:
        thing = getattr(macvsim, name)
        if isinstance(thing, type) and issubclass(thing, Exception):
            yield f"## {name}\n\n*exception*\n"
            yield from _docstring(thing)
        elif name == "DropReason":
            yield f"## {name}\n"
            yield from _docstring(thing)
            yield "Its members are in [Reasons](reasons.md).\n"
        elif isinstance(thing, type):
            yield from _class(name, thing)
        else:
            yield f"## {name}\n"
            yield from _signature(name, thing)
            yield from _docstring(thing)
    yield "Objects that methods return:\n"
    for name, cls in RETURNED.items():
        yield from _class(name, cls)


def _class(name: str, cls: type) -> Iterator[str]:
    yield f"## {name}\n"
    yield from _signature(name, cls)
    yield from _docstring(cls)
    for member, thing in _members(cls):
        yield f"### {name}.{member}\n"
        if not isinstance(thing, property):
            yield from _signature(member, thing)
        yield from _docstring(thing)


def _members(cls: type) -> Iterator[tuple[str, Any]]:
    """Public methods and properties with a docstring, in the order in which they are written; a base's come first.

    Of a class whose objects list their public names, these.
    """
    public = public_names(cls) if issubclass(cls, Listed) else None
    seen: dict[str, Any] = {}
    for base in reversed(cls.__mro__):
        if base.__module__.startswith("macvsim"):
            seen.update((name, thing) for name, thing in vars(base).items() if not name.startswith("_"))
    for name, thing in seen.items():
        if public is not None and name not in public:
            continue
        if isinstance(thing, property | classmethod) or inspect.isfunction(thing):
            thing = thing.__func__ if isinstance(thing, classmethod) else thing
            if inspect.getdoc(thing):
                yield name, thing


def public_names(cls: type[Listed]) -> list[str]:
    """As ``dir()`` of an object has them."""
    return dir(object.__new__(cls))


def _signature(name: str, thing: Any) -> Iterator[str]:
    text = str(inspect.signature(thing))
    text = re.sub(r"(: |-> )'([^']*)'", r"\1\2", text).replace("(self, ", "(").replace("(self)", "()")
    short = ", ".join(re.sub(r"macvsim(?:\.\w+)*\.(\w+)", r"\1", text).split(", "))
    yield f"```python\n{name}{short.removesuffix(' -> None')}\n```\n"


def _docstring(thing: Any) -> Iterator[str]:
    """A docstring as Markdown: its sections as lists."""
    lines = (inspect.getdoc(thing) or "").splitlines()
    at = 0
    while at < len(lines):
        if lines[at] in SECTIONS and at + 1 < len(lines) and set(lines[at + 1]) == {"-"}:
            end = next(
                (n for n in range(at + 2, len(lines) - 1) if set(lines[n + 1]) == {"-"} and lines[n]), len(lines)
            )
            yield f"\n**{lines[at]}**\n"
            yield from _items(lines[at + 2 : end])
            at = end
        elif lines[at].rstrip().endswith("::"):
            yield lines[at].rstrip().removesuffix("::") or ""
            end = next((n for n in range(at + 1, len(lines)) if lines[n] and not lines[n].startswith(" ")), len(lines))
            yield "\n```python\n" + inspect.cleandoc("\n".join(lines[at + 1 : end])) + "\n```\n"
            at = end
        elif re.match(r"\S.* : ", lines[at]):
            end = next((n for n in range(at + 1, len(lines)) if not lines[n]), len(lines))
            yield from ("", *_items(lines[at:end]))
            at = end
        else:
            yield re.sub(r"``([^`]+)``", r"`\1`", lines[at])
            at += 1
    yield ""


def _items(lines: list[str]) -> Iterator[str]:
    """``name : what`` as items of a list; other lines go on with the one before."""
    for line in lines:
        found = re.match(r"(\S.*?) : (.*)", line)
        text = re.sub(r"``([^`]+)``", r"`\1`", (found[2] if found else line.strip()))
        if found:
            yield f"- `{found[1]}`: {text}"
        elif text:
            yield f"  {text}"
    yield ""


# -- commands ----------------------------------------------------------------------------------------------------------


def commands() -> Iterator[str]:
    """``macvsim COMMAND --help`` of all."""
    yield "# Commands\n"
    for action in parser()._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, one in action.choices.items():
                yield f"## macvsim {name}\n\n{one.description}\n"
                yield f"```text\n{one.format_help().split(chr(10) * 2, 1)[0]}\n```\n"
                yield from _options(one)


def _options(one: argparse.ArgumentParser) -> Iterator[str]:
    rows = [option for option in one._actions if option.dest != "help"]
    if rows:
        yield "| | |\n|---|---|"
    for option in rows:
        words = ", ".join(option.option_strings)
        value = option.metavar or (option.dest if option.nargs != 0 else "")
        name = f"{words} {value}".strip() if option.nargs != 0 else words
        yield f"| `{name}` | {(option.help or '').replace('|', '&#124;')} |"
    yield ""


# -- programs of boxes -------------------------------------------------------------------------------------------------


def tools() -> Iterator[str]:
    """Every option of every program: works, or is left out."""
    yield "# Tools\n"
    yield "Every option of every program that hosts and containers have, from the programs' own usage texts."
    yield "An option that is left out answers `not simulated: …` with status 95.\n"
    for one in sorted(Programs().all(), key=lambda tool: (tool.name, tool.flavour)):
        boxes = {"*": "every box", "debian": "hosts", "centos": "CentOS hosts", "busybox": "busybox containers"}
        also = f", also `{'`, `'.join(one.names[1:])}`" if one.names[1:] else ""
        yield f"## {one.name}, {boxes[one.flavour]}\n"
        yield f"Package `{one.package}`{also}.\n"
        yield from _tool(one)


def _tool(one: Tool) -> Iterator[str]:
    options = list(dict.fromkeys(one.options.values()))
    known = {name for option in options for name in option.names}
    rows = [(_named(option), one.left_out_text(option)) for option in options]
    rows += [(name, what) for name, what in one.left_out.items() if name not in known]
    if rows:
        yield "| option | |\n|---|---|"
    for name, what in rows:
        yield f"| `{_cell(name)}` | {'works' if what is None else _cell(f'left out: {what}' if what else 'left out')} |"
    if one.commands:
        yield "| command | works | left out |\n|---|---|---|"
    for command in one.commands:
        names = [(_named(option), bool(command.left_out & set(option.names))) for option in command.options]
        works, missing = ([name for name, left in names if left == wanted] for wanted in (False, True))
        cells = (works or ["yes"], missing) if command.works else ([], ["all of it"])
        shown = " | ".join(", ".join(f"`{_cell(name)}`" if name.startswith("-") else name for name in c) for c in cells)
        yield f"| `{' '.join(command.words)}` | {shown} |"
    if not rows and not one.commands:
        yield "It reads its words itself."
    yield ""


def _named(option: Option) -> str:
    return f"{', '.join(option.names)} {option.argument}".strip()


def _cell(text: str) -> str:
    return text.replace("|", "&#124;")


# -- reasons -----------------------------------------------------------------------------------------------------------


def reasons() -> Iterator[str]:
    """The table of why packets end."""
    yield "# Reasons\n"
    yield "Why a packet, or a copy of it, ended: `DropReason`, with the kernel's `skb_drop_reason` where it has one.\n"
    yield "| reason | kernel | what it means | what to try |\n|---|---|---|---|"
    for reason in DropReason:
        cells = (f"`{reason.name}`", f"`{reason.kernel}`" if reason.kernel else "", reason.meaning, reason.hint)
        yield "| " + " | ".join(cell.replace("|", "&#124;") for cell in cells) + " |"
