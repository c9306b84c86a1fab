"""``xargs``: standard input as the words of commands (GNU findutils 4.10)."""

from __future__ import annotations

import re

from macvsim.errors import Effect
from macvsim.machine.call import Call, Waiting
from macvsim.machine.execute import run_program
from macvsim.machine.streams import NULL
from macvsim.machine.tool import tool

_ITEM = re.compile(r"""(?:'[^']*'|"[^"]*"|\\.|[^\s'"\\])+""")


@tool("xargs", effect=Effect.CHANGES)
def xargs(call: Call) -> Waiting:
    """``xargs [-r] [-n MAX] [-I TEXT] [COMMAND ARG…]``."""
    words = call.args
    most, replace, never_empty = 0, "", False
    while words and words[0].startswith("-"):
        option, value = words[0][:2], words.pop(0)[2:]
        if value and option in ("-n", "-I"):
            words.insert(0, value)
        elif value:
            return call.not_simulated(f"xargs {option}{value}", Effect.CHANGES)
        if option == "-r":
            never_empty = True
        elif option == "-n" and words and words[0].isdigit():
            most = int(words.pop(0))
        elif option == "-I" and words:
            replace = words.pop(0)
        else:
            return call.not_simulated(f"xargs {option}", Effect.CHANGES)
    base = words or ["echo"]
    items: list[str] = []
    runs = status = 0
    while line := (yield from call.read_line()):
        if replace:
            item = line.removesuffix("\n").strip()
            new = [[word.replace(replace, item) for word in base]] if item else []
        else:
            items += [_unquote(item) for item in re.findall(_ITEM, line)]
            new = []
            while most and len(items) >= most:
                new.append([*base, *items[:most]])
                items = items[most:]
        for argv in new:
            runs += 1
            code = yield from _run(call, argv)
            if code in (126, 127):
                return code
            status = 123 if code else status
    if items or not (runs or never_empty or replace):
        code = yield from _run(call, [*base, *items])
        return code if code in (126, 127) else 123 if code else status
    return status


def _run(call: Call, argv: list[str]) -> Waiting:
    """Run a command, whose standard input is /dev/null."""
    what = f"can't execute '{argv[0]}'" if call.box.flavour.name == "busybox" else argv[0]
    inner = call.derived(argv, fds=call.fds.having(stdin=NULL))
    return run_program(inner, failed=f"{call.name}: {what}")


def _unquote(item: str) -> str:
    return re.sub(r"""'([^']*)'|"([^"]*)"|\\(.)""", lambda m: m[1] or m[2] or m[3] or "", item)
