"""What net-tools and busybox's copies of them have in common: words, names and the reading of interfaces."""

from __future__ import annotations

import re
from dataclasses import dataclass

from macvsim.apps.base import name_of
from macvsim.dev.attributes import Stats
from macvsim.errors import MacvsimError, NetlinkError, NoSuchDevice
from macvsim.machine.call import Call
from macvsim.machine.tool import ToolError
from macvsim.net import ifioctl
from macvsim.net.addr import Address
from macvsim.net.namespace import Namespace

IFNAMSIZ = 16
_HOST_NAME = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9_][A-Za-z0-9_.-]*")
_LEADING_NUMBER = re.compile(r"\s*[-+]?\d+")


def atoi(text: str) -> int:
    """The number a text begins with, as C's atoi reads it; 0 when it begins with none."""
    found = _LEADING_NUMBER.match(text)
    return int(found.group()) if found else 0


def aton(text: str) -> int | None:
    """An IPv4 address of one to four numbers, the last filling what is left (inet_aton); None when it is none."""
    parts = text.split(".")
    if not 1 <= len(parts) <= 4:
        return None
    numbers: list[int] = []
    for part in parts:
        try:
            base = 16 if part[:2].lower() == "0x" else 8 if part[:1] == "0" else 10
            numbers.append(int(part, base) if part.isalnum() else -1)
        except ValueError:
            return None
    room = 8 * (5 - len(parts))
    if any(not 0 <= number <= 255 for number in numbers[:-1]) or not 0 <= numbers[-1] < 1 << room:
        return None
    value = numbers[-1]
    for position, number in enumerate(numbers[:-1]):
        value |= number << 24 - 8 * position
    return value


def ether(text: str, *, strict: bool = False) -> bytes | None:
    """An Ethernet address: colons may be missing and bytes have one digit; None when it is none.

    net-tools fills up what is too short and cuts off what is too long; `strict`, as busybox is, takes neither.
    """
    found = bytearray()
    while text and len(found) < 6:
        digits = text[:2] if text[1:2] not in ("", ":") else text[:1]
        try:
            found.append(int(digits, 16))
        except ValueError:
            return None
        text = text[len(digits) :].removeprefix(":")
    if strict and (text or len(found) < 6):
        return None
    return bytes(found.ljust(6, b"\0"))


def require_net_admin(call: Call) -> None:
    """EPERM where programs may not configure the network, as in containers without NET_ADMIN."""
    if not call.box.net_admin:
        raise NetlinkError("EPERM", f"{call.box.name} may not configure its network")


def known_name(call: Call, ip: int, *, numeric: bool) -> str:
    """What the machine itself calls an address, empty where it does not know or is not to be asked."""
    return "" if numeric or not ip else name_of(call.box, ip) or ""


def lookup(call: Call, text: str) -> int:
    """The address a word stands for (``default`` is 0.0.0.0); `ToolError`."""
    if text == "default":
        return 0
    found = aton(text)
    if found is not None:
        return found
    if not text:
        raise ToolError("Unknown server error")
    if not _HOST_NAME.fullmatch(text):
        raise ToolError("Unknown host")
    try:
        return call.box.resolve(text)
    except MacvsimError:
        raise ToolError("Host name lookup failure") from None


# -- interfaces ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Interface:
    """A device or an alias, as ifconfig finds it; `stats` None for an alias."""

    name: str
    flags: int
    mtu: int
    mac: bytes
    loopback: bool
    txqlen: int
    address: Address | None
    stats: Stats | None

    def has(self, flag: int) -> bool:
        return bool(self.flags & flag)


def read(ns: Namespace, name: str) -> Interface | None:
    """What there is to know about an interface; None if there is no such device."""
    try:
        dev = ifioctl.device(ns, name)
    except NoSuchDevice:
        return None
    return Interface(
        name,
        ifioctl.get_flags(ns, name) & 0xFFFF,
        dev.mtu,
        dev.mac,
        dev.loopback,
        dev.txqlen,
        ifioctl.labelled(ns, name),
        dev.stats if name == dev.name else None,
    )


def interfaces(ns: Namespace) -> list[Interface]:
    """Every device and alias in the order ifconfig lists them: by name, numbers by value."""
    names: list[str] = []
    for name in [*ns.devices, *(alias for dev in ns.devices.values() for alias in ifioctl.aliases(dev))]:
        place = len(names)
        while place and _compare(names[place - 1], name) >= 0:
            place -= 1
        names.insert(place, name)
    return [found for found in (read(ns, name) for name in names) if found is not None]


def _compare(a: str, b: str) -> int:
    """Order of two names: by the numbers in which they first differ, else by letters (nstrcmp)."""
    position = start = 0
    while position < min(len(a), len(b)) and a[position] == b[position]:
        if not a[position].isdecimal() and a[position + 1 : position + 2].isdecimal():
            start = position + 1
        position += 1
    if a == b:
        return 0
    if a[start : start + 1].isdecimal() and b[start : start + 1].isdecimal():
        return 1 if atoi(a[start:]) > atoi(b[start:]) else -1
    return ord(a[position : position + 1] or "\0") - ord(b[position : position + 1] or "\0")


def scaled(count: int) -> tuple[str, str]:
    """A number of bytes with one decimal, and the prefix of its unit."""
    for power, prefix in ((5, "Pi"), (4, "Ti"), (3, "Gi"), (2, "Mi"), (1, "Ki")):
        if count > 1 << 10 * power:
            tenths = count * 10 >> 10 * power
            return f"{tenths // 10}.{tenths % 10}", prefix
    return f"{count}.0", ""
