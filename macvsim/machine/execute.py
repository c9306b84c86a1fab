"""Running one program that is not part of the shell."""

from __future__ import annotations

from macvsim.errors import NotSimulated
from macvsim.machine.call import Call, Waiting
from macvsim.machine.host import Box
from macvsim.machine.resolve import NotExecutable, NotFound, find_program

_NO_INPUT = frozenset(
    ("[", "arp", "arping", "ash", "basename", "bash", "brctl", "bridge", "conntrack", "curl", "dash", "date",
     "dirname", "docker", "echo", "ethtool", "false", "hostname", "httpd", "id", "ifconfig", "ip", "iptables",
     "iptables-legacy", "iptables-nft", "iptables-save", "ls", "mkdir", "netstat", "nslookup", "ping", "ping4",
     "ping6", "printf", "pwd", "rm", "rmdir", "route", "seq", "sh", "sleep", "ss", "test", "touch", "tracepath",
     "traceroute", "true", "uname", "vconfig", "wget", "which", "whoami")
)  # fmt: skip
"""Programs that leave their standard input alone; so do shells that are given a command or a script."""


def _reads(call: Call) -> bool:
    """True if a program will read its standard input, so that it is run when all of it is there."""
    name = call.name.rsplit("/", 1)[-1]
    if name in ("ash", "bash", "dash", "sh"):
        return not any(word == "-c" or not word.startswith("-") for word in call.args)
    return name not in _NO_INPUT


def execute(call: Call) -> Waiting:
    """Run the program a call names; `NotFound` or `NotExecutable` where there is none.

    A feature that is left out on purpose is named on standard error; the program ends with 95.
    """
    try:
        fn = find_program(call.box, call.name, call.cwd)
        if call.source is not None and not fn.streams and _reads(call):
            yield from call.source.wait_closed()
        code = fn(call)
        return code if isinstance(code, int) else (yield from code)
    except NotSimulated as error:
        return call.not_simulated(str(error))


def run_in(call: Call, box: Box, argv: list[str]) -> Waiting:
    """Run a program in another box with the caller's streams and environment, as ``ip netns exec`` does."""
    inside = Call(box, argv, call.source, call.stdout, call.stderr, dict(call.env), call.cwd)
    try:
        return (yield from execute(inside))
    except NotFound:
        call.err(f'exec of "{argv[0]}" failed: No such file or directory\n')
        return 1
    except NotExecutable as error:
        call.err(f'exec of "{argv[0]}" failed: {error}\n')
        return 1
