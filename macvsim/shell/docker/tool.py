"""What the subcommands share: how they are described, called, and how they complain."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from macvsim.docker.engine import Engine
from macvsim.docker.host import DockerHost
from macvsim.docker.profile import Profile, get_profile
from macvsim.errors import DockerError
from macvsim.shell.call import Call, Waiting
from macvsim.shell.docker.flags import FlagError, Flags, Parsed, parse

FLAG_ERROR = 125
Body = Callable[["Invocation"], int | Waiting]


@dataclass(frozen=True)
class Subcommand:
    """One subcommand.

    path : words, ``docker network create``; usage, summary : for errors about arguments
    minimum, maximum : how many arguments it takes; None: any number
    """

    path: str
    usage: str
    summary: str
    body: Body
    flags: Flags = field(default_factory=Flags)
    minimum: int = 0
    maximum: int | None = 0

    @property
    def requirement(self) -> str:
        """What the number of arguments has to be (docker/cli cli/required.go)."""
        if self.maximum == 0:
            return "accepts no arguments"
        plural = "" if self.minimum == 1 else "s"
        if self.maximum == self.minimum:
            return f"requires exactly {self.minimum} argument{plural}"
        if self.maximum is None:
            return f"requires at least {self.minimum} argument{plural}"
        return f"requires at least {self.minimum} and at most {self.maximum} arguments"


@dataclass
class Invocation:
    """A subcommand being run."""

    call: Call
    command: Subcommand
    parsed: Parsed
    profile: Profile

    @property
    def args(self) -> list[str]:
        return self.parsed.args

    @property
    def engine(self) -> Engine:
        """The daemon of this host, started if it was not; `DockerError` where there can be none."""
        box = self.call.box
        if not isinstance(box, DockerHost):
            raise self.profile.error("cli.no_daemon")
        return box.docker

    def out(self, line: str) -> None:
        """Print a line."""
        self.call.out(f"{line}\n")

    def complain(self, error: DockerError) -> None:
        """Print an error as every subcommand but ``run`` does."""
        self.call.err(f"{self.profile.stderr_line(error)}\n")

    def each(self, work: Callable[[str], object], *, echo: bool = True) -> list[str]:
        """Do something for every argument, print its name or the error; returns the arguments that failed."""
        failed = []
        for name in self.args:
            try:
                work(name)
            except DockerError as error:
                self.complain(error)
                failed.append(name)
            else:
                if echo:
                    self.out(name)
        return failed


def profile_of(call: Call) -> Profile:
    """The Docker version of a host."""
    box = call.box
    return box.profile if isinstance(box, DockerHost) else get_profile()


def invoke(call: Call, command: Subcommand, words: list[str]) -> int | Waiting:
    """Read the flags and run a subcommand; errors are printed."""
    profile = profile_of(call)
    try:
        parsed = parse(command.flags, words)
    except FlagError as error:
        call.err(profile.text("cli.flag", error=error, command=command.path) + "\n")
        return FLAG_ERROR
    if parsed.on("help"):
        return call.not_simulated(f"{command.path} --help")
    for name, _ in parsed.given:
        if name in command.flags.left_out:
            return call.not_simulated(f"{command.path} --{name}")
    count = len(parsed.args)
    if count < command.minimum or (command.maximum is not None and count > command.maximum):
        text = profile.text(
            "cli.arguments",
            command=command.path,
            requirement=command.requirement,
            usage=command.usage,
            summary=command.summary,
        )
        call.err(text + "\n")
        return 1
    invocation = Invocation(call, command, parsed, profile)
    try:
        result = command.body(invocation)
    except DockerError as error:
        invocation.complain(error)
        return 1
    return result if isinstance(result, int) else _finish(invocation, result)


def _finish(invocation: Invocation, running: Waiting) -> Waiting:
    """Run one that waits; errors are printed."""
    try:
        return (yield from running)
    except DockerError as error:
        invocation.complain(error)
        return 1
