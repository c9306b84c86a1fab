"""busybox ``ip link set``: one system call after another (do_set of libiproute/iplink.c)."""

from __future__ import annotations

from collections.abc import Callable

from macvsim.dev.state import IFF_MULTICAST, IFF_NOARP, IFF_PROMISC, IFF_UP
from macvsim.errors import Effect, MacvsimError, NetlinkError, NotSimulated
from macvsim.machine.call import Call
from macvsim.machine.tool import ToolError
from macvsim.net import ifioctl
from macvsim.wire.addr import mac_bytes

_SWITCHES = {"multicast": (IFF_MULTICAST, True), "arp": (IFF_NOARP, False), "promisc": (IFF_PROMISC, True)}
"""Flag, and whether ``on`` sets it."""
_VALUES = ("name", "mtu", "qlen", "txqueuelen", "address", "addr", *_SWITCHES)
_LEFT_OUT = ("master", "nomaster", "netns", "type", "broadcast", "vf", "alias")


def link_set(call: Call, words: list[str]) -> int:
    """Read all the words, then do what they ask for; `ToolError` for mistakes and for system calls that fail."""
    name, values, mask, flags = _parse(words)
    ns = call.box.ns

    def ioctl(which: str, work: Callable[[], object]) -> None:
        try:
            ns.dev(name)
            if which != "SIOCGIFFLAGS" and not call.box.net_admin:
                raise NetlinkError("EPERM", f"{call.box.name} may not configure the network")
            work()
        except NetlinkError as error:
            raise ToolError(f"{which}: {error.strerror}") from None

    if "address" in values:
        try:
            mac = mac_bytes(values["address"])
        except MacvsimError:
            raise ToolError(f"invalid hw-addr {values['address']}") from None
        ioctl("SIOCSIFHWADDR", lambda: ns.dev(name).set_mac(mac))
    if values.get("name", name) != name:
        new = values["name"]
        ioctl("SIOCSIFNAME", lambda: ns.rename(ns.dev(name), new))
        name = new
    if "qlen" in values:
        length = _number(values["qlen"], "qlen")
        ioctl("SIOCSIFTXQLEN", lambda: setattr(ns.dev(name), "txqlen", length))
    if "mtu" in values:
        mtu = _number(values["mtu"], "mtu")
        ioctl("SIOCSIFMTU", lambda: ns.dev(name).set_mtu(mtu))
    if mask:
        ioctl("SIOCGIFFLAGS", lambda: None)
        old = ifioctl.get_flags(ns, name)
        if (old ^ flags) & mask:
            ioctl("SIOCSIFFLAGS", lambda: ifioctl.set_flags(ns, name, old & ~mask | flags))
    return 0


def _parse(words: list[str]) -> tuple[str, dict[str, str], int, int]:
    """Device, values by option, flags to be changed, and what they are to be."""
    name, mask, flags = "", 0, 0
    values: dict[str, str] = {}
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if word in ("up", "down"):
            mask |= IFF_UP
            flags = flags | IFF_UP if word == "up" else flags & ~IFF_UP
            continue
        if word in _LEFT_OUT:
            raise NotSimulated(f"busybox ip link set … {word}", Effect.CHANGES)
        if word in (*_VALUES, "dev") and not rest:
            raise ToolError('command line is not complete, try "help"')
        if word in _SWITCHES:
            bit, sets = _SWITCHES[word]
            value = rest.pop(0)
            if value not in ("on", "off"):
                raise ToolError(f"argument of '{word}' must be 'on' or 'off'")
            mask |= bit
            flags = flags | bit if (value == "on") is sets else flags & ~bit
        elif word in _VALUES:
            values[{"txqueuelen": "qlen", "addr": "address"}.get(word, word)] = rest.pop(0)
        else:
            if word == "dev":
                word = rest.pop(0)
            if name:
                raise ToolError(f'either "dev" is duplicate, or "{word}" is garbage')
            name = word
    if not name:
        raise ToolError('need "dev IFACE"')
    return name, values, mask, flags


def _number(text: str, option: str) -> int:
    if not text.isdecimal():
        raise ToolError(f"invalid argument '{text}' to '{option}'")
    return int(text)
