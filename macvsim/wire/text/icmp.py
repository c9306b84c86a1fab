"""ICMP (print-icmp.c)."""

from __future__ import annotations

from macvsim.wire.checksum import checksum
from macvsim.wire.text.core import Dissection, token
from macvsim.wire.text.dump import hexadecimal
from macvsim.wire.text.numbers import IP, TCP, UDP
from macvsim.wire.text.packet import Packet, correction

_TYPES = {
    0: "echo reply", 3: "dest unreachable", 4: "source quench", 5: "redirect", 8: "echo request",
    9: "router advertisement", 10: "router solicitation", 11: "time exceeded", 12: "parameter problem",
    13: "time stamp request", 14: "time stamp reply", 15: "information request", 16: "information reply",
    17: "address mask request",
}  # fmt: skip
_UNREACHABLE = {
    0: "net {} unreachable", 1: "host {} unreachable", 5: "{} unreachable - source route failed",
    6: "net {} unreachable - unknown", 7: "host {} unreachable - unknown",
    8: "{} unreachable - source host isolated", 9: "net {} unreachable - admin prohibited",
    10: "host {} unreachable - admin prohibited", 11: "net {} unreachable - tos prohibited",
    12: "host {} unreachable - tos prohibited", 13: "host {} unreachable - admin prohibited filter",
    14: "host {} unreachable - host precedence violation", 15: "host {} unreachable - precedence cutoff",
}  # fmt: skip
_REDIRECTS = {
    0: "redirect {} to net {}", 1: "redirect {} to host {}", 2: "redirect-tos {} to net {}",
    3: "redirect-tos {} to host {}",
}  # fmt: skip
_ERRORS = (3, 4, 5, 11, 12)
_ERRORS_WITH_EXTENSIONS = (3, 11, 12)
_EXTENSIONS_FROM = 128 + 8
_OBJECTS = {1: "MPLS Stack Entry", 2: "Interface Identification"}


def show(d: Dissection, packet: Packet, at: int, length: int) -> None:
    """An ICMP message."""
    d.proto = "icmp"
    kind = d.u8(at)
    code = d.u8(at + 1)
    d.put(f"ICMP {_message(d, at, kind, code)}, length {length}")
    if not d.options.v:
        return
    if not packet.fragmented and d.has(at, length):
        difference = checksum(d.data[at : at + length])
        if difference:
            field = d.u16(at + 2)
            d.put(f" (wrong icmp cksum {field:x} (->{correction(field, difference):x})!)")
    if kind in _ERRORS:
        d.put("\n\t")
        end = d.end
        d.ethertypes[IP](d, at + 8, d.u16(at + 10))
        d.end = end
    if kind in _ERRORS_WITH_EXTENSIONS and length > _EXTENSIONS_FROM and d.has(at + _EXTENSIONS_FROM, 1):
        _extensions(d, at + _EXTENSIONS_FROM, length - _EXTENSIONS_FROM, counted=d.u8(at + 5) > 0)


def _message(d: Dissection, at: int, kind: int, code: int) -> str:
    match kind:
        case 0 | 8:
            return f"{_TYPES[kind]}, id {d.u16(at + 4)}, seq {d.u16(at + 6)}"
        case 3:
            return _unreachable(d, at, code)
        case 5:
            form = _REDIRECTS.get(code, f"redirect-#{code} {{}} to {{}}")
            return form.format(d.ip(at + 24), d.ip(at + 4))
        case 9:
            return _advertisement(d, at)
        case 11:
            d.need(at + 24, 4)
            return {0: "time exceeded in-transit", 1: "ip reassembly time exceeded"}.get(code, f"time exceeded-#{code}")
        case 12:
            if code:
                return f"parameter problem - code {code}"
            return f"parameter problem - octet {d.u8(at + 4)}"
        case 18:
            return f"address mask is 0x{d.u32(at + 8):08x}"
        case 13:
            return f"time stamp query id {d.u16(at + 4)} seq {d.u16(at + 6)}"
        case 14:
            times = (_time_of_day(d.u32(at + place)) for place in (8, 12, 16))
            ident, sequence = d.u16(at + 4), d.u16(at + 6)
            return "time stamp reply id {} seq {}: org {}, recv {}, xmit {}".format(ident, sequence, *times)
        case _:
            return token(_TYPES, kind, "type-#{}")


def _unreachable(d: Dissection, at: int, code: int) -> str:
    target = d.ip(at + 24)
    match code:
        case 2:
            return f"{target} protocol {d.u8(at + 17)} unreachable"
        case 3:
            port = d.u16(at + 8 + (d.u8(at + 8) & 15) * 4 + 2)
            match d.u8(at + 17):
                case 6:
                    return f"{target} tcp port {d.tcp_port(port)} unreachable"
                case 17:
                    return f"{target} udp port {d.udp_port(port)} unreachable"
                case protocol:
                    return f"{target} protocol {protocol} port {port} unreachable"
        case 4:
            mtu = d.u16(at + 6)
            return f"{target} unreachable - need to frag{f' (mtu {mtu})' if mtu else ''}"
        case _:
            return _UNREACHABLE.get(code, f"{{}} unreachable - #{code}").format(target)


assert (TCP, UDP) == (6, 17)


def _advertisement(d: Dissection, at: int) -> str:
    """Router discovery (RFC 1256)."""
    lifetime = d.u16(at + 6)
    if lifetime < 60:
        shown = str(lifetime)
    elif lifetime < 3600:
        shown = f"{lifetime // 60}:{lifetime % 60:02}"
    else:
        shown = f"{lifetime // 3600}:{lifetime % 3600 // 60:02}:{lifetime % 60:02}"
    count, size = d.u8(at + 4), d.u8(at + 5)
    text = f"router advertisement lifetime {shown} {count}:"
    if size != 2:
        return text + f" [size {size}]"
    return text + "".join(f" {{{d.ip(at + 8 + 8 * n)} {d.u32(at + 12 + 8 * n)}}}" for n in range(count))


def _time_of_day(milliseconds: int) -> str:
    seconds, thousandths = divmod(milliseconds, 1000)
    return f"{seconds // 3600:02}:{seconds % 3600 // 60:02}:{seconds % 60:02}.{thousandths:03}"


def _extensions(d: Dissection, at: int, length: int, *, counted: bool) -> None:
    """Objects behind the quoted packet (RFC 4884)."""
    version = d.u8(at) >> 4
    if not counted and checksum(d.data[at : at + length]):
        return  # the rest of a longer quote
    d.put(f"\n\tICMP Multi-Part extension v{version}")
    if version != 2:
        d.put(", packet not supported")
        return
    if d.has(at, length):
        wrong = checksum(d.data[at : at + length])
        d.put(f", checksum 0x{d.u16(at + 2):04x} ({'in' if wrong else ''}correct), length {length}")
    at, length = at + 4, length - 4
    while length > 4:
        size, kind, subtype = d.u16(at), d.u8(at + 2), d.u8(at + 3)
        d.put(f"\n\t  {token(_OBJECTS, kind, 'unknown')} Object ({kind}), Class-Type: {subtype}, length {size}")
        if size < 4 or size > length:
            return
        if kind == 1 and subtype == 1:
            for place in range(at + 4, at + size, 4):
                label = d.u32(place)
                d.put(f"\n\t    label {label >> 12}, exp {label >> 9 & 7}{', [S]' if label >> 8 & 1 else ''}, ")
                d.put(f"ttl {label & 255}")
        elif d.options.v > 1:
            d.put(hexadecimal(d.data[at + 4 : at + size], "\n\t    "))
        at, length = at + size, length - size
