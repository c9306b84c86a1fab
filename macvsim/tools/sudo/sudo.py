"""``sudo``: every user is root here."""

from __future__ import annotations

import re

from macvsim.errors import Effect
from macvsim.machine.call import Call, Waiting
from macvsim.machine.execute import execute
from macvsim.machine.resolve import NotExecutable, NotFound
from macvsim.machine.tool import tool


@tool("sudo", flavour="debian", effect=Effect.CHANGES)
def sudo(call: Call) -> int | Waiting:
    """``sudo [-nEHS] [-u root] [NAME=VALUE…] COMMAND ARG…``."""
    words, env = call.args, dict(call.env)
    while words and words[0].startswith("-"):
        option = words.pop(0)
        if option == "--":
            break
        if option in ("-u", "-g") and words:
            option += words.pop(0)
        if option.removeprefix("--user=").removeprefix("-u") in ("root", "0", "#0"):
            continue
        if not re.fullmatch("-[nEHSP]+", option):
            return call.not_simulated(f"sudo {option}: everybody is root", Effect.CHANGES)
    while words and re.match(r"[A-Za-z_]\w*=", words[0]):
        name, _, env[name] = words.pop(0).partition("=")
    if not words:
        return call.not_simulated("sudo without a command", Effect.CHANGES)
    return _as_root(call.derived(words, env=env))


def _as_root(inner: Call) -> Waiting:
    try:
        return (yield from execute(inner))
    except (NotFound, NotExecutable) as error:
        why = "command not found" if isinstance(error, NotFound) else str(error)
        inner.err(f"sudo: {inner.name}: {why}\n")
        return 1
