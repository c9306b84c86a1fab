"""bridge fdb: forwarding entries of bridges, and the addresses other devices listen for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from macvsim.dev.base import NetDevice
from macvsim.dev.bridge import netif_is_bridge_master
from macvsim.errors import Effect, NetlinkError, NotSimulated
from macvsim.machine.tool import UsageError
from macvsim.net import fdbnetlink
from macvsim.net.fdbnetlink import FdbRow
from macvsim.tools.iproute2.bridge.tool import Tool, mac, refused
from macvsim.tools.iproute2.output import Printer
from macvsim.tools.iproute2.words import USAGE, Words, complaint, garbage, invalid, matches, number
from macvsim.tools.net_tools.oldnet import atoi
from macvsim.wire.addr import mac_text

_STATES = ("permanent", "static", "temp", "stale", "reachable", "all")
_LEFT_OUT = ("use", "router", "extern_learn", "dst", "port", "vni", "nhid", "via", "src_vni")


def run(tool: Tool, words: Words) -> int:
    """``bridge fdb [show|add|append|replace|del|get|flush …]``."""
    if not words:
        return _show(tool, words)
    word = words.take()
    actions: list[tuple[str, Callable[[], int]]] = [
        ("add", lambda: _add(tool, words, exclusive=True)),
        ("append", lambda: _add(tool, words, exclusive=False)),
        ("replace", lambda: _add(tool, words, exclusive=False)),
        ("delete", lambda: _delete(tool, words)),
        ("get", lambda: _get(tool, words)),
        ("flush", lambda: _flush(tool, words)),
        ("show", lambda: _show(tool, words)),
        ("lst", lambda: _show(tool, words)),
        ("list", lambda: _show(tool, words)),
    ]
    if matches(word, "help"):
        raise UsageError(topic="bridge fdb")
    for name, action in actions:
        if matches(word, name):
            return action()
    raise complaint(f'Command "{word}" is unknown, try "bridge fdb help".\n')


# -- show --------------------------------------------------------------------------------------------------------------


def _show(tool: Tool, words: Words) -> int:
    bridge: NetDevice | None = None
    port: NetDevice | None = None
    vlan = 0
    state = ""
    dynamic = False
    while words:
        match words.take():
            case "brport" | "dev":
                port = tool.device(words.value())
            case "br":
                bridge = tool.device(words.value(), kind="bridge device")
            case "vlan":
                vlan = atoi(words.value())
            case "state":
                text = words.value()
                state = next((name for name in _STATES if name.startswith(text) and text), "")
                if not state:
                    raise invalid("invalid state", text)
            case "dynamic":
                dynamic = True
            case word if matches(word, "help"):
                raise UsageError(topic="bridge fdb")
    wanted = {"temp": "static", "reachable": "", "all": None}.get(state, state) if state else None
    with tool.printer() as out:
        for row in fdbnetlink.rows(tool.ns, bridge=bridge, port=port):
            if vlan in (0, row.vlan) and wanted in (None, row.state) and not (dynamic and row.state == "permanent"):
                _print(tool, out, row, named=port is None)
    return 0


def _print(tool: Tool, out: Printer, row: FdbRow, *, named: bool = True) -> None:
    """print_fdb."""
    with out.object():
        text = mac_text(row.mac)
        out.both("mac", f"{text} ", text)
        if named:
            out.both("ifname", f"dev {row.dev} ", row.dev)
        if row.vlan:
            out.both("vlan", f"vlan {row.vlan} ", row.vlan)
        if tool.options.stats and row.used is not None:
            out.text(f"used {row.used}/{row.updated} ")
            out.member("used", row.used)
            out.member("updated", row.updated)
        flags = [*(() if row.master else ("self",)), *(("sticky",) if row.sticky else ())]
        out.both("flags", "".join(f"{flag} " for flag in flags), flags)
        if row.master:
            out.both("master", f"master {row.master} ", row.master)
        out.both("state", row.state, row.state)
        out.end()


# -- change ------------------------------------------------------------------------------------------------------------


@dataclass
class _Entry:
    """What ``add`` and ``del`` are given; without self and master it is self."""

    address: str = ""
    dev: str = ""
    vlan: int | None = None
    state: str = "permanent"
    sticky: bool = False
    sides: list[bool] = field(default_factory=list)
    """True for master, False for self, in the kernel's order."""


