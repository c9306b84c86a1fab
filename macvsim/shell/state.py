"""What one shell process knows: variables, parameters, functions, jobs; and how it leaves loops and functions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from macvsim.machine.host import Box
from macvsim.shell.dialect import Dialect
from macvsim.shell.syntax.nodes import Command

if TYPE_CHECKING:
    from macvsim.machine.job import Job

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class OptionAt(NamedTuple):
    """How far ``getopts`` has come.

    shown : what it left in OPTIND, which begins anew when somebody changed that; word : which, from 1; offset : of the
    letter in it, 0 before it
    """

    shown: str
    word: int
    offset: int


class State:
    """Variables and the like of a shell; a subshell works on a copy."""

    def __init__(self, box: Box, dialect: Dialect) -> None:
        self.box = box
        self.dialect = dialect
        self.variables: dict[str, str] = {"HOME": "/root", "PATH": PATH, "PWD": "/", "IFS": " \t\n"}
        self.exported: dict[str, None] = {"HOME": None, "PATH": None, "PWD": None}
        self.read_only: dict[str, None] = {}
        self.name = dialect.arg0
        self.params: list[str] = []
        self.functions: dict[str, Command] = {}
        self.options: dict[str, None] = {}
        """Letters that ``set`` switched on, and ``pipefail``."""
        self.aliases: dict[str, str] = {}
        self.option_at = OptionAt("1", 1, 0)
        self.status = 0
        self.cwd = "/"
        self.pid = box.kernel.next_pid()
        self.jobs: list[Job] = []
        """Children in the background, until ``jobs`` has said that they ended."""
        self.last_background = 0
        self.exit_trap = ""
        self.local: list[dict[str, str | None]] = []
        """What ``local`` hid, for each function that runs: old values, None for unset."""

    def copy(self) -> State:
        """For a subshell: what it changes stays with it; it has no children."""
        new = object.__new__(State)
        new.__dict__.update(self.__dict__)
        new.variables, new.exported = dict(self.variables), dict(self.exported)
        new.read_only, new.options = dict(self.read_only), dict(self.options)
        new.functions, new.params, new.aliases = dict(self.functions), list(self.params), dict(self.aliases)
        new.jobs, new.exit_trap, new.local = [], "", [dict(hidden) for hidden in self.local]
        return new

    def export(self, variables: Mapping[str, str]) -> None:
        """Give variables values, and export them."""
        self.variables.update(variables)
        self.exported.update(dict.fromkeys(variables))

    def environment(self) -> dict[str, str]:
        """Exported variables that have values."""
        return {name: self.variables[name] for name in self.exported if name in self.variables}

    def set(self, name: str, value: str) -> None:
        """Assign; `ShellError` if the variable is read-only."""
        if name in self.read_only:
            raise ShellError(f"{name}: {self.dialect.read_only}")
        self.variables[name] = value


class ShellError(Exception):
    """Something that ends a non-interactive shell; `text` is what it says first."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


class Leave(Exception):
    """Base of the ways out."""


class Exit(Leave):
    """``exit``."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class Logout(Exit):
    """``exit``, typed or in a script: the end even of a shell that people type at, which outlives its mistakes."""


class Return(Leave):
    """``return``."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class LoopControl(Leave):
    """``break`` (`again` False) or ``continue`` through `levels` loops."""

    def __init__(self, levels: int, again: bool) -> None:
        super().__init__(levels, again)
        self.levels = levels
        self.again = again
