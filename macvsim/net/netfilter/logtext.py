"""What LOG writes about a packet (net/netfilter/nf_log_syslog.c)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from macvsim.net.netfilter import segment
from macvsim.wire import icmp, ipv4
from macvsim.wire.addr import ip_text

if TYPE_CHECKING:
    from macvsim.net.netfilter.hooks import Way
    from macvsim.net.netfilter.packet import Tracked

_FLAGS = ((segment.URG, "URG"), (segment.ACK, "ACK"), (segment.PSH, "PSH"), (segment.RST, "RST"),
          (segment.SYN, "SYN"), (segment.FIN, "FIN"))  # fmt: skip


def line(prefix: str, packet: Tracked, way: Way) -> str:
    """``PREFIX IN=eth0 OUT=eth1 MAC=… SRC=… DST=… LEN=84 … PROTO=ICMP …``."""
    names = ["" if dev is None else dev.name for dev in (way.in_dev, way.out_dev)]
    mac = "" if way.in_dev is None else f"MAC={packet.link.hex(':')} "
    return f"{prefix}IN={names[0]} OUT={names[1]} {mac}{_ip(packet.data)}"


def _ip(data: bytes) -> str:
    head = ipv4.parse(data)
    words = [f"SRC={ip_text(head.src)}", f"DST={ip_text(head.dst)}", f"LEN={head.length}",
             f"TOS=0x{head.tos & 0x1E:02X}", f"PREC=0x{head.tos & 0xE0:02X}", f"TTL={head.ttl}",
             f"ID={head.ident}"]  # fmt: skip
    words += [name for bit, name in ((0x8000, "CE"), (ipv4.DF, "DF"), (ipv4.MF, "MF")) if head.frag & bit]
    offset = head.frag & ipv4.OFFSET_MASK
    words += [f"FRAG:{offset}"] if offset else []
    rest = data[head.hlen :]
    names = {ipv4.PROTO_ICMP: _icmp, ipv4.PROTO_TCP: _tcp, ipv4.PROTO_UDP: _udp}
    transport = names.get(head.proto)
    if transport is None:
        words.append(f"PROTO={head.proto}")
    else:
        words.append(transport(rest, bool(offset)))
    return " ".join(words) + " "


def _incomplete(proto: str, rest: bytes) -> str:
    return f"PROTO={proto} INCOMPLETE [{len(rest)} bytes]"


def _udp(rest: bytes, fragment: bool) -> str:
    if fragment:
        return "PROTO=UDP"
    if len(rest) < 8:
        return _incomplete("UDP", rest)
    sport, dport, length = (int.from_bytes(rest[at : at + 2], "big") for at in (0, 2, 4))
    return f"PROTO=UDP SPT={sport} DPT={dport} LEN={length}"


def _tcp(rest: bytes, fragment: bool) -> str:
    if fragment:
        return "PROTO=TCP"
    if len(rest) < segment.HLEN:
        return _incomplete("TCP", rest)
    sport, dport, window = (int.from_bytes(rest[at : at + 2], "big") for at in (0, 2, 14))
    flags = " ".join(name for bit, name in _FLAGS if rest[13] & bit)
    urgent = int.from_bytes(rest[18:20], "big")
    return f"PROTO=TCP SPT={sport} DPT={dport} WINDOW={window} RES=0x00 {flags} URGP={urgent}"


def _icmp(rest: bytes, fragment: bool) -> str:
    if fragment:
        return "PROTO=ICMP"
    if len(rest) < icmp.HLEN:
        return _incomplete("ICMP", rest)
    text = f"PROTO=ICMP TYPE={rest[0]} CODE={rest[1]}"
    if rest[0] in (icmp.ECHO, icmp.ECHO_REPLY):
        return f"{text} ID={int.from_bytes(rest[4:6], 'big')} SEQ={int.from_bytes(rest[6:8], 'big')}"
    if rest[0] in icmp.ERRORS and len(rest) >= icmp.HLEN + ipv4.HLEN:
        return f"{text} [{_ip(rest[icmp.HLEN :])}]"
    return text
