"""bridge vlan: which VLANs the ports of bridges, and bridges themselves, carry."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from macvsim.dev.bridge import netif_is_bridge_master
from macvsim.dev.portvlan import PortVlans
from macvsim.errors import Effect, NetlinkError
from macvsim.machine.tool import UsageError
from macvsim.net.fdbnetlink import bridge_side
from macvsim.net.namespace import Namespace
from macvsim.tools.iproute2.bridge.tool import Tool
from macvsim.tools.iproute2.output import Printer
from macvsim.tools.iproute2.words import Words, complaint, effect_of, matches
from macvsim.tools.net_tools.oldnet import atoi

_INDENT = 18


def run(tool: Tool, words: Words) -> int:
    """``bridge vlan [show|add|del …]``."""
    if not words:
        return _show(tool, words)
    word = words.take()
    if matches(word, "help"):
        raise UsageError(topic="bridge vlan")
    if matches(word, "add"):
        return _change(tool, words, adding=True)
    if matches(word, "delete"):
        return _change(tool, words, adding=False)
    if any(matches(word, name) for name in ("show", "lst", "list")):
        return _show(tool, words)
    if any(matches(word, name) for name in ("set", "tunnelshow", "global")):
        return tool.call.not_simulated(f"bridge vlan {word}", effect_of(word, "tunnelshow"))
    raise complaint(f'Command "{word}" is unknown, try "bridge vlan help".\n')


def _change(tool: Tool, words: Words, *, adding: bool) -> int:
    """vlan_modify: words it does not know are passed over."""
    dev = ""
    first = last = -1
    pvid = untagged = own = master = False
    while words:
        match words.take():
            case "dev":
                dev = words.value()
            case "vid":
                first, last = _range(words.value())
            case "self":
                own = True
            case "master":
                master = True
            case "pvid":
                pvid = True
            case "untagged":
                untagged = True
            case "tunnel_info":
                return tool.call.not_simulated("bridge vlan … tunnel_info", Effect.CHANGES)
            case word if matches(word, "help"):
                raise UsageError(topic="bridge vlan")
    if not dev or first < 0:
        raise complaint("Device and VLAN ID are required arguments.\n")
    device = tool.device(dev, kind="bridge device")
    if first >= 4096:
        raise complaint(f'Invalid VLAN ID "{first}"\n')
    if last >= 0 and pvid:
        raise complaint("pvid cannot be configured for a vlan range\n")
    side = bridge_side(device, master or not own)
    if side is None:
        error = NetlinkError("EOPNOTSUPP", f"{device.label} is not a port of a bridge: self is for bridges themselves")
        raise complaint(f"RTNETLINK answers: {error.strerror}\n")
    bridge, port = side
    for vid in range(first, max(first, last) + 1):
        if adding:
            tool.kernel(lambda vid=vid: bridge.vlan_config.add(port, vid, pvid=pvid, untagged=untagged))  # type: ignore[misc]
        else:
            bridge.vlan_config.remove(port, vid)
    return 0


def _range(text: str) -> tuple[int, int]:
    """``N`` or ``N-M``; the second is -1 when there is none."""
    head, dash, tail = text.partition("-")
    first, last = atoi(head), atoi(tail) if dash else -1
    if dash and (first >= 4096 or last >= 4096 or first >= last):
        raise complaint(f'Invalid VLAN range "{text}"\n')
    return first, last


# -- show --------------------------------------------------------------------------------------------------------------


class _Run(NamedTuple):
    """Consecutive VLANs with the same flags; one alone unless they are compressed."""

    first: int
    last: int
    flags: list[str]


def _owners(ns: Namespace) -> Iterator[tuple[str, PortVlans]]:
    """Every device with VLANs of its own in a bridge."""
    for dev in ns.devices.values():
        master = dev.master
        if netif_is_bridge_master(master):
            port = master.port_of(dev)
            if port is not None:
                yield dev.name, port.vlans
        if netif_is_bridge_master(dev):
            yield dev.name, dev.vlan_config.own


def _runs(vlans: PortVlans, *, compress: bool) -> list[_Run]:
    runs: list[_Run] = []
    for member in vlans:
        flags = [*(["PVID"] if member.pvid else []), *(["Egress Untagged"] if member.untagged else [])]
        last = runs[-1] if runs else None
        if compress and last is not None and last.last == member.vid - 1 and last.flags == flags and not member.pvid:
            runs[-1] = _Run(last.first, member.vid, flags)
        else:
            runs.append(_Run(member.vid, member.vid, flags))
    return runs


def _show(tool: Tool, words: Words) -> int:
    dev = ""
    vid = 0
    while words:
        match words.take():
            case "dev":
                dev = words.value()
            case "vid":
                vid = atoi(words.value())
            case word if matches(word, "help"):
                raise UsageError(topic="bridge vlan")
    if dev:
        tool.device(dev)
    if tool.options.stats:
        return tool.call.not_simulated("counters of single VLANs (bridge -s vlan)", Effect.READS)
    details = tool.options.details
    with tool.printer() as out:
        if not tool.options.json:
            tool.call.out("port              vlan-id  \n")
        for name, vlans in _owners(tool.ns):
            if dev in ("", name):
                runs = _runs(vlans, compress=tool.options.compress or details)
                _print(out, name, [run for run in runs if not vid or run.first <= vid <= run.last], details)
    return 0


def _print(out: Printer, name: str, runs: list[_Run], details: bool) -> None:
    """print_vlan_info: the port's name stands before its first VLAN."""
    if not runs:
        return
    with out.object():
        out.member("ifname", name)
        for position, run in enumerate(runs):
            with out.item("vlans"):
                out.text(f"{'' if position else name:<{_INDENT}}")
                out.both("vlan", str(run.first), run.first)
                if run.last > run.first:
                    out.both("vlanEnd", f"-{run.last}", run.last)
                if run.flags or run.last > run.first:
                    out.both("flags", "".join(f" {flag}" for flag in run.flags), run.flags)
                out.end()
                if details:
                    out.text(" " * (_INDENT + 2))
                    out.both("state", "state forwarding ", "forwarding")
                    out.both("mcast_router", "mcast_router 1 ", 1)
                    out.both("neigh_suppress", "neigh_suppress off ", False)
                    out.end()
