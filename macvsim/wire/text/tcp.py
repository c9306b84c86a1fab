"""TCP (print-tcp.c)."""

from __future__ import annotations

from macvsim.wire.text import dns, lines
from macvsim.wire.text.core import Conversation, Dissection, Truncated, flags_text, printable
from macvsim.wire.text.packet import Packet, correction
from macvsim.wire.text.udp import addresses

HEADER = 20
_FIN, _SYN, _RST, _PUSH, _ACK, _URG = 1, 2, 4, 8, 16, 32
_FLAGS = ((_FIN, "F"), (_SYN, "S"), (_RST, "R"), (_PUSH, "P"), (_ACK, "."), (_URG, "U"), (64, "E"), (128, "W"))
_END, _NOP, _MSS, _SCALE, _SACK_OK, _SACK, _ECHO, _ECHO_REPLY, _TIMESTAMP = 0, 1, 2, 3, 4, 5, 6, 7, 8
_NAMES = {
    0: "eol", 1: "nop", 2: "mss", 3: "wscale", 4: "sackOK", 5: "sack", 6: "echo", 7: "echoreply", 8: "TS", 11: "cc",
    12: "ccnew", 13: "ccecho", 19: "md5", 28: "uto", 34: "tfo", 254: "exp",
}  # fmt: skip
_EXPERIMENT = 254
_DNS = 53
_MAX_RESET_TEXT = 30


def show(d: Dissection, packet: Packet, at: int, length: int) -> None:
    """A segment."""
    d.proto = "tcp"
    if not d.has(at, 4):
        d.put(f"{addresses(d, packet)}:")
        d.truncated()
        return
    source, target = d.u16(at), d.u16(at + 2)
    if packet.direct:
        first, _, last = addresses(d, packet).partition(" > ")
        d.put(f"{first}.{d.tcp_port(source)} > {last}.{d.tcp_port(target)}: ")
    else:
        d.put(f"{d.tcp_port(source)} > {d.tcp_port(target)}: ")
    header = (d.u8(at + 12) >> 4) * 4
    if header < HEADER:
        d.put(f" tcp {length - header & 0xFFFFFFFF} [bad hdr length {header} - too short, < {HEADER}]")
        return
    sequence, acknowledged = d.u32(at + 4), d.u32(at + 8)
    flags = d.u8(at + 13)
    window, urgent = d.u16(at + 14), d.u16(at + 18)
    if d.options.q:
        d.put(f"tcp {length - header & 0xFFFFFFFF}")
        if header > length:
            d.put(f" [bad hdr length {header} - too long, > {length}]")
        return
    d.put(f"Flags [{flags_text(_FLAGS, flags, 'none', '')}]")
    base = 0
    if not d.options.S and flags & _ACK:
        sequence, acknowledged, base = _relative(d, packet, source, target, sequence, acknowledged, flags)
    if header > length:
        d.put(f" [bad hdr length {header} - too long, > {length}]")
        return
    if d.options.v and not d.options.K and not packet.fragmented and d.has(at, length):
        field = d.u16(at + 16)
        difference = packet.checksum(d.data[at : at + length], length)
        if difference:
            d.put(f", cksum 0x{field:04x} (incorrect -> 0x{correction(field, difference):04x})")
        else:
            d.put(f", cksum 0x{field:04x} (correct)")
    payload = length - header
    if d.options.v > 1 or payload > 0 or flags & (_SYN | _FIN | _RST):
        d.put(f", seq {sequence}")
        if payload > 0:
            d.put(f":{sequence + payload & 0xFFFFFFFF}")
    if flags & _ACK:
        d.put(f", ack {acknowledged}")
    d.put(f", win {window}")
    if flags & _URG:
        d.put(f", urg {urgent}")
    if header > HEADER and not _options(d, at + HEADER, header - HEADER, base):
        return
    d.put(f", length {payload}")
    if payload > 0:
        _payload(d, (source, target), flags, at + header, payload)


def _relative(
    d: Dissection, packet: Packet, source: int, target: int, sequence: int, acknowledged: int, flags: int
) -> tuple[int, int, int]:
    """Numbers counted from the beginning of the connection, and where those of SACK count from."""
    reverse = (source, packet.source) > (target, packet.target)
    ends: Conversation = (packet.source, packet.target, source, target)
    if reverse:
        ends = (packet.target, packet.source, target, source)
    known = d.conversations.get(ends)
    if known is None or flags & _SYN:
        first, second = (acknowledged - 1, sequence) if reverse else (sequence, acknowledged - 1)
        d.conversations[ends] = first & 0xFFFFFFFF, second & 0xFFFFFFFF
    else:
        first, second = known
        own, other = (second, first) if reverse else (first, second)
        sequence, acknowledged = sequence - own & 0xFFFFFFFF, acknowledged - other & 0xFFFFFFFF
    first, second = d.conversations[ends]
    return sequence, acknowledged, first if reverse else second


