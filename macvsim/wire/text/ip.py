"""IPv4, its options, and what it carries (print-ip.c, print-ip-demux.c)."""

from __future__ import annotations

from macvsim.wire.checksum import checksum
from macvsim.wire.text import gre, icmp, icmp6, igmp, tcp, udp
from macvsim.wire.text.core import Dissection, Truncated, flags_text, token
from macvsim.wire.text.numbers import (
    DCCP,
    GRE,
    ICMP,
    ICMP6,
    IGMP,
    IP6,
    IP_PROTOCOLS,
    IPIP,
    IPV6,
    NO_NEXT,
    SCTP,
    TCP,
    UDP,
)
from macvsim.wire.text.numbers import IP as ETHERTYPE_IP
from macvsim.wire.text.packet import Packet, correction

_MORE, _OFFSET = 0x2000, 0x1FFF
_FRAGMENT_FLAGS = ((_MORE, "+"), (0x4000, "DF"), (0x8000, "rsvd"))
_ECN = ("", ",ECT(1)", ",ECT(0)", ",CE")
_OPTIONS = {0: "EOL", 1: "NOP", 7: "RR", 68: "timestamp", 82: "traceroute", 130: "security", 131: "LSRR", 137: "SSRR",
            148: "RA"}  # fmt: skip
_EOL, _NOP, _RR, _TIMESTAMP, _LSRR, _SSRR, _ALERT = 0, 1, 7, 68, 131, 137, 148
_TIMESTAMPS = {0: "TSONLY", 1: "TS+ADDR", 3: "PRESPEC"}


def show(d: Dissection, at: int, length: int) -> None:
    """An IPv4 packet."""
    d.proto = "ip"
    if not d.options.e:
        d.put("IP ")
    if length < 20:
        d.put(f" [length {length} < 20]")
        d.invalid()
        return
    version, words = d.u8(at) >> 4, d.u8(at) & 15
    if version != 4:
        d.put(f" [version {version} != 4]")
        d.invalid()
        return
    header = words * 4
    if header < 20:
        d.put(f" [header length {header} < 20]")
        d.invalid()
        return
    total = d.u16(at + 2)
    if length < total:
        d.put(f"[total length {total} > length {length}]")
        d.invalid()
        d.put(" ")
    if total < header:
        if total:
            d.put(f" [total length {total} < {header}]")
            d.invalid()
            return
        total = length  # the card that splits the segment will fill it in
        presumed = True
    else:
        presumed = False
    d.need(at, 20)
    end, d.end = d.end, min(d.end, at + total)
    try:
        _packet(d, at, header, total, presumed)
    finally:
        d.end = end


def _packet(d: Dissection, at: int, header: int, total: int, presumed: bool) -> None:
    fragment, protocol = d.u16(at + 6), d.u8(at + 9)
    if d.options.v:
        d.put(f"(tos 0x{d.u8(at + 1):x}{_ECN[d.u8(at + 1) & 3]}")
        if d.u8(at + 8):
            d.put(f", ttl {d.u8(at + 8)}")
        d.put(
            f", id {d.u16(at + 4)}, offset {(fragment & _OFFSET) * 8}, flags [{flags_text(_FRAGMENT_FLAGS, fragment)}]"
            f", proto {token(IP_PROTOCOLS, protocol, 'unknown')} ({protocol}), length {total}"
        )
        if presumed:
            d.put(" [was 0, presumed TSO]")
        if header > 20:
            d.put(", options (")
            _options(d, at + 20, header - 20)
            d.put(")")
        if not d.options.K and d.has(at, header):
            right = checksum(d.data[at : at + header])
            if right:
                field = d.u16(at + 10)
                d.put(f", bad cksum {field:x} (->{correction(field, right):x})!")
        d.put(")\n    ")
    ends = f"{d.ip(at + 12)} > {d.ip(at + 16)}"
    if fragment & _OFFSET:
        if d.options.q > 1:
            return
        name = None if d.options.n else d.options.names.protocol(protocol)
        d.put(f"{ends}: {name or f'ip-proto-{protocol}'}")
        return
    if protocol not in (TCP, UDP, SCTP, DCCP):
        d.put(f"{ends}: ")
    if not d.has(at, header):
        d.put(f" [remaining caplen({d.end - at}) < header length({header})]")
        raise Truncated
    data = d.data
    target = _final_destination(data[at : at + header])
    packet = Packet(4, at, data[at + 12 : at + 16], target, protocol, bool(fragment & _MORE), d.u8(at + 8))
    demultiplex(d, packet, at + header, total - header)


