"""IPv6 and its extension headers (print-ip6.c, print-ip6opts.c, print-frag6.c, print-rt6.c)."""

from __future__ import annotations

from macvsim.wire.text.core import Dissection, token
from macvsim.wire.text.ip import demultiplex
from macvsim.wire.text.numbers import (
    DCCP,
    DESTINATION,
    FRAGMENT,
    HOP_BY_HOP,
    IP_PROTOCOLS,
    ROUTING,
    SCTP,
    TCP,
    UDP,
)
from macvsim.wire.text.packet import Packet

HEADER = 40
_MARKS = {HOP_BY_HOP: "hbhopt", DESTINATION: "dstopt", ROUTING: "rt6"}
_TITLES = {HOP_BY_HOP: "HBH", DESTINATION: "DSTOPT"}
_ROUTING_TYPES = {0: " [Deprecated]", 1: " [Deprecated]", 4: " [Segment Routing]"}


def show(d: Dissection, at: int, length: int) -> None:
    """An IPv6 packet."""
    d.proto = "ip6"
    if not d.options.e:
        d.put("IP6 ")
    if length < HEADER:
        d.put(f" [length {length} < {HEADER}]")
        d.invalid()
        return
    version = d.u8(at) >> 4
    if version != 6:
        d.put(f" [version {version} != 6]")
        d.invalid()
        return
    payload = d.u16(at + 4)
    total = payload + HEADER
    if length < total:
        d.put(f"[header+payload length {total} > length {length}]")
        d.invalid()
        d.put(" ")
    first, limit = d.u8(at + 6), d.u8(at + 7)
    if d.options.v:
        flow = d.u32(at)
        d.put("(")
        if flow >> 20 & 0xFF:
            d.put(f"class 0x{flow >> 20 & 0xFF:02x}, ")
        if flow & 0xFFFFF:
            d.put(f"flowlabel 0x{flow & 0xFFFFF:05x}, ")
        d.put(
            f"hlim {limit}, next-header {token(IP_PROTOCOLS, first, 'unknown')} ({first}) payload length: {payload}) "
        )
    end, d.end = d.end, min(d.end, at + total)
    try:
        _payload(d, at, total - HEADER, first, limit)
    finally:
        d.end = end


def _payload(d: Dissection, start: int, length: int, kind: int, limit: int) -> None:
    source, target = d.take(start + 8, 16), d.take(start + 24, 16)
    at, fragmented, direct = start + HEADER, False, True
    if kind not in (TCP, UDP, SCTP, DCCP):
        d.put(f"{d.ip6(start + 8)} > {d.ip6(start + 24)}: ")
    while kind in (HOP_BY_HOP, DESTINATION, FRAGMENT, ROUTING):
        direct = False
        if at >= d.end:
            return
        if kind == FRAGMENT:
            offset = _fragment(d, at, length - 8)
            fragmented = True
            if offset & ~7:
                return
            size = 8
        else:
            d.proto = _MARKS[kind]
            size = _routing(d, at) if kind == ROUTING else _options(d, start, at, _TITLES[kind])
            if kind == ROUTING and d.u8(at + 2) in (0, 2) and size > 8:
                target = d.take(at + size - 16, 16)
        kind = d.u8(at)
        at, length = at + size, length - size
    packet = Packet(6, start, source, target, kind, fragmented, limit, direct)
    demultiplex(d, packet, at, length)


def _fragment(d: Dissection, at: int, rest: int) -> int:
    """A fragment header; returns its offset with the flags below."""
    d.proto = "frag6"
    offset = d.u16(at + 2)
    d.put("frag (")
    text = f"0x{d.u32(at + 4):08x}:" if d.options.v else ""
    d.put(f"{text}{offset & ~7}|{rest})")
    if offset & ~7 == 0:
        d.put(" ")
    return offset


def _options(d: Dissection, start: int, at: int, title: str) -> int:
    """Hop-by-hop or destination options; returns their length."""
    size = (d.u8(at + 1) + 1) * 8
    d.need(at, size)
    d.put(f"{title} ")
    if d.options.v:
        place = at + 2
        while place < at + size:
            kind = d.u8(place)
            length = 1 if kind == 0 else d.u8(place + 1) + 2
            match kind:
                case 0:
                    d.put("(pad1)")
                case 1:
                    d.put("(padn)")
                case 5:
                    d.put(f"(rtalert: 0x{d.u16(place + 2):04x}) ")
                case 0xC2:
                    clash = " - payload len != 0" if d.u16(start + 4) else ""
                    d.put(f"(jumbo: {d.u32(place + 2)}{clash}) ")
                case _:
                    d.put(f"(opt_type 0x{kind:02x}: len={d.u8(place + 1)})")
            place += length
        d.put(" ")
    return size


def _routing(d: Dissection, at: int) -> int:
    """A routing header; returns its length."""
    size, kind, left = d.u8(at + 1), d.u8(at + 2), d.u8(at + 3)
    d.put(f"RT6 (len={size}, type={kind}{_ROUTING_TYPES.get(kind, '')}, segleft={left}")
    if kind in (0, 2):
        d.put(f", rsv=0x{d.u32(at + 4):x}" if d.u32(at + 4) or d.options.v else "")
        for number in range(size // 2):
            d.put(f", [{number}]{d.ip6(at + 8 + 16 * number)}")
    d.put(") ")
    return (size + 1) * 8
