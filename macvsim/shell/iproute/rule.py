"""``ip rule``: the three rules there always are; others are left out (ip/iprule.c of iproute2)."""

from __future__ import annotations

from macvsim.errors import NotSimulated
from macvsim.shell.call import Call
from macvsim.shell.iproute import usage
from macvsim.shell.iproute.guard import guarded
from macvsim.shell.iproute.tool import INET6, Options, Tool
from macvsim.shell.iproute.words import Complaint, Words, matches

RULES = ((0, "local"), (32766, "main"), (32767, "default"))


def run(call: Call, options: Options, args: list[str]) -> int:
    """Do what ``ip rule …`` asks for; the exit code."""
    return guarded(call, options, args, _run)


def _run(words: Words, tool: Tool) -> int:
    word = words.take() if words else "list"
    if any(matches(word, full) for full in ("list", "lst", "show")):
        if words:
            raise NotSimulated("ip rule list with a selector")
        return _list(tool)
    if matches(word, "help"):
        raise Complaint(usage.RULE)
    if any(matches(word, full) for full in ("add", "delete", "flush", "save", "restore")):
        raise NotSimulated("routing rules other than the default ones")
    raise Complaint(f'Command "{word}" is unknown, try "ip rule help".\n')


def _list(tool: Tool) -> int:
    if tool.options.family == INET6 and not tool.ns.ipv6.fib.multiple:
        raise Complaint("RTNETLINK answers: Address family not supported by protocol\nDump terminated\n")
    rules = RULES[:2] if tool.options.family == INET6 else RULES
    with tool.printer() as out:
        for priority, table in rules:
            with out.object():
                out.both("priority", f"{priority}:\t", priority)
                out.both("src", "from all ", "all")
                out.both("table", f"lookup {table}", table)
                out.end()
    return 0
