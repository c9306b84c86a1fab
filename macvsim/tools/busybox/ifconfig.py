"""busybox ifconfig (networking/ifconfig.c, interface.c)."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from macvsim.dev.flags import IFF_ALLMULTI, IFF_BROADCAST, IFF_MULTICAST, IFF_NOARP, IFF_PROMISC, IFF_RUNNING, IFF_UP
from macvsim.errors import NetlinkError, NotSimulated
from macvsim.machine.call import Call
from macvsim.machine.tool import tool
from macvsim.net import ifioctl
from macvsim.net.ifioctl import IFF_DYNAMIC, IFF_NOTRAILERS
from macvsim.net.ipv6 import ioctl6
from macvsim.net.namespace import Namespace
from macvsim.tools.busybox.applet import Die, usage
from macvsim.tools.net_tools.oldnet import (
    IFNAMSIZ,
    Interface,
    UnknownHost,
    atoi,
    ether,
    interfaces,
    lookup,
    read,
    require_net_admin,
    scaled,
)
from macvsim.tools.net_tools.oldnet6 import Unreadable, lines6, parse_address
from macvsim.wire.addr import ip_text, mac_text, mask_int

_USAGE = """\
ifconfig [-a] [IFACE] [ADDRESS]

Configure a network interface

	[add ADDRESS[/PREFIXLEN]]
	[del ADDRESS[/PREFIXLEN]]
	[[-]broadcast [ADDRESS]] [[-]pointopoint [ADDRESS]]
	[netmask ADDRESS] [dstaddr ADDRESS]
	[outfill NN] [keepalive NN]
	[hw ether|infiniband ADDRESS] [metric NN] [mtu NN]
	[[-]trailers] [[-]arp] [[-]allmulti]
	[multicast] [[-]promisc] [txqueuelen NN] [[-]dynamic]
	[mem_start NN] [io_addr NN] [irq NN]
	[up|down] ...
"""
_NAMES = {
    0x1: "UP",
    0x2: "BROADCAST",
    0x8: "LOOPBACK",
    0x10: "POINTOPOINT",
    0x40: "RUNNING",
    0x80: "NOARP",
    0x100: "PROMISC",
    0x200: "ALLMULTI",
    0x1000: "MULTICAST",
}
_FLAG_WORDS = {
    "up": (IFF_UP | IFF_RUNNING, 0),
    "down": (0, IFF_UP),
    "arp": (0, IFF_NOARP),
    "-arp": (IFF_NOARP, 0),
    "promisc": (IFF_PROMISC, 0),
    "-promisc": (0, IFF_PROMISC),
    "allmulti": (IFF_ALLMULTI, 0),
    "-allmulti": (0, IFF_ALLMULTI),
    "-broadcast": (0, 0),
    "-pointopoint": (0, 0),
    "multicast": (IFF_MULTICAST, 0),
    "-multicast": (0, IFF_MULTICAST),
    "trailers": (0, IFF_NOTRAILERS),
    "-trailers": (IFF_NOTRAILERS, 0),
    "dynamic": (IFF_DYNAMIC, 0),
    "-dynamic": (0, IFF_DYNAMIC),
}
_UNSUPPORTED = {"mem_start": "SIOCSIFMAP", "io_addr": "SIOCSIFMAP", "irq": "SIOCSIFMAP", "metric": "SIOCSIFMETRIC",
                "keepalive": "SIOCSKEEPALIVE", "outfill": "SIOCSOUTFILL"}  # fmt: skip


class _Setter(NamedTuple):
    """A word that sets an address: the system call, and what does it."""

    ioctl: str
    run: Callable[[Namespace, str, int], None]


_SETTERS = {
    "netmask": _Setter("SIOCSIFNETMASK", ifioctl.set_netmask),
    "broadcast": _Setter("SIOCSIFBRDADDR", ifioctl.set_broadcast),
    "dstaddr": _Setter("SIOCSIFDSTADDR", ifioctl.set_peer),
    "pointopoint": _Setter("SIOCSIFDSTADDR", ifioctl.set_peer),
}
_NEED_ARGUMENT = frozenset((*_SETTERS, *_UNSUPPORTED, "mtu", "txqueuelen", "hw"))


class _ShowUsage(Exception):
    """A word lacks its argument."""


@tool("ifconfig", flavour="busybox")
def ifconfig(call: Call) -> int:
    """``ifconfig [-a] [IFACE [WORDS…]]``."""
    args = call.args
    if args[:1] == ["--help"]:
        return usage(call, _USAGE, code=0)
    every = args[:1] == ["-a"]
    if every:
        args = args[1:]
    try:
        if len(args) > 1:
            _Change(call, args[0][: IFNAMSIZ - 1]).run(args[1:])
        else:
            _show(call, args[0][:IFNAMSIZ] if args else None, every)
    except _ShowUsage:
        return usage(call, _USAGE)
    except Die as error:
        call.err(f"ifconfig: {error}\n")
        return 1
    return 0


# -- changing --------------------------------------------------------------------------------------------------------


class _Change:
    """One run over the words behind an interface's name; the first mistake ends it."""

    def __init__(self, call: Call, name: str) -> None:
        self.call = call
        self.ns = call.box.ns
        self.name = name
        self.done: set[str] = set()

    def run(self, words: list[str]) -> None:
        left = list(words)
        while left:
            word = left.pop(0)
            if word in _FLAG_WORDS:
                self._flags(*_FLAG_WORDS[word])
            elif word in ("add", "del"):
                if left and word == "del" and ":" in left[0]:
                    self._add6(left.pop(0), add=False)
                elif left and word == "del":  # there is no such system call for IPv4
                    raise Die("SIOCDIFADDR: Inappropriate ioctl for device")
                elif left:
                    self._add(left.pop(0))
            elif word in _NEED_ARGUMENT:
                if not left or (word == "hw" and len(left) < 2):
                    raise _ShowUsage
                self._argument(word, left)
            elif word.startswith("-") and word[1:] in _NEED_ARGUMENT | {"up", "down", "add", "del"}:
                raise Die(f"bad: '{word}'")
            elif word != "inet":
                self._add(word)

    def _argument(self, word: str, left: list[str]) -> None:
        text = left.pop(0)
        if word in _SETTERS:
            if word == "netmask" and word in self.done:
                raise _ShowUsage
            self.done.add(word)
            self._ioctl(_SETTERS[word].ioctl, _SETTERS[word].run, self.ns, self.name, self._lookup(text))
            if word == "broadcast":
                self._flags(IFF_BROADCAST, 0)
        elif word in _UNSUPPORTED:
            raise Die(f"{_UNSUPPORTED[word]}: Operation not supported")
        elif word == "hw":
            self._hardware(text, left.pop(0))
        else:
            number = atoi(text)
            self._ioctl("SIOCSIFMTU" if word == "mtu" else "SIOCSIFTXQLEN", self._number, word, number)

    def _number(self, word: str, number: int) -> None:
        dev = ifioctl.device(self.ns, self.name)
        if word == "mtu":
            dev.set_mtu(number)
        else:
            dev.txqlen = number

    def _hardware(self, kind: str, text: str) -> None:
        if kind == "infiniband":
            raise NotSimulated("InfiniBand")
        if kind != "ether":
            raise _ShowUsage
        mac = ether(text, strict=True)
        if mac is None:
            raise Die(f"invalid hw-addr {text}")
        self._ioctl("SIOCSIFHWADDR", lambda: ifioctl.device(self.ns, self.name).set_mac(mac))

    def _add(self, text: str) -> None:
        """The interface's address, and up it goes; the kernel has no other one for IPv4."""
        if ":" in text:
            self._add6(text, add=True)
            return
        self._ioctl("SIOCSIFADDR", ifioctl.set_address, self.ns, self.name, self._lookup(text))
        self._flags(IFF_UP | IFF_RUNNING, 0)

    def _add6(self, text: str, *, add: bool) -> None:
        """One more IPv6 address, or one less."""
        try:
            ip, plen = parse_address(text)
        except Unreadable:
            raise Die(f"bad address '{text}'") from None
        if add:
            self._ioctl("SIOCSIFADDR", ioctl6.add_address, self.ns, self.name, ip, plen)
        else:
            self._ioctl("SIOCDIFADDR", ioctl6.delete_address, self.ns, self.name, ip, plen)

    def _lookup(self, text: str) -> int:
        try:
            return lookup(self.call, text)
        except UnknownHost:
            raise Die(f"bad address '{text}'") from None

    def _ioctl(self, what: str, fn: Callable[..., object], *args: object) -> None:
        try:
            require_net_admin(self.call)
            fn(*args)
        except NetlinkError as error:
            raise Die(f"{what}: {error.strerror}") from None

    def _flags(self, on: int, off: int) -> None:
        try:
            flags = ifioctl.get_flags(self.ns, self.name)
        except NetlinkError as error:
            raise Die(f"SIOCGIFFLAGS: {error.strerror}") from None
        self._ioctl("SIOCSIFFLAGS", ifioctl.set_flags, self.ns, self.name, flags & ~off | on)


