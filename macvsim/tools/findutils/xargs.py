"""``xargs``: standard input as the words of commands (GNU findutils 4.10, busybox 1.37)."""

from __future__ import annotations

import re
from dataclasses import replace

from macvsim.errors import Effect
from macvsim.machine.call import Call, Waiting
from macvsim.machine.execute import run_program
from macvsim.machine.streams import NULL
from macvsim.machine.tool import BUSYBOX, GNU, Texts, ToolError, UsageError
from macvsim.tools.toolkit import Wording, everywhere

_ITEM = re.compile(r"""(?:'[^']*'|"[^"]*"|\\.|[^\s'"\\])+""")


@everywhere(
    "xargs",
    usage=Texts(__package__),
    works="-r -n -I",
    gnu=replace(GNU, permute=False),
    busybox=replace(BUSYBOX, permute=False),
    effect=Effect.CHANGES,
)
def xargs(call: Call, manner: Wording) -> Waiting:
    """``xargs [-r] [-n MAX] [-I TEXT] [COMMAND ARG…]``."""
    given = call.given
    most = _number(given.get("-n"), manner) if "-n" in given else 0
    text = given.get("-I")
    base = given.operands or ["echo"]
    items: list[str] = []
    runs = status = size = 0
    while line := (yield from call.read_line()):
        if text:
            item = line.removesuffix("\n").strip()
            new = [[word.replace(text, item) for word in base]] if item else []
        else:
            size += len(line) * (not most)
            call.keeps(size)
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
    if items or not (runs or "-r" in given or text):
        code = yield from _run(call, [*base, *items])
        return code if code in (126, 127) else 123 if code else status
    return status


def _number(text: str, manner: Wording) -> int:
    """The argument of ``-n``."""
    if not re.fullmatch(r"[-+]?[0-9]+", text):
        if manner.busybox:
            raise ToolError(f"invalid number '{text}'")
        raise UsageError(f'invalid number "{text}" for -n option')
    if int(text) < 1:
        if manner.busybox:
            raise ToolError(f"number {text} is not in 1..2147483647 range")
        raise UsageError(f"value {text} for -n option should be >= 1")
    return int(text)


def _run(call: Call, argv: list[str]) -> Waiting:
    """Run a command, whose standard input is /dev/null."""
    what = f"can't execute '{argv[0]}'" if call.box.flavour.name == "busybox" else argv[0]
    call.box.sim.meter.step(call.described)
    inner = call.derived(argv, fds=call.fds.having(stdin=NULL))
    return run_program(inner, failed=f"{call.name}: {what}")


def _unquote(item: str) -> str:
    return re.sub(r"""'([^']*)'|"([^"]*)"|\\(.)""", lambda m: m[1] or m[2] or m[3] or "", item)
