"""Addresses, masks, ports, protocols and numbers in the words of iptables (libxtables)."""

from __future__ import annotations

from collections.abc import Mapping

from macvsim.machine.tool import UsageError
from macvsim.net.netfilter.matches import Ports
from macvsim.net.netfilter.rule import EVERYTHING, Interface, Net, mask_text
from macvsim.net.services import protocol_number
from macvsim.tools.ports import port_name, port_number

_NETWORKS = {0: "default", 0x7F000000: "loopback", 0xA9FE0000: "link-local"}
"""As /etc/networks names them."""


def service_name(port: int, proto: int) -> str:
    """The name of a port, or its number (getservbyport)."""
    return port_name(port, "udp" if proto == 17 else "tcp")


def number(text: str, low: int = 0, high: int = EVERYTHING) -> int | None:
    """A number, also hexadecimal and octal as strtoul reads it; None if it is none within the bounds."""
    try:
        value = int(text, 8) if len(text) > 1 and text[0] == "0" and text.isdecimal() else int(text, 0)
    except ValueError:
        return None
    return value if low <= value <= high and text[:1] not in "+-_ " and "_" not in text else None


def port(text: str) -> int:
    """A port by number or name."""
    value = number(text, 0, 0xFFFF)
    if value is None:
        value = port_number(text)
    if value is None:
        raise UsageError(f"invalid port/service `{text}' specified")
    return value


def ports(text: str, *, negated: bool = False) -> Ports:
    """``80``, ``80:90``, ``:90``, ``1024:``."""
    first, colon, last = text.partition(":")
    low = port(first) if first or not colon else 0
    high = (port(last) if last else 0xFFFF) if colon else low
    if low > high:
        raise UsageError("invalid portrange (min > max)")
    return Ports(low, high, negated)


def protocol(text: str) -> int:
    """A protocol by number or name."""
    value = number(text, 0, 255)
    if value is None:
        value = 0 if text.lower() == "all" else protocol_number(text.lower())
    if value is None:
        raise UsageError(f'unknown protocol "{text}" specified')
    return value


def dotted(text: str) -> int | None:
    """An address; missing parts are zero (``10.1`` is 10.1.0.0); None if it is none."""
    parts = text.split(".")
    if not 1 <= len(parts) <= 4:
        return None
    address = 0
    for part in [*parts, "0", "0", "0"][:4]:
        if not (part.isascii() and part.isdigit() and int(part) < 256):
            return None
        address = address << 8 | int(part)
    return address


def full_address(text: str) -> int | None:
    """An address with all its four parts."""
    return dotted(text) if text.count(".") == 3 else None


def mask(text: str) -> int:
    """Length of a prefix, or a mask."""
    whole = full_address(text)
    if whole is not None:
        return whole
    if not (text.isascii() and text.isdigit() and int(text) <= 32):
        raise UsageError(f"invalid mask `{text}' specified")
    return EVERYTHING << (32 - int(text)) & EVERYTHING


def nets(text: str, names: dict[str, int], *, negated: bool = False) -> list[Net]:
    """``10.0.0.0/8,192.168.1.1``; a name of /etc/hosts is an address too.

    names : addresses by name
    """
    found = []
    for one in text.split(","):
        address_text, slash, mask_part = one.partition("/")
        wanted = mask(mask_part) if slash else EVERYTHING
        address = dotted(address_text) if slash else full_address(address_text)
        if address is None:
            address = names.get(address_text)
        if address is None:
            raise UsageError(f"host/network `{address_text}' not found")
        found.append(Net(address & wanted, wanted, negated))
    return found


def net_text(net: Net, names: Mapping[int, str] | None) -> str:
    """As -L prints it; `names`: of hosts, by address; None: addresses are to be printed as numbers."""
    if not net.mask and not net.negated:
        return "0.0.0.0/0" if names is None else "anywhere"
    if names is None:
        return net.short()
    name = names.get(net.address) or _NETWORKS.get(net.address)
    if name is None:
        return net.short()
    return name if net.mask == EVERYTHING else f"{name}/{mask_text(net.mask)}"


def interface(text: str, *, negated: bool = False) -> Interface:
    """A device's name; ``+`` alone is any."""
    if not text:
        raise UsageError("Empty interface is likely to be undesired")
    if len(text) > 15:
        raise UsageError(f"interface name `{text}' must be shorter than 16 characters")
    return Interface() if text == "+" else Interface(text, negated)
