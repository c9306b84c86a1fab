"""brctl of bridge-utils 1.7."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from macvsim.dev.bridge import netif_is_bridge_master
from macvsim.dev.bridge_port import BridgePort
from macvsim.errors import Effect, NetlinkError, NotSimulated
from macvsim.machine.call import Call
from macvsim.machine.tool import Manner, Texts, ToolError, UsageError, tool
from macvsim.net import brioctl
from macvsim.net.namespace import Namespace
from macvsim.tools.net_tools.oldnet import IFNAMSIZ, require_net_admin
from macvsim.wire.addr import mac_text

_BRCTL = Manner(own=True, usage_on_stdout=True, help_options=("-h", "--help"), version_options=("-V", "--version"))


def _failed(text: str) -> ToolError:
    return ToolError(f"{text}\n", named=False)


class _Part(NamedTuple):
    """One of brctl's commands: how many words it needs, and what does it."""

    words: int
    run: Callable[[Call, list[str]], None]


@tool(
    "brctl",
    flavour="debian",
    usage=Texts(__package__),
    version="bridge-utils, 1.7\n",
    left_out={"showstp": "spanning tree"},
    effect=Effect.CHANGES,
    manner=_BRCTL,
)
def brctl(call: Call) -> int:
    """``brctl COMMAND …``."""
    try:
        args = brctl.read(call, call.args).operands
    except UsageError as error:
        raise UsageError(f"{error}\nUnknown option '?'") from None
    if not args:
        raise UsageError
    what, *words = args
    part = _PARTS.get(what)
    if part is None:
        call.err(f"never heard of command [{what}]\n")
        raise UsageError
    if len(words) < part.words:
        shapes = dict(re.findall(r"^\t(\w+) *\t(.*)$", brctl.text(), re.MULTILINE))
        call.out(f"Incorrect number of arguments for command\nUsage: brctl {what} {shapes[what]}\n")
        return 1
    try:
        if not what.startswith("show"):
            require_net_admin(call)
        part.run(call, [words[0][: IFNAMSIZ - 1], *words[1:]] if words else [])
    except NetlinkError as error:
        raise _failed(f"{_FAILURES.get(what, what + ' failed')}: {error.strerror}") from None
    return 0


# -- bridges and ports -----------------------------------------------------------------------------------------------


def _addbr(call: Call, words: list[str]) -> None:
    try:
        brioctl.add(call.box.ns, words[0])
    except NetlinkError as error:
        if error.errno != "EEXIST":
            raise
        raise _failed(f"device {words[0]} already exists; can't create bridge with the same name") from None


def _delbr(call: Call, words: list[str]) -> None:
    name = words[0]
    try:
        brioctl.delete(call.box.ns, name)
    except NetlinkError as error:
        text = {
            "ENXIO": f"bridge {name} doesn't exist; can't delete it",
            "EBUSY": f"bridge {name} is still up; can't delete it",
        }.get(error.errno, f"can't delete bridge {name}: {error.strerror}")
        raise _failed(text) from None


def _addif(call: Call, words: list[str]) -> None:
    bridge, *ports = words
    for port in ports:
        try:
            brioctl.add_port(call.box.ns, bridge, port)
        except NetlinkError as error:
            raise _failed(
                _missing(call.box.ns, bridge, port, error)
                or {
                    "EBUSY": f"device {port} is already a member of a bridge; can't add it to bridge {bridge}.",
                    "ELOOP": f"device {port} is a bridge device itself; can't add a bridge device to a bridge device.",
                }.get(error.errno, f"can't add {port} to bridge {bridge}: {error.strerror}")
            ) from None


def _delif(call: Call, words: list[str]) -> None:
    bridge, *ports = words
    for port in ports:
        try:
            brioctl.delete_port(call.box.ns, bridge, port)
        except NetlinkError as error:
            text = _missing(call.box.ns, bridge, port, error)
            if not text and error.errno == "EINVAL":
                text = f"device {port} is not a port of {bridge}"
            raise _failed(text or f"can't delete {port} from {bridge}: {error.strerror}") from None


def _missing(ns: Namespace, bridge: str, port: str, error: NetlinkError) -> str:
    if error.errno != "ENODEV":
        return ""
    return f"interface {port} does not exist!" if port not in ns.devices else f"bridge {bridge} does not exist!"


# -- looking ---------------------------------------------------------------------------------------------------------


def _show(call: Call, words: list[str]) -> None:
    ns = call.box.ns
    names = words or sorted(name for name, dev in ns.devices.items() if netif_is_bridge_master(dev))
    header = "bridge name\tbridge id\t\tSTP enabled\tinterfaces\n"
    for name in names:
        bridge = ns.devices.get(name)
        if bridge is None:
            raise _failed(f"bridge {name} does not exist!")
        if not netif_is_bridge_master(bridge):
            raise _failed(f"device {name} is not a bridge!")
        ports = "\n\t\t\t\t\t\t\t".join(sorted(port.dev.name for port in bridge.ports))
        call.out(f"{header}{name}\t\t{bridge.priority:04x}.{bridge.bridge_mac.hex()}\tno\t\t{ports}\n")
        header = ""


