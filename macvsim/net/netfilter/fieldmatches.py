"""Matches of single fields: tos, dscp, tcpmss, connmark, and of text anywhere in a packet (net/netfilter/xt_*.c)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from macvsim.net.netfilter.matches import first_bytes
from macvsim.net.netfilter.rule import EVERYTHING, Match, Spec
from macvsim.net.netfilter.segment import options
from macvsim.wire import ipv4

if TYPE_CHECKING:
    from macvsim.net.netfilter.contracts import Host
    from macvsim.net.netfilter.hooks import Hook, Way
    from macvsim.net.netfilter.packet import Tracked

TOS_AT = 1
MSS = 2
"""Kind of the TCP option."""
TO_THE_END = 0xFFFF


def sign(negated: bool) -> list[str]:
    """The ``!`` before an option."""
    return ["!"] if negated else []


@dataclass(frozen=True)
class Tos(Match):
    """The TOS byte, as far as `mask` goes."""

    name: ClassVar[str] = "tos"
    repeatable: ClassVar[bool] = True
    value: int
    mask: int
    negated: bool = False

    def matches(self, packet: Tracked, way: Way, ns: Host) -> bool:
        return (packet.data[TOS_AT] & self.mask == self.value) != self.negated

    def words(self) -> list[str]:
        return [*sign(self.negated), "--tos", f"0x{self.value:02x}/0x{self.mask:02x}"]


@dataclass(frozen=True)
class Dscp(Match):
    """The upper six bits of the TOS byte."""

    name: ClassVar[str] = "dscp"
    repeatable: ClassVar[bool] = True
    value: int
    negated: bool = False

    def matches(self, packet: Tracked, way: Way, ns: Host) -> bool:
        return (packet.data[TOS_AT] >> 2 == self.value) != self.negated

    def words(self) -> list[str]:
        return [*sign(self.negated), "--dscp", f"0x{self.value:02x}"]


@dataclass(frozen=True)
class TcpMss(Match):
    """The maximum segment size that a TCP header offers; without one nothing matches but the negation."""

    name: ClassVar[str] = "tcpmss"
    low: int
    high: int
    negated: bool = False

    def matches(self, packet: Tracked, way: Way, ns: Host) -> bool:
        start = first_bytes(packet, 20)
        if start is None:
            return False
        at = packet.header_length
        found = options(packet.data[at + 20 : at + (start[12] >> 4) * 4]).get(MSS, b"")
        if len(found) != 2:
            return self.negated
        return (self.low <= int.from_bytes(found, "big") <= self.high) != self.negated

    def words(self) -> list[str]:
        text = str(self.low) if self.low == self.high else f"{self.low}:{self.high}"
        return [*sign(self.negated), "--mss", text]

    def allowed(self, spec: Spec, hook: Hook | None) -> bool:
        return spec.proto == ipv4.PROTO_TCP and not spec.not_proto


@dataclass(frozen=True)
class ConnMark(Match):
    """The mark of the packet's connection, as far as `mask` goes."""

    name: ClassVar[str] = "connmark"
    conntrack: ClassVar[bool] = True
    value: int
    mask: int = EVERYTHING
    negated: bool = False

    def matches(self, packet: Tracked, way: Way, ns: Host) -> bool:
        if packet.conn is None:
            return False
        return (packet.conn.mark & self.mask == self.value) != self.negated

    def words(self) -> list[str]:
        mask = "" if self.mask == EVERYTHING else f"/{self.mask:#x}"
        return [*sign(self.negated), "--mark", f"{self.value:#x}{mask}"]


@dataclass(frozen=True)
class String(Match):
    """Text in the packet, its IPv4 header included, from byte `start` on and ending before byte `end`
    (skb_find_text).
    """

    name: ClassVar[str] = "string"
    pattern: bytes
    algo: str
    start: int = 0
    end: int = TO_THE_END
    any_case: bool = False
    negated: bool = False

    def matches(self, packet: Tracked, way: Way, ns: Host) -> bool:
        data, pattern = packet.data, self.pattern
        if self.any_case:
            data, pattern = data.lower(), pattern.lower()
        return (data.find(pattern, self.start, self.end) >= 0) != self.negated

    def words(self) -> list[str]:
        found = [*sign(self.negated), "--hex-string" if self.in_hex else "--string", self.text(), "--algo", self.algo]
        found += ["--from", str(self.start)] if self.start else []
        found += ["--to", str(self.end)] if self.end != TO_THE_END else []
        return found + (["--icase"] if self.any_case else [])

    @property
    def in_hex(self) -> bool:
        """It has bytes that are no printable letters (is_hex_string)."""
        return not all(0x20 <= byte < 0x7F for byte in self.pattern) or self.pattern[-1:] == b"|"

    def text(self) -> str:
        """The pattern in quotes, as rules print it."""
        if self.in_hex:
            return f'"|{self.pattern.hex()}|"'
        return '"' + "".join(f"\\{c}" if c in '"\\' else c for c in self.pattern.decode("ascii")) + '"'
