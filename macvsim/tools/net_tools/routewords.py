"""The words of ``route add|del``, which net-tools and busybox read alike but for what they say about mistakes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from macvsim.errors import MacvsimError, NotSimulated
from macvsim.machine.call import Call
from macvsim.net.rtioctl import RtEntry
from macvsim.tools.net_tools.oldnet import UnknownHost, aton, lookup
from macvsim.wire.addr import ip_text

_TCP_WORDS = ("mss", "window", "irtt")
_IGNORED_WORDS = ("mod", "dyn", "reinstate")


class RouteUsage(MacvsimError):
    """The words make no sense together; the text, which may be empty, says why."""


class RouteLookup(MacvsimError):
    """A word is no address and no known name; the text says so."""


@dataclass(frozen=True)
class RouteTexts:
    """What a tool says; ``{}`` is the word, the mask or the gateway.

    bad_length : for prefix lengths above 32; empty for a tool that does not look
    """

    not_a_gateway: str
    host_with_mask: str
    bogus_mask: str
    mask_mismatch: str
    unknown: str
    unknown_gateway: str
    bad_length: str = ""


def parse_route(call: Call, words: list[str], texts: RouteTexts) -> RtEntry:
    """What the words behind ``add`` or ``del`` ask the kernel for; `RouteUsage` or `RouteLookup` for mistakes."""
    return _Reader(call, texts).read(words)


class _Reader:
    def __init__(self, call: Call, texts: RouteTexts) -> None:
        self.call = call
        self.texts = texts
        self.entry = RtEntry()
        self.mask_text = ""

    def read(self, words: list[str]) -> RtEntry:
        entry = self.entry
        rest = iter(words)
        target = self._next(rest)
        kind = ""
        if target in ("-net", "-host"):
            kind, target = target, self._next(rest)
        target = self._length(target)
        entry.dst = self._lookup(target, self.texts.unknown)
        entry.host = kind == "-host" or (kind != "-net" and target != "default")
        for word in rest:
            self._word(word, rest)
        self._check_mask()
        return entry

    def _word(self, word: str, rest: Iterator[str]) -> None:
        entry = self.entry
        if word == "metric":
            text = self._next(rest)
            if not text.isdigit():
                raise RouteUsage("")
            entry.metric = int(text)
        elif word == "netmask":
            self.mask_text = self._next(rest)
            if entry.mask:
                raise RouteUsage("")
            entry.mask = self._lookup(self.mask_text, self.texts.unknown)
        elif word in ("gw", "gateway"):
            text = self._next(rest)
            if entry.gateway is not None:
                raise RouteUsage("")
            if text == "default":
                raise RouteUsage(self.texts.not_a_gateway.format(text))
            entry.gateway = self._lookup(text, self.texts.unknown_gateway)
        elif word in _TCP_WORDS:
            raise NotSimulated(f"route … {word}, which only concerns TCP")
        elif word == "reject":
            entry.reject = True
        elif word in ("dev", "device"):
            if entry.dev:
                raise RouteUsage("")
            entry.dev = self._next(rest)
        elif word not in _IGNORED_WORDS:
            if entry.dev or next(rest, None) is not None:
                raise RouteUsage("")
            entry.dev = word

    def _next(self, rest: Iterator[str]) -> str:
        word = next(rest, None)
        if word is None:
            raise RouteUsage("")
        return word

    def _length(self, target: str) -> str:
        """Take ``/LENGTH`` off a target; net-tools shifts by it modulo 32, so that 32 counts as none given."""
        host, slash, length = target.partition("/")
        if not slash:
            return target
        if not length.isdigit():
            raise RouteUsage("")
        if int(length) > 32 and self.texts.bad_length:
            raise RouteLookup(self.texts.bad_length.format(length))
        self.mask_text = f"/{length}"
        shift = int(length) if self.texts.bad_length else int(length) & 31
        self.entry.mask = ~(0xFFFFFFFF >> shift) & 0xFFFFFFFF
        return host

    def _lookup(self, text: str, complaint: str) -> int:
        try:
            return lookup(self.call, text)
        except UnknownHost as error:
            raise RouteLookup(complaint.format(text, error)) from None

    def _check_mask(self) -> None:
        entry, texts = self.entry, self.texts
        holes = ~entry.mask & 0xFFFFFFFF
        if not entry.mask:
            return
        if entry.host and holes:
            raise RouteUsage(texts.host_with_mask.format(f"{holes:08x}"))
        if holes & (holes + 1):
            shown = self.mask_text if aton(self.mask_text) is None else ip_text(entry.mask)
            raise RouteUsage(texts.bogus_mask.format(shown))
        if entry.dst & holes:
            raise RouteUsage(texts.mask_mismatch)
