"""``%%host NODE``: the lines of a cell are typed at a machine or container.  ``%%lab``: the cell describes a lab.

Both work on the variable ``lab`` of the notebook, or on the one that ``--lab NAME`` names.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell
from IPython.core.magic import Magics, cell_magic, line_cell_magic, magics_class
from IPython.core.magic_arguments import argument, magic_arguments, parse_argstring

from macvsim.apps.base import App
from macvsim.apps.ping_result import PingApp, PingResult
from macvsim.engine.unsimulated import after
from macvsim.errors import MacvsimError
from macvsim.lab import Lab
from macvsim.labfile.document import MORE, Document, read_markdown
from macvsim.labfile.frontmatter import FrontMatter
from macvsim.labfile.load import LabFile
from macvsim.labfile.play import LIMIT, Player
from macvsim.labfile.terminals import Terminals
from macvsim.shell.syntax.unfinished import is_unfinished

CELL = "this cell"
"""What messages call the text of a cell, where they would name a file."""


@magics_class
class LabMagics(Magics):
    """The magics of one notebook."""

    def __init__(self, shell: InteractiveShell) -> None:
        super().__init__(shell=shell)
        self._terminals: WeakKeyDictionary[Lab, Terminals] = WeakKeyDictionary()

    @magic_arguments()
    @argument("node", help="a host or container of the lab")
    @argument("--lab", default="lab", help="the variable that holds the lab")
    @argument("command", nargs="*", help="what to type; in a cell, its lines are")
    @line_cell_magic
    def host(self, line: str, cell: str | None = None) -> None:
        """Type commands at a machine or container, each once the one before has ended, and show what the terminal
        shows.  Directory, variables and background jobs stay from cell to cell; ``pings`` are those that were sent.
        """
        node, name, text = _words(line) if cell is None else (*_options(self.host, line), cell)
        lab = self._lab(name)
        pings: list[PingResult] = []

        def watch(app: App) -> None:
            if isinstance(app, PingApp):
                pings.append(app.result())

        lab.sim.program_watchers.append(watch)
        try:
            terminals = self._terminals.setdefault(lab, Terminals(lab, {}))
            for command in _commands(text):
                _type(terminals, node, command)
        except MacvsimError as error:
            raise UsageError(str(error)) from None
        finally:
            lab.sim.program_watchers.remove(watch)
        self._set("pings", pings)

    @magic_arguments()
    @argument("--lab", default="lab", help="the variable that shall hold the lab")
    @cell_magic
    def lab(self, line: str, cell: str) -> None:
        """Make the lab that a cell describes: YAML as in the front matter of a lab document, or a whole document, whose
        commands are played.
        """
        name = parse_argstring(self.lab, line).lab
        try:
            if cell.lstrip().startswith("---"):
                document = read_markdown(cell.lstrip(), CELL)
                file = LabFile(Path(CELL), document, FrontMatter(document.front, CELL, document.front_line))
                player = Player(file, _show)
                for _ in player.play():
                    pass
                lab = player.lab
            else:
                lab = LabFile(Path(CELL), Document(CELL, cell, 1), FrontMatter(cell, CELL)).build()
        except MacvsimError as error:
            raise UsageError(str(error)) from None
        self._set(name, lab)

    def _lab(self, name: str) -> Lab:
        found = (self.shell.user_ns if self.shell is not None else {}).get(name)
        if not isinstance(found, Lab):
            raise UsageError(f"there is no lab in the variable {name!r}: make one with Lab() or %%lab, or name its own")
        return found

    def _set(self, name: str, value: Any) -> None:
        if self.shell is not None:
            self.shell.push({name: value})


def _options(magic: Any, line: str) -> tuple[str, str]:
    """Node and variable of a cell."""
    options = parse_argstring(magic, line)
    if options.command:
        raise UsageError("the commands of a cell stand below its first line")
    return options.node, options.lab


def _words(line: str) -> tuple[str, str, str]:
    """Node, variable and command of a line; the command is left as it is written."""
    name = "lab"
    if line.startswith("--lab"):
        _, name, line = [*line.split(maxsplit=2), "", ""][:3]
    node, _, command = line.strip().partition(" ")
    if not command:
        raise UsageError("%host NODE COMMAND, or %%host NODE with the commands below it")
    return node, name, command


def _commands(text: str) -> list[str]:
    """The commands of a cell, of one or more lines each."""
    found: list[str] = []
    for line in text.splitlines():
        if found and is_unfinished(found[-1]):
            found[-1] += "\n" + line
        elif line.strip():
            found.append(line)
    return found


def _type(terminals: Terminals, node: str, command: str) -> None:
    terminal = terminals.terminal(node)
    first, *more = command.split("\n")
    _show("\n".join([f"{terminal.session.prompt} {first}", *(MORE + line for line in more)]) + "\n")
    before = terminals.lab.unsimulated
    terminal.begin(command, _show)
    try:
        if not terminal.session.advance(LIMIT):
            terminal.session.interrupt()
            raise MacvsimError(f"{command!r} does not end: let it (ping -c 3), or begin it in the background (&)")
    finally:
        terminal.end()
    _show("".join(f"{line}\n" for line in after(before)))


def _show(text: str) -> None:
    print(text, end="")