def _showmacs(call: Call, words: list[str]) -> None:
    bridge = brioctl.find(call.box.ns, words[0])
    now, hz = bridge.sim.jiffies, bridge.sim.hz
    bridge.fdb.collect(now)
    call.out("port no\tmac addr\t\tis local?\tageing timer\n")
    for entry in sorted(bridge.fdb, key=lambda one: one.mac):
        if entry.port is not None:
            age = 0 if entry.static else (now - entry.updated) * 100 // hz
            local = "yes" if entry.local else "no"
            call.out(f"{entry.port.number:>3}\t{mac_text(entry.mac)}\t{local}\t\t{age // 100:>4}.{age % 100:02}\n")


def _showstp(call: Call, words: list[str]) -> None:
    if words[0] not in call.box.ns.devices:
        raise _failed(f"bridge {words[0]} does not exist!")
    raise NotSimulated(f"brctl showstp: {brctl.left_out['showstp']}", Effect.READS)


# -- options ---------------------------------------------------------------------------------------------------------


def _on_off(word: str) -> bool:
    if word not in ("on", "off", "yes", "no", "1", "0"):
        raise _failed("expect on/off for argument")
    return word in ("on", "yes", "1")


def _stp(call: Call, words: list[str]) -> None:
    on = _on_off(words[1])
    brioctl.find(call.box.ns, words[0]).set_stp(on)


def _hairpin(call: Call, words: list[str]) -> None:
    bridge, port, word = words[:3]
    on = _on_off(word)
    master, dev = call.box.ns.devices.get(bridge), call.box.ns.devices.get(port)
    if dev is None:
        raise _failed(f"interface {port} does not exist!")
    found = master.port_of(dev) if netif_is_bridge_master(master) else None
    if found is None:
        raise _failed(f"can't set {port} to hairpin on bridge {bridge}: No such file or directory")
    found.set_flag("hairpin", on)


def _seconds(word: str, what: str) -> int:
    """A time in seconds as hundredths."""
    try:
        return round(float(word) * 100)
    except ValueError:
        raise _failed(f"bad {what} value") from None


def _number(word: str, complaint: str) -> int:
    if not word.isdecimal():
        raise _failed(complaint)
    return int(word)


def _setageing(call: Call, words: list[str]) -> None:
    time = _seconds(words[1], "ageing time")
    brioctl.find(call.box.ns, words[0]).set_ageing_time(time)


def _timer(attribute: str, what: str, lowest: int, highest: int) -> Callable[[Call, list[str]], None]:
    """What sets one of spanning tree's times, which are kept and shown."""

    def run(call: Call, words: list[str]) -> None:
        time = _seconds(words[1], what)
        bridge = brioctl.find(call.box.ns, words[0])
        if not lowest <= time <= highest:
            raise NetlinkError("ERANGE", f"{bridge.label}: {attribute} is {lowest // 100} to {highest // 100} s")
        setattr(bridge, attribute, time)

    return run


def _setbridgeprio(call: Call, words: list[str]) -> None:
    priority = _number(words[1], "bad priority")
    brioctl.find(call.box.ns, words[0]).priority = priority & 0xFFFF


def _setpathcost(call: Call, words: list[str]) -> None:
    cost = _number(words[2], "bad path cost value")
    _port(call.box.ns, words).set_cost(cost)


def _setportprio(call: Call, words: list[str]) -> None:
    priority = _number(words[2], "bad path priority value")
    _port(call.box.ns, words).set_priority(priority)


def _port(ns: Namespace, words: list[str]) -> BridgePort:
    """The port a device is, whatever bridge was named: the setting is the device's (/sys/class/net/PORT/brport)."""
    dev = ns.devices.get(words[1])
    bridge = None if dev is None else dev.master
    found = bridge.port_of(dev) if netif_is_bridge_master(bridge) and dev is not None else None
    if found is None:
        raise NetlinkError("ENOENT", f"{words[1]} on {ns.name} is not a port of a bridge")
    return found


_FAILURES = {
    "addbr": "add bridge failed",
    "stp": "set stp status failed",
    "showmacs": "read of forward table failed",
    "setageing": "set ageing time failed",
    "setfd": "set forward delay failed",
    "sethello": "set hello timer failed",
    "setmaxage": "set max age failed",
    "setbridgeprio": "set bridge priority failed",
    "setpathcost": "set path cost failed",
    "setportprio": "set port priority failed",
}
_PARTS = {
    "addbr": _Part(1, _addbr),
    "delbr": _Part(1, _delbr),
    "addif": _Part(2, _addif),
    "delif": _Part(2, _delif),
    "hairpin": _Part(3, _hairpin),
    "setageing": _Part(2, _setageing),
    "setbridgeprio": _Part(2, _setbridgeprio),
    "setfd": _Part(2, _timer("forward_delay", "forward delay", 0, 3000)),
    "sethello": _Part(2, _timer("hello_time", "hello timer", 100, 1000)),
    "setmaxage": _Part(2, _timer("max_age", "max age", 600, 4000)),
    "setpathcost": _Part(3, _setpathcost),
    "setportprio": _Part(3, _setportprio),
    "show": _Part(0, _show),
    "showmacs": _Part(1, _showmacs),
    "showstp": _Part(1, _showstp),
    "stp": _Part(2, _stp),
}
