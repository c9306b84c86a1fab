"""ifconfig of net-tools 2.10: looks at interfaces, and changes them one word after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from macvsim.dev.flags import IFF_ALLMULTI, IFF_BROADCAST, IFF_MULTICAST, IFF_NOARP, IFF_PROMISC, IFF_RUNNING, IFF_UP
from macvsim.errors import NetlinkError, NotSimulated
from macvsim.machine.call import Call
from macvsim.machine.tool import tool
from macvsim.net import ifioctl
from macvsim.net.ifioctl import IFF_DYNAMIC, IFF_NOTRAILERS
from macvsim.net.ipv6 import ioctl6
from macvsim.tools.net_tools import ifprint, texts
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
)
from macvsim.tools.net_tools.oldnet6 import Unreadable, parse_address
from macvsim.wire.addr import mask_int

_OPTERR, _USAGE, _FAILED = 1, 3, 255
_HINT = "ifconfig: `--help' gives usage information.\n"
_FLAG_WORDS = {
    "up": (IFF_UP | IFF_RUNNING, 0),
    "down": (0, IFF_UP),
    "arp": (0, IFF_NOARP),
    "-arp": (IFF_NOARP, 0),
    "promisc": (IFF_PROMISC, 0),
    "-promisc": (0, IFF_PROMISC),
    "allmulti": (IFF_ALLMULTI, 0),
    "-allmulti": (0, IFF_ALLMULTI),
    "-broadcast": (0, IFF_BROADCAST),
    "-pointopoint": (0, 0),
    "multicast": (IFF_MULTICAST, 0),
    "-multicast": (0, IFF_MULTICAST),
    "trailers": (0, IFF_NOTRAILERS),
    "-trailers": (IFF_NOTRAILERS, 0),
    "dynamic": (IFF_DYNAMIC, 0),
    "-dynamic": (0, IFF_DYNAMIC),
}
_LEFT_OUT = ("tunnel",)
_NO_DRIVER = {"mem_start": "SIOCSIFMAP", "io_addr": "SIOCSIFMAP", "irq": "SIOCSIFMAP",
              "keepalive": "SIOCSKEEPALIVE", "outfill": "SIOCSOUTFILL"}  # fmt: skip
_NO_ADDRESS_FAMILIES = ("inet", "unix", "inet6")


@tool("ifconfig", flavour="debian")
def ifconfig(call: Call) -> int:
    """``ifconfig [-a] [-s] [INTERFACE [WORDS…]]``."""
    args = call.args
    every = brief = False
    while args and args[0].startswith("-"):
        option, *args = args
        if option == "-a":
            every = True
        elif option == "-s":
            brief = True
        elif option in ("-V", "--version"):
            call.out(texts.IFCONFIG_VERSION)
            return 0
        elif option in ("-?", "-h", "--help"):
            texts.show(call, texts.IFCONFIG, error=False)
            return 0
        elif option != "-v":
            call.err(f"ifconfig: option `{option}' not recognised.\n{_HINT}")
            return _OPTERR
    if len(args) > 1:
        return _Change(call, args[0][: IFNAMSIZ - 1]).run(args[1:])
    return show(call, args[0][: IFNAMSIZ - 1] if args else None, every, ifprint.SHORT_HEADER if brief else "")


def show(call: Call, name: str | None, every: bool, header: str) -> int:
    """One interface, or all; a line for each below a header, if there is one."""
    ns = call.box.ns
    one = None if name is None else read(ns, name)
    call.out(header)
    if name is not None and one is None:
        call.err(f"{name}: error fetching interface information: Device not found\n")
        return 1
    listed: list[Interface] = [one] if one is not None else interfaces(ns)
    for interface in listed:
        if interface is one or every or interface.has(IFF_UP):
            call.out(ifprint.short(interface) if header else ifprint.long(interface, ns))
    return 0


class _Stop(Exception):
    """The command ends here, with this exit code."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class _Change:
    """One run over the words behind an interface's name; later words are done even if earlier ones failed."""

    def __init__(self, call: Call, name: str) -> None:
        self.call = call
        self.ns = call.box.ns
        self.name = name
        self.code = 0
        self.has_netmask = False
        self.last_mask: int | None = None
        """Netmask that stood behind the address, which is set when all is done."""

    def run(self, words: list[str]) -> int:
        left = [word for word in words if word in _LEFT_OUT]
        if left:
            return self.call.not_simulated(f"ifconfig {left[0]}")
        rest = iter(words)
        try:
            for word in rest:
                self._word(word, rest)
            if self.last_mask is not None:
                self._ioctl("SIOCSIFNETMASK", ifioctl.set_netmask, self.ns, self.name, self.last_mask)
        except _Stop as stop:
            return stop.code
        except NotSimulated as left_out:
            return self.call.not_simulated(str(left_out))
        return self.code

    def _word(self, word: str, rest: Iterator[str]) -> None:
        if word in _FLAG_WORDS:
            self._flags(*_FLAG_WORDS[word])
            if word == "-broadcast":
                self.call.err(f"Warning: Interface {self.name} still in BROADCAST mode.\n")
        elif word in _NO_DRIVER:
            self._argument(rest)
            prefix = f"{word}: " if _NO_DRIVER[word] == "SIOCSIFMAP" else ""
            self._complain(f"{prefix}{_NO_DRIVER[word]}: Operation not supported\n")
        elif word == "mtu":
            self._ioctl("SIOCSIFMTU", self._set_mtu, atoi(self._argument(rest)))
        elif word == "txqueuelen":
            self._ioctl("SIOCSIFTXQLEN", self._set_txqueuelen, atoi(self._argument(rest)))
        elif word == "netmask":
            text = self._argument(rest)
            if self.has_netmask:
                self._usage()
            self.has_netmask = True
            self._address_ioctl("SIOCSIFNETMASK", ifioctl.set_netmask, text)
        elif word == "broadcast":
            text = next(rest, "")
            if not text or self._address_ioctl("SIOCSIFBRDADDR", ifioctl.set_broadcast, text):
                self._flags(IFF_BROADCAST, 0)
        elif word in ("dstaddr", "pointopoint"):
            self._address_ioctl("SIOCSIFDSTADDR", ifioctl.set_peer, self._argument(rest))
        elif word == "hw":
            self._hardware(self._argument(rest), self._argument(rest))
        elif word == "name":
            new = self._argument(rest)[: IFNAMSIZ - 1]
            if self._ioctl("SIOCSIFNAME", lambda: self.ns.rename(self.ns.dev(self.name), new)):
                self.name = new
        elif word in ("add", "del"):
            text = self._argument(rest)
            if ":" in text:
                self._alias6(text, add=word == "add")
            else:
                self._alias(text, add=word == "add")
        elif word not in _NO_ADDRESS_FAMILIES:
            self._address(word)

    # -- kinds of words --------------------------------------------------------------------------------------------

    def _argument(self, rest: Iterator[str]) -> str:
        word = next(rest, None)
        if word is None:
            self._usage()
        return word or ""

    def _usage(self) -> None:
        texts.show(self.call, texts.IFCONFIG, error=True)
        raise _Stop(_USAGE)

    def _complain(self, text: str) -> None:
        self.call.err(text)
        self.code = self.code or 1

    def _ioctl(self, what: str, fn: Callable[..., object], *args: object) -> bool:
        try:
            require_net_admin(self.call)
            fn(*args)
        except NetlinkError as error:
            self._complain(f"{what}: {error.strerror}\n")
            return False
        return True

    def _address_ioctl(self, what: str, fn: Callable[..., object], text: str) -> bool:
        """Do something with an address that a word names."""
        try:
            value = lookup(self.call, text)
        except UnknownHost as error:
            self._complain(f"{text}: {error}\n")
            return False
        return self._ioctl(what, fn, self.ns, self.name, value)

    def _flags(self, on: int, off: int) -> None:
        """set_flag and clr_flag; a failure ends in 255, whatever else failed."""
        try:
            flags = ifioctl.get_flags(self.ns, self.name)
        except NetlinkError as error:
            self.call.err(f"{self.name}: ERROR while getting interface flags: {error.strerror}\n")
            self.code = _FAILED
            return
        try:
            require_net_admin(self.call)
            ifioctl.set_flags(self.ns, self.name, flags & ~off | on)
        except NetlinkError as error:
            self.call.err(f"SIOCSIFFLAGS: {error.strerror}\n")
            self.code = _FAILED

    def _set_mtu(self, mtu: int) -> None:
        ifioctl.device(self.ns, self.name).set_mtu(mtu)

    def _set_txqueuelen(self, length: int) -> None:
        dev = ifioctl.device(self.ns, self.name)
        if length < 0:
            raise NetlinkError("EINVAL", f"{dev.label}: the length of a queue is not negative")
        dev.txqlen = length

    def _hardware(self, kind: str, text: str) -> None:
        if kind != "ether":
            self._usage()
        mac = ether(text)
        if mac is None:
            self._complain(f"{text}: invalid ether address.\n")
        else:
            self._ioctl("SIOCSIFHWADDR", lambda: ifioctl.device(self.ns, self.name).set_mac(mac))

    def _address(self, word: str) -> None:
        """The interface's address, with ``/LENGTH`` for its mask, and up it goes."""
        if ":" in word and not word.startswith(self.name):
            self.call.err(f"getaddrinfo: {word}: -2\n{word}: Unknown host\n{_HINT}")
            raise _Stop(_OPTERR)
        host, slash, length = word.partition("/")
        try:
            ip = lookup(self.call, host if slash and length.isdigit() else word)
        except UnknownHost as error:
            self.call.err(f"{word}: {error}\n{_HINT}")
            raise _Stop(_OPTERR) from None
        self._ioctl("SIOCSIFADDR", ifioctl.set_address, self.ns, self.name, ip)
        if ip and not (":" in self.name and self.name.endswith("-")):
            self._flags(IFF_UP | IFF_RUNNING, 0)
        if slash:
            self.last_mask = mask_int(min(int(length), 32))

    def _alias6(self, text: str, *, add: bool) -> None:
        """One more IPv6 address, or one less."""
        try:
            ip, plen = parse_address(text)
        except Unreadable:
            raise NotSimulated(f"ifconfig … {text}: it is no IPv6 address") from None
        if add:
            self._ioctl("SIOCSIFADDR", ioctl6.add_address, self.ns, self.name, ip, plen)
        else:
            self._ioctl("SIOCDIFADDR", ioctl6.delete_address, self.ns, self.name, ip, plen)

    def _alias(self, text: str, *, add: bool) -> None:
        """``add`` and ``del``: the alias that has the address, else the first free one, which gets it (set_ifstate)."""
        try:
            ip = lookup(self.call, text)
        except UnknownHost as error:
            self._complain(f"{text}: {error}\n")
            return
        try:
            parent = ifioctl.labelled(self.ns, self.name)
        except NetlinkError:
            parent = None
        if parent is None:
            self.call.err(f"{self.name}: error fetching interface information: Device not found\n" * 2)
            return
        for number in range(255):
            name = f"{parent.label.partition(':')[0]}:{number}"
            found = ifioctl.labelled(self.ns, name)
            if found is None:
                self._ioctl("SIOCSIFADDR", ifioctl.set_address, self.ns, name, ip)
                self._ioctl("SIOCSIFNETMASK", ifioctl.set_netmask, self.ns, name, mask_int(parent.plen))
                self._ioctl("SIOCSIFBRDADDR", ifioctl.set_broadcast, self.ns, name, parent.broadcast)
                return
            if found.local == ip:
                if not add:
                    ifioctl.set_flags(self.ns, name, 0)
                return
