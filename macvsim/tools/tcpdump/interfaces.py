"""The devices that can be captured on, as libpcap lists them (pcap_findalldevs)."""

from __future__ import annotations

from macvsim.dev.base import NetDevice
from macvsim.net.namespace import Namespace

ANY = "any"
_ANY_TEXT = "any (Pseudo-device that captures on all interfaces) [Up, Running]"
_OTHERS = (
    "bluetooth-monitor (Bluetooth Linux Monitor) [Wireless]",
    "nflog (Linux netfilter log (NFLOG) interface) [none]",
    "nfqueue (Linux netfilter queue (NFQUEUE) interface) [none]",
    "dbus-system (D-Bus system bus) [none]",
    "dbus-session (D-Bus session bus) [none]",
)
_NOT_RUNNING, _DOWN, _DISCONNECTED, _LOOPBACK, _ANY_MERIT = 0x80000000, 0x40000000, 0x20000000, 0x10000000, 0x08000000


def interfaces(ns: Namespace) -> list[NetDevice | None]:
    """Devices, the most useful first; None stands for all of them at once (get_figure_of_merit)."""
    devices: list[NetDevice] = sorted(ns.devices.values(), key=lambda dev: dev.ifindex)
    return sorted([*devices, None], key=_merit)


def _merit(dev: NetDevice | None) -> int:
    if dev is None:
        return _ANY_MERIT
    merit = 0 if dev.running else _NOT_RUNNING
    merit |= 0 if dev.up else _DOWN
    if dev.loopback:
        return merit | _LOOPBACK
    return merit | (0 if dev.up and dev.carrier else _DISCONNECTED)


def listing(ns: Namespace) -> str:
    """What ``-D`` prints."""
    lines = [_ANY_TEXT if dev is None else f"{dev.name} [{_state(dev)}]" for dev in interfaces(ns)]
    return "".join(f"{number}.{line}\n" for number, line in enumerate([*lines, *_OTHERS], 1))


def _state(dev: NetDevice) -> str:
    words = ["Up"] * dev.up + ["Running"] * dev.running
    if dev.loopback:
        words.append("Loopback")
    else:
        words.append("Connected" if dev.up and dev.carrier else "Disconnected")
    return ", ".join(words)
