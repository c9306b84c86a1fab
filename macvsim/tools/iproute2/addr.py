"""``ip addr``: add, change, replace, delete, show, flush (ip/ipaddress.c of iproute2)."""

from __future__ import annotations

from dataclasses import dataclass, field

from macvsim.dev.base import NetDevice
from macvsim.errors import Effect, NetlinkError, NotSimulated
from macvsim.machine.tool import ToolError, UsageError
from macvsim.net.addr import Address
from macvsim.net.fibroute import Scope
from macvsim.net.ipv6.address import Address6
from macvsim.tools.iproute2 import addr6
from macvsim.tools.iproute2.addrprint import print_address, print_device
from macvsim.tools.iproute2.guard import flushed, may_change, may_flush
from macvsim.tools.iproute2.link import kernel_picks
from macvsim.tools.iproute2.linkfilter import SCOPES, LinkFilter, parse_filter
from macvsim.tools.iproute2.output import Printer
from macvsim.tools.iproute2.prefixes import Prefix, parse_prefix
from macvsim.tools.iproute2.tool import INET, INET6, LINK, Options, Tool
from macvsim.tools.iproute2.words import (
    Words,
    complaint,
    duplicate,
    effect_of,
    garbage,
    invalid,
    matches,
    number,
    prefix,
)
from macvsim.wire.addr import ip_text, is_loopback_ip, mask_int

_FLAGS = ("noprefixroute", "autojoin")


@dataclass
class _Request:
    """What ``add`` and ``del`` read."""

    local: Prefix | None = None
    text: str = ""
    broadcast: str = ""
    scope: Scope | None = None
    label: str = ""
    metric: int = 0
    dev: str = ""
    noprefixroute: bool = False
    autojoin: bool = False
    extra: addr6.Extra = field(default_factory=addr6.Extra)
    peer: Prefix | None = None

    @property
    def six(self) -> bool:
        """It is about an IPv6 address."""
        return self.local is not None and self.local.family == INET6


def work(words: Words, tool: Tool) -> int:
    """Do what ``ip addr …`` asks for; raises `UsageError`, `ToolError`, `NetlinkError` and `NotSimulated`."""
    if not words:
        return _show(words, tool)
    word = words.take()
    if matches(word, "add"):
        return _add(words, tool, replace=False)
    if any(matches(word, full) for full in ("change", "chg", "replace")):
        return _add(words, tool, replace=True)
    if matches(word, "delete"):
        return _delete(words, tool)
    if any(matches(word, full) for full in ("show", "lst", "list")):
        return _show(words, tool)
    if matches(word, "flush"):
        return _flush(words, tool)
    if any(matches(word, full) for full in ("save", "restore", "showdump")):
        raise NotSimulated(f"ip addr {word}", effect_of(word))
    if matches(word, "help"):
        raise UsageError(topic="ip address")
    raise complaint(f'Command "{word}" is unknown, try "ip address help".\n')


# -- changes -----------------------------------------------------------------------------------------------------------


def _parse(words: Words, tool: Tool) -> _Request:
    """ipaddr_modify."""
    found = _Request()
    while words:
        word = words.take()
        if word in ("peer", "remote"):
            found.peer = parse_prefix(words.value(), tool.options.family)
        elif matches(word, "broadcast") or word == "brd":
            value = words.value()
            if found.broadcast:
                raise duplicate("broadcast", value)
            found.broadcast = value
        elif word == "anycast":
            raise NotSimulated("anycast addresses", Effect.CHANGES)
        elif word == "scope":
            found.scope = _scope(words.value())
        elif word == "dev":
            found.dev = words.value()
        elif word == "label":
            found.label = words.value()
        elif any(matches(word, full) for full in ("metric", "priority", "preference")):
            found.metric = words.integer("metric", message='"metric" value is invalid\n')
        elif matches(word, "valid_lft") or matches(word, "preferred_lft"):
            name = "valid" if matches(word, "valid_lft") else "preferred"
            setattr(found.extra, name, addr6.lifetime(words, f"{name}_lft"))
        elif word == "proto":
            found.extra.proto = addr6.protocol(words.value())
        elif word in addr6.FLAG_WORDS:
            found.extra.flags |= addr6.FLAG_WORDS[word]
            if word in _FLAGS:
                setattr(found, word, True)
        else:
            if word == "local":
                word = words.value()
            elif matches(word, "help"):
                raise UsageError(topic="ip address")
            if found.local is not None:
                raise garbage("local", word)
            found.local = parse_prefix(word, tool.options.family)
            found.text = word
    addr6.check(found.extra)
    group = found.local is not None and (found.local.ip >> (120 if found.six else 28)) == (0xFF if found.six else 0xE)
    if found.autojoin and not group:
        raise complaint("autojoin needs multicast address\n", 1)
    if not found.six:
        _check_inet(found)
    return found


