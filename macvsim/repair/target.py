"""An address that nobody has and nobody was to have: a slip of the pen, and what others have that looks like it."""

from __future__ import annotations

from collections.abc import Iterable

from macvsim.repair.scene import Repairable, addresses, owners_of
from macvsim.wire.addr import ip_text

_MOST = 2


def is_unknown(lab: Repairable, address: str, typed: Iterable[str]) -> bool:
    """True if nobody has an IPv4 address, and nothing that was typed, but for pings, names it."""
    if ":" in address or owners_of(lab, address):
        return False
    return not any(address in line for line in typed if "ping" not in line)


def told(sentence: str, address: str) -> str:
    """Why a ping was lost, with what is to be known of its target."""
    return f"{sentence}; no machine of the lab has {address}"


def alike(lab: Repairable, source: str, address: str) -> list[str]:
    """Addresses of other machines, those that begin most like `address` first; the last number may differ."""
    others = [ip_text(ip) for name, box in lab.boxes().items() if name != source for ip in addresses(box)]
    near = [other for other in dict.fromkeys(others) if _beginning(other, address).count(".") == 3]
    return sorted(near, key=lambda other: -len(_beginning(other, address)))[:_MOST]


def _beginning(one: str, other: str) -> str:
    """What two addresses begin with alike."""
    at = next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    return one[:at]
