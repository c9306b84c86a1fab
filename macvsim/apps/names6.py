"""IPv6 addresses and names as programs read them: with a zone behind ``%`` where an address needs one (RFC 4007)."""

from __future__ import annotations

from typing import NamedTuple

from macvsim.apps.base import Machine
from macvsim.dev.base import NetDevice
from macvsim.errors import MacvsimError
from macvsim.wire.addr6 import (
    ALL_NODES,
    ALL_ROUTERS,
    LOOPBACK,
    SCOPE_LINK,
    ip6_int,
    ip6_text,
    is_link_local6,
    is_multicast6,
    multicast_scope,
)

_NAMES = {
    "localhost": LOOPBACK,
    "ip6-localhost": LOOPBACK,
    "ip6-loopback": LOOPBACK,
    "ip6-allnodes": ALL_NODES,
    "ip6-allrouters": ALL_ROUTERS,
}


class UnknownZone(MacvsimError):
    """What stands behind ``%`` is no device."""


class Target(NamedTuple):
    """An address, and the device its zone names."""

    ip: int
    zone: NetDevice | None = None

    @property
    def text(self) -> str:
        """As getnameinfo writes it."""
        return zoned(self.ip, self.zone)


def resolve6(machine: Machine, name: str) -> Target:
    """Address of a name or of a text with or without zone; `MacvsimError` when it is neither, `UnknownZone`."""
    text, percent, device = name.partition("%")
    if ":" in text:
        ip = ip6_int(text)
        if not percent:
            return Target(ip)
        zone = machine.ns.devices.get(device) if _is_linked(ip) else None  # others take numbers only, as glibc has it
        if zone is None and device.isdecimal():
            zone = next((dev for dev in machine.ns.devices.values() if dev.ifindex == int(device)), None)
        if zone is None:
            raise UnknownZone(f"{machine.ns.name} has no device {device}, which {name} names")
        return Target(ip, zone)
    found = machine.resolve6(name)
    found = _NAMES.get(name) if found is None else found
    if found is None:
        raise MacvsimError(f"nobody here knows an IPv6 address of {name}")
    return Target(found)


def is_text6(name: str) -> bool:
    """True if a word is written as an IPv6 address, not as a name."""
    return ":" in name


def prefers6(machine: Machine, name: str) -> bool:
    """True if the address that programs take for a word is one of IPv6: written so, or known so only, or ::1 where lo
    has it.
    """
    if is_text6(name):
        return True
    if name == "localhost":
        return machine.ns.ipv6.is_local(LOOPBACK)
    known6 = machine.resolve6(name) is not None or name in _NAMES
    return known6 and name not in machine.hosts


def zoned(ip: int, dev: NetDevice | None) -> str:
    """An address with the device it belongs to, where it means nothing without one."""
    return f"{ip6_text(ip)}%{dev.name}" if _is_linked(ip) and dev is not None else ip6_text(ip)


def _is_linked(ip: int) -> bool:
    return is_link_local6(ip) or (is_multicast6(ip) and multicast_scope(ip) <= SCOPE_LINK)


def name_of6(machine: Machine, text: str) -> str | None:
    """Name of an address (getnameinfo), as far as the machine knows by itself."""
    if "%" in text:
        return None
    ip = ip6_int(text)
    if ip == LOOPBACK:
        return "localhost"
    return next((name for name, address in machine.hosts6.items() if address == ip), None)
