"""Neighbours whose state hangs on a draw: an entry is REACHABLE for a random time, which no recording tells.

That time is between half and one and a half of base_reachable_time, and the kernel's timer wheel adds up to an eighth.
An entry whose age lies between may be REACHABLE, STALE, or in DELAY because it was STALE when it was used; so its
state is no difference, while everything else about it is.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

from macvsim.net.namespace import Namespace
from macvsim.net.nud import Nud

DRAWN = ("REACHABLE", "STALE", "DELAY", "PROBE")
_ENTRY = re.compile(rf"^(\S+) ((?:dev|lladdr) .*)\b(?:{'|'.join(DRAWN)})\b", re.MULTILINE)
_STATES = Nud.REACHABLE | Nud.STALE | Nud.DELAY | Nud.PROBE


def unsettled(ns: Namespace) -> frozenset[str]:
    """The addresses of a namespace's neighbours whose state hangs on the draw now."""
    found = set()
    for table in (ns.neigh, ns.ipv6.neigh):
        for entry in table.entries.values():
            age = table.sim.jiffies - entry.confirmed
            base = table.base_reachable(entry.indev)
            delay = entry.indev.parms.delay_first_probe_time * table.sim.hz
            if entry.state & _STATES and base // 2 <= age <= base * 3 // 2 * 9 // 8 + delay:
                found.add(table.text(entry.ip))
    return frozenset(found)


def settle_text(text: str, addresses: Collection[str]) -> str:
    """The output of ``ip neigh`` with one word for every state that the entries of `addresses` may be in."""
    if not addresses:
        return text
    return _ENTRY.sub(lambda m: f"{m[1]} {m[2]}DRAWN" if m[1] in addresses else m[0], text)


def settle_value(entries: Any, addresses: Collection[str]) -> Any:
    """Likewise for the list that ``ip -j neigh`` prints."""
    if not isinstance(entries, list):
        return entries
    return [
        {**entry, "state": ["DRAWN"]}
        if entry.get("dst") in addresses and entry.get("state", [""])[0] in DRAWN
        else entry
        for entry in entries
    ]
