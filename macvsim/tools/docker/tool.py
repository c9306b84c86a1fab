"""What the subcommands share: how they are described, called, and how they complain."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from macvsim.docker.engine import Engine
from macvsim.docker.host import DockerHost
from macvsim.docker.profile import Profile, get_profile
from macvsim.errors import DockerError, Effect
from macvsim.machine.call import Call, Waiting
from macvsim.machine.tool import ToolError
from macvsim.tools.docker.flags import Parsed, parse
from macvsim.tools.docker.manual import Option, Page

FLAG_ERROR = 125
Body = Callable[["Invocation"], int | Waiting]


@dataclass(frozen=True)
class Subcommand:
    """How a command of the manual is carried out.

    simulated : names of the flags that it knows; others of the manual are answered ``not simulated: …``
    minimum, maximum : how many arguments it takes; None: any number
    hidden : flags that the manual does not tell of
    inert : names of flags that concern no network: they are read, and do nothing but print a note
    interspersed : flags may stand behind arguments
    """

    body: Body
    simulated: frozenset[str] = frozenset()
    minimum: int = 0
    maximum: int | None = 0
    hidden: Mapping[str, Option] = field(default_factory=dict)
    inert: frozenset[str] = frozenset()
    interspersed: bool = True

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

    def accepts(self, count: int) -> bool:
        """Whether it takes that many arguments."""
        return self.minimum <= count and (self.maximum is None or count <= self.maximum)


def flags(names: str) -> frozenset[str]:
    """Names of flags, parted by blanks."""
    return frozenset(names.split())


@dataclass
class Invocation:
    """A subcommand being run."""

    call: Call
    page: Page
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


_READING = frozenset(
    ("attach", "config", "df", "diff", "events", "export", "history", "images", "info", "inspect", "login", "logout",
     "logs", "ls", "port", "ps", "push", "save", "search", "show", "stats", "top", "version", "wait")
)  # fmt: skip


def effect_of(page: Page) -> Effect:
    """The effect of a subcommand on a real network."""
    return Effect.READS if page.path.split()[-1] in _READING else Effect.CHANGES


def show_help(call: Call, page: Page, *, old_way: bool = False) -> int:
    """``--help``; `old_way`: asked for by ``-h``."""
    if profile_of(call).name != "26.1":
        return call.not_simulated(f"{page.path} --help of Docker {profile_of(call).name}", Effect.NONE)
    call.out("Flag shorthand -h has been deprecated, please use --help\n" * old_way + page.text)
    return 0


def invoke(call: Call, page: Page, command: Subcommand | None, words: list[str]) -> int | Waiting:
    """Read the flags and run a subcommand (None: one that is left out); errors are printed."""
    profile = profile_of(call)
    options = {**page.options, **command.hidden} if command else page.options
    try:
        parsed = parse(options, words, interspersed=command is None or command.interspersed)
    except ToolError as error:
        call.err(profile.text("cli.flag", error=error, command=page.path) + "\n")
        return FLAG_ERROR
    if parsed.on("help"):
        return show_help(call, page, old_way=parsed.warned)
    if command is None:
        return call.not_simulated(page.path, effect_of(page))
    if not command.accepts(len(parsed.args)):
        text = profile.text(
            "cli.arguments",
            command=page.path,
            requirement=command.requirement,
            usage=page.usage,
            summary=page.summary,
        )
        call.err(text + "\n")
        return 1
    given = dict.fromkeys(name for name, _ in parsed.given)
    for name in given:
        if name not in (*command.simulated, *command.hidden, *command.inert, "help"):
            return call.not_simulated(f"{page.path} --{name}", effect_of(page))
    for name in given:
        if name in command.inert:
            call.err(f"note: {page.path} --{name} has no effect here\n")
    invocation = Invocation(call, page, parsed, profile)
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
