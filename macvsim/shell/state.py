"""The state of one shell process: variables, parameters, functions, jobs; and how it leaves loops and functions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from macvsim.engine.sim import SECOND
from macvsim.machine.host import Box
from macvsim.machine.job import SIGNALS
from macvsim.shell.dialects.base import Dialect
from macvsim.shell.jobtable import JobTable
from macvsim.shell.syntax.nodes import Function
from macvsim.shell.variables import Items, VariableError, Variables

if TYPE_CHECKING:
    from collections.abc import Callable

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class OptionAt(NamedTuple):
    """How far ``getopts`` has come.

    shown : what it left in OPTIND, which begins anew when a script changed that; word : its number, from 1; offset : of
    the letter in it, 0 before it
    """

    shown: str
    word: int
    offset: int


class Frame(NamedTuple):
    """A function that runs, or a file that is sourced (name ``source``): where it was called, and its file."""

    name: str
    line: int
    source: str


class State:
    """Variables and the like of a shell; a subshell works on a copy.

    options : letters that ``set`` switched on, and names of options that have no letter
    shopts : options of ``shopt`` that are on
    traps : commands by name of the signal, or ``EXIT``, ``ERR``, ``DEBUG``, ``RETURN``
    """

    def __init__(self, box: Box, dialect: Dialect) -> None:
        self.box = box
        self.dialect = dialect
        self.variables = Variables(_no_arithmetic)
        self.export({"HOME": "/root", "PATH": PATH, "PWD": "/"})
        self.variables.update(dialect.variables)
        self.name = dialect.arg0
        self.params: list[str] = []
        self.functions: dict[str, Function] = {}
        self.exported_functions: dict[str, None] = {}
        self.options: dict[str, None] = dict.fromkeys(dialect.options)
        self.shopts: dict[str, None] = dict.fromkeys(dialect.shopts)
        self.aliases: dict[str, str] = {}
        self.hashed: dict[str, int] = {}
        """Programs that have run, and how often, as ``hash`` lists them."""
        self.disabled: dict[str, None] = {}
        """Builtins that ``enable -n`` switched off."""
        self.option_at = OptionAt("1", 1, 0)
        self.status = 0
        self.pipe_status: list[int] = []
        self.cwd = "/"
        self.directories: list[str] = []
        """The stack of ``pushd``, without the working directory."""
        self.umask = 0o022
        self.limits: dict[str, str] = {}
        self.pid = box.kernel.next_pid()
        self.parent = 1
        self.jobs = JobTable()
        self.last_background = 0
        self.traps: dict[str, str] = {}
        self.ignored: frozenset[str] = frozenset()
        """Signals that were ignored when the shell began: it cannot trap them."""
        self.frames: list[Frame] = []
        self.command = ""
        """The command that runs, as a DEBUG trap sees it."""
        self.began = int(box.sim.now) // SECOND
        self.random_seed: int | None = None
        self.random_last = 0
        self.own_pid: int | None = None
        self.specials_gone: set[str] = set()
        """Computed variables that were unset, and are like others since."""
        self.depth = 0
        """How many subshells this one is in."""
        self.nested = 0
        """How many command substitutions this shell is in."""

    def copy(self) -> State:
        """For a subshell: what it changes stays with it; it has no children, and of the traps only what is ignored."""
        new = object.__new__(State)
        new.__dict__.update(self.__dict__)
        new.variables = self.variables.copy(_no_arithmetic)
        for name in ("functions", "exported_functions", "options", "shopts", "aliases", "disabled", "hashed", "limits"):
            setattr(new, name, dict(getattr(self, name)))
        new.params, new.frames, new.directories = list(self.params), list(self.frames), list(self.directories)
        new.specials_gone = set(self.specials_gone)
        new.jobs, new.own_pid = self.jobs.seen() if self.dialect.name == "bash" else JobTable(), None
        new.traps = {name: text for name, text in self.traps.items() if not text}
        new.depth = self.depth + 1
        return new

    def ignored_signals(self) -> frozenset[str]:
        """The signals that a program ignores when this shell starts it."""
        return self.ignored.union(name for name, text in self.traps.items() if not text and name in SIGNALS)

    def in_function(self) -> bool:
        """True inside a function."""
        return self.variables.depth > 0

    # -- variables -----------------------------------------------------------------------------------------------------

    def export(self, variables: Mapping[str, str]) -> None:
        """Give variables values, and export them."""
        for name, value in variables.items():
            self.variables[name] = value
            self.variables.declare(name, "x")

    def environment(self) -> dict[str, str]:
        """Exported variables that have values."""
        names = self.variables.marked("x")
        return {name: value for name in names if (value := self.variables.get(name)) is not None}

    def assign(self, reference: str, value: str, *, append: bool = False) -> None:
        """``name=value`` or ``name[subscript]=value``; `ShellError` if that cannot be."""
        self._try(lambda: self.variables.set_reference(reference, value, append=append))

    def set(self, name: str, value: str, *, append: bool = False) -> None:
        """``name=value``; `ShellError` if that cannot be."""
        if append:
            said = f"{self.box.name}: the variable {name} grows long"
            self.box.sim.meter.build(len(value) + len(self.variables.get(name) or ""), said)
        self._try(lambda: self.variables.set(name, value, append=append))

    def set_element(self, name: str, subscript: str, value: str, *, append: bool = False) -> None:
        """``name[subscript]=value``, likewise."""
        self._try(lambda: self.variables.set_element(name, subscript, value, append=append))

    def set_array(self, name: str, items: Items, *, append: bool = False) -> None:
        """``name=(…)``, likewise."""
        self._try(lambda: self.variables.set_array(name, items, append=append))

    def _try(self, assign: Callable[[], None]) -> None:
        try:
            assign()
        except VariableError as error:
            raise ShellError(self.dialect.variable(error)) from None


def _no_arithmetic(text: str) -> int:
    """Until an interpreter brings its own."""
    return int(text) if text.lstrip("-").isdecimal() else 0


class ShellError(Exception):
    """Something that ends a non-interactive shell, or in bash only the line unless it is `fatal`.

    text : what the shell says first; parsed : dash's relatives count the line that was read last
    """

    def __init__(self, text: str, *, fatal: bool = False, parsed: bool = False) -> None:
        super().__init__(text)
        self.text = text
        self.fatal = fatal
        self.parsed = parsed


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
    """``break`` (`again` False) or ``continue`` through `levels` loops; `status` is the loop's then."""

    def __init__(self, levels: int, again: bool, status: int = 0) -> None:
        super().__init__(levels, again)
        self.status = status
        self.levels = levels
        self.again = again