def _final_destination(header: bytes) -> bytes:
    """Where a source-routed packet will end, for the pseudo header."""
    at = 20
    while at < len(header):
        kind = header[at]
        if kind == _EOL:
            break
        size = 1 if kind == _NOP else header[at + 1] if at + 1 < len(header) else 0
        if size < (1 if kind == _NOP else 2) or at + size > len(header):
            break
        if kind in (_LSRR, _SSRR) and size >= 7:
            return header[at + size - 4 : at + size]
        at += size
    return header[16:20]


def demultiplex(d: Dissection, packet: Packet, at: int, length: int) -> None:
    """What an IP packet carries, unless it is an extension header."""
    match packet.protocol:
        case 6:
            tcp.show(d, packet, at, length)
        case 17:
            udp.show(d, packet, at, length)
        case 1:
            if packet.version == 4:
                icmp.show(d, packet, at, length)
            else:
                d.put("[ICMP requires IPv4]")
                d.invalid()
        case 58:
            if packet.version == 6:
                icmp6.show(d, packet, at, length)
            else:
                d.put("[ICMPv6 requires IPv6]")
                d.invalid()
        case 2:
            igmp.show(d, at, length)
        case 4:
            d.ethertypes[ETHERTYPE_IP](d, at, length)
        case 41:
            d.ethertypes[IPV6](d, at, length)
        case 47:
            gre.show(d, at, length)
        case 59:
            d.put("no next header")
        case protocol:
            name = None if d.options.n else d.options.names.protocol(protocol)
            d.put(f" {name}" if name else f" ip-proto-{protocol}")
            d.put(f" {length}")


assert (TCP, UDP, ICMP, ICMP6, IGMP, IPIP, IP6, GRE, NO_NEXT) == (6, 17, 1, 58, 2, 4, 41, 47, 59)


def _options(d: Dissection, at: int, length: int) -> None:
    separator = ""
    while length > 0:
        kind = d.u8(at)
        d.put(separator + token(_OPTIONS, kind, "unknown {}"))
        separator = ","
        size = 1
        if kind not in (_NOP, _EOL):
            size = d.u8(at + 1)
            if size < 2:
                d.put(f" [bad length {size}]")
                return
        if size > length:
            d.put(f" [bad length {size}]")
            return
        d.need(at, size)
        match kind:
            case 0:
                return
            case 68:
                _timestamps(d, at, size)
            case 7 | 131 | 137:
                _route(d, at, size)
            case 148 if size < 4:
                d.put(f" [bad length {size}]")
            case 148 if d.u16(at + 2):
                d.put(f" value {d.u16(at + 2)}")
        at, length = at + size, length - size


assert (_RR, _TIMESTAMP, _ALERT) == (7, 68, 148)


def _route(d: Dissection, at: int, size: int) -> None:
    """Addresses; those the packet has passed end with a comma."""
    if size < 3:
        d.put(f" [bad length {size}]")
        return
    if size + 1 & 3:
        d.put(f" [bad length {size}]")
    pointer = d.u8(at + 2) - 1
    if pointer < 3 or pointer + 1 & 3 or pointer > size + 1:
        d.put(f" [bad ptr {d.u8(at + 2)}]")
    for place in range(3, size, 4):
        d.put(f" {d.ip(at + place)}")
        if pointer > place:
            d.put(",")


def _timestamps(d: Dissection, at: int, size: int) -> None:
    if size < 4:
        d.put(f"[bad length {size}]")
        return
    d.put(" TS{")
    kind, missed = d.u8(at + 3) & 15, d.u8(at + 3) >> 4
    hop = 4 if kind == 0 else 8
    if size - 4 & hop - 1:
        d.put(f"[bad length {size}]")
    pointer = d.u8(at + 2) - 1
    if pointer < 4 or pointer - 4 & hop - 1 or pointer > size + 1:
        d.put(f"[bad ptr {d.u8(at + 2)}]")
    place = 0
    if kind in _TIMESTAMPS:
        d.put(_TIMESTAMPS[kind])
        place = 4
        while place < size:
            d.put(f"{' ^ ' if pointer == place else ' '}{d.u32(at + place + hop - 4)}@")
            d.put("" if hop == 4 else d.ip(at + place))
            place += hop
    else:
        d.put(f"[bad ts type {kind}]")
    d.put(" ^ " if pointer == place else "")
    d.put(f" [{missed} hops not recorded]}} " if missed else "}")
