"""Regular expressions of POSIX with GNU's extensions (POSIX.1-2017, Base Definitions 9; regex(7)), in linear time.

`compiled` returns a `Pattern`: for sed, grep, awk, expr and ``[[ … =~ … ]]``.  The package imports nothing of macvsim.
Read `parser.py` first (text to program), then `automaton.py` (program to states) and `pattern.py` (what callers use).
"""

from __future__ import annotations

from macvsim.shell.regexp.pattern import Match, Pattern, compiled
from macvsim.shell.regexp.syntax import (
    AWK,
    BASIC,
    EGREP,
    EXTENDED,
    GREP,
    SED,
    SED_EXTENDED,
    RegexError,
    Syntax,
)

__all__ = [
    "AWK",
    "BASIC",
    "EGREP",
    "EXTENDED",
    "GREP",
    "SED",
    "SED_EXTENDED",
    "Match",
    "Pattern",
    "RegexError",
    "Syntax",
    "compiled",
]
