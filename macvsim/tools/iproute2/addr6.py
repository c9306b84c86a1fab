"""``ip addr add|change|replace|del`` of IPv6 addresses (inet6_rtm_newaddr, inet6_rtm_deladdr)."""

from __future__ import annotations

from dataclasses import dataclass

from macvsim.dev.base import NetDevice
from macvsim.errors import NetlinkError
from macvsim.net.ipv6.address import FOREVER, NO_FLAGS, Address6, Flag
from macvsim.tools.iproute2.tool import Tool
from macvsim.tools.iproute2.words import Words, complaint, invalid, number
from macvsim.wire.addr6 import ip6_text

FLAG_WORDS = {  # optimistic detection is a matter of the kernel's configuration
    "nodad": Flag.NODAD,
    "optimistic": NO_FLAGS,
    "home": Flag.HOMEADDRESS,
    "mngtmpaddr": Flag.MANAGETEMPADDR,
    "noprefixroute": Flag.NOPREFIXROUTE,
    "autojoin": Flag.MCAUTOJOIN,
}
PROTOCOLS = {"kernel_lo": 1, "kernel_ra": 2, "kernel_ll": 3}


@dataclass
class Extra:
    """What only IPv6 addresses have."""

    flags: Flag = NO_FLAGS
    valid: int = FOREVER
    preferred: int = FOREVER
    peer: int = 0
    proto: str = ""


def lifetime(words: Words, name: str) -> int:
    """Seconds, or ``forever`` (set_lifetime)."""
    word = words.value()
    if word == "forever":
        return FOREVER
    found = number(word)
    if found is None:
        raise invalid(f"{name} value", word)
    return found


def protocol(word: str) -> str:
    """Who gives an address: a name, or a number as it is shown (rtnl_addrprot_a2n)."""
    if word in PROTOCOLS:
        return word
    value = number(word, limit=255)
    if value is None:
        raise invalid('"proto" value is invalid\n', word)
    named = next((name for name, known in PROTOCOLS.items() if known == value), "")
    return named or (f"{value:#x}" if value else "")


def check(extra: Extra) -> None:
    """What the tool itself refuses."""
    if not extra.valid:
        raise complaint("valid_lft is zero\n", 1)
    if extra.preferred > extra.valid:
        raise complaint("preferred_lft is greater than valid_lft\n", 1)


def put(tool: Tool, dev: NetDevice, ip: int, plen: int, metric: int, extra: Extra, *, replace: bool) -> None:
    """RTM_NEWADDR: a new address, or other lifetimes and flags for one that is there."""
    addrconf = tool.ns.ipv6.addrconf
    inet6 = dev.inet.inet6
    old = None if inet6 is None else inet6.address(ip)
    if old is None or not replace:
        new = Address6(ip, plen, extra.flags, extra.peer, metric, extra.valid, extra.preferred, extra.proto)
        addrconf.add(dev, new)
        return
    addrconf.modify(dev, old, flags=extra.flags, valid=extra.valid, preferred=extra.preferred, metric=metric)


def delete(tool: Tool, dev: NetDevice, ip: int, plen: int) -> None:
    """RTM_DELADDR; the length has to be right (inet6_addr_del)."""
    inet6 = dev.inet.inet6
    found = None if inet6 is None else next((a for a in inet6.addresses if (a.local, a.plen) == (ip, plen)), None)
    if found is None:
        raise NetlinkError(
            "EADDRNOTAVAIL", f"{dev.label} has no address {ip6_text(ip)}/{plen}", "ipv6: address not found"
        )
    tool.ns.ipv6.addrconf.remove(dev, found)
