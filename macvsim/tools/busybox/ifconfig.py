"""busybox ifconfig (networking/ifconfig.c, interface.c)."""

from __future__ import annotations

from typing import NoReturn

from macvsim.dev.state import IFF_BROADCAST, IFF_RUNNING, IFF_UP
from macvsim.errors import Effect, NetlinkError, NotSimulated
from macvsim.machine.call import Call
from macvsim.machine.tool import BUSYBOX_OWN, ToolError, UsageError, tool
from macvsim.net import ifioctl
from macvsim.tools.busybox.applet import USAGE
from macvsim.tools.net_tools import ifprint
from macvsim.tools.net_tools.ifchange import FLAG_WORDS, NO_DRIVER, NUMBERS, SETTERS, Change
from macvsim.tools.net_tools.oldnet import IFNAMSIZ, atoi, ether, interfaces, lookup, read
from macvsim.tools.net_tools.oldnet6 import parse_address

_NEED_ARGUMENT = frozenset((*SETTERS, *NO_DRIVER, *NUMBERS, "hw"))
_NO_MINUS = _NEED_ARGUMENT | {"up", "down", "add", "del"}


@tool("ifconfig", flavour="busybox", usage=USAGE, effect=Effect.CHANGES, manner=BUSYBOX_OWN)
def ifconfig(call: Call) -> int:
    """``ifconfig [-a] [IFACE [WORDS…]]``."""
    args = call.args
    every = args[:1] == ["-a"]
    if every:
        args = args[1:]
    if len(args) > 1:
        _Change(call, args[0]).run(args[1:])
    else:
        _show(call, args[0][:IFNAMSIZ] if args else None, every)
    return 0


class _Change(Change):
    """One run over the words behind an interface's name; the first mistake ends it."""

    has_netmask = False

    def fail(self, text: str) -> NoReturn:
        raise ToolError(text)

    def run(self, words: list[str]) -> None:
        left = list(words)
        while left:
            word = left.pop(0)
            if word in FLAG_WORDS:
                on, off = FLAG_WORDS[word]
                self._flags(on, off)
            elif word in ("add", "del"):
                if left and word == "add":
                    self._add(left.pop(0))
                elif left:
                    self._delete(left.pop(0))
            elif word in _NEED_ARGUMENT:
                if not left or (word == "hw" and len(left) < 2):
                    raise UsageError
                self._argument(word, left)
            elif word.startswith("-") and word[1:] in _NO_MINUS:
                self.fail(f"bad: '{word}'")
            elif word != "inet":
                self._add(word)

    def _argument(self, word: str, left: list[str]) -> None:
        text = left.pop(0)
        if word in SETTERS:
            if word == "netmask" and self.has_netmask:
                raise UsageError
            self.has_netmask = self.has_netmask or word == "netmask"
            what, run = SETTERS[word]
            self.ioctl(what, run, self.ns, self.name, self._lookup(text))
            if word == "broadcast":
                self._flags(IFF_BROADCAST, 0)
        elif word in NO_DRIVER:
            self.ask_driver(word)
        elif word == "hw":
            self._hardware(text, left.pop(0))
        else:
            self.set_number(word, atoi(text))

    def _hardware(self, kind: str, text: str) -> None:
        if kind == "infiniband":
            raise NotSimulated("InfiniBand", Effect.CHANGES)
        if kind != "ether":
            raise UsageError
        mac = ether(text, strict=True)
        if mac is None:
            self.fail(f"invalid hw-addr {text}")
        self.set_mac(mac)

    def _add(self, text: str) -> None:
        """The interface's address, and up it goes; or one more IPv6 address."""
        if ":" in text:
            self._change6(text, add=True)
            return
        self.set_address(self._lookup(text))
        self._flags(IFF_UP | IFF_RUNNING, 0)

    def _delete(self, text: str) -> None:
        """An IPv6 address less; there is no such system call for IPv4."""
        if ":" in text:
            self._change6(text, add=False)
            return
        self._lookup(text)
        self.fail("SIOCDIFADDR: Inappropriate ioctl for device")

    def _change6(self, text: str, *, add: bool) -> None:
        try:
            ip, plen = parse_address(text)
        except ToolError:
            self.fail(f"bad address '{text}'")
        self.change6(ip, plen, add=add, lookup="SIOCGIFINDEX")

    def _lookup(self, text: str) -> int:
        try:
            return lookup(self.call, text)
        except ToolError:
            self.fail(f"bad address '{text}'")

    def _flags(self, on: int, off: int) -> None:
        try:
            flags = ifioctl.get_flags(self.ns, self.name)
        except NetlinkError as error:
            self.fail(f"SIOCGIFFLAGS: {error.strerror}")
        self.ioctl("SIOCSIFFLAGS", ifioctl.set_flags, self.ns, self.name, flags & ~off | on)


def _show(call: Call, name: str | None, every: bool) -> None:
    ns = call.box.ns
    if name is None:
        for interface in interfaces(ns):
            if every or interface.has(IFF_UP):
                call.out(ifprint.long(interface, ns, ifprint.BUSYBOX))
        return
    one = read(ns, name)
    if one is None:
        raise ToolError(f"{name}: error fetching interface information: Device not found")
    call.out(ifprint.long(one, ns, ifprint.BUSYBOX))
