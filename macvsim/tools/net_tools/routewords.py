"""``route add`` and ``route del`` of net-tools and of busybox, which read the same words and do the same.

They differ in the texts of mistakes.  IPv6 (INET6_setroute) has fewer words than IPv4 (INET_setroute).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from macvsim.errors import Effect, MacvsimError, NetlinkError, NotSimulated
from macvsim.machine.call import Call
from macvsim.machine.tool import ToolError
from macvsim.net import rtioctl
from macvsim.net.ipv6 import ioctl6
from macvsim.net.rtioctl import RtEntry
from macvsim.tools.net_tools.oldnet import aton, lookup, require_net_admin
from macvsim.wire.addr import ip_text
from macvsim.wire.addr6 import ip6_int

_TCP_WORDS = ("mss", "window", "irtt")
_IGNORED_WORDS = ("mod", "dyn", "reinstate")


@dataclass(frozen=True)
class RouteTexts:
    """The texts of a program; ``{}`` is the word, the mask or the gateway.

    misuse : the exception for words that make no sense together, by family (4 or 6) and text, which may be empty
    unknown : the exception for a name that cannot be resolved, by the name and the C library's text
    failed : the exception for a system call that fails
    find_device : the name of the system call that looks for IPv6's device
    number, length : for numbers and prefix lengths; empty for a program that shows its usage
    """

    not_a_gateway: str
    host_with_mask: str
    bogus_mask: str
    mask_mismatch: str
    misuse: Callable[[int, str], MacvsimError]
    unknown: Callable[[str, str], MacvsimError]
    failed: Callable[[str], MacvsimError]
    find_device: str
    number: str = ""
    length: str = ""


def change(call: Call, words: list[str], texts: RouteTexts, *, add: bool, six: bool) -> int:
    """Do what the words behind ``add`` or ``del`` ask for; the exit status."""
    ns, reader = call.box.ns, (_Reader6 if six else _Reader4)(call, texts)
    entry = reader.read(words)
    if six and entry.dev and entry.dev not in ns.devices:
        raise texts.failed(f"{texts.find_device}: No such device")
    try:
        require_net_admin(call)
        if isinstance(reader, _Reader6):
            metric = 1 if entry.metric is None else entry.metric
            change6 = ioctl6.add_route if add else ioctl6.delete_route
            change6(ns, entry.dst, reader.plen, entry.gateway or 0, entry.dev, metric)
        else:
            (rtioctl.add if add else rtioctl.delete)(ns, entry)
    except NetlinkError as error:
        raise texts.failed(f"SIOC{'ADD' if add else 'DEL'}RT: {error.strerror}") from None
    return 0


class _Reader:
    """Reads the words behind ``add`` or ``del``."""

    family = 4

    def __init__(self, call: Call, texts: RouteTexts) -> None:
        self.call = call
        self.texts = texts
        self.entry = RtEntry()

    def read(self, words: list[str]) -> RtEntry:
        raise NotImplementedError

    def gateway(self, text: str) -> int:
        """The address of a router."""
        raise NotImplementedError

    def word(self, word: str, rest: Iterator[str]) -> None:
        """One of the words behind the target."""
        entry = self.entry
        if word == "metric":
            entry.metric = self.number(self.next(rest), self.texts.number)
        elif word in ("gw", "gateway"):
            text = self.next(rest)
            if entry.gateway is not None:
                raise self.misuse()
            entry.gateway = self.gateway(text)
        elif word in ("dev", "device"):
            if entry.dev:
                raise self.misuse()
            entry.dev = self.next(rest)
        elif word not in _IGNORED_WORDS:
            if entry.dev or next(rest, None) is not None:
                raise self.misuse()
            entry.dev = word

    def next(self, rest: Iterator[str]) -> str:
        word = next(rest, None)
        if word is None:
            raise self.misuse()
        return word

    def number(self, text: str, complaint: str, highest: int = 0xFFFFFFFF) -> int:
        """A number; a program without texts for numbers shows its usage, or takes what is too high (IPv4)."""
        if not (text.isascii() and text.isdigit()):
            raise self.texts.failed(complaint.format(text)) if complaint else self.misuse()
        if int(text) > highest and self.texts.length:
            raise self.texts.failed(self.texts.length.format(text, highest))
        return int(text)

    def misuse(self, text: str = "") -> MacvsimError:
        return self.texts.misuse(self.family, text)


class _Reader4(_Reader):
    """IPv4: networks and hosts, masks, and what is rejected."""

    mask_text = ""

    def read(self, words: list[str]) -> RtEntry:
        entry = self.entry
        rest = iter(words)
        target = self.next(rest)
        kind = ""
        if target in ("#net", "#host"):
            kind, target = target, self.next(rest)
        target = self._length(target)
        entry.dst = self._lookup(target)
        entry.host = kind == "#host" or (kind != "#net" and target != "default")
        for word in rest:
            self.word(word, rest)
        self._check_mask()
        return entry

    def word(self, word: str, rest: Iterator[str]) -> None:
        if word == "netmask":
            self.mask_text = self.next(rest)
            if self.entry.mask:
                raise self.misuse()
            self.entry.mask = self._lookup(self.mask_text)
        elif word in _TCP_WORDS:
            raise NotSimulated(f"route … {word}, which only concerns TCP", Effect.CHANGES)
        elif word == "reject":
            self.entry.reject = True
        else:
            super().word(word, rest)

    def gateway(self, text: str) -> int:
        if text == "default":
            raise self.misuse(self.texts.not_a_gateway.format(text))
        try:
            return lookup(self.call, text)
        except ToolError:
            raise self.texts.unknown(text, "Unknown host") from None

    def _length(self, target: str) -> str:
        """Take ``/LENGTH`` off a target; net-tools shifts by it modulo 32, so that 32 counts as none given."""
        host, slash, text = target.partition("/")
        if slash:
            self.mask_text = f"/{text}"
            length = self.number(text, self.texts.number, 32)
            self.entry.mask = ~(0xFFFFFFFF >> (length if self.texts.length else length & 31)) & 0xFFFFFFFF
        return host

    def _lookup(self, text: str) -> int:
        try:
            return lookup(self.call, text)
        except ToolError as error:
            raise self.texts.unknown(text, str(error)) from None

    def _check_mask(self) -> None:
        entry, texts = self.entry, self.texts
        holes = ~entry.mask & 0xFFFFFFFF
        if not entry.mask:
            return
        if entry.host and holes:
            raise self.misuse(texts.host_with_mask.format(f"{holes:08x}"))
        if holes & (holes + 1):
            shown = self.mask_text if aton(self.mask_text) is None else ip_text(entry.mask)
            raise self.misuse(texts.bogus_mask.format(shown))
        if entry.dst & holes:
            raise self.misuse(texts.mask_mismatch)


class _Reader6(_Reader):
    """IPv6: ``default`` or a prefix."""

    family = 6
    plen = 0

    def read(self, words: list[str]) -> RtEntry:
        rest = iter(words)
        target = self.next(rest)
        if target != "default":
            address, slash, length = target.partition("/")
            self.plen = self.number(length, self.texts.number, 128) if slash else 128
            if self.plen > 128:
                raise self.misuse()
            self.entry.dst = self.gateway(address)
        for word in rest:
            self.word(word, rest)
        return self.entry

    def gateway(self, text: str) -> int:
        try:
            return ip6_int(text)
        except MacvsimError:
            raise NotSimulated(f"names of IPv6 in routes ({text})", Effect.CHANGES) from None