# -- looking ---------------------------------------------------------------------------------------------------------


def _show(call: Call, name: str | None, every: bool) -> None:
    ns = call.box.ns
    if name is None:
        for interface in interfaces(ns):
            if every or interface.has(IFF_UP):
                call.out(_text(interface, ns))
        return
    one = read(ns, name)
    if one is None:
        raise Die(f"{name}: error fetching interface information: Device not found")
    call.out(_text(one, ns))


_LINE6 = "          inet6 addr: {ip}/{plen} Scope:{title}"


def _text(interface: Interface, ns: Namespace) -> str:
    """One interface, with the empty line behind it (ife_print)."""
    if interface.loopback:
        lines = [f"{interface.name:<9} Link encap:Local Loopback  "]
    else:
        lines = [f"{interface.name:<9} Link encap:Ethernet  HWaddr {mac_text(interface.mac).upper()}  "]
    address = interface.address
    if address is not None:
        line = f"          inet addr:{ip_text(address.local)} "
        if interface.has(IFF_BROADCAST):
            line += f" Bcast:{ip_text(address.broadcast)} "
        lines.append(f"{line} Mask:{ip_text(mask_int(address.plen))}")
    lines += lines6(ns, interface.name, _LINE6)
    names = "".join(f"{name} " for bit, name in _NAMES.items() if interface.has(bit)) or "[NO FLAGS] "
    lines.append(f"          {names} MTU:{interface.mtu}  Metric:1")
    stats = interface.stats
    if stats is not None:
        lines += [
            f"          RX packets:{stats.rx_packets} errors:{stats.rx_errors} dropped:{stats.rx_dropped} "
            "overruns:0 frame:0",
            f"          TX packets:{stats.tx_packets} errors:{stats.tx_errors} dropped:{stats.tx_dropped} "
            f"overruns:0 carrier:{stats.tx_carrier_errors}",
            f"          collisions:{stats.collisions} txqueuelen:{interface.txqlen} ",
            f"          RX bytes:{_bytes(stats.rx_bytes)}  TX bytes:{_bytes(stats.tx_bytes)}",
        ]
    return "\n".join(lines) + "\n\n"


def _bytes(count: int) -> str:
    amount, prefix = scaled(count)
    return f"{count} ({amount} {prefix}B)"
