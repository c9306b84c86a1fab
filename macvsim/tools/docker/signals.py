"""Signals by name, as ``docker kill --signal`` takes them (moby ``signal`` package)."""

from __future__ import annotations

_NAMES = (
    "HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT CHLD CONT STOP TSTP TTIN TTOU URG"
    " XCPU XFSZ VTALRM PROF WINCH IO PWR SYS"
)
NUMBERS = {name: number for number, name in enumerate(_NAMES.split(), 1)}
SIGKILL = NUMBERS["KILL"]
SIGTERM = NUMBERS["TERM"]
_STOPPING = ("KILL", "STOP")
IGNORED = frozenset(number for name, number in NUMBERS.items() if name not in _STOPPING)
"""What the first process of a container does not notice, unless it handles it."""


def signal_number(text: str) -> int | None:
    """The number of ``9``, ``KILL`` or ``SIGKILL``; None for what is none."""
    if text.isdecimal():
        return int(text) or None
    return NUMBERS.get(text.upper().removeprefix("SIG"))
