"""Targets that change single fields: TTL, TOS, DSCP, TCPMSS, CONNMARK; and NETMAP (net/netfilter/xt_*.c)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from macvsim.net.netfilter.fieldmatches import MSS, TOS_AT
from macvsim.net.netfilter.hooks import FORWARD, INPUT, OUTPUT, POSTROUTING, PREROUTING, Hook, Verdict
from macvsim.net.netfilter.natport import Range
from macvsim.net.netfilter.rule import EVERYTHING, Spec, Target, mask_text
from macvsim.net.netfilter.segment import HLEN, SYN
from macvsim.wire import ipv4
from macvsim.wire.addr import ip_text
from macvsim.wire.checksum import checksum, pseudo_header, update

if TYPE_CHECKING:
    from macvsim.net.netfilter.contracts import Host
    from macvsim.net.netfilter.hooks import Way
    from macvsim.net.netfilter.packet import Tracked

CLAMP = 0xFFFF
_TTL_AT = 8
_DEFAULT_MSS = 536


def with_byte(data: bytes, at: int, value: int) -> bytes:
    """An IPv4 packet with another byte in its header, and the checksum that goes with it."""
    word = at & ~1
    old = data[word] << 8 | data[word + 1]
    new = old & 0xFF00 | value if at & 1 else old & 0xFF | value << 8
    packet = bytearray(data)
    packet[at] = value
    packet[10:12] = update(data[10] << 8 | data[11], old, new).to_bytes(2, "big")
    return bytes(packet)


@dataclass(frozen=True)
class TtlTarget(Target):
    """Another TTL; `how`: ``set``, ``inc``, ``dec``."""

    name: ClassVar[str] = "TTL"
    tables: ClassVar[tuple[str, ...]] = ("mangle",)
    how: str
    value: int

    def act(self, packet: Tracked, way: Way, ns: Host) -> Verdict | None:
        old = packet.data[_TTL_AT]
        new = self.value if self.how == "set" else old + self.value if self.how == "inc" else old - self.value
        packet.data = with_byte(packet.data, _TTL_AT, min(max(new, 0), 255))
        return None

    def words(self) -> list[str]:
        return [f"--ttl-{self.how}", str(self.value)]


@dataclass(frozen=True)
class TosTarget(Target):
    """The TOS byte: bits of `mask` cleared, `value` xored in."""

    name: ClassVar[str] = "TOS"
    tables: ClassVar[tuple[str, ...]] = ("mangle",)
    value: int
    mask: int

    def act(self, packet: Tracked, way: Way, ns: Host) -> Verdict | None:
        packet.data = with_byte(packet.data, TOS_AT, packet.data[TOS_AT] & ~self.mask & 0xFF ^ self.value)
        return None

    def words(self) -> list[str]:
        return ["--set-tos", f"0x{self.value:02x}/0x{self.mask:02x}"]


@dataclass(frozen=True)
class DscpTarget(Target):
    """The upper six bits of the TOS byte."""

    name: ClassVar[str] = "DSCP"
    tables: ClassVar[tuple[str, ...]] = ("mangle",)
    value: int

    def act(self, packet: Tracked, way: Way, ns: Host) -> Verdict | None:
        packet.data = with_byte(packet.data, TOS_AT, packet.data[TOS_AT] & 3 | self.value << 2)
        return None

    def words(self) -> list[str]:
        return ["--set-dscp", f"0x{self.value:02x}"]


@dataclass(frozen=True)
class TcpMssTarget(Target):
    """A smaller maximum segment size in a SYN; `mss` CLAMP: what the MTUs of both ways leave (tcpmss_mangle_packet)."""

    name: ClassVar[str] = "TCPMSS"
    mss: int

    def act(self, packet: Tracked, way: Way, ns: Host) -> Verdict | None:
        data, at = packet.data, packet.header_length
        later = int.from_bytes(data[6:8], "big") & ipv4.OFFSET_MASK
        if later or len(data) < at + HLEN or not data[at + 13] & SYN:
            return None
        mss = self._wanted(packet, ns)
        if mss is None:
            return Verdict.DROP
        segment = _with_mss(data[at:], mss)
        if segment is None:
            return None
        head = data[:at]
        if len(segment) != len(data) - at:
            head = ipv4.with_frag(head, at + len(segment), head[6] << 8 | head[7])
        summed = segment[:16] + b"\0\0" + segment[18:]
        csum = checksum(pseudo_header(head[12:16], head[16:20], ipv4.PROTO_TCP, len(summed)) + summed)
        packet.data = head + segment[:16] + csum.to_bytes(2, "big") + segment[18:]
        return None

    def _wanted(self, packet: Tracked, ns: Host) -> int | None:
        """None: there is no room for any data."""
        if self.mss != CLAMP:
            return self.mss
        back = ns.router.output(ipv4.addresses(packet.data)[0], 0)
        mtus = [way.mtu for way in (packet.dst, back) if way is not None and way.mtu]
        least = min(mtus, default=0)
        return least - ipv4.HLEN - HLEN if least > ipv4.HLEN + HLEN else None

    def words(self) -> list[str]:
        return ["--clamp-mss-to-pmtu"] if self.mss == CLAMP else ["--set-mss", str(self.mss)]

    def allowed(self, spec: Spec, hook: Hook | None) -> bool:
        where = self.mss != CLAMP or hook in (None, FORWARD, OUTPUT, POSTROUTING)
        return where and spec.proto == ipv4.PROTO_TCP and not spec.not_proto


def _with_mss(segment: bytes, mss: int) -> bytes | None:
    """A SYN with the option set, or given one; None if it offers less already."""
    length = (segment[12] >> 4) * 4
    at = HLEN
    while at < length and segment[at]:
        if segment[at] == MSS and at + 4 <= length:
            if int.from_bytes(segment[at + 2 : at + 4], "big") <= mss:
                return None
            return segment[: at + 2] + mss.to_bytes(2, "big") + segment[at + 4 :]
        at += 1 if segment[at] == 1 or at + 1 >= length else max(segment[at + 1], 1)
    if len(segment) > length or length == 60:  # data behind it would have to move
        return None
    option = bytes((MSS, 4)) + min(mss, _DEFAULT_MSS).to_bytes(2, "big")
    head = segment[:12] + bytes((segment[12] + 0x10,)) + segment[13:HLEN]
    return head + option + segment[HLEN:]


@dataclass(frozen=True)
class ConnMarkTarget(Target):
    """The connection's mark; `how`: ``set`` clears bits of `ctmask` and xors `value` in, ``save`` takes the packet's
    mark, ``restore`` gives it to the packet.
    """

    name: ClassVar[str] = "CONNMARK"
    conntrack: ClassVar[bool] = True
    how: str
    value: int = 0
    ctmask: int = EVERYTHING
    nfmask: int = EVERYTHING

    def act(self, packet: Tracked, way: Way, ns: Host) -> Verdict | None:
        conn = packet.conn
        if conn is None:
            return None
        if self.how == "restore":
            packet.mark = packet.mark & ~self.nfmask ^ conn.mark & self.ctmask
        else:
            conn.mark = conn.mark & ~self.ctmask ^ (self.value if self.how == "set" else packet.mark & self.nfmask)
        return None

    def words(self) -> list[str]:
        if self.how == "set":
            return ["--set-xmark", f"{self.value:#x}/{self.ctmask:#x}"]
        return [f"--{self.how}-mark", "--nfmask", f"{self.nfmask:#x}", "--ctmask", f"{self.ctmask:#x}"]


@dataclass(frozen=True)
class NetMap(Target):
    """Another network, the rest of the address as it was: of the source behind routing, else of the destination."""

    name: ClassVar[str] = "NETMAP"
    conntrack: ClassVar[bool] = True
    tables: ClassVar[tuple[str, ...]] = ("nat",)
    hooks: ClassVar[tuple[Hook, ...]] = (PREROUTING, OUTPUT, POSTROUTING, INPUT)
    network: int
    mask: int

    def act(self, packet: Tracked, way: Way, ns: Host) -> Verdict | None:
        source = way.hook in (POSTROUTING, INPUT)
        address = ipv4.addresses(packet.data)[0 if source else 1] & ~self.mask | self.network
        if packet.conn is not None:
            ns.netfilter.nat.set_up(packet.conn, Range(address, address), source=source)
        return Verdict.ACCEPT

    def to(self) -> str:
        """``10.0.0.0/24``."""
        return f"{ip_text(self.network)}/{mask_text(self.mask)}"

    def words(self) -> list[str]:
        return ["--to", self.to()]
