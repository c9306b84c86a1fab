"""ICMPv6 with multicast listener discovery (print-icmp6.c); neighbour discovery stands in nd.py."""

from __future__ import annotations

from macvsim.wire.text import nd
from macvsim.wire.text.core import Dissection, token
from macvsim.wire.text.dump import hexadecimal
from macvsim.wire.text.igmp import records
from macvsim.wire.text.numbers import DESTINATION, FRAGMENT, HOP_BY_HOP, ROUTING, TCP, UDP
from macvsim.wire.text.packet import Packet, correction

_TYPES = {
    1: "destination unreachable", 2: "packet too big", 3: "time exceeded in-transit", 4: "parameter problem",
    128: "echo request", 129: "echo reply", 130: "multicast listener query", 131: "multicast listener report",
    132: "multicast listener done", 133: "router solicitation", 134: "router advertisement",
    135: "neighbor solicitation", 136: "neighbor advertisement", 137: "redirect", 138: "router renumbering",
    139: "node information query", 140: "node information reply", 141: "inverse neighbor solicitation",
    142: "inverse neighbor advertisement", 143: "multicast listener report v2", 144: "ha discovery request",
    145: "ha discovery reply", 146: "mobile router solicitation", 147: "mobile router advertisement", 155: "RPL",
    200: "mtrace message", 201: "mtrace response",
}  # fmt: skip
_UNREACHABLE = {
    0: "unreachable route", 1: " unreachable prohibited", 2: "beyond scope", 3: "unreachable address",
    4: "unreachable port",
}  # fmt: skip
_PROBLEMS = {0: "erroneous", 1: "next header", 2: "option", 3: "incomplete header chain"}
_QUOTE = 8
_MLD, _MLD2_QUERY = 24, 28


def show(d: Dissection, packet: Packet, at: int, length: int) -> None:
    """An ICMPv6 message."""
    d.proto = "icmp6"
    if d.options.v and not packet.fragmented and d.has(at, length):
        field = d.u16(at + 2)
        difference = packet.checksum(d.data[at : at + length], length)
        if difference:
            d.put(f"[bad icmp6 cksum 0x{field:04x} -> 0x{correction(field, difference):04x}!] ")
        else:
            d.put("[icmp6 sum ok] ")
    kind, code = d.u8(at), d.u8(at + 1)
    d.put(f"ICMP6, {token(_TYPES, kind, 'unknown icmp6 type ({})')}")
    if d.options.v and 133 <= kind <= 137:
        d.put(f", length {length}")
    if _body(d, at, length, kind, code) and not d.options.v:
        d.put(f", length {length}")


def _body(d: Dissection, at: int, length: int, kind: int, code: int) -> bool:
    """What a message says; False when its length is not to be printed."""
    match kind:
        case 1:
            return _unreachable(d, at, length, code)
        case 2:
            d.put(f", mtu {d.u32(at + 4)}")
        case 3:
            if code == 0:
                d.put(f" for {d.ip6(at + _QUOTE + 24)}")
            else:
                d.put(" (reassembly)" if code == 1 else f", unknown code ({code})")
        case 4:
            d.need(at + _QUOTE + 24, 16)
            d.put(f", {_PROBLEMS[code]} - octet {d.u32(at + 4)}" if code in _PROBLEMS else f", code-#{code}")
        case 128 | 129:
            d.put(f", id {d.u16(at + 4)}, seq {d.u16(at + 6)}")
        case 130:
            if length == _MLD:
                _mld(d, at)
            elif length >= _MLD2_QUERY:
                d.put(" v2")
                _query2(d, at, length)
            else:
                d.put(f" unknown-version (len {length}) ")
        case 131 | 132:
            _mld(d, at)
        case 143:
            if length < 8:
                d.put(f" [invalid len {length}]")
            else:
                count = d.u16(at + 6)
                d.put(f", {count} group record(s)")
                if d.options.v:
                    records(d, at, length, count, 16, " [v2-report-#{}]")
        case 133 | 134 | 135 | 136 | 137:
            nd.show(d, at, length, kind)
        case 138 | 139 | 140 | 141 | 142 | 144 | 145 | 146 | 147:
            pass
        case _:
            d.put(f", length {length}")
            if d.options.v < 2 and not d.options.q:
                d.put(hexadecimal(d.data[at : min(d.end, at + length)]))
            return False
    return True


def _unreachable(d: Dissection, at: int, length: int, code: int) -> bool:
    quoted = at + _QUOTE
    d.put(f", {token(_UNREACHABLE, code, 'unknown unreach code ({})')}")
    match code:
        case 0 | 1 | 3:
            d.put(f" {d.ip6(quoted + 24)}")
        case 2:
            d.put(f" {d.ip6(quoted + 24)}, source address {d.ip6(quoted + 8)}")
        case 4:
            found = _transport(d, quoted)
            if found is None:
                d.truncated()
                return False
            protocol, port = found
            if protocol == TCP:
                d.put(f", {d.ip6(quoted + 24)} tcp port {d.tcp_port(port)}")
            else:
                d.put(f", {d.ip6(quoted + 24)} udp port {d.udp_port(port)}")
        case _:
            if d.options.v < 2:
                d.put(hexadecimal(d.data[at : min(d.end, at + length)]))
                return False
    return True


def _transport(d: Dissection, at: int) -> tuple[int, int] | None:
    """Protocol and destination port of a quoted packet."""
    kind = d.u8(at + 6)
    at += 40
    while kind in (HOP_BY_HOP, DESTINATION, ROUTING, FRAGMENT):
        if not d.has(at, 8) or (kind == FRAGMENT and d.u16(at + 2) & ~7):
            return None
        size = 8 if kind == FRAGMENT else (d.u8(at + 1) + 1) * 8
        kind = d.u8(at)
        at += size
    if kind not in (TCP, UDP) or not d.has(at, 4):
        return None
    return kind, d.u16(at + 2)


def _mld(d: Dissection, at: int) -> None:
    if d.has(at, _MLD):
        d.put(f"max resp delay: {d.u16(at + 4)} addr: {d.ip6(at + 8)}")


def _query2(d: Dissection, at: int, length: int) -> None:
    code = d.u16(at + 4)
    if d.options.v:
        delay = code if code < 32768 else (code & 0xFFF | 0x1000) << ((code >> 12 & 7) + 3)
        d.put(f" [max resp delay={delay}]")
    d.put(f" [gaddr {d.ip6(at + 8)}")
    if d.options.v:
        flags, interval = d.u8(at + 24), d.u8(at + 25)
        d.put(" sflag" if flags & 8 else "")
        d.put(f" robustness={flags & 7}" if flags & 7 else "")
        d.put(f" qqi={interval if interval < 128 else (interval & 15 | 16) << ((interval >> 4 & 7) + 3)}")
    sources = d.u16(at + 26)
    if sources:
        if length < _MLD2_QUERY + 16 * sources:
            d.put(" [invalid number of sources]")
        elif d.options.v > 1:
            d.put(" {" + "".join(f" {d.ip6(at + 28 + 16 * n)}" for n in range(sources)) + " }")
        else:
            d.put(f", {sources} source(s)")
    d.put("]")