def _check_inet(found: _Request) -> None:
    """What is left out of IPv4."""
    left = [word for word, flag in addr6.FLAG_WORDS.items() if word not in _FLAGS and found.extra.flags & flag]
    if left or found.extra.proto:
        raise NotSimulated(f"ip addr add … {left[0] if left else 'proto'}", Effect.CHANGES)


def _scope(word: str) -> Scope:
    if word in SCOPES:
        return SCOPES[word]
    value = number(word, limit=255)
    if value is None:
        raise invalid("invalid scope value.", word)
    try:
        return Scope(value)
    except ValueError:
        raise NotSimulated(f"scope {word}", Effect.CHANGES) from None


def _device(found: _Request, tool: Tool) -> NetDevice:
    if not found.dev:
        raise complaint('Not enough information: "dev" argument is required.\n', 1)
    return tool.device(found.dev)


def _broadcast(found: _Request, local: int, plen: int) -> int:
    """``brd +`` sets all host bits, ``brd -`` clears them."""
    if not found.broadcast:
        return 0
    if found.broadcast not in ("+", "-"):
        try:
            return prefix(found.broadcast)[0]
        except ToolError:
            raise complaint(f'Error: inet address is expected rather than "{found.broadcast}".\n', 1) from None
    if plen > 30:
        return 0
    mask = mask_int(plen)
    return local | ~mask & 0xFFFFFFFF if found.broadcast == "+" else local & mask


def _add(words: Words, tool: Tool, *, replace: bool) -> int:
    found = _parse(words, tool)
    dev = _device(found, tool)
    may_change(tool)
    if found.local is None:
        six = tool.options.family == INET6
        raise NetlinkError("EINVAL" if six else "EOPNOTSUPP", f"ip addr add on {dev.label}: name an address")
    local, plen = found.local.ip, found.local.plen
    plen = found.peer.plen if found.peer is not None else plen
    if found.six:
        found.extra.peer = found.peer.ip if found.peer is not None else 0
        addr6.put(tool, dev, local, plen, found.metric, found.extra, replace=replace)
        return 0
    scope = found.scope
    if scope is None:
        scope = Scope.HOST if is_loopback_ip(local) else Scope.UNIVERSE
    new = Address(
        local,
        plen,
        _broadcast(found, local, plen),
        scope,
        found.label,
        noprefixroute=found.noprefixroute,
        autojoin=found.autojoin,
        metric=found.metric,
        peer=found.peer.ip if found.peer is not None else 0,
        valid=found.extra.valid,
        preferred=found.extra.preferred,
    )
    if replace:
        old = next((a for a in dev.inet.addresses if (a.local, a.plen) == (new.local, new.plen)), None)
        if old is not None:
            if (old.metric, old.noprefixroute) != (new.metric, new.noprefixroute):
                raise NotSimulated(
                    "changing the metric or the flags of an address: delete it and add it again", Effect.CHANGES
                )
            tool.ns.addresses.let_live(dev, old, new.valid, new.preferred)
            return 0
    tool.ns.addresses.add(dev, new)
    return 0


