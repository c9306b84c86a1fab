"""The state of one shell process: variables, parameters, functions, jobs; and how it leaves loops and functions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from macvsim.engine.sim import SECOND
from macvsim.machine.host import Box
from macvsim.machine.job import SIGNALS, Job
from macvsim.shell.dialects import Dialect
from macvsim.shell.syntax.nodes import Function
from macvsim.shell.variables import Items, VariableError, Variables

if TYPE_CHECKING:
    from collections.abc import Callable

_REMEMBERED = 1024
"""Exit statuses of children that ``wait`` still knows."""
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


class JobTable:
    """Children until ``jobs`` or ``wait`` has said that they ended.

    known : every child by process id, for ``wait``
    """

    def __init__(self) -> None:
        self._waited: dict[int, None] = {}
        self._jobs: dict[int, Job] = {}
        self.known: dict[int, Job] = {}

    def add(self, job: Job, *, fill: bool) -> int:
        """Number of a new child: one more than the greatest that is in use, or, to `fill`, the least that is free or
        belongs to a child that was waited for.
        """
        number = max(self._jobs, default=0) + 1
        if fill:
            number = next(one for one in range(1, number + 1) if one not in self._jobs or one in self._waited)
        self._waited.pop(number, None)
        self._jobs[number] = job
        self.known[job.pid] = job
        if len(self.known) > _REMEMBERED:
            del self.known[next(iter(self.known))]
        return number

    def seen(self) -> JobTable:
        """The table as a subshell of bash lists it; the children are not its own."""
        new = JobTable()
        new._jobs = dict(self._jobs)
        return new

    def __len__(self) -> int:
        return len(self._jobs)

    def numbered(self) -> list[tuple[int, Job]]:
        """Children with their numbers, in order."""
        return sorted(self._jobs.items())

    def get(self, number: int) -> Job | None:
        return self._jobs.get(number)

    def number_of(self, job: Job) -> int | None:
        """The number of a child; None if it is in the table no more."""
        return next((number for number, one in self._jobs.items() if one is job), None)

    def current(self, back: int = 0) -> Job | None:
        """The job ``%+``, or, one `back`, ``%-``: those begun last."""
        jobs = [job for _, job in self.numbered()]
        return jobs[-1 - back] if len(jobs) > back else jobs[-1] if jobs else None

    def mark(self, number: int) -> str:
        """``+`` for the job begun last, ``-`` for the one before it."""
        numbers = sorted(self._jobs)
        return "+" if number == numbers[-1] else "-" if number in numbers[-2:-1] else " "

    def remove(self, job: Job) -> None:
        """A child that ``jobs`` shows no more."""
        number = self.number_of(job)
        if number is not None:
            del self._jobs[number]

    def waited(self, job: Job) -> None:
        """A child was waited for: its number can be used again."""
        number = self.number_of(job)
        if number is not None:
            self._waited[number] = None

    def forget_ended(self) -> None:
        """Remove the jobs that have ended."""
        self._jobs = {number: job for number, job in self._jobs.items() if job.code is None}


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

    def value_of(self, name: str) -> str | None:
        """Value of a parameter, None if it is unset."""
        if name.isdecimal():
            number = int(name)
            if number == 0:
                return self.name
            return self.params[number - 1] if number <= len(self.params) else None
        match name:
            case "?":
                return str(self.status)
            case "$":
                return str(self.pid)
            case "!":
                return str(self.last_background) if self.last_background else None
            case "#":
                return str(len(self.params))
            case "-":
                return self.dialect.option_letters(self.options)
            case "@" | "*":
                return " ".join(self.params)
        return self.variables.get(name)

    def values_of(self, name: str, subscript: str | None) -> list[str] | None:
        """The values of ``$@``, ``$*``, ``${name[@]}`` and ``${name[*]}``; None for a parameter that has one value."""
        if name in ("@", "*") and subscript is None:
            return self.params
        if subscript not in ("@", "*"):
            return None
        variable = self.variables.find(name)
        return [] if variable is None else [value for _, value in variable.elements()]

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
