"""Matches of packets' own bytes, as iptables reads their options (extensions/libxt_*.c, libipt_icmp.c)."""

from __future__ import annotations

from macvsim.machine.tool import UsageError
from macvsim.net.netfilter import matches as model
from macvsim.net.netfilter.matches import ANY_ICMP, TCP_FLAGS, Ports
from macvsim.net.netfilter.rule import Match
from macvsim.tools.iptables.extension import MatchReader, Option, Rest
from macvsim.tools.iptables.icmptypes import ALIASES, NAMES
from macvsim.tools.iptables.values import full_address, number, port, ports
from macvsim.wire.frame import BROADCAST, HOST, MULTICAST

_PORT_OPTIONS = tuple(Option(name, invertible=True) for name in ("source-port", "sport", "destination-port", "dport"))


class _Transport(MatchReader):
    """Ports, for tcp and udp, which complain in words of their own."""

    number = 0
    title = ""

    def __init__(self) -> None:
        super().__init__()
        self.source = self.destination = Ports()

    def read(self, option: Option, value: str, negated: bool, rest: Rest) -> None:
        name = {"sport": "source-port", "dport": "destination-port"}.get(option.name, option.name)
        if name in self.given:
            raise UsageError(f"Only one `--{name}' allowed")
        self.given.append(name)
        self.take(name, value, negated, rest)

    def take(self, name: str, value: str, negated: bool, rest: Rest) -> None:
        if name == "source-port":
            self.source = ports(value, negated=negated)
        else:
            self.destination = ports(value, negated=negated)

    def finish(self) -> None:
        if self.proto != self.number or self.not_proto:
            raise UsageError(f"{self.title} match requires '-p {self.name}'")


class Tcp(_Transport):
    name = "tcp"
    number = 6
    title = "TCP"
    options = (
        *_PORT_OPTIONS,
        Option("syn", flag=True, invertible=True),
        Option("tcp-flags", invertible=True),
        Option("tcp-option", invertible=True),
    )

    def __init__(self) -> None:
        super().__init__()
        self.flags = (0, 0, False)
        self.option = (0, False)

    def take(self, name: str, value: str, negated: bool, rest: Rest) -> None:
        if name == "syn":
            self.flags = (0x17, 0x02, negated)
        elif name == "tcp-flags":
            compared = rest.take()
            if compared is None:
                raise UsageError("--tcp-flags requires two args.")
            self.flags = (_tcp_flags(value), _tcp_flags(compared), negated)
        elif name == "tcp-option":
            kind = number(value, 1, 255)
            if kind is None:
                raise UsageError(f"Bad TCP option `{value}'")
            self.option = (kind, negated)
        else:
            super().take(name, value, negated, rest)

    def build(self) -> Match:
        return model.TcpMatch(self.source, self.destination, *self.flags, *self.option)


def _tcp_flags(text: str) -> int:
    bits = 0
    for word in text.split(","):
        if word.upper() == "ALL":
            bits |= 0x3F
        elif word.upper() in TCP_FLAGS:
            bits |= TCP_FLAGS[word.upper()]
        elif word.upper() != "NONE":
            raise UsageError(f"Unknown TCP flag `{word}'")
    return bits


class Udp(_Transport):
    name = "udp"
    number = 17
    title = "UDP"
    options = _PORT_OPTIONS

    def build(self) -> Match:
        return model.UdpMatch(self.source, self.destination)


class Icmp(MatchReader):
    name = "icmp"
    options = (Option("icmp-type", invertible=True),)

    def __init__(self) -> None:
        super().__init__()
        self.kind = (ANY_ICMP, 0, 0xFF, False)

    def take(self, name: str, value: str, negated: bool, rest: Rest) -> None:
        self.kind = (*_icmp_type(value), negated)

    def build(self) -> Match:
        return model.IcmpMatch(*self.kind)


def _icmp_type(text: str) -> tuple[int, int, int]:
    """Type by name or number, and codes."""
    word = text.lower()
    named = [(name, value) for name, value in NAMES.items() if name.lower().startswith(word)]
    exact = NAMES.get(ALIASES.get(word, text)) or next((v for n, v in named if n.lower() == word), None)
    if exact is not None:
        return exact
    if word and not word[0].isdecimal() and len(named) > 1:
        raise UsageError(f"Ambiguous ICMP type `{text}': `{named[0][0]}' or `{named[1][0]}'?")
    if word and not word[0].isdecimal() and named:
        return named[0][1]
    kind_text, slash, code_text = text.partition("/")
    kind = number(kind_text, 0, 254)
    low, dash, high = code_text.partition("-")
    codes = (number(low, 0, 255), number(high if dash else low, 0, 255)) if slash else (0, 255)
    if kind is None or codes[0] is None or codes[1] is None:
        raise UsageError(f"Unknown ICMP type `{text}'")
    return kind, codes[0], codes[1]