def _options(d: Dissection, at: int, left: int, base: int) -> bool:
    """The options; False when they make no sense and nothing more is printed."""
    d.put(", options [")
    separator = closing = ""
    while left > 0:
        d.put(separator)
        kind = d.u8(at)
        at, left = at + 1, left - 1
        size = 1
        if kind not in (_END, _NOP):
            size = d.u8(at)
            at += 1
            if size < 2 or size > left + 1:
                d.put("[bad opt]" + closing)
                return False
            left -= 1
        d.put(_NAMES.get(kind, f"unknown-{kind}"))
        room = size - 2 if size > 1 else 0
        expected = {_MSS: 2, _SCALE: 1, _SACK_OK: 0, _ECHO: 4, _ECHO_REPLY: 4, _TIMESTAMP: 8, 11: 4, 12: 4, 13: 4,
                    19: 16, 28: 2, _END: 0, _NOP: 0}.get(kind, room)  # fmt: skip
        if expected > left or (kind == _EXPERIMENT and room < 2):
            d.put("[bad opt]" + closing)
            return False
        try:
            _option(d, kind, at, room, base)
        except Truncated:
            d.truncated()
            d.put(">" if closing else "")
            return False
        at, left = at + expected, left - expected
        if kind not in (_END, _NOP) and expected != room:
            d.put(f"[len {size}]")
        separator, closing = ",", "]"
        if kind == _END:
            break
    d.put("]")
    return True


def _option(d: Dissection, kind: int, at: int, room: int, base: int) -> None:
    """The value of an option."""
    match kind:
        case 2 | 28 if kind == _MSS:
            d.put(f" {d.u16(at)}")
        case 3:
            d.put(f" {d.u8(at)}")
        case 5:
            if room % 8:
                d.put(" invalid sack")
                return
            d.put(f" {room // 8} ")
            for place in range(at, at + room, 8):
                start, end = d.u32(place) - base & 0xFFFFFFFF, d.u32(place + 4) - base & 0xFFFFFFFF
                d.put(f"{{{start}:{end}}}")
        case 6 | 7 | 11 | 12 | 13:
            d.put(f" {d.u32(at)}")
        case 8:
            d.put(f" val {d.u32(at)} ecr {d.u32(at + 4)}")
        case 19:
            d.put(" shared secret not supplied with -M, can't check - " + d.take(at, 16).hex())
        case 28:
            value = d.u16(at)
            unit = 60 if value & 1 else 1  # where it is said to be, though RFC 5482 has it at the other end
            d.put(f" 0x{value:x} {(value >> 1) * unit}")
        case 34:
            if room == 0:
                d.put("  cookiereq")
            elif room % 2 or not 4 <= room <= 16:
                d.put("  (invalid)")
            else:
                d.put("  cookie " + d.take(at, room).hex())
        case 0 | 1 | 4:
            pass
        case 254:
            d.put("-" + d.take(at, 2).hex())
        case _:
            if kind not in _NAMES:
                d.put(" 0x" + d.take(at, room).hex() if room else "")


def _payload(d: Dissection, ports: tuple[int, int], flags: int, at: int, length: int) -> None:
    if flags & _RST:
        if d.options.v:
            _reset_text(d, at, length)
        return
    if lines.show(d, ports, at, length):
        return
    if _DNS in ports:
        _dns(d, at, length)


def _dns(d: Dissection, at: int, length: int) -> None:
    """A message behind its length."""
    if length < 2:
        d.put(f" [DNS over TCP: length {length} < 2]")
        d.invalid()
        return
    size = d.u16(at)
    if size != length - 2:
        d.put(f" [prefix length({size}) != length({length - 2})]")
        d.invalid()
        return
    d.put(" ")
    dns.show(d, at + 2, size, multicast=False)


def _reset_text(d: Dissection, at: int, length: int) -> None:
    """What a reset says for itself (RFC 1122, section 4.2.2.12)."""
    d.put(" [RST" if d.has(at, length) else " [!RST")
    if length > _MAX_RESET_TEXT:
        length = _MAX_RESET_TEXT
        d.put("+")
    d.put(" ")
    d.put(printable(d.data[at : min(at + length, d.end)]) + "]")
