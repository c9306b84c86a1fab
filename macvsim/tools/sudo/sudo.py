"""``sudo``: every user is root here."""

from __future__ import annotations

import re

from macvsim.errors import Effect, NotSimulated
from macvsim.machine.call import Call, Waiting
from macvsim.machine.execute import NotExecutable, NotFound, execute
from macvsim.machine.tool import Manner, Texts, UsageError, tool


def _root(text: str) -> str:
    """The user of ``-u``."""
    if text not in ("root", "0", "#0"):
        raise NotSimulated(f"sudo -u{text}: everybody is root", Effect.CHANGES)
    return text


@tool(
    "sudo",
    flavour="debian",
    usage=Texts(__package__),
    more="      --help\n",
    works="-n -E -H -S -P -u --help",
    left_out=dict.fromkeys(("-g", "-i", "-s", "-U"), "everybody is root"),
    values={"-u": _root},
    effect=Effect.CHANGES,
    manner=Manner(permute=False, usage_part="usage:.*?\n(?=\nOptions)", version_options=("-V", "--version")),
)
def sudo(call: Call) -> Waiting:
    """``sudo [-nEHS] [-u root] [NAME=VALUE…] COMMAND ARG…``."""
    words, env = list(call.given.operands), dict(call.env)
    while words and re.match(r"[A-Za-z_]\w*=", words[0]):
        name, _, env[name] = words.pop(0).partition("=")
    if not words:
        raise UsageError
    return _as_root(call.derived(words, env=env))


def _as_root(inner: Call) -> Waiting:
    try:
        return (yield from execute(inner))
    except (NotFound, NotExecutable) as error:
        why = "command not found" if isinstance(error, NotFound) else str(error)
        inner.err(f"sudo: {inner.name}: {why}\n")
        return 1
