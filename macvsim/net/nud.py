"""States of neighbour entries (include/uapi/linux/neighbour.h, include/net/neighbour.h)."""

from __future__ import annotations

import enum
from typing import Final


class Nud(enum.IntFlag):
    """State of an entry (NUD_*)."""

    NONE = 0
    INCOMPLETE = 0x01
    REACHABLE = 0x02
    STALE = 0x04
    DELAY = 0x08
    PROBE = 0x10
    FAILED = 0x20
    NOARP = 0x40
    PERMANENT = 0x80


IN_TIMER = Nud.INCOMPLETE | Nud.REACHABLE | Nud.DELAY | Nud.PROBE
VALID = Nud.PERMANENT | Nud.NOARP | Nud.REACHABLE | Nud.PROBE | Nud.STALE | Nud.DELAY
CONNECTED = Nud.PERMANENT | Nud.NOARP | Nud.REACHABLE
# looking a member up costs a quarter of a microsecond (wire/frame.py)
NONE: Final = Nud.NONE
INCOMPLETE: Final = Nud.INCOMPLETE
REACHABLE: Final = Nud.REACHABLE
STALE: Final = Nud.STALE
DELAY: Final = Nud.DELAY
PROBE: Final = Nud.PROBE
FAILED: Final = Nud.FAILED
VALID_BITS = int(VALID)
"""Operators of an IntFlag cost a microsecond each under CPython 3.11; the data path uses bits."""