def _read(tool: Tool, words: Words) -> _Entry:
    """fdb_modify."""
    entry = _Entry()
    master = own = False
    while words:
        word = words.take()
        match word:
            case "dev":
                entry.dev = words.value()
            case "self":
                own = True
            case "master":
                master = True
            case "local" | "permanent":
                entry.state = "permanent"
            case "temp" | "static":
                entry.state = "static"
            case "dynamic":
                entry.state = "dynamic"
            case "sticky":
                entry.sticky = True
            case "vlan":
                found = number(words.value(), limit=4095)
                if found is None:
                    raise complaint("Error: invalid vlan id.\n")
                entry.vlan = found
            case _ if word in _LEFT_OUT:
                raise NotSimulated(f"bridge fdb … {word}", Effect.CHANGES)
            case _:
                if word == "to":
                    word = words.value()
                if matches(word, "help"):
                    raise UsageError(topic="bridge fdb")
                if entry.address:
                    raise garbage("to", word)
                entry.address = word
    if not entry.dev or not entry.address:
        raise complaint("Device and address are required arguments.\n")
    entry.sides = [*([True] if master else []), *([False] if own or not master else [])]
    return entry


def _add(tool: Tool, words: Words, *, exclusive: bool) -> int:
    entry = _read(tool, words)
    address = mac(entry.address)
    dev = tool.device(entry.dev)
    for master in entry.sides:
        tool.kernel(
            lambda master=master: fdbnetlink.add(  # type: ignore[misc]
                dev,
                address,
                master=master,
                state=entry.state,
                vlan=entry.vlan,
                sticky=entry.sticky,
                exclusive=exclusive,
            )
        )
    return 0


def _delete(tool: Tool, words: Words) -> int:
    entry = _read(tool, words)
    address = mac(entry.address)
    dev = tool.device(entry.dev)
    for master in entry.sides:
        tool.kernel(
            lambda master=master: fdbnetlink.delete(dev, address, master=master, vlan=entry.vlan)  # type: ignore[misc]
        )
    return 0


def _get(tool: Tool, words: Words) -> int:
    """fdb_get."""
    address = dev = bridge = ""
    vlan = 0
    while words:
        match words.take():
            case "brport" | "dev":
                dev = words.value()
            case "br":
                bridge = words.value()
            case "vlan":
                vlan = atoi(words.value())
            case "self" | "master" | "dynamic":
                pass
            case word if word in _LEFT_OUT:
                return tool.call.not_simulated(f"bridge fdb get … {word}", Effect.READS)
            case word:
                address = words.value() if word == "to" else word
    if not address or not (dev or bridge):
        raise complaint("Device or master and address are required arguments.\n")
    wanted = mac(address)
    table: NetDevice | None = tool.device(bridge, kind="bridge device") if bridge else tool.device(dev).master
    if not netif_is_bridge_master(table):
        raise complaint(f"Error: Device is not a bridge{'' if bridge else ' port'}.\n", 254)
    try:
        row = fdbnetlink.find(table, wanted, vlan)
    except NetlinkError as error:
        raise refused(error, 254) from None
    with tool.printer() as out:
        _print(tool, out, row)
    return 0


_MATCHES: dict[str, dict[str, bool]] = {
    "permanent": {"local": True},
    "nopermanent": {"local": False},
    "static": {"static": True, "local": False},
    "nostatic": {"static": False},
    "dynamic": {"static": False, "local": False},
    "nodynamic": {"static": True},
    "added_by_user": {"user": True},
    "noadded_by_user": {"user": False},
    "sticky": {"sticky": True},
    "nosticky": {"sticky": False},
}
_NEVER_SET = ("extern_learn", "offloaded", "router")


def _flush(tool: Tool, words: Words) -> int:
    """fdb_flush."""
    dev = port = ""
    vlan = 0
    sides: list[bool] = []
    conditions: dict[str, bool] = {}
    while words:
        word = words.take()
        if word == "dev":
            dev = words.value()
        elif word == "brport":
            port = words.value()
        elif word == "vlan":
            found = number(words.value(), limit=4094)
            if not found:
                raise complaint("Error: integer out of range.\n")
            vlan = found
        elif word in ("self", "master"):
            sides.append(word == "master")
        elif word in _MATCHES:
            conditions |= _MATCHES[word]
        elif word.removeprefix("no") in _NEVER_SET:
            if not word.startswith("no"):
                return tool.call.not_simulated(f"bridge fdb flush … {word}", Effect.CHANGES)
        elif word in _LEFT_OUT:
            return tool.call.not_simulated(f"bridge fdb flush … {word}", Effect.CHANGES)
        elif matches(word, "help"):
            raise UsageError(topic="bridge fdb")
        else:
            raise complaint(f'bridge fdb: unknown command "{word}"?\n' + USAGE.blocks["bridge fdb"])
    if not dev:
        raise complaint("Device is a required argument.\n")
    where = tool.device(dev, kind="bridge device")
    only = tool.device(port, kind="bridge port") if port else None
    master = True in sides and where.master is not None
    tool.kernel(lambda: fdbnetlink.flush(where, master=master, port=only, vlan=vlan, **conditions))
    return 0
