"""What ``show``, ``list`` and ``flush`` of `ip link` and `ip addr` pick (ipaddr_list_flush_or_save of iproute2)."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from macvsim.dev.base import NetDevice
from macvsim.errors import Effect, NotSimulated
from macvsim.machine.tool import UsageError
from macvsim.net.fibroute import Scope
from macvsim.tools.iproute2.tool import INET, INET6, Tool
from macvsim.tools.iproute2.words import Words, complaint, device_group, garbage, invalid, matches

if TYPE_CHECKING:
    from macvsim.net.ipv6.address import Flag
    from macvsim.tools.iproute2.messages import AddressMessage
    from macvsim.tools.iproute2.prefixes import Prefix

SCOPES = {
    "global": Scope.UNIVERSE,
    "site": Scope.SITE,
    "link": Scope.LINK,
    "host": Scope.HOST,
    "nowhere": Scope.NOWHERE,
}
FLAGS = {
    "secondary": "TEMPORARY", "temporary": "TEMPORARY", "nodad": "NODAD", "optimistic": "OPTIMISTIC",
    "dadfailed": "DADFAILED", "home": "HOMEADDRESS", "deprecated": "DEPRECATED", "tentative": "TENTATIVE",
    "permanent": "PERMANENT", "mngtmpaddr": "MANAGETEMPADDR", "noprefixroute": "NOPREFIXROUTE",
    "autojoin": "MCAUTOJOIN",
}  # fmt: skip
"""Words for flags (`macvsim.net.ipv6.address.Flag`), in iproute2's order (ifa_flag_data)."""
_CLEAR = {"primary": "TEMPORARY", "dynamic": "PERMANENT"}
"""Words for flags that are not set."""


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

    def takes(self, address: AddressMessage, dev: NetDevice) -> bool:
        """True if the address is among those asked for."""
        if self.label and not fnmatchcase(address.label or dev.name, self.label):
            return False
        if self.scope not in (None, address.scope):
            return False
        to = self.to
        if to is not None and to.family and (to.family != address.family or not to.holds(address.ip)):
            return False
        return all(self._has(address.flags, word.removeprefix("-")) != word.startswith("-") for word in self.flags)

    @staticmethod
    def _has(flags: Flag, name: str) -> bool:
        return not flags & type(flags)[_CLEAR[name]] if name in _CLEAR else bool(flags & type(flags)[FLAGS[name]])

    def family(self, tool: Tool) -> str:
        """The family asked for: by an option, or by the prefix addresses are to be in."""
        return tool.options.family or ("" if self.to is None else self.to.family)


def parse_filter(words: Words, tool: Tool) -> LinkFilter:
    """Read what follows ``show``."""
    wanted = LinkFilter()
    name: str | None = None
    flags: list[str] = []
    while words:
        word = words.take()
        if word == "to":
            from macvsim.tools.iproute2.prefixes import parse_prefix

            family = tool.options.family
            wanted.to = parse_prefix(words.value(), family if family in (INET, INET6) else "")
        elif word == "scope":
            value = words.value()
            if value not in SCOPES and value != "all":
                raise invalid('invalid "scope"\n', value)
            wanted.scope = SCOPES.get(value)
        elif word == "up":
            wanted.up = True
        elif word.removeprefix("-") in (*FLAGS, *_CLEAR):
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
