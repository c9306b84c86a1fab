"""Quantities and addresses as people write them in a lab document, as types of pydantic fields.

Every reader raises `ValueError` saying what to write instead.
"""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import BeforeValidator

from macvsim.engine.sim import MS, SECOND, US
from macvsim.errors import MacvsimError
from macvsim.wire.addr import mac_bytes, prefix_parse
from macvsim.wire.addr6 import prefix6_parse

_QUANTITY = re.compile(r"(\d+(?:\.\d+)?)\s*([a-z%]*)", re.IGNORECASE)
_TIMES = {"ns": 1, "us": US, "µs": US, "ms": MS, "s": SECOND}
_RATES = {"bit": 1, "kbit": 10**3, "mbit": 10**6, "gbit": 10**9}


def _duration(value: Any) -> int:
    """``25us`` as nanoseconds."""
    return round(_quantity(value, _TIMES, "a time with its unit, such as 25us, 1ms or 0.5s"))


def _rate(value: Any) -> int:
    """``100mbit`` as bits per second."""
    rate = round(_quantity(value, _RATES, "a rate with its unit, such as 100mbit or 1gbit"))
    if rate < 1:
        raise ValueError("a rate is above 0: write one such as 100mbit, or leave it out for no limit")
    return rate


def _probability(value: Any) -> float:
    """``0.5%`` or ``0.005`` as a probability."""
    text = str(value).strip()
    found = _QUANTITY.fullmatch(text)
    if isinstance(value, bool) or not found or found[2] not in ("", "%"):
        raise ValueError(f"{text!r} is no share of frames: write one such as 1% or 0.01")
    share = float(found[1]) / (100 if found[2] else 1)
    if share > 1:
        raise ValueError(f"{text} is more than all: write a share of frames from 0% to 100%")
    return share


def _quantity(value: Any, units: dict[str, int], what: str) -> float:
    text = str(value).strip()
    found = _QUANTITY.fullmatch(text.replace("µ", "u"))
    if isinstance(value, bool) or not found or found[2].lower() not in units:
        raise ValueError(f"{text!r} is not {what}")
    return float(found[1]) * units[found[2].lower()]


def _mac(value: Any) -> str:
    try:
        mac = mac_bytes(str(value))
    except (MacvsimError, ValueError):
        raise ValueError(f"{str(value)!r} is no MAC address: write six pairs such as 08:00:27:00:00:01") from None
    if mac[0] & 1 or not any(mac):
        raise ValueError(
            f"{value} cannot be a card's address: the first byte of a station's MAC is even, and not all is 0"
        )
    return str(value).lower()


def _address(value: Any) -> str:
    text = str(value)
    try:
        if ":" in text:
            prefix6_parse(text)
        else:
            prefix_parse(text)
    except (MacvsimError, ValueError):
        text = ""
    if "/" not in text:
        raise ValueError(f"{str(value)!r} is no address with its prefix length: write one such as 192.168.56.1/24")
    return text


def _variable(value: Any) -> str:
    if not re.fullmatch("[A-Za-z_][A-Za-z0-9_]*", str(value)):
        raise ValueError(f"{str(value)!r} cannot be a shell's variable: write letters, digits and _, such as mode")
    return str(value)


def _text(value: Any) -> Any:
    """Numbers where a word is meant: versions and names of ports need no quotes."""
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


Duration = Annotated[int, BeforeValidator(_duration)]
"""Nanoseconds."""
Rate = Annotated[int, BeforeValidator(_rate)]
"""Bits per second."""
Probability = Annotated[float, BeforeValidator(_probability)]
MacText = Annotated[str, BeforeValidator(_mac)]
AddressText = Annotated[str, BeforeValidator(_address)]
Name = Annotated[str, BeforeValidator(_text)]
VariableName = Annotated[str, BeforeValidator(_variable)]
