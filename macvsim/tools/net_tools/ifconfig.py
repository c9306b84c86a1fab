"""ifconfig of net-tools 2.10: looks at interfaces, and changes them one word after the other."""

from __future__ import annotations

from collections.abc import Iterator

from macvsim.dev.state import IFF_BROADCAST, IFF_RUNNING, IFF_UP
from macvsim.errors import Effect, NetlinkError, NotSimulated
from macvsim.machine.call import Call
from macvsim.machine.tool import ToolError, UsageError, tool
from macvsim.net import ifioctl
from macvsim.tools.net_tools import ifprint
from macvsim.tools.net_tools.common import NET_TOOLS_OWN, USAGE, VERSION
from macvsim.tools.net_tools.ifchange import FLAG_WORDS, NO_DRIVER, NUMBERS, SETTERS, Change
from macvsim.tools.net_tools.oldnet import IFNAMSIZ, Interface, atoi, ether, interfaces, lookup, read, require_net_admin
from macvsim.tools.net_tools.oldnet6 import parse_address
from macvsim.wire.addr import mask_int

_HINT = "ifconfig: `--help' gives usage information.\n"
_TESTED = ("-promisc", "-allmulti", "-broadcast", "-pointopoint", "-multicast", "-dynamic")
"""The words that look at the flag afterwards."""
_IGNORED = ("inet", "unix", "ax25")


@tool(
    "ifconfig",
    flavour="debian",
    usage=USAGE,
    left_out={"tunnel": "addresses of SIT tunnels"},
    effect=Effect.CHANGES,
    manner=NET_TOOLS_OWN,
)
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
            call.out(VERSION)
            return 0
        elif option in ("-?", "-h", "--help"):
            raise ifconfig.help(call)
        elif option != "-v":
            raise ToolError(f"option `{option}' not recognised.\n{_HINT.rstrip()}", 1)
    if len(args) > 1:
        return _Change(call, args[0]).run(args[1:])
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
            call.out(ifprint.short(interface) if header else ifprint.long(interface, ns, ifprint.NET_TOOLS))
    return 0


