"""``which`` of debianutils 5."""

from __future__ import annotations

from macvsim.errors import Effect
from macvsim.machine.call import Call
from macvsim.machine.resolve import where_is
from macvsim.machine.tool import tool


@tool("which", effect=Effect.NONE)
def which(call: Call) -> int:
    """``which NAME…``."""
    status = 0
    for word in call.args:
        path = where_is(call.box, word)
        call.out(f"{path}\n" if path else "")
        status = status if path else 1
    return status