class Multiport(MatchReader):
    name = "multiport"
    options = tuple(
        Option(option, invertible=True) for option in ("source-ports", "sports", "destination-ports", "dports", "ports")
    )

    def __init__(self) -> None:
        super().__init__()
        self.which = ""
        self.found: tuple[tuple[int, int], ...] = ()
        self.negated = False

    def take(self, name: str, value: str, negated: bool, rest: Rest) -> None:
        if not self.proto:
            raise UsageError("multiport needs `-p tcp', `-p udp', `-p udplite', `-p sctp' or `-p dccp'")
        if self.not_proto or self.proto not in (6, 17, 33, 132, 136):
            raise UsageError("multiport only works with TCP, UDP, UDPLITE, SCTP and DCCP")
        self.which = {"source-ports": "sports", "destination-ports": "dports"}.get(name, name)
        self.negated = negated
        spans = []
        for word in value.split(","):
            first, colon, last = word.partition(":")
            low, high = port(first), port(last) if colon else port(first)
            if low > high:
                raise UsageError("invalid portrange specified")
            spans.append((low, high))
        if sum(1 if low == high else 2 for low, high in spans) > 15:
            raise UsageError("too many ports specified")
        self.found = tuple(spans)

    def finish(self) -> None:
        if not self.which:
            raise UsageError("no ports specified")

    def build(self) -> Match:
        return model.Multiport(self.which, self.found, self.negated)


class Comment(MatchReader):
    name = "comment"
    options = (Option("comment", must=True),)

    def take(self, name: str, value: str, negated: bool, rest: Rest) -> None:
        if len(value) > 255:
            raise UsageError('comment: bad value for option "--comment", or out of range (0-255 characters).')
        self.text = value

    def build(self) -> Match:
        return model.Comment(self.text)


class Mark(MatchReader):
    name = "mark"
    options = (Option("mark", invertible=True, must=True),)

    def take(self, name: str, value: str, negated: bool, rest: Rest) -> None:
        self.value = (*mark(value, self.name), negated)

    def build(self) -> Match:
        return model.MarkMatch(*self.value)


def mark(text: str, owner: str, option: str = "mark") -> tuple[int, int]:
    """``VALUE[/MASK]``."""
    value_text, slash, mask_text = text.partition("/")
    value, bits = number(value_text), number(mask_text) if slash else 0xFFFFFFFF
    if value is None or bits is None:
        raise UsageError(f'{owner}: bad integer value for option "--{option}", or out of range.\n')
    return value, bits


class PacketType(MatchReader):
    name = "pkttype"
    options = (Option("pkt-type", invertible=True, must=True),)

    def take(self, name: str, value: str, negated: bool, rest: Rest) -> None:
        kinds = {"unicast": HOST, "host": HOST, "broadcast": BROADCAST, "bcast": BROADCAST,
                 "multicast": MULTICAST, "mcast": MULTICAST}  # fmt: skip
        kind = kinds.get(value.lower())
        if kind is None:
            raise UsageError(f"Bad packet type '{value}'")
        self.kind = (kind, negated)

    def build(self) -> Match:
        return model.PacketTypeMatch(*self.kind)


class Ttl(MatchReader):
    name = "ttl"
    options = (Option("ttl", invertible=True), Option("ttl-eq", invertible=True), Option("ttl-lt"), Option("ttl-gt"))

    def take(self, name: str, value: str, negated: bool, rest: Rest) -> None:
        ttl = number(value, 0, 255)
        if ttl is None:
            raise UsageError(f'ttl: bad value for option "--{name}", or out of range (0-255).\n')
        how = {"ttl-lt": "lt", "ttl-gt": "gt"}.get(name, "ne" if negated else "eq")
        self.asked = (how, ttl)

    def finish(self) -> None:
        if not self.given:
            raise UsageError("TTL match: You must specify one of `--ttl-eq', `--ttl-lt', `--ttl-gt")

    def build(self) -> Match:
        return model.Ttl(*self.asked)


class Length(MatchReader):
    name = "length"
    options = (Option("length", invertible=True, must=True),)

    def take(self, name: str, value: str, negated: bool, rest: Rest) -> None:
        first, colon, last = value.partition(":")
        low = number(first, 0, 0xFFFF) if first or not colon else 0
        high = (number(last, 0, 0xFFFF) if last else 0xFFFF) if colon else low
        if low is None or high is None:
            raise UsageError('length: bad value for option "--length", or out of range (0-65535).\n')
        self.asked = (low, high, negated)

    def build(self) -> Match:
        return model.Length(*self.asked)


class IpRange(MatchReader):
    name = "iprange"
    options = (Option("src-range", invertible=True), Option("dst-range", invertible=True))

    def __init__(self) -> None:
        super().__init__()
        self.ranges: dict[str, tuple[tuple[int, int], bool]] = {}

    def take(self, name: str, value: str, negated: bool, rest: Rest) -> None:
        first, dash, last = value.partition("-")
        low, high = full_address(first), full_address(last if dash else first)
        if low is None or high is None:
            raise UsageError(f'iprange match: Bad IP address "{first if low is None else last}"\n')
        self.ranges[name] = ((low, high), negated)

    def finish(self) -> None:
        if not self.given:
            raise UsageError("iprange match: You must specify `--src-range' or `--dst-range'")

    def build(self) -> Match:
        nothing: tuple[tuple[int, int] | None, bool] = (None, False)
        (src, not_src), (dst, not_dst) = (self.ranges.get(n, nothing) for n in ("src-range", "dst-range"))
        return model.IpRange(src, dst, not_src, not_dst)
