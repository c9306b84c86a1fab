"""bridge link: the ports of bridges and their switches."""

from __future__ import annotations

from dataclasses import dataclass, field

from macvsim.dev.base import NetDevice
from macvsim.dev.bridge import netif_is_bridge_master
from macvsim.dev.bridge_port import FLAGS, BridgePort, PortState
from macvsim.errors import Effect, NetlinkError
from macvsim.machine.tool import UsageError
from macvsim.tools.iproute2.bridge.tool import Tool
from macvsim.tools.iproute2.linkshow import flag_words
from macvsim.tools.iproute2.output import Printer
from macvsim.tools.iproute2.words import Words, complaint, matches, number
from macvsim.tools.net_tools.oldnet import atoi

_SHOWN = ("hairpin", "guard", "root_block", "fastleave", "learning", "flood", "mcast_flood", "bcast_flood",
          "mcast_router", "mcast_to_unicast", "neigh_suppress", "neigh_vlan_suppress", "vlan_tunnel", "isolated",
          "locked", "mab")  # fmt: skip
_STATES = (PortState.DISABLED, PortState.LISTENING, PortState.LEARNING, PortState.FORWARDING, PortState.BLOCKING)
_PARSE_ERROR = 234


def run(tool: Tool, words: Words) -> int:
    """``bridge link [show|set …]``."""
    if not words:
        return _show(tool, words)
    word = words.take()
    if matches(word, "set") or matches(word, "change"):
        return _set(tool, words)
    if any(matches(word, name) for name in ("show", "lst", "list")):
        return _show(tool, words)
    if matches(word, "help"):
        raise UsageError(topic="bridge link")
    raise complaint(f'Command "{word}" is unknown, try "bridge link help".\n')


# -- show --------------------------------------------------------------------------------------------------------------


def _show(tool: Tool, words: Words) -> int:
    dev = master = ""
    while words:
        match words.take():
            case "dev":
                dev = words.value()
                tool.device(dev)
            case "master":
                master = words.value()
                tool.device(master)
    with tool.printer() as out:
        for device in tool.ns.devices.values():
            bridge = device.master
            if not netif_is_bridge_master(bridge) or dev not in ("", device.name) or master not in ("", bridge.name):
                continue
            port = bridge.port_of(device)
            if port is not None:
                _print(tool, out, port)
    return 0


def _print(tool: Tool, out: Printer, port: BridgePort) -> None:
    """print_linkinfo of bridge/link.c."""
    dev = port.dev
    with out.object():
        out.both("ifindex", f"{dev.ifindex}: ", dev.ifindex)
        name, words = dev.name, flag_words(dev)
        if dev.iflink != dev.ifindex:
            below = _by_index(tool, dev.iflink)
            link = f"if{dev.iflink}" if below is None else below.name
            out.member("link", link)
            name = f"{name}@{link}"
            if below is not None and not below.up:
                words.append("M-DOWN")
        out.both("ifname", f"{name}: ", dev.name)
        out.both("flags", f"<{','.join(words)}> ", words)
        out.both("mtu", f"mtu {dev.mtu} ", dev.mtu)
        out.both("master", f"master {port.bridge.name} ", port.bridge.name)
        out.both("state", f"state {port.state.value} ", port.state.value)
        out.both("priority", f"priority {port.priority} ", port.priority)
        out.both("cost", f"cost {port.path_cost} ", port.path_cost)
        if tool.options.details:
            out.line()
            out.text("    ")
            for key in _SHOWN:
                if key == "mcast_router":
                    out.both(key, f"{key} {port.mcast_router} ", port.mcast_router)
                else:
                    on = port.flag(key)
                    out.both(key, f"{key} {'on' if on else 'off'} ", on)
            out.both("mcast_n_groups", "mcast_n_groups 0 ", 0)
            out.both("mcast_max_groups", "mcast_max_groups 0 ", 0)
        out.end()


def _by_index(tool: Tool, index: int) -> NetDevice | None:
    return next((dev for dev in tool.ns.devices.values() if dev.ifindex == index), None)


# -- set ---------------------------------------------------------------------------------------------------------------


@dataclass
class _Wanted:
    """What ``bridge link set`` is given."""

    dev: str = ""
    switches: dict[str, bool] = field(default_factory=dict)
    cost: int = 0
    priority: int = -1
    state: int = -1
    mcast_router: int = -1
    own: bool = False


def _set(tool: Tool, words: Words) -> int:
    wanted = _Wanted()
    while words:
        word = words.take()
        if word == "dev":
            wanted.dev = words.value()
        elif word in FLAGS:
            wanted.switches[word] = _on_off(word, words.value())
        elif word == "cost":
            wanted.cost = atoi(words.value())
        elif word == "priority":
            wanted.priority = atoi(words.value())
        elif word == "state":
            wanted.state = _state(words.value())
        elif word == "mcast_router":
            wanted.mcast_router = atoi(words.value())
        elif word in ("self", "hwmode"):
            wanted.own = True
            if word == "hwmode":
                words.value()
        elif word in ("learning_sync", "backup_port", "nobackup_port", "backup_nhid", "mcast_max_groups"):
            return tool.call.not_simulated(f"bridge link set … {word}", Effect.CHANGES)
        elif word != "master":
            raise UsageError(topic="bridge link")
    if not wanted.dev:
        raise complaint("Device is a required argument.\n")
    device = tool.device(wanted.dev, kind="bridge device")
    tool.kernel(lambda: _apply(device, wanted))
    return 0


def _apply(device: NetDevice, wanted: _Wanted) -> None:
    """br_setlink, br_setport."""
    bridge = device.master
    port = bridge.port_of(device) if netif_is_bridge_master(bridge) else None
    if port is None or wanted.own:
        raise NetlinkError("EOPNOTSUPP", f"{device.label} is not a port of a bridge, or cannot do that itself")
    if wanted.state >= len(_STATES):
        raise NetlinkError("EINVAL", f"{device.label}: a port state is 0 to {len(_STATES) - 1}")
    for name, on in wanted.switches.items():
        port.set_flag(name, on)
    if wanted.cost > 0:
        port.set_cost(wanted.cost)
    if wanted.priority >= 0:
        port.set_priority(wanted.priority)
    if wanted.state >= 0:
        port.set_state(_STATES[wanted.state])
    if wanted.mcast_router >= 0:
        port.mcast_router = wanted.mcast_router


def _on_off(key: str, word: str) -> bool:
    if word not in ("on", "off"):
        raise complaint(f'Error: argument of "{key}" must be one of "off", "on", not "{word}"\n', _PARSE_ERROR)
    return word == "on"


def _state(text: str) -> int:
    """A port state by name or number."""
    found = number(text, limit=255)
    if found is not None:
        return found
    for index, state in enumerate(_STATES):
        if state.value == text.lower():
            return index
    raise complaint("Error: invalid STP port state\n")
