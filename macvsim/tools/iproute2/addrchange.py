"""``ip addr add|change|replace|del`` (ipaddr_modify of iproute2; inet_rtm_newaddr, inet6_rtm_newaddr)."""

from __future__ import annotations

from dataclasses import dataclass

from macvsim.dev.base import NetDevice
from macvsim.errors import Effect, NetlinkError, NotSimulated
from macvsim.machine.tool import UsageError
from macvsim.net.addr import FOREVER, Address
from macvsim.net.fibroute import Scope
from macvsim.net.ipv6.address import NO_FLAGS, Address6, Flag
from macvsim.tools.iproute2.addrprint import PROTOCOLS
from macvsim.tools.iproute2.guard import may_change
from macvsim.tools.iproute2.prefixes import BITS, Prefix, parse_address, parse_prefix
from macvsim.tools.iproute2.routewords import scope_of
from macvsim.tools.iproute2.tool import INET, INET6, Tool
from macvsim.tools.iproute2.words import Words, complaint, duplicate, garbage, invalid, matches, number
from macvsim.wire.addr import ip_text, is_loopback_ip, mask_int
from macvsim.wire.addr6 import ip6_text

_FLAGS = {  # optimistic detection is a matter of the kernel's configuration
    "nodad": Flag.NODAD,
    "optimistic": NO_FLAGS,
    "home": Flag.HOMEADDRESS,
    "mngtmpaddr": Flag.MANAGETEMPADDR,
    "noprefixroute": Flag.NOPREFIXROUTE,
    "autojoin": Flag.MCAUTOJOIN,
}
_FLAGS4 = Flag.NOPREFIXROUTE | Flag.MCAUTOJOIN


@dataclass
class _Request:
    """The words of a command; proto : the origin of an IPv6 address."""

    local: Prefix | None = None
    text: str = ""
    peer: Prefix | None = None
    broadcast: str = ""
    scope: Scope | None = None
    label: str = ""
    metric: int = 0
    dev: str = ""
    flags: Flag = NO_FLAGS
    valid: int = FOREVER
    preferred: int = FOREVER
    proto: str = ""

    @property
    def plen(self) -> int:
        """Length of the prefix, which is that of the peer."""
        assert self.local is not None
        return (self.peer or self.local).plen

    @property
    def peer_ip(self) -> int:
        return self.peer.ip if self.peer is not None else 0


def _parse(words: Words, tool: Tool) -> _Request:
    found = _Request()
    family = tool.options.family if tool.options.family in BITS else ""
    while words:
        word = words.take()
        if word in ("peer", "remote"):
            found.peer = parse_prefix(words.value(), family)
            family = family or found.peer.family
        elif matches(word, "broadcast") or word == "brd":
            value = words.value()
            if found.broadcast:
                raise duplicate("broadcast", value)
            found.broadcast = value
        elif word == "anycast":
            raise NotSimulated("anycast addresses", Effect.CHANGES)
        elif word == "scope":
            found.scope = scope_of(words.value(), "invalid scope value.")
        elif word == "dev":
            found.dev = words.value()
        elif word == "label":
            found.label = words.value()
        elif any(matches(word, full) for full in ("metric", "priority", "preference")):
            found.metric = words.integer("metric", message='"metric" value is invalid\n')
        elif matches(word, "valid_lft"):
            found.valid = _lifetime(words, "valid_lft")
        elif matches(word, "preferred_lft"):
            found.preferred = _lifetime(words, "preferred_lft")
        elif word == "proto":
            found.proto = _protocol(words.value())
        elif word in _FLAGS:
            found.flags |= _FLAGS[word]
        else:
            if word == "local":
                word = words.value()
            elif matches(word, "help"):
                raise UsageError(topic="ip address")
            if found.local is not None:
                raise garbage("local", word)
            found.local = parse_prefix(word, family)
            family = family or found.local.family
            found.text = word
    _check(found)
    return found


def _check(found: _Request) -> None:
    """Refusals of the program itself, and words about IPv4 that are left out."""
    if not found.valid:
        raise complaint("valid_lft is zero\n", 1)
    if found.preferred > found.valid:
        raise complaint("preferred_lft is greater than valid_lft\n", 1)
    six = found.local is not None and found.local.family == INET6
    group = found.local is not None and found.local.ip >> (120 if six else 28) == (0xFF if six else 0xE)
    if found.flags & Flag.MCAUTOJOIN and not group:
        raise complaint("autojoin needs multicast address\n", 1)
    left_out = [word for word, flag in _FLAGS.items() if found.flags & flag & ~_FLAGS4]
    if not six and (left_out or found.proto):
        raise NotSimulated(f"ip addr add … {left_out[0] if left_out else 'proto'}", Effect.CHANGES)


def _lifetime(words: Words, name: str) -> int:
    """Seconds, or ``forever`` (set_lifetime)."""
    word = words.value()
    found = FOREVER if word == "forever" else number(word)
    if found is None:
        raise invalid(f"{name} value", word)
    return found


