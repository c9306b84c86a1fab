"""Matches that read a packet's own bytes: icmp, tcp, udp, multiport, ttl, length, iprange, comment, and the rest that
needs nothing else (net/netfilter/xt_*.c).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from macvsim.net.netfilter.rule import Match, Spec
from macvsim.net.netfilter.segment import options
from macvsim.wire import ipv4
from macvsim.wire.addr import ip_text
from macvsim.wire.frame import BROADCAST, HOST, MULTICAST, PacketType

if TYPE_CHECKING:
    from macvsim.net.netfilter.contracts import Host
    from macvsim.net.netfilter.hooks import Hook, Way
    from macvsim.net.netfilter.packet import Tracked

ANY_ICMP = 0xFF
ALL_PORTS = (0, 0xFFFF)
TCP_FLAGS = {"FIN": 1, "SYN": 2, "RST": 4, "PSH": 8, "ACK": 16, "URG": 32}


@dataclass(frozen=True)
class Ports:
    """First and last port; `negated`: all others."""

    low: int = 0
    high: int = 0xFFFF
    negated: bool = False

    def holds(self, port: int) -> bool:
        return (self.low <= port <= self.high) != self.negated

    @property
    def everything(self) -> bool:
        return (self.low, self.high) == ALL_PORTS and not self.negated

    def words(self, option: str) -> list[str]:
        """``--dport 80:90``; nothing if all ports are meant."""
        if self.everything:
            return []
        text = str(self.low) if self.low == self.high else f"{self.low}:{self.high}"
        return [*(["!"] if self.negated else []), option, text]


def first_bytes(packet: Tracked, size: int) -> bytes | None:
    """The beginning of the transport header; None in later fragments, or if it is not there."""
    if int.from_bytes(packet.data[6:8], "big") & ipv4.OFFSET_MASK:
        return None
    at = packet.header_length
    return packet.data[at : at + size] if len(packet.data) >= at + size else None


def _ports(packet: Tracked) -> tuple[int, int] | None:
    start = first_bytes(packet, 4)
    return None if start is None else (int.from_bytes(start[:2], "big"), int.from_bytes(start[2:], "big"))


@dataclass(frozen=True)
class IcmpMatch(Match):
    """Type, and codes from `low` to `high`; type 255: any."""

    name: ClassVar[str] = "icmp"
    repeatable: ClassVar[bool] = True
    kind: int = ANY_ICMP
    low: int = 0
    high: int = 0xFF
    negated: bool = False

    def matches(self, packet: Tracked, way: Way, ns: Host) -> bool:
        start = first_bytes(packet, 4)
        if start is None:
            return False
        same = self.kind == ANY_ICMP or (start[0] == self.kind and self.low <= start[1] <= self.high)
        return same != self.negated

    def words(self) -> list[str]:
        text = "any" if self.kind == ANY_ICMP else str(self.kind)
        if self.kind != ANY_ICMP and (self.low, self.high) != (0, 0xFF):
            text += f"/{self.low}" if self.low == self.high else f"/{self.low}-{self.high}"
        return [*(["!"] if self.negated else []), "--icmp-type", text]

    def allowed(self, spec: Spec, hook: Hook | None) -> bool:
        return spec.proto == ipv4.PROTO_ICMP and not spec.not_proto


@dataclass(frozen=True)
class TcpMatch(Match):
    """Ports, flags (`compared` of those in `mask`), and whether an option is there (0: not asked)."""

    name: ClassVar[str] = "tcp"
    source: Ports = Ports()
    destination: Ports = Ports()
    mask: int = 0
    compared: int = 0
    not_flags: bool = False
    option: int = 0
    not_option: bool = False

    def matches(self, packet: Tracked, way: Way, ns: Host) -> bool:
        start = first_bytes(packet, 20)
        ports = _ports(packet)
        if start is None or ports is None:
            return False
        if not (self.source.holds(ports[0]) and self.destination.holds(ports[1])):
            return False
        if (self.mask or self.not_flags) and (start[13] & self.mask == self.compared) == self.not_flags:
            return False
        if not self.option:
            return True
        at = packet.header_length
        found = options(packet.data[at + 20 : at + (start[12] >> 4) * 4])
        return (self.option in found) != self.not_option

    def words(self) -> list[str]:
        found = self.source.words("--sport") + self.destination.words("--dport")
        if self.option:
            found += [*(["!"] if self.not_option else []), "--tcp-option", str(self.option)]
        if self.mask or self.not_flags:
            found += [*(["!"] if self.not_flags else []), "--tcp-flags", flag_names(self.mask)]
            found.append(flag_names(self.compared))
        return found


def flag_names(flags: int) -> str:
    """``FIN,SYN``; ``NONE``."""
    return ",".join(name for name, bit in TCP_FLAGS.items() if flags & bit) or "NONE"


@dataclass(frozen=True)
class UdpMatch(Match):
    """Ports."""

    name: ClassVar[str] = "udp"
    repeatable: ClassVar[bool] = True
    source: Ports = Ports()
    destination: Ports = Ports()

    def matches(self, packet: Tracked, way: Way, ns: Host) -> bool:
        ports = _ports(packet)
        return ports is not None and self.source.holds(ports[0]) and self.destination.holds(ports[1])

    def words(self) -> list[str]:
        return self.source.words("--sport") + self.destination.words("--dport")


@dataclass(frozen=True)
class Multiport(Match):
    """Any of several ports; `which`: ``sports``, ``dports``, or ``ports`` for either."""

    name: ClassVar[str] = "multiport"
    repeatable: ClassVar[bool] = True
    which: str
    ports: tuple[tuple[int, int], ...]
    negated: bool = False

    def matches(self, packet: Tracked, way: Way, ns: Host) -> bool:
        found = _ports(packet)
        if found is None:
            return False
        asked = {"sports": found[:1], "dports": found[1:]}.get(self.which, found)
        return any(low <= port <= high for port in asked for low, high in self.ports) != self.negated

    def words(self) -> list[str]:
        text = ",".join(str(low) if low == high else f"{low}:{high}" for low, high in self.ports)
        return [*(["!"] if self.negated else []), f"--{self.which}", text]


@dataclass(frozen=True)
class Comment(Match):
    """Holds always."""

    name: ClassVar[str] = "comment"
    repeatable: ClassVar[bool] = True
    text: str

    def matches(self, packet: Tracked, way: Way, ns: Host) -> bool:
        return True

    def words(self) -> list[str]:
        return ["--comment", quoted(self.text)]


def quoted(text: str) -> str:
    """A word as iptables-save writes it: in quotes if it needs them (xtables_save_string)."""
    plain = all(c.isascii() and (c.isalnum() or c in "_-") for c in text)
    if text and plain:
        return text
    return '"' + "".join(f"\\{c}" if c in "\"\\'" else c for c in text) + '"'


@dataclass(frozen=True)
class MarkMatch(Match):
    """The packet's mark, as far as `mask` goes."""

    name: ClassVar[str] = "mark"
    value: int
    mask: int = 0xFFFFFFFF
    negated: bool = False

    def matches(self, packet: Tracked, way: Way, ns: Host) -> bool:
        return (packet.mark & self.mask == self.value) != self.negated

    def words(self) -> list[str]:
        mask = "" if self.mask == 0xFFFFFFFF else f"/{self.mask:#x}"
        return [*(["!"] if self.negated else []), "--mark", f"{self.value:#x}{mask}"]


