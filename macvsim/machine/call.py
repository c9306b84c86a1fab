"""What a command is given and how it answers: the contract between the shell and every tool.

A command is a `macvsim.machine.tool.Tool`: a function with its names, its usage text and what it leaves out.  One that
takes simulated time is a generator: it yields simpy events and returns the exit code.  A signal reaches it as
`simpy.Interrupt` whose cause is the signal's number; not caught, it ends the command with 128 + that number.  Commands
are thin: they parse words, call the model that the Python API calls, and print.
"""

from __future__ import annotations

from macvsim.machine.files import FileSystem
from macvsim.machine.host import Box
from macvsim.machine.options import Given
from macvsim.machine.streams import Input, Sink, discard
from macvsim.machine.tool import Tool, Waiting

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
        self.tool: Tool | None = None
        """The program that runs."""
        self.given = Given()
        """Its options and operands, where its manner has them read."""

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


__all__ = ["NOT_SIMULATED", "Call", "Waiting"]