def _protocol(word: str) -> str:
    """The origin of an address: a name, or a number as it is shown (rtnl_addrprot_a2n)."""
    value = PROTOCOLS[word] if word in PROTOCOLS else number(word, limit=255)
    if value is None:
        raise invalid('"proto" value is invalid\n', word)
    named = next((name for name, known in PROTOCOLS.items() if known == value), "")
    return named or (f"{value:#x}" if value else "")


def _device(found: _Request, tool: Tool) -> NetDevice:
    if not found.dev:
        raise complaint('Not enough information: "dev" argument is required.\n', 1)
    dev = tool.device(found.dev)
    may_change(tool)
    return dev


# -- add, change, replace ----------------------------------------------------------------------------------------------


def put(words: Words, tool: Tool, *, replace: bool) -> int:
    """RTM_NEWADDR: a new address; with `replace`, other lifetimes and flags for one that is there."""
    found = _parse(words, tool)
    dev = _device(found, tool)
    if found.local is None:
        six = tool.options.family == INET6
        raise NetlinkError("EINVAL" if six else "EOPNOTSUPP", f"ip addr add on {dev.label}: name an address")
    (_put6 if found.local.family == INET6 else _put4)(tool, dev, found, found.local.ip, replace=replace)
    return 0


def _put4(tool: Tool, dev: NetDevice, found: _Request, local: int, *, replace: bool) -> None:
    new = Address(
        local,
        found.plen,
        _broadcast(found.broadcast, local, found.plen),
        (Scope.HOST if is_loopback_ip(local) else Scope.UNIVERSE) if found.scope is None else found.scope,
        found.label,
        noprefixroute=bool(found.flags & Flag.NOPREFIXROUTE),
        autojoin=bool(found.flags & Flag.MCAUTOJOIN),
        metric=found.metric,
        peer=found.peer_ip,
        valid=found.valid,
        preferred=found.preferred,
    )
    old = next((a for a in dev.inet.addresses if (a.local, a.plen) == (local, found.plen)), None)
    if old is None or not replace:
        tool.ns.addresses.add(dev, new)
    elif (old.metric, old.noprefixroute) != (new.metric, new.noprefixroute):
        raise NotSimulated("changing the metric or the flags of an address: delete it and add it again", Effect.CHANGES)
    else:
        tool.ns.addresses.let_live(dev, old, new.valid, new.preferred)


def _broadcast(word: str, local: int, plen: int) -> int:
    """``brd +`` sets all host bits, ``brd -`` clears them."""
    if word in ("", "+", "-"):
        if not word or plen > 30:
            return 0
        mask = mask_int(plen)
        return local | ~mask & 0xFFFFFFFF if word == "+" else local & mask
    return parse_address(word, INET).ip


def _put6(tool: Tool, dev: NetDevice, found: _Request, local: int, *, replace: bool) -> None:
    addrconf, inet6 = tool.ns.ipv6.addrconf, dev.inet.inet6
    old = None if inet6 is None else inet6.address(local)
    lives = found.valid, found.preferred
    if old is None or not replace:
        addrconf.add(dev, Address6(local, found.plen, found.flags, found.peer_ip, found.metric, *lives, found.proto))
    else:
        addrconf.modify(dev, old, flags=found.flags, valid=lives[0], preferred=lives[1], metric=found.metric)


# -- del ---------------------------------------------------------------------------------------------------------------


def delete(words: Words, tool: Tool) -> int:
    """RTM_DELADDR."""
    found = _parse(words, tool)
    six = found.local is not None and found.local.family == INET6
    if found.dev and found.local is not None and not (found.local.given or found.peer or six):
        tool.call.err(
            "Warning: Executing wildcard deletion to stay compatible with old scripts.\n"
            f"         Explicitly specify the prefix length ({found.text}/32) to avoid this warning.\n"
            "         This special behaviour is likely to disappear in further releases,\n"
            "         fix your scripts!\n"
        )
    dev = _device(found, tool)
    if found.local is None:
        raise NetlinkError("EOPNOTSUPP", f"ip addr del on {dev.label}: name an address")
    if six:
        _delete6(tool, dev, found.local)
        return 0
    local = found.local.ip
    plen = found.plen if found.peer is not None or found.local.given else None
    old = next((a for a in dev.inet.addresses if a.local == local and plen in (None, a.plen)), None)
    if old is not None and found.label and old.label != found.label:
        raise NetlinkError(
            "EADDRNOTAVAIL", f"{ip_text(local)} on {dev.label} has the label {old.label}", "ipv4: Address not found"
        )
    tool.ns.addresses.remove(dev, local, plen)
    return 0


def _delete6(tool: Tool, dev: NetDevice, prefix: Prefix) -> None:
    """The length has to be right (inet6_addr_del)."""
    inet6 = dev.inet.inet6
    wanted = prefix.ip, prefix.plen
    found = None if inet6 is None else next((a for a in inet6.addresses if (a.local, a.plen) == wanted), None)
    if found is None:
        text = f"{dev.label} has no address {ip6_text(prefix.ip)}/{prefix.plen}"
        raise NetlinkError("EADDRNOTAVAIL", text, "ipv6: address not found")
    tool.ns.ipv6.addrconf.remove(dev, found)
