"""Identifiers as dockerd makes them, drawn from a random stream that the caller owns.

Nothing here keeps state: the same ``random.Random`` in the same state gives the same identifiers.
"""

from __future__ import annotations

import random

SHORT = 12  # hex digits of the short form (pkg/stringid TruncateID)


def new_id(rng: random.Random) -> str:
    """A full identifier: 64 lower-case hex digits, never all-decimal in its short form.

    The short form becomes the container's hostname, and a hostname of digits only would be taken for a number
    (pkg/stringid GenerateRandomID draws again, too).
    """
    return id_text(new_number(rng))


def new_number(rng: random.Random) -> int:
    """The same as a number, for what is seldom asked for its identifier."""
    while True:
        number = rng.getrandbits(256)
        if not short_id(id_text(number)).isdecimal():
            return number


def id_text(number: int) -> str:
    """The identifier of a number."""
    return f"{number:064x}"


def short_id(full: str) -> str:
    """The 12 hex digits printed by the tables and used in interface names."""
    return full[:SHORT]


def new_veth_name(rng: random.Random) -> str:
    """The name a container's interface has on the host before it is moved: ``veth`` and 7 hex digits."""
    return f"veth{rng.getrandbits(28):07x}"


def new_uuid(rng: random.Random) -> str:
    """An identifier of version 4 (RFC 9562 section 5.4)."""
    digits = f"{rng.getrandbits(128):032x}"
    return "-".join((digits[:8], digits[8:12], f"4{digits[13:16]}", f"8{digits[17:20]}", digits[20:]))
