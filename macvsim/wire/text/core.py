"""What the dissectors share: options, the frame being read, the text being written (netdissect.h)."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from macvsim.wire.addr import ip_text, mac_text

Conversation = tuple[bytes, bytes, int, int]
"""Both ends of a TCP connection, in an order that is the same for both directions."""


class Truncated(Exception):
    """A field lies beyond what was captured."""


class Names:
    """What addresses and ports are called; this kind knows no names."""

    def host(self, address: bytes) -> str | None:
        """Name of an IPv4 or IPv6 address."""
        return None

    def tcp(self, port: int) -> str | None:
        """Name of a TCP port."""
        return None

    def udp(self, port: int) -> str | None:
        """Name of a UDP port."""
        return None

    def protocol(self, number: int) -> str | None:
        """Name of an IP protocol."""
        return None


@dataclass
class Options:
    """How much tcpdump shows: how often each of its option letters was given."""

    n: int = 0
    e: int = 0
    v: int = 0
    q: int = 0
    x: int = 0
    X: int = 0
    A: int = 0
    t: int = 0
    S: int = 0
    K: int = 0
    u: int = 0
    N: int = 0
    number: int = 0
    nano: bool = False
    names: Names = field(default_factory=Names)

    @property
    def dumps(self) -> bool:
        """The bytes are dumped anyway, so that protocols need not dump what they do not know."""
        return bool(self.x or self.X)


class Dissection:
    """One frame being printed.

    data : what was captured; end : where reading stops, an IP packet moves it to its own end
    proto : whose header is being read, for the mark of truncation
    ethertypes : what shows the payload of frames, by type; frame : what shows Ethernet frames in tunnels
    headers : how many bytes the link-layer headers have that were read
    conversations : first sequence numbers of TCP connections, in both directions
    """

    def __init__(
        self,
        data: bytes,
        options: Options,
        conversations: dict[Conversation, tuple[int, int]],
        ethertypes: Mapping[int, Part],
        frame: Callable[[Dissection, int, int], int],
    ) -> None:
        self.data = data
        self.end = len(data)
        self.options = options
        self.conversations = conversations
        self.ethertypes = ethertypes
        self.frame = frame
        self.proto = "ether"
        self.headers = 0
        self.parts: list[str] = []

    # -- writing -------------------------------------------------------------------------------------------------------

    def put(self, text: str) -> None:
        """Print."""
        self.parts.append(text)

    def truncated(self) -> None:
        """Mark the text: the protocol's fields end early."""
        self.put(f" [|{self.proto}]")

    def invalid(self) -> None:
        """Mark the text: a field has a value that cannot be."""
        self.put(" (invalid)")

    @property
    def text(self) -> str:
        return "".join(self.parts)

    # -- reading -------------------------------------------------------------------------------------------------------

    def has(self, at: int, count: int) -> bool:
        """True if so many bytes were captured."""
        return at + count <= self.end

    def need(self, at: int, count: int) -> None:
        """`Truncated` unless so many bytes were captured."""
        if at + count > self.end:
            raise Truncated

    def u8(self, at: int) -> int:
        self.need(at, 1)
        return self.data[at]

    def number(self, at: int, count: int) -> int:
        """An unsigned number of `count` bytes in network order."""
        self.need(at, count)
        return int.from_bytes(self.data[at : at + count], "big")

    def u16(self, at: int) -> int:
        return self.number(at, 2)

    def u24(self, at: int) -> int:
        return self.number(at, 3)

    def u32(self, at: int) -> int:
        return self.number(at, 4)

    def take(self, at: int, count: int) -> bytes:
        self.need(at, count)
        return self.data[at : at + count]

    # -- addresses and ports -------------------------------------------------------------------------------------------

    def _named(self, address: bytes, text: str) -> str:
        if self.options.n:
            return text
        name = self.options.names.host(address)
        return text if name is None else name.partition(".")[0] if self.options.N else name

    def ip(self, at: int) -> str:
        """The IPv4 address at a place."""
        address = self.take(at, 4)
        return self._named(address, ip_text(int.from_bytes(address, "big")))

    def ip6(self, at: int) -> str:
        """The IPv6 address at a place."""
        return self.ip6_of(self.take(at, 16))

    def ip6_of(self, address: bytes) -> str:
        """An IPv6 address as inet_ntop writes it."""
        return self._named(address, ip6_text(address))

    def mac(self, at: int) -> str:
        """The MAC at a place."""
        return mac_name(self.take(at, 6), self.options)

    def tcp_port(self, port: int) -> str:
        return (None if self.options.n else self.options.names.tcp(port)) or str(port)

    def udp_port(self, port: int) -> str:
        return (None if self.options.n else self.options.names.udp(port)) or str(port)


def ip6_text(address: bytes) -> str:
    """An IPv6 address as inet_ntop writes it: embedded IPv4 addresses in dots."""
    value = ipaddress.IPv6Address(address)
    number = int(value)
    if number >> 32 in (0, 0xFFFF) and number >> 16:
        prefix = "::ffff:" if number >> 32 else "::"
        return prefix + ip_text(number & 0xFFFFFFFF)
    return str(value)


_OUIS = {
    0x000000: "Ethernet", 0x00000C: "Cisco", 0x00000F: "Nortel Networks SONMP", 0x001081: "Juniper",
    0x0080C2: "Ethernet bridged", 0x00E02B: "Extreme EDP", 0x0000F8: "Cisco bridged", 0x080007: "Appletalk",
    0x009069: "Juniper", 0x00120F: "IEEE 802.3 Private", 0x0012BB: "ANSI/TIA", 0x000585: "Juniper",
    0x000AE4: "Hewlett-Packard", 0x0004EA: "Hewlett-Packard", 0x000B85: "Cisco",
}  # fmt: skip


def mac_name(mac: bytes, options: Options) -> str:
    """A MAC as it is printed: with its vendor unless names are not wanted."""
    if options.n:
        return mac_text(mac)
    if mac == b"\xff" * 6:
        return "Broadcast"
    return f"{mac_text(mac)} (oui {_OUIS.get(int.from_bytes(mac[:3], 'big'), 'Unknown')})"


def flags_text(values: Iterable[tuple[int, str]], flags: int, none: str = "none", sep: str = ", ") -> str:
    """The names of the bits that are set (bittok2str)."""
    return sep.join(name for bit, name in values if flags & bit) or none


def token(values: Mapping[int, str], key: int, unknown: str) -> str:
    """The name of a value; `unknown` is a format for others (tok2str)."""
    name = values.get(key)
    return unknown.format(key) if name is None else name


def relative_time(seconds: int) -> str:
    """Seconds with larger units before them (unsigned_relts_print)."""
    text = ""
    for unit, size in (("w", 604800), ("d", 86400), ("h", 3600), ("m", 60), ("s", 1)):
        if seconds >= size:
            text += f"{seconds // size}{unit}"
            seconds %= size
    return text or "0s"


def printable(data: bytes) -> str:
    """Text of strange origin, its unprintable characters marked as cat -v does (fn_print_char)."""
    parts = []
    for byte in data:
        mark = ""
        if byte & 0x80:
            byte &= 0x7F
            mark = "M-"
        if not 0x20 <= byte < 0x7F:
            mark += "^"
            byte ^= 0x40
        parts.append(mark + chr(byte))
    return "".join(parts)


Part = Callable[[Dissection, int, int], None]
"""A dissector: the frame, where the header begins, and how long it and all behind it are said to be."""
