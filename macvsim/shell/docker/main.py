"""``docker``: finds the subcommand."""

from __future__ import annotations

from macvsim.shell.call import Call, Waiting, command
from macvsim.shell.docker import containers, looking, networks, running, version
from macvsim.shell.docker.tool import Subcommand, invoke, profile_of

TOP: dict[str, Subcommand] = {
    "run": running.RUN,
    "create": running.CREATE,
    "exec": running.EXEC,
    "start": containers.START,
    "stop": containers.STOP,
    "restart": containers.RESTART,
    "kill": containers.KILL,
    "rm": containers.RM,
    "ps": looking.PS,
    "inspect": looking.INSPECT,
    "port": looking.PORT,
    "images": looking.IMAGES,
    "import": looking.IMPORT,
    "version": version.VERSION,
}
GROUPS: dict[str, dict[str, Subcommand]] = {
    "network": {
        "create": networks.CREATE,
        "rm": networks.RM,
        "remove": networks.RM,
        "ls": networks.LS,
        "list": networks.LS,
        "inspect": networks.INSPECT,
        "connect": networks.CONNECT,
        "disconnect": networks.DISCONNECT,
        "prune": networks.PRUNE,
    },
    "container": {
        **{name: TOP[name] for name in ("run", "create", "exec", "start", "stop", "restart", "kill", "rm", "port")},
        "inspect": looking.CONTAINER_INSPECT,
        "ls": looking.PS,
        "list": looking.PS,
        "ps": looking.PS,
    },
    "image": {"ls": looking.IMAGES, "import": looking.IMPORT},
}
_LEFT_OUT = (
    "attach build builder buildx checkpoint commit compose config context cp diff events export history info "
    "load login logout logs manifest node pause plugin pull push rename rmi save search secret service stack stats "
    "swarm system tag top trust unpause update volume wait"
)
LEFT_OUT = frozenset(_LEFT_OUT.split())
"""Subcommands that exist and are not simulated."""


@command("docker", flavour="debian")
def docker(call: Call) -> int | Waiting:
    """docker [OPTIONS] COMMAND"""
    words = call.args
    if words and words[0] in ("-v", "--version"):
        return version.short(call)
    if not words or words[0].startswith("-"):
        return call.not_simulated("docker " + (words[0] if words else "without a command"))
    name, rest = words[0], words[1:]
    if name in TOP:
        return invoke(call, TOP[name], rest)
    if name in GROUPS:
        group = GROUPS[name]
        if rest and rest[0] in group:
            return invoke(call, group[rest[0]], rest[1:])
        return call.not_simulated(f"docker {name} {rest[0] if rest else ''}".rstrip())
    if name in LEFT_OUT:
        return call.not_simulated(f"docker {name}")
    call.err(profile_of(call).text("cli.no_command", command=name) + "\n")
    return 1
