"""What a command is given and how it answers: the contract between the shell and every tool.

A command is a function registered under its names for some flavours of boxes::

    @command("hostname")
    def hostname(call: Call) -> int:
        call.out(call.box.hostname + "\\n")
        return 0

One that takes simulated time is a generator: it yields simpy events and returns the exit code.  A signal reaches it as
`simpy.Interrupt` whose cause is the signal's number; not caught, it ends the command with 128 + that number.  Commands
are thin: they parse words, call the model that the Python API calls, and print.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from functools import cache
from importlib import import_module
from typing import Any

import simpy

from macvsim.machine.files import FileSystem
from macvsim.machine.host import Box
from macvsim.machine.streams import Input, Sink, discard

Waiting = Generator[simpy.Event, Any, int]
Command = Callable[["Call"], int | Waiting]

NOT_SIMULATED = 95
"""Exit code of what macvsim leaves out on purpose."""


class Call:
    """One command being run.

    Parameters
    ----------
    argv : the words, the command's name first
    stdin : what is piped in; None when nothing is
    stdout, stderr : called with every piece of output
    env : exported variables; cwd : working directory
    """

    def __init__(
        self,
        box: Box,
        argv: list[str],
        stdin: str | Input | None = None,
        stdout: Sink = discard,
        stderr: Sink = discard,
        env: dict[str, str] | None = None,
        cwd: str = "/",
    ) -> None:
        self.box = box
        self.argv = argv
        self.source = Input(stdin) if isinstance(stdin, str) else stdin
        self.stdout = stdout
        self.stderr = stderr
        self.env = {} if env is None else env
        self.cwd = cwd

    @property
    def stdin(self) -> str | None:
        """What is piped in, all of it, which is then read; None when nothing is piped."""
        return None if self.source is None else self.source.rest()

    @property
    def files(self) -> FileSystem:
        """The box's files, seen from the working directory."""
        return FileSystem(self.box, self.cwd)

    @property
    def name(self) -> str:
        return self.argv[0]

    @property
    def args(self) -> list[str]:
        return self.argv[1:]

    def out(self, text: str) -> None:
        """Print to standard output."""
        self.stdout(text)

    def err(self, text: str) -> None:
        """Print to standard error."""
        self.stderr(text)

    def not_simulated(self, what: str) -> int:
        """Say that a real feature is left out, and how to exit."""
        self.err(f"not simulated: {what}\n")
        return NOT_SIMULATED


@cache
def load_programs() -> None:
    """Import the room of programs, which stands above this one, so that its modules register what they have."""
    import_module("macvsim.tools").load_commands()


class Registry:
    """Commands by flavour and name.  Filled at import by `command`, read-only afterwards."""

    def __init__(self) -> None:
        self._commands: dict[tuple[str, str], Command] = {}
        self._streaming: set[Command] = set()

    def add(self, name: str, flavour: str, fn: Command, *, streams: bool = False) -> None:
        """Register a command; a name is registered once per flavour."""
        key = (flavour, name)
        if key in self._commands:
            raise ValueError(f"the command {name} is registered twice for {flavour}")
        self._commands[key] = fn
        if streams:
            self._streaming.add(fn)

    def streams(self, fn: Command) -> bool:
        """True if a command reads what is piped in while it comes; others are started when all of it is there."""
        return fn in self._streaming

    def find(self, name: str, flavour: str) -> Command | None:
        """The command a box of that flavour runs under that name; ``centos`` has ``debian``'s tools but for those of
        its own, and ``*`` commands exist everywhere.
        """
        load_programs()
        return next((fn for kind in _searched(flavour) if (fn := self._commands.get((kind, name)))), None)

    def names(self, flavour: str) -> list[str]:
        """Every command name of a flavour, sorted."""
        load_programs()
        kinds = _searched(flavour)
        return sorted({name for kind, name in self._commands if kind in kinds})


def _searched(flavour: str) -> tuple[str, ...]:
    """The flavours whose commands a flavour has, its own first."""
    return ("centos", "debian", "*") if flavour == "centos" else (flavour, "*")


REGISTRY = Registry()


def command(*names: str, flavour: str = "*", streams: bool = False) -> Callable[[Command], Command]:
    """Register a function under names, for boxes of a flavour: ``busybox``, ``debian`` (the distribution's tools),
    ``centos``, or ``*``.

    streams : it reads `Call.source` by itself, line by line, while the program before it in a pipe still runs
    """

    def register(fn: Command) -> Command:
        for name in names:
            REGISTRY.add(name, flavour, fn, streams=streams)
        return fn

    return register
