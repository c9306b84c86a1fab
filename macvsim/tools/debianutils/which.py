"""``which`` of debianutils 5 and of busybox 1.37."""

from __future__ import annotations

from collections.abc import Mapping

from macvsim.errors import Effect
from macvsim.machine.call import Call
from macvsim.machine.execute import where_is
from macvsim.machine.options import Given, read_options
from macvsim.machine.tool import BUSYBOX, Manner, Texts, ToolError, UsageError, tool
from macvsim.machine.usage import Option

_USAGE = "Usage: /usr/bin/which [-as] args\n"
_LEFT_OUT = {"-a": "all places of a program"}


def _read_words(words: list[str], options: Mapping[str, Option]) -> Given:
    """Options as a shell's getopts reads them."""
    given = read_options(words, options, permute=False, long=False)
    if given.wrong:
        raise ToolError(f"Illegal option -{given.wrong[-2]}\n{_USAGE}", 2, named=False)
    return given


@tool(
    "which",
    usage=_USAGE,
    left_out=_LEFT_OUT,
    effect=Effect.NONE,
    manner=Manner(reader=_read_words, help_options=(), version_options=()),
)
def which(call: Call) -> int:
    """``which [-s] NAME…``."""
    return _which(call)


@tool(
    "which",
    flavour="busybox",
    usage=Texts("macvsim.tools.busybox"),
    left_out=_LEFT_OUT,
    effect=Effect.NONE,
    manner=BUSYBOX,
)
def busybox_which(call: Call) -> int:
    """busybox' ``which NAME…``."""
    if not call.given.operands:
        raise UsageError
    return _which(call)


def _which(call: Call) -> int:
    paths = [where_is(call.box, word) for word in call.given.operands]
    if "-s" not in call.given:
        call.out("".join(f"{path}\n" for path in paths if path))
    return int(not paths or not all(paths))
