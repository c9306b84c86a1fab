"""``docker``: finds the subcommand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module

from macvsim.errors import Effect
from macvsim.machine import tool as tool_module
from macvsim.machine.call import Call, Waiting
from macvsim.machine.tool import ToolError, tool
from macvsim.tools.docker.flags import parse
from macvsim.tools.docker.manual import Manual, Page, manual
from macvsim.tools.docker.tool import FLAG_ERROR, Subcommand, invoke, profile_of, show_help

COMMANDS: Mapping[str, str] = {
    "docker run": "running.RUN",
    "docker create": "running.CREATE",
    "docker exec": "running.EXEC",
    "docker start": "attaching.START",
    "docker attach": "attaching.ATTACH",
    "docker update": "containers.UPDATE",
    "docker stop": "containers.STOP",
    "docker restart": "containers.RESTART",
    "docker kill": "containers.KILL",
    "docker rm": "containers.RM",
    "docker rename": "states.RENAME",
    "docker pause": "states.PAUSE",
    "docker unpause": "states.UNPAUSE",
    "docker wait": "states.WAIT",
    "docker cp": "copying.CP",
    "docker diff": "copying.DIFF",
    "docker logs": "states.LOGS",
    "docker top": "states.TOP",
    "docker container prune": "pruning.CONTAINERS",
    "docker ps": "listing.PS",
    "docker inspect": "looking.INSPECT",
    "docker container inspect": "looking.CONTAINER_INSPECT",
    "docker port": "looking.PORT",
    "docker images": "images.IMAGES",
    "docker system prune": "pruning.SYSTEM",
    "docker import": "images.IMPORT",
    "docker tag": "images.TAG",
    "docker rmi": "images.RMI",
    "docker pull": "images.PULL",
    "docker image prune": "pruning.IMAGES",
    "docker image inspect": "image_inspect.INSPECT",
    "docker history": "image_inspect.HISTORY",
    "docker version": "version.VERSION",
    "docker info": "info.INFO",
    "docker volume ls": "listing.VOLUMES",
    **{f"docker {kind} ls": "swarm.LIST" for kind in ("node", "service", "stack", "secret", "config")},
    "docker swarm leave": "swarm.LEAVE",
    "docker plugin ls": "swarm.PLUGINS",
    "docker network create": "networks.CREATE",
    "docker network rm": "networks.RM",
    "docker network ls": "listing.NETWORKS",
    "docker network inspect": "networks.INSPECT",
    "docker network connect": "networks.CONNECT",
    "docker network disconnect": "networks.DISCONNECT",
    "docker network prune": "pruning.NETWORKS",
}
"""The module and the name there of what carries a command out, by one of its paths."""


def command_of(page: Page) -> Subcommand | None:
    """How a command of the manual is carried out; None for one that is left out."""
    place = next((COMMANDS[name] for name in page.names if name in COMMANDS), None)
    if place is None:
        return None
    module, _, name = place.partition(".")
    found: Subcommand = getattr(import_module(f"macvsim.tools.docker.{module}"), name)
    return found


def subcommands() -> Iterator[tool_module.Subcommand]:
    """Every command of docker and of compose."""
    from macvsim.tools.compose import main as compose  # it is built on this package

    def simulated(page: Page) -> frozenset[str] | None:
        found = command_of(page)
        return found.simulated if found else None

    yield from manual().subcommands(simulated)
    yield from compose.subcommands()


@tool("docker", flavour="debian", subcommands=subcommands, effect=Effect.CHANGES)
def docker(call: Call) -> int | Waiting:
    """docker [OPTIONS] COMMAND"""
    book = manual()
    page, words = book.resolve(call.args)
    if not page.is_group:
        return invoke(call, page, command_of(page), words)
    if page.path == "docker":
        return _top(call, book, words)
    return _group(call, page, words)


def _top(call: Call, book: Manual, words: list[str]) -> int | Waiting:
    """``docker`` with nothing, with flags of its own, with ``help``, or with what is no command."""
    page = book.pages["docker"]
    if words and words[0] == "help":
        topic, rest = book.resolve(words[1:])
        if rest:
            call.err(f"unknown help topic: {rest[0]}\n")
            return 1
        return show_help(call, topic)
    try:
        parsed = parse(page.options, words, interspersed=False)
    except ToolError as error:
        return _bad_flag(call, page, error)
    if parsed.on("help") or "--help" in words:
        return show_help(call, page, old_way=parsed.warned)
    if parsed.on("version"):
        from macvsim.tools.docker.version import short

        return short(call)
    if parsed.given:
        return call.not_simulated(f"docker --{parsed.given[0][0]}", Effect.CHANGES)
    if not words:
        call.err(page.text)
        return 0
    if words[0] == "compose":
        from macvsim.tools.compose.main import compose  # it is built on this package

        return compose(call, words[1:])
    call.err(profile_of(call).text("cli.no_command", command=words[0]) + "\n")
    return 1


def _group(call: Call, page: Page, words: list[str]) -> int:
    """A group of commands with none of them."""
    try:
        parsed = parse(page.options, words)
    except ToolError as error:
        return _bad_flag(call, page, error)
    if parsed.on("help"):
        return show_help(call, page, old_way=parsed.warned)
    if profile_of(call).name != "26.1":
        return call.not_simulated(f"{page.path} without a command, of Docker {profile_of(call).name}", Effect.NONE)
    call.err(page.text)
    return 1 if parsed.args else 0


def _bad_flag(call: Call, page: Page, error: ToolError) -> int:
    """What a group says about a flag: the error, and its help."""
    call.err(f"{profile_of(call).text('cli.flag', error=error, command=page.path)}\n{page.text}\n")
    return FLAG_ERROR
