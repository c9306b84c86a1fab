"""Parts that busybox' applets share: the file of their usage texts, and how they read numbers (libbb/xatonum.c)."""

from __future__ import annotations

import re
from collections.abc import Callable

from macvsim.machine.tool import Texts, ToolError

USAGE = Texts(__package__)
INT_MAX = 0x7FFFFFFF
_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}


def number(low: int = 0, high: int = INT_MAX, base: int = 10) -> Callable[[str], int]:
    """A reader of numbers between two bounds (xstrtou_range)."""
    digits = re.compile(r"[0-9a-fA-F]+" if base == 16 else r"[0-9]+")

    def read(text: str) -> int:
        if not digits.fullmatch(text) or int(text, base) > 0xFFFFFFFF:
            raise ToolError(f"invalid number '{text}'")
        value = int(text, base)
        if not low <= value <= high:
            raise ToolError(f"number {text} is not in {low}..{high} range")
        return value

    return read


def duration(text: str) -> float:
    """Seconds: a decimal number, and perhaps a letter, s, m, h, d (parse_duration_str)."""
    match = re.fullmatch(r"([0-9]+(?:\.[0-9]*)?|\.[0-9]+)([smhd]?)", text)
    if not match:
        raise ToolError(f"invalid number '{text}'")
    return float(match[1]) * _UNITS[match[2]]