class _Change(Change):
    """One run over the words behind an interface's name; later words are done even if earlier ones failed."""

    def __init__(self, call: Call, name: str) -> None:
        super().__init__(call, name)
        self.code = 0
        self.has_netmask = False
        self.six = False
        self.last_mask: int | None = None
        """Netmask that stood behind the address, which is set when all is done."""

    def run(self, words: list[str]) -> int:
        for word in words:
            if word in ifconfig.left_out:
                raise NotSimulated(f"ifconfig {word}: {ifconfig.left_out[word]}", Effect.CHANGES)
        rest = iter(words)
        for word in rest:
            self._word(word, rest)
        if self.last_mask is not None:
            self.ioctl("SIOCSIFNETMASK", ifioctl.set_netmask, self.ns, self.name, self.last_mask)
        return self.code

    def fail(self, text: str) -> None:
        self.call.err(f"{text}\n")
        self.code = self.code or 1

    def _word(self, word: str, rest: Iterator[str]) -> None:
        if word in FLAG_WORDS:
            self._flags(*FLAG_WORDS[word])
            self._test_flags(word)
        elif word in NO_DRIVER and word != "metric":
            self._argument(rest)
            if NO_DRIVER[word][0] == "SIOCGIFMAP":
                self.call.err(f"{word}: ")
            self.ask_driver(word)
        elif word in NUMBERS:
            self.set_number(word, atoi(self._argument(rest)))
        elif word == "broadcast":
            text = next(rest, "")
            if not text or self._set(word, text):
                self._flags(IFF_BROADCAST, 0)
        elif word in SETTERS:
            text = self._argument(rest)
            if word == "netmask" and self.has_netmask:
                raise UsageError
            self.has_netmask = self.has_netmask or word == "netmask"
            self._set(word, text)
        elif word == "hw":
            self._hardware(self._argument(rest), self._argument(rest))
        elif word == "name":
            new = self._argument(rest)[: IFNAMSIZ - 1]
            if self.ioctl("SIOCSIFNAME", lambda: self.ns.rename(self.ns.dev(self.name), new)):
                self.name = new
        elif word in ("add", "del"):
            text = self._argument(rest)
            (self._alias6 if ":" in text else self._alias)(text, add=word == "add")
        elif word == "inet6":
            self.six = True
        elif word not in _IGNORED:
            self._address(word)

    # -- kinds of words --------------------------------------------------------------------------------------------

    def _argument(self, rest: Iterator[str]) -> str:
        word = next(rest, None)
        if word is None:
            raise UsageError
        return word

    def _lookup(self, text: str) -> int | None:
        """The address of a word, None where it has none, which the exit status tells whatever came before."""
        try:
            return lookup(self.call, text)
        except ToolError as error:
            self.call.err(f"{text}: {error}\n" if text else f"{error}\n")
            self.code = 1
            return None

    def _set(self, word: str, text: str) -> bool:
        """Do something with an address that a word names."""
        ip = self._lookup(text)
        what, run = SETTERS[word]
        return ip is not None and self.ioctl(what, run, self.ns, self.name, ip)

    def _flags(self, on: int, off: int) -> None:
        """set_flag and clr_flag; a failure ends in 255, whatever else failed."""
        try:
            flags = ifioctl.get_flags(self.ns, self.name)
        except NetlinkError as error:
            self.call.err(f"{self.name}: ERROR while getting interface flags: {error.strerror}\n")
            self.code = 255
            return
        try:
            require_net_admin(self.call)
            ifioctl.set_flags(self.ns, self.name, flags & ~off | on)
        except NetlinkError as error:
            self.call.err(f"SIOCSIFFLAGS: {error.strerror}\n")
            self.code = 255

    def _test_flags(self, word: str) -> None:
        """test_flag: of the flags that are looked at, the kernel keeps IFF_BROADCAST."""
        if word in _TESTED and self.name.partition(":")[0] not in self.ns.devices:
            self.call.err(f"{self.name}: ERROR while testing interface flags: No such device\n")
        elif word == "-broadcast":
            self.call.err(f"Warning: Interface {self.name} still in BROADCAST mode.\n")

    def _hardware(self, kind: str, text: str) -> None:
        if kind != "ether":
            raise UsageError
        mac = ether(text)
        if mac is None:
            self.fail(f"{text}: invalid ether address.")
        else:
            self.set_mac(mac)

    def _address(self, word: str) -> None:
        """The interface's address, with ``/LENGTH`` for its mask, and up it goes."""
        if self.six:
            raise NotSimulated(f"ifconfig … inet6 {word}: it adds addresses with add", Effect.CHANGES)
        host, slash, length = word.partition("/")
        if slash and not length.isdecimal():
            raise UsageError
        if (ip := self._lookup(host)) is None:
            raise ToolError(_HINT, 1, named=False)
        self.set_address(ip)
        if ip and not (":" in self.name and self.name.endswith("-")):
            self._flags(IFF_UP | IFF_RUNNING, 0)
        if slash:
            self.last_mask = mask_int(min(int(length), 32))

    def _alias6(self, text: str, *, add: bool) -> None:
        try:
            ip, plen = parse_address(text)
        except ToolError:
            raise NotSimulated(f"ifconfig … {text}: it is no IPv6 address", Effect.CHANGES) from None
        self.change6(ip, plen, add=add, lookup="SIOGIFINDEX")

    def _alias(self, text: str, *, add: bool) -> None:
        """``add`` and ``del``: the alias that has the address, else the first free one, which gets it (set_ifstate)."""
        if (ip := self._lookup(text)) is None:
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
                self.ioctl("SIOCSIFADDR", ifioctl.set_address, self.ns, name, ip)
                self.ioctl("SIOCSIFNETMASK", ifioctl.set_netmask, self.ns, name, mask_int(parent.plen))
                self.ioctl("SIOCSIFBRDADDR", ifioctl.set_broadcast, self.ns, name, parent.broadcast)
                return
            if found.local == ip:
                if not add:
                    ifioctl.set_flags(self.ns, name, 0)
                return
