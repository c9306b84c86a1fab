"""``ip neigh``: add, change, replace, delete, show, get, flush (ip/ipneigh.c of iproute2)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from macvsim.dev.base import NetDevice
from macvsim.errors import Effect, MacvsimError, NetlinkError, NotSimulated
from macvsim.machine.tool import UsageError
from macvsim.net import rtneigh
from macvsim.net.nud import VALID, Nud
from macvsim.tools.iproute2.family import families
from macvsim.tools.iproute2.guard import flushed, may_change, may_flush
from macvsim.tools.iproute2.linkargs import lladdr
from macvsim.tools.iproute2.objects import Object
from macvsim.tools.iproute2.output import Printer
from macvsim.tools.iproute2.prefixes import Prefix, parse_address, parse_prefix
from macvsim.tools.iproute2.tool import INET, Tool
from macvsim.tools.iproute2.words import Words, complaint, duplicate, invalid, matches, number
from macvsim.wire.addr import mac_bytes, mac_text

if TYPE_CHECKING:
    from macvsim.net.neigh import Neighbour
    from macvsim.net.neightable import NeighTable


NUD_WORDS = {
    "permanent": Nud.PERMANENT, "reachable": Nud.REACHABLE, "noarp": Nud.NOARP, "none": Nud.NONE, "stale": Nud.STALE,
    "incomplete": Nud.INCOMPLETE, "delay": Nud.DELAY, "probe": Nud.PROBE, "failed": Nud.FAILED,
}  # fmt: skip
_NONE = 0x100
"""Stands for NUD_NONE among the states asked for."""
_SHOWN = 0xFF & ~int(Nud.NOARP)
_FLUSHED = 0x1FF & ~int(Nud.NOARP | Nud.PERMANENT)


# -- changes -----------------------------------------------------------------------------------------------------------


@dataclass
class _Request:
    dst: Prefix | None = None
    lladdr: str | None = None
    state: Nud = Nud.PERMANENT
    dev: str = ""
    router: bool = False
    proxy: bool = False

    def place(self, tool: Tool) -> tuple[NeighTable, NetDevice, int]:
        """Table, device and address, which are needed."""
        if not self.dev or self.dst is None:
            raise complaint("Device and destination are required arguments.\n")
        dev = tool.device(self.dev)
        (family,) = families(self.dst.family or INET)
        if family.six and (dev.inet.inet6 is None or dev.inet.inet6.conf.disable_ipv6):
            raise NetlinkError("EINVAL", f"{dev.label} has IPv6 off", "IPv6 is disabled on this device")
        return family.neighbours(tool.ns), dev, self.dst.ip


def _parse(words: Words, tool: Tool) -> _Request:
    """ipneigh_modify."""
    found = _Request()
    while words:
        word = words.take()
        if matches(word, "lladdr"):
            value = words.value()
            if found.lladdr is not None:
                raise duplicate("lladdr", value)
            found.lladdr = value
        elif word == "nud":
            found.state = Nud(_state(words.value()) & 0xFF)
        elif word == "router":
            found.router = True
        elif word == "proxy":
            found.proxy = True
            word = words.value()
            if matches(word, "help"):
                raise UsageError(topic="ip neigh")
            if found.dst is not None:
                raise duplicate("address", word)
            found.dst = parse_address(word, tool.options.family)
        elif word in ("use", "managed", "extern_learn", "protocol"):
            raise NotSimulated(f"ip neigh … {word}", Effect.CHANGES)
        elif word == "dev":
            found.dev = words.value()
        else:
            if word == "to":
                word = words.value()
            elif matches(word, "help"):
                raise UsageError(topic="ip neigh")
            if found.dst is not None:
                raise duplicate("to", word)
            found.dst = parse_address(word, tool.options.family)
    return found


def _state(word: str) -> int:
    """A state by name or number (nud_state_a2n); none is a bit of its own."""
    if word in NUD_WORDS:
        return int(NUD_WORDS[word]) or _NONE
    value = number(word, limit=0xFF)
    if value is None:
        raise invalid("nud state is bad", word)
    return value or _NONE


def _mac(text: str | None, dev: NetDevice) -> bytes | None:
    if text is None:
        return None
    mac = lladdr(text)
    try:
        return mac_bytes(mac.hex(":"))
    except MacvsimError:
        raise NetlinkError(
            "EINVAL", f"{text} is no MAC address, which neighbours on {dev.label} have", "Invalid link address"
        ) from None


def _put(words: Words, tool: Tool, *, create: bool, replace: bool) -> int:
    found = _parse(words, tool)
    table, dev, ip = found.place(tool)
    may_change(tool)
    if found.proxy:
        rtneigh.put_proxy(table, dev, ip, router=found.router)
        return 0
    mac = _mac(found.lladdr, dev)
    rtneigh.put(table, dev, ip, mac, found.state, create=create, replace=replace, router=found.router)
    return 0


def _delete(words: Words, tool: Tool) -> int:
    found = _parse(words, tool)
    table, dev, ip = found.place(tool)
    may_change(tool)
    (rtneigh.delete_proxy if found.proxy else rtneigh.delete)(table, dev, ip)
    return 0


# -- show and flush ----------------------------------------------------------------------------------------------------


@dataclass
class _Filter:
    states: int
    dev: NetDevice | None = None
    to: Prefix | None = None
    no_master: bool = False
    proxy: bool = False

    def takes(self, entry: Neighbour) -> bool:
        """True if the entry is among those asked for."""
        return bool((int(entry.state) or _NONE) & self.states) and self.covers(entry.dev, entry.ip)

    def covers(self, dev: NetDevice, ip: int) -> bool:
        """True if device and address are among those asked for."""
        if self.dev is not None and dev is not self.dev:
            return False
        if self.no_master and dev.master is not None:
            return False
        return self.to is None or self.to.holds(ip)


def _parse_filter(words: Words, tool: Tool, states: int) -> _Filter:
    found = _Filter(states)
    asked = 0
    dev = ""
    while words:
        word = words.take()
        if word == "dev":
            dev = words.value()
        elif word == "nud":
            value = words.value()
            asked |= 0x1FF if value == "all" else _state(value)
        elif word == "nomaster":
            found.no_master = True
        elif word == "proxy":
            found.proxy = True
        elif word in ("unused", "master", "vrf", "protocol"):
            raise NotSimulated(f"showing neighbours by {word}", Effect.READS)
        else:
            if word == "to":
                word = words.value()
            elif matches(word, "help"):
                raise UsageError(topic="ip neigh")
            found.to = parse_prefix(word, tool.options.family)
    found.states = asked or states
    if dev:
        found.dev = tool.device(dev)
    return found


def _tables(tool: Tool, wanted: _Filter) -> list[NeighTable]:
    family = tool.options.family or (wanted.to.family if wanted.to is not None else "")
    there = [one for one in families(family) if not one.six or tool.ns.has_ipv6]
    return [one.neighbours(tool.ns) for one in there]


def _newest_first(tool: Tool, wanted: _Filter) -> list[Neighbour]:
    """The entries picked, those of IPv4 first; a new one stands at the head of its bucket."""
    tables = _tables(tool, wanted)
    return [entry for table in tables for entry in reversed(table.entries.values()) if wanted.takes(entry)]


def _show(words: Words, tool: Tool) -> int:
    wanted = _parse_filter(words, tool, _SHOWN)
    with tool.printer() as out:
        if wanted.proxy:
            for table in _tables(tool, wanted):
                for dev, ip, router in table.proxies.listing():
                    if wanted.covers(dev, ip):
                        _print_proxy(out, dev, table.text(ip), router=router, with_dev=wanted.dev is None)
            return 0
        for entry in _newest_first(tool, wanted):
            _print(out, entry, tool, with_dev=wanted.dev is None)
    return 0


def _get(words: Words, tool: Tool) -> int:
    wanted = _parse(words, tool)
    if not wanted.dev or wanted.dst is None:
        raise complaint("Device and address are required arguments.\n", 1)
    table, dev, ip = wanted.place(tool)
    entry = table.lookup(dev, ip)
    if entry is None:
        raise NetlinkError("ENOENT", f"{dev.label} has no neighbour {table.text(ip)}", "Neighbour entry not found")
    with tool.printer() as out:
        _print(out, entry, tool)
    return 0


def _flush(words: Words, tool: Tool) -> int:
    if not words:
        raise complaint("Flush requires arguments.\n", 1)
    wanted = _parse_filter(words, tool, _FLUSHED)
    doomed = _newest_first(tool, wanted)
    if doomed:
        may_flush(tool, 255)
    if tool.options.stats > 1:
        out = Printer(tool.call.out)
        for entry in doomed:
            _print(out, entry, tool, with_dev=wanted.dev is None)
        out.close()
    for entry in doomed:
        rtneigh.remove(entry)
    flushed(tool, len(doomed), "entries")
    return 0


def _print(out: Printer, entry: Neighbour, tool: Tool, *, with_dev: bool = True) -> None:
    """One entry (print_neigh)."""
    text = entry.table.text(entry.ip)
    lladdr = mac_text(entry.ha) if entry.state & VALID else ""
    with out.object():
        if tool.options.brief:
            out.both("dst", f"{text:<39} ", text)
            if with_dev:
                tool.ns.linkwatch.sync(entry.dev)
                out.both("dev", f"{entry.dev.name:<16} ", entry.dev.name)
            if lladdr:
                out.both("lladdr", lladdr, lladdr)
            out.end()
            return
        out.both("dst", f"{text} ", text)
        if with_dev:
            tool.ns.linkwatch.sync(entry.dev)
            out.both("dev", f"dev {entry.dev.name} ", entry.dev.name)
        if lladdr:
            out.both("lladdr", f"lladdr {lladdr} ", lladdr)
        if entry.router:
            out.both("router", "router ", None)
        if tool.options.stats:
            _print_stats(out, entry)
        if entry.state:
            name = entry.state.name or ""
            out.both("state", f"{name} ", [name])
        out.end()


def _print_proxy(out: Printer, dev: NetDevice, text: str, *, router: bool, with_dev: bool) -> None:
    with out.object():
        out.both("dst", f"{text} ", text)
        if with_dev:
            out.both("dev", f"dev {dev.name} ", dev.name)
        if router:
            out.both("router", "router ", None)
        out.text("proxy ")
        out.member("proxy", None)
        out.end()


def _print_stats(out: Printer, entry: Neighbour) -> None:
    """Seconds since the entry was used, confirmed and updated, and its probes."""
    sim = entry.table.sim
    sim.flush()
    out.text(" ")
    if entry.pending:
        out.both("refcnt", "ref 1 ", 1)
    for key, before, since in (
        ("used", "used ", entry.used),
        ("confirmed", "/", entry.confirmed),
        ("updated", "/", entry.updated),
    ):
        seconds = (sim.jiffies - since) // sim.hz
        out.both(key, f"{before}{seconds}", seconds)
    out.both("probes", f"probes {entry.probes} ", entry.probes)


work = Object(
    topic="ip neigh",
    name="ip neigh",
    commands={
        "add": partial(_put, create=True, replace=False),
        **dict.fromkeys(("change", "chg"), partial(_put, create=False, replace=True)),
        "replace": partial(_put, create=True, replace=True),
        "delete": _delete,
        "get": _get,
        **dict.fromkeys(("show", "lst", "list"), _show),
        "flush": _flush,
    },
    default="show",
)