@dataclass(frozen=True)
class PacketTypeMatch(Match):
    """Whom the frame was for."""

    name: ClassVar[str] = "pkttype"
    repeatable: ClassVar[bool] = True
    kind: PacketType
    negated: bool = False

    def matches(self, packet: Tracked, way: Way, ns: Host) -> bool:
        kind = packet.packet_type
        if way.in_dev is None or way.in_dev.loopback:  # by address (xt_pkttype.c)
            dst = packet.data[16:20]
            kind = BROADCAST if dst == b"\xff\xff\xff\xff" else MULTICAST if 224 <= dst[0] < 240 else HOST
        return (kind is self.kind) != self.negated

    def words(self) -> list[str]:
        kinds = {HOST: "unicast", BROADCAST: "broadcast", MULTICAST: "multicast"}
        return [*(["!"] if self.negated else []), "--pkt-type", kinds[self.kind]]


@dataclass(frozen=True)
class Ttl(Match):
    """TTL; `how`: ``eq``, ``ne``, ``lt``, ``gt``."""

    name: ClassVar[str] = "ttl"
    repeatable: ClassVar[bool] = True
    how: str
    value: int

    def matches(self, packet: Tracked, way: Way, ns: Host) -> bool:
        ttl = packet.data[8]
        match self.how:
            case "eq":
                return ttl == self.value
            case "ne":
                return ttl != self.value
            case "lt":
                return ttl < self.value
        return ttl > self.value

    def words(self) -> list[str]:
        option = {"eq": ["--ttl-eq"], "ne": ["!", "--ttl-eq"], "lt": ["--ttl-lt"], "gt": ["--ttl-gt"]}[self.how]
        return [*option, str(self.value)]


@dataclass(frozen=True)
class Length(Match):
    """Bytes of the packet, from `low` to `high`."""

    name: ClassVar[str] = "length"
    repeatable: ClassVar[bool] = True
    low: int
    high: int
    negated: bool = False

    def matches(self, packet: Tracked, way: Way, ns: Host) -> bool:
        return (self.low <= len(packet.data) <= self.high) != self.negated

    def words(self) -> list[str]:
        text = str(self.low) if self.low == self.high else f"{self.low}:{self.high}"
        return [*(["!"] if self.negated else []), "--length", text]


@dataclass(frozen=True)
class IpRange(Match):
    """Addresses from one to another; None: not asked."""

    name: ClassVar[str] = "iprange"
    repeatable: ClassVar[bool] = True
    source: tuple[int, int] | None = None
    destination: tuple[int, int] | None = None
    not_source: bool = False
    not_destination: bool = False

    def matches(self, packet: Tracked, way: Way, ns: Host) -> bool:
        src, dst = ipv4.addresses(packet.data)
        for ip, wanted, negated in (
            (src, self.source, self.not_source),
            (dst, self.destination, self.not_destination),
        ):
            if wanted is not None and (wanted[0] <= ip <= wanted[1]) == negated:
                return False
        return True

    def words(self) -> list[str]:
        found = []
        for option, wanted, negated in (
            ("--src-range", self.source, self.not_source),
            ("--dst-range", self.destination, self.not_destination),
        ):
            if wanted is not None:
                found += ["!"] if negated else []
                found += [option, f"{ip_text(wanted[0])}-{ip_text(wanted[1])}"]
        return found
