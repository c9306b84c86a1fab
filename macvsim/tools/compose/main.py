"""``docker-compose`` and ``docker compose``: reads the words, finds the file, calls `Session`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files

from macvsim.docker.host import DockerHost
from macvsim.docker.profile import DockerClientError
from macvsim.errors import DockerError, Effect
from macvsim.machine.call import Call, Waiting
from macvsim.machine.tool import Subcommand, ToolError, tool
from macvsim.tools.compose import looking, working
from macvsim.tools.compose.load import load
from macvsim.tools.compose.run import Run
from macvsim.tools.docker.flags import Parsed, parse
from macvsim.tools.docker.manual import Manual, Page
from macvsim.tools.docker.tool import effect_of, flags, profile_of

FLAG_ERROR = 16
_GLOBAL = flags("file project-name project-directory profile ansi progress")
_PATH = "docker compose"


@dataclass(frozen=True)
class Action:
    """How a command is carried out.

    simulated : flags it knows; needs : it is about a project; minimum, maximum : arguments, None for any number
    """

    body: Callable[[Run], int | Waiting]
    simulated: frozenset[str] = frozenset()
    minimum: int = 0
    maximum: int | None = None
    needs: bool = True
    interspersed: bool = True


ACTIONS: Mapping[str, Action] = {
    "config": Action(looking.config, flags("format images no-interpolate quiet services output")),
    "ls": Action(looking.ls, flags("all quiet"), maximum=0, needs=False),
    "ps": Action(looking.ps, flags("all no-trunc quiet services status")),
    "logs": Action(looking.logs, flags("no-color no-log-prefix tail timestamps")),
    "version": Action(looking.version, flags("format short"), maximum=0, needs=False),
    "up": Action(
        working.up,
        flags("detach force-recreate no-build no-color no-deps no-recreate no-start quiet-pull scale timeout"),
    ),
    "create": Action(working.create, flags("force-recreate no-build no-recreate scale")),
    "down": Action(working.down, flags("remove-orphans timeout volumes")),
    "start": Action(working.start),
    "stop": Action(working.stop, flags("timeout")),
    "restart": Action(working.restart, flags("no-deps timeout")),
    "kill": Action(working.kill, flags("signal")),
    "rm": Action(working.rm, flags("force stop volumes")),
    "exec": Action(
        working.execute, flags("detach env index interactive no-TTY privileged tty workdir"), 2, interspersed=False
    ),
}


@cache
def compose_manual() -> Manual:
    """The manual of docker compose 2.26.1."""
    text = (files("macvsim.tools.compose") / "manual-2.26.1.txt").read_text("utf-8")
    return Manual(text, root=_PATH)


def subcommands() -> Iterator[Subcommand]:
    """Every command of compose, as ``docker`` has them."""

    def simulated(page: Page) -> frozenset[str] | None:
        action = ACTIONS.get(page.path.removeprefix(f"{_PATH} "))
        return action.simulated if action else None

    return compose_manual().subcommands(simulated)


def _alone() -> Iterator[Subcommand]:
    return (replace(one, words=one.words[1:]) for one in subcommands() if one.words[1:])


@tool("docker-compose", flavour="debian", subcommands=_alone, effect=Effect.CHANGES)
def docker_compose(call: Call) -> int | Waiting:
    """docker-compose [OPTIONS] COMMAND"""
    return compose(call, call.args)


def compose(call: Call, words: list[str]) -> int | Waiting:
    """``docker compose WORDS…``."""
    if profile_of(call).name != "26.1":
        return call.not_simulated(f"docker compose beside Docker {profile_of(call).name}", Effect.CHANGES)
    book = compose_manual()
    top = book.pages[_PATH]
    try:
        given = parse({**top.options, "version": looking.VERSION_FLAG}, words, interspersed=False)
    except ToolError as error:
        return _bad_flag(call, error)
    if given.on("version"):
        return looking.print_version(call)
    for name, _ in given.given:
        if name not in _GLOBAL and name != "help":
            return call.not_simulated(f"docker compose --{name}", Effect.CHANGES)
    if given.on("help") or not given.args:
        call.out(top.text)
        return 0
    name, *rest = given.args
    page = book.pages.get(f"{_PATH} {name}")
    if page is None:
        call.out(top.text)
        call.err(f'unknown docker command: "compose {name}"\n')
        return FLAG_ERROR
    return _command(call, page, name, given, rest)


def _command(call: Call, page: Page, name: str, given: Parsed, words: list[str]) -> int | Waiting:
    """One command of compose."""
    action = ACTIONS.get(name)
    try:
        own = parse(page.options, words, interspersed=action is None or action.interspersed)
    except ToolError as error:
        return _bad_flag(call, error)
    if own.on("help"):
        call.out("Flag shorthand -h has been deprecated, please use --help\n" * own.warned + page.text)
        return 0
    if action is None:
        return call.not_simulated(page.path, effect_of(page))
    if action.maximum is not None and len(own.args) > action.maximum:
        call.err(f'unknown command "{own.args[0]}" for "{page.path}"\n')
        return 1
    if len(own.args) < action.minimum:
        call.err(f"requires at least {action.minimum} arg(s), only received {len(own.args)}\n")
        return 1
    for flag, _ in own.given:
        if flag not in action.simulated:
            return call.not_simulated(f"{page.path} --{flag}", effect_of(page))
    run = Run(call, own)
    try:
        if action.needs:
            folder, project = given.last("project-directory"), given.last("project-name")
            run.loaded = load(call, given.all("file"), project, folder, given.all("profile"))
        if name not in ("config", "version"):
            run.host = call.box if isinstance(call.box, DockerHost) else None
        result = action.body(run)
    except (ToolError, DockerError) as error:
        return _complain(call, error)
    return result if isinstance(result, int) else _finish(call, result)


def _finish(call: Call, running: Waiting) -> Waiting:
    try:
        return (yield from running)
    except (ToolError, DockerError) as error:
        return _complain(call, error)


def _complain(call: Call, error: ToolError | DockerError) -> int:
    """What the daemon said, or compose itself."""
    is_own = isinstance(error, ToolError | DockerClientError)
    call.err(f"{error}\n" if is_own else f"Error response from daemon: {error}\n")
    return error.status or 1 if isinstance(error, ToolError) else 1


def _bad_flag(call: Call, error: ToolError) -> int:
    call.err(f"{error}\n")
    return FLAG_ERROR
