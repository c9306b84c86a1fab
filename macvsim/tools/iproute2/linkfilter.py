"""What ``show``, ``list`` and ``flush`` of `ip link` and `ip addr` pick (ipaddr_list_flush_or_save of iproute2)."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase

from macvsim.dev.base import NetDevice
from macvsim.errors import Effect, NotSimulated
from macvsim.machine.tool import UsageError
from macvsim.net.addr import FOREVER, Address
from macvsim.net.fibroute import Scope
from macvsim.net.ipv6.address import Address6, Flag
from macvsim.tools.iproute2.linkargs import device_group
from macvsim.tools.iproute2.prefixes import Prefix, parse_prefix
from macvsim.tools.iproute2.tool import INET, INET6, Tool
from macvsim.tools.iproute2.words import Words, complaint, garbage, invalid, matches
from macvsim.wire.addr6 import SCOPE_LINK, SCOPE_NODE, SCOPE_SITE

SCOPES = {
    "global": Scope.UNIVERSE,
    "site": Scope.SITE,
    "link": Scope.LINK,
    "host": Scope.HOST,
    "nowhere": Scope.NOWHERE,
}
_FLAGS = (
    "secondary", "temporary", "primary", "noprefixroute", "autojoin", "permanent", "dynamic", "tentative", "deprecated",
    "dadfailed", "home", "nodad", "mngtmpaddr",
)  # fmt: skip


@dataclass
class LinkFilter:
    """Everything empty: all devices, all addresses.

    flags : names of address flags, with a ``-`` before those that must not be set
    """

    dev: NetDevice | None = None
    master: NetDevice | None = None
    no_master: bool = False
    group: int | None = None
    up: bool = False
    kind: str = ""
    slave_kind: str = ""
    label: str = ""
    scope: Scope | None = None
    to: Prefix | None = None
    flags: tuple[str, ...] = ()
    down: bool = False

    @property
    def picks_addresses(self) -> bool:
        """True if it says something about addresses."""
        return bool(self.label or self.scope is not None or self.to is not None or self.flags)

    def takes(self, address: Address | Address6, dev: NetDevice) -> bool:
        """True if the address is among those asked for."""
        six = isinstance(address, Address6)
        label = address.label if isinstance(address, Address) else dev.name
        if self.label and not fnmatchcase(label, self.label):
            return False
        if self.scope is not None and scope_of(address) is not self.scope:
            return False
        to = self.to
        if to is not None and to.family and ((to.family == INET6) != six or not to.holds(address.local)):
            return False
        return all(_has_flag(address, flag) for flag in self.flags)

    def family(self, tool: Tool) -> str:
        """The family asked for: by an option, or by the prefix addresses are to be in."""
        return tool.options.family or ("" if self.to is None else self.to.family)


def scope_of(address: Address | Address6) -> Scope:
    """Scope as netlink tells it (rt_scope)."""
    if isinstance(address, Address):
        return address.scope
    return {SCOPE_NODE: Scope.HOST, SCOPE_LINK: Scope.LINK, SCOPE_SITE: Scope.SITE}.get(address.scope, Scope.UNIVERSE)


def _has_flag(address: Address | Address6, flag: str) -> bool:
    name = flag.removeprefix("-")
    if isinstance(address, Address6):
        return _has_flag6(address.flags, name) != flag.startswith("-")
    has = {
        "secondary": address.secondary,
        "temporary": address.secondary,
        "primary": not address.secondary,
        "noprefixroute": address.noprefixroute,
        "autojoin": address.autojoin,
        "permanent": address.valid == FOREVER,
        "dynamic": address.valid != FOREVER,
    }.get(name, False)
    return has != flag.startswith("-")


def _has_flag6(flags: Flag, name: str) -> bool:
    if name in ("primary", "dynamic"):
        return not flags & (Flag.TEMPORARY if name == "primary" else Flag.PERMANENT)
    names = {"secondary": Flag.TEMPORARY, "home": Flag.HOMEADDRESS, "autojoin": Flag.MCAUTOJOIN}
    return bool(flags & (names[name] if name in names else Flag[name.upper()]))


def parse_filter(words: Words, tool: Tool) -> LinkFilter:
    """Read what follows ``show``."""
    wanted = LinkFilter()
    name: str | None = None
    flags: list[str] = []
    while words:
        word = words.take()
        if word == "to":
            family = tool.options.family
            wanted.to = parse_prefix(words.value(), family if family in (INET, INET6) else "")
        elif word == "scope":
            value = words.value()
            if value not in SCOPES and value != "all":
                raise invalid('invalid "scope"\n', value)
            wanted.scope = SCOPES.get(value)
        elif word == "up":
            wanted.up = True
        elif word.removeprefix("-") in _FLAGS:
            flags.append(word)
        elif word == "label":
            wanted.label = words.value()
        elif word == "group":
            value = words.value()
            wanted.group = device_group(value)
        elif word == "master":
            value = words.value()
            if value not in tool.ns.devices:
                raise invalid("Device does not exist\n", value)
            wanted.master = tool.ns.devices[value]
        elif word in ("vrf", "proto"):
            raise NotSimulated(f"showing by {word}", Effect.READS)
        elif word == "nomaster":
            wanted.no_master = True
        elif word == "type":
            value = words.value()
            if value.endswith("_slave"):
                wanted.slave_kind = value.removesuffix("_slave")
            else:
                wanted.kind = value
        elif word == "novf":
            pass
        else:
            if word == "dev":
                word = words.value()
            elif matches(word, "help"):
                raise UsageError(topic="ip address")
            if name is not None:
                raise garbage("dev", word)
            name = word
    wanted.flags = tuple(flags)
    if name is not None:
        wanted.dev = tool.ns.devices.get(name)
        if wanted.dev is None:
            raise complaint(f'Device "{name}" does not exist.\n', 1)
    return wanted
