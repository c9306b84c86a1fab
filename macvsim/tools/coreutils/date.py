"""date: what the machine's clock shows, in UTC."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from macvsim.errors import Effect, NotSimulated
from macvsim.machine.call import Call
from macvsim.machine.tool import ToolError
from macvsim.tools.coreutils.inputs import TEXTS
from macvsim.tools.toolkit import Wording, everywhere, letters_of

_DEFAULT = "%a %b %e %H:%M:%S UTC %Y"


@everywhere("date", usage=TEXTS, works="-u -R", effect=Effect.NONE)
def date(call: Call, manner: Wording) -> int:
    """``date [-uR] [+FORMAT]``."""
    given, words = letters_of(call), call.given.operands
    pattern = "%a, %d %b %Y %H:%M:%S +0000" if "R" in given else _DEFAULT
    for word in words:
        if not word.startswith("+"):
            if re.fullmatch(r"[\d.]+", word):
                raise NotSimulated("date: setting the clock", Effect.NONE)
            raise ToolError(f"invalid date '{word}'")
        pattern = word[1:]
    call.out(f"{_formatted(pattern, call.box.wall_clock)}\n")
    return 0


def _formatted(pattern: str, now: int) -> str:
    """A format of strftime with GNU's ``%N``, ``%3N`` and ``%s``; now : ns since 1970."""
    seconds, rest = divmod(now, 1_000_000_000)
    moment = datetime.fromtimestamp(seconds, UTC)

    def part(match: re.Match[str]) -> str:
        match match[2]:
            case "N":
                return f"{rest:09d}"[: int(match[1] or 9)]
            case "s":
                return str(seconds)
            case "e":
                return f"{moment.day:2d}"
            case "n":
                return "\n"
            case "t":
                return "\t"
            case "%":
                return "%"
            case "Z":
                return "UTC"
            case letter if letter in "aAbBcCdDFgGhHIjmMprRSTuUVwWxXyYz":
                return moment.strftime(f"%{letter}")
        return match[0]

    return re.sub(r"%(\d*)([A-Za-z%])", part, pattern)
