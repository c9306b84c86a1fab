"""What is typed at a switch: the settings of its ports in the words of a lab document's front matter."""

from __future__ import annotations

from collections.abc import Callable

from macvsim.errors import TopologyError
from macvsim.switch.port import SwitchPort
from macvsim.switch.switch import Switch

USAGE = (
    "port NAME [mode access vlan N | mode trunk [vlans N,N|all] [native N|none]] [policy NAME] [mtu N] "
    "[hairpin on|off] [isolated on|off] [loss P] [cable NODE:INTERFACE] [up|down]"
)
_VALUED = ("mode", "vlan", "vlans", "native", "policy", "mtu", "hairpin", "isolated", "loss", "cable")
Plug = Callable[[SwitchPort, str], object]
"""Puts a cable between a port and what ``NODE:INTERFACE`` names."""


def configure(switch: Switch, line: str, plug: Plug) -> None:
    """``port 2 mode trunk vlans 100,200 native 1``: change settings of a port; `TopologyError` says what is wrong."""
    words = line.split()
    if len(words) < 3 or words[0] != "port":
        raise TopologyError(f"{switch.name}: what can be typed at a switch is {USAGE}; not {line.strip()!r}")
    if words[1] not in switch.ports and "cable" not in words:
        raise TopologyError(f"{switch.name} has no port {words[1]!r}; it has {', '.join(switch.ports) or 'none'}")
    given = _pairs(switch, words[2:])
    port = switch.port(words[1])
    if {"mode", "vlan", "vlans", "native"} & set(given):
        _vlans(port, given)
    if "policy" in given:
        port.policy = given["policy"]
    if "mtu" in given:
        port.mtu = _number(port, "mtu", given["mtu"])
    for name in ("hairpin", "isolated"):
        if name in given:
            setattr(port, name, _switched(port, name, given[name]))
    if "cable" in given:
        plug(port, given["cable"])
    if "loss" in given:
        _lose(port, given["loss"])
    if "up" in given or "down" in given:
        port.set_up("up" in given)


def _pairs(switch: Switch, words: list[str]) -> dict[str, str]:
    """Settings by name; ``up`` and ``down`` have no value."""
    found: dict[str, str] = {}
    left = iter(words)
    for word in left:
        if word in ("up", "down"):
            found[word] = ""
        elif word in _VALUED:
            value = next(left, None)
            if value is None:
                raise TopologyError(f"{switch.name}: {word} takes a value: {USAGE}")
            found[word] = value
        else:
            raise TopologyError(f"{switch.name}: a port has no setting {word!r}: {USAGE}")
    return found


def _vlans(port: SwitchPort, given: dict[str, str]) -> None:
    mode = given.get("mode", "access" if "vlan" in given else "trunk")
    if mode == "access":
        if "vlan" not in given or {"vlans", "native"} & set(given):
            raise TopologyError(f"{port.label}: an access port carries one VLAN: mode access vlan 100")
        port.access(_number(port, "vlan", given["vlan"]))
    elif mode == "trunk" and "vlan" not in given:
        native = given.get("native", "1")
        vlans = given.get("vlans", "all")
        port.trunk(
            None if vlans == "all" else [_number(port, "vlans", vid) for vid in vlans.split(",")],
            native=None if native == "none" else _number(port, "native", native),
        )
    else:
        raise TopologyError(f"{port.label}: the modes are access vlan N, and trunk [vlans N,N] [native N]")


def _number(port: SwitchPort, name: str, text: str) -> int:
    if not text.isdecimal():
        raise TopologyError(f"{port.label}: {name} is a whole number, not {text!r}")
    return int(text)


def _switched(port: SwitchPort, name: str, text: str) -> bool:
    if text not in ("on", "off"):
        raise TopologyError(f"{port.label}: {name} is on or off, not {text!r}")
    return text == "on"


def _lose(port: SwitchPort, text: str) -> None:
    if port.cable is None:
        raise TopologyError(f"{port.label} has no cable that could lose frames")
    try:
        loss = float(text)
    except ValueError:
        loss = -1.0
    if not 0.0 <= loss <= 1.0:
        raise TopologyError(f"{port.label}: loss is a probability, 0.0 to 1.0; not {text!r}")
    port.cable.loss = loss