def _delete(words: Words, tool: Tool) -> int:
    found = _parse(words, tool)
    if found.dev and found.local is not None and not (found.local.given or found.peer or found.six):
        tool.call.err(
            "Warning: Executing wildcard deletion to stay compatible with old scripts.\n"
            f"         Explicitly specify the prefix length ({found.text}/32) to avoid this warning.\n"
            "         This special behaviour is likely to disappear in further releases,\n"
            "         fix your scripts!\n"
        )
    dev = _device(found, tool)
    may_change(tool)
    if found.local is None:
        raise NetlinkError("EOPNOTSUPP", f"ip addr del on {dev.label}: name an address")
    local, plen = found.local.ip, found.local.plen if found.local.given else None
    plen = found.peer.plen if found.peer is not None else plen
    if found.six:
        addr6.delete(tool, dev, local, found.local.plen)
        return 0
    old = next((a for a in dev.inet.addresses if a.local == local and plen in (None, a.plen)), None)
    if old is not None and found.label and old.label != found.label:
        raise NetlinkError(
            "EADDRNOTAVAIL", f"{ip_text(old.local)} on {dev.label} has the label {old.label}", "ipv4: Address not found"
        )
    tool.ns.addresses.remove(dev, local, plen)
    return 0


# -- show and flush ----------------------------------------------------------------------------------------------------


def _show(words: Words, tool: Tool) -> int:
    wanted = parse_filter(words, tool)
    family = wanted.family(tool)
    shown = Tool(tool.call, tool.ns, tool.options if family == tool.options.family else _with(tool.options, family))
    dump6 = tool.options.family == INET6 and wanted.dev is None
    with shown.printer() as out:
        for dev in tool.ns.devices.values():
            if kernel_picks(dev, wanted) and _listed(dev, wanted, family):
                _show_device(out, dev, wanted, shown, dump6=dump6)
    return 0


def _with(options: Options, family: str) -> Options:
    return Options(**{**vars(options), "family": family})


def _addresses(dev: NetDevice, family: str) -> list[Address | Address6]:
    """All addresses of a family, of both where none is asked for: IPv4 first."""
    found: list[Address | Address6] = list(dev.inet.addresses) if family in ("", INET) else []
    if family in ("", INET6) and dev.inet.inet6 is not None:
        found += dev.inet.inet6.addresses
    return found


def _listed(dev: NetDevice, wanted: LinkFilter, family: str) -> bool:
    """ipaddr_filter: a device without addresses is listed where no family is asked for, others if one is picked."""
    if wanted.up and not dev.up:
        return False
    if family == LINK:
        return True
    addresses = _addresses(dev, family)
    if not addresses:
        return family == ""
    return any(wanted.takes(address, dev) for address in addresses)


def _picked(dev: NetDevice, wanted: LinkFilter, family: str) -> list[Address | Address6]:
    return [address for address in _addresses(dev, family) if wanted.takes(address, dev)]


def _show_device(out: Printer, dev: NetDevice, wanted: LinkFilter, tool: Tool, *, dump6: bool) -> None:
    family = tool.options.family
    addresses = _picked(dev, wanted, family)
    if tool.options.oneline and family != LINK and not addresses:
        return
    with out.object():
        header = not wanted.label
        print_device(out, dev, addresses, tool, header=header, dump6=dump6)


def _flush(words: Words, tool: Tool) -> int:
    if not words:
        raise complaint("Flush requires arguments.\n", 1)
    wanted = parse_filter(words, tool)
    family = wanted.family(tool)
    if family == LINK:
        raise complaint("Cannot flush link addresses.\n", 255)
    doomed: list[tuple[NetDevice, Address | Address6]] = []
    for dev in tool.ns.devices.values():
        if kernel_picks(dev, wanted) and (dev.up or not wanted.up):
            doomed += [(dev, address) for address in _picked(dev, wanted, family)]
    if doomed:
        may_flush(tool, 255)
    if tool.options.stats > 1:
        out = Printer(tool.call.out)
        for dev, address in doomed:
            with out.object():
                print_address(out, dev, address, tool, numbered=True)
        out.close()
    for dev, address in doomed:
        if isinstance(address, Address6):
            tool.ns.ipv6.addrconf.remove(dev, address)
        elif address in dev.inet.addresses:
            tool.ns.addresses.remove(dev, address.local, address.plen)
    flushed(tool, len(doomed), "addresses")
    return 0
