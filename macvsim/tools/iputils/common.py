"""The parts that ping, arping and tracepath share (iputils_common.c)."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from macvsim.machine.tool import Manner, Texts, ToolError

USAGE = Texts(__package__)
VERSION = """\
{} from iputils 20240905
libcap: yes, IDN: yes, NLS: no, error.h: yes, getrandom(): yes, __fpending(): yes
"""
IPUTILS = Manner(
    status=2, usage_status=2, help_options=("-h", "-?"), help_status=2, help_on_stderr=True, version_options=("-V",)
)
TRACEPATH = replace(IPUTILS, usage_status=255, help_status=255)
INT_MAX = 0x7FFFFFFF
LONG_MAX = 0x7FFFFFFFFFFFFFFF


def number(low: int, high: int) -> Callable[[str], int]:
    """A reader of numbers between two bounds (strtol_or_err)."""

    def read(text: str) -> int:
        if not re.fullmatch(r"\s*[-+]?[0-9]+", text):
            raise ToolError(f"invalid argument: '{text}'", 1)
        value = int(text)
        if not -(1 << 63) <= value < 1 << 63:
            raise ToolError(f"invalid argument: '{text}': Numerical result out of range", 1)
        if not low <= value <= high:
            raise ToolError(f"invalid argument: '{text}': out of range: {low} <= value <= {high}", 1)
        return value

    return read
