"""One line of text for a frame, the same as the `text` of recordings: what a reader of a difference wants to see.

Addresses, tags, kinds and lengths are written; identifiers, sequence numbers, checksums and data are not, and ports
chosen by the kernel are ``eph``.
"""

from __future__ import annotations

from ipaddress import IPv6Address

from macvsim.wire.addr import ip_text, mac_text

EPHEMERAL = range(32768, 61000)
"""net.ipv4.ip_local_port_range."""
_TAGS = {0x8100: "dot1q", 0x88A8: "dot1ad", 0x9100: "9100"}
_ICMP = {
    0: "echo-reply",
    3: "unreach",
    5: "redirect",
    8: "echo-request",
    11: "time-exceeded",
    12: "param-problem",
}
_UNREACHABLE = {
    0: "net",
    1: "host",
    2: "proto",
    3: "port",
    4: "frag-needed",
    5: "srcroute",
    6: "net-unknown",
    7: "host-unknown",
    9: "net-prohib",
    10: "host-prohib",
    11: "net-tos",
    12: "host-tos",
    13: "admin-filter",
}
_ICMPV6 = {
    1: "unreach6",
    2: "too-big6",
    3: "time-exceeded6",
    128: "echo6-request",
    129: "echo6-reply",
    130: "MLD-query",
    131: "MLD-report",
    132: "MLD-done",
    133: "RS",
    134: "RA",
    135: "NS",
    136: "NA",
    137: "redirect6",
    143: "MLDv2-report",
}
_TCP_FLAGS = "FSRPAUEC"


def frame_text(data: bytes) -> str:
    """The text of an Ethernet frame; what is too short for its kind is told by its length only."""
    if len(data) < 14:
        return f"{len(data)} bytes: no Ethernet header"
    words = [f"{mac_text(data[6:12])} > {mac_text(data[:6])}"]
    at = 12
    while (kind := _uint(data, at, 2)) in _TAGS and len(data) >= at + 6:
        tci = _uint(data, at + 2, 2)
        priority = f" pcp {tci >> 13}" if tci >> 13 else ""
        words.append(f"[{_TAGS[kind]} vid {tci & 0xFFF}{priority}{' dei' if tci & 0x1000 else ''}]")
        at += 4
    payload = data[at + 2 :]
    if kind == 0x0806 and len(payload) >= 28:
        words.append(_arp(payload))
    elif kind == 0x0800:
        words.append(_ipv4(payload))
    elif kind == 0x86DD:
        words.append(_ipv6(payload))
    elif kind < 1536:
        words.append(f"802.3 len {kind} {payload[:4].hex()}")
    else:
        words.append(f"ethertype 0x{kind:04x} len {len(payload)}")
    return " ".join(words)


def _uint(data: bytes, at: int, size: int) -> int:
    """Big-endian integer at `at`."""
    return int.from_bytes(data[at : at + size], "big")


def _ip(data: bytes, at: int) -> str:
    """IPv4 address at `at`."""
    return ip_text(_uint(data, at, 4))


def _arp(p: bytes) -> str:
    """An ARP packet (RFC 826)."""
    operation, sender, target = _uint(p, 6, 2), mac_text(p[8:14]), mac_text(p[18:24])
    if operation == 1:
        return f"ARP who-has {_ip(p, 24)} tell {_ip(p, 14)} sha {sender} tha {target}"
    if operation == 2:
        return f"ARP {_ip(p, 14)} is-at {sender} to {_ip(p, 24)}/{target}"
    return f"ARP op {operation}"


def _ipv4(p: bytes, quoted: bool = False) -> str:
    """An IPv4 packet; one that is `quoted` may be cut."""
    if len(p) < 20:
        return "short-ip"
    header, length, fragment = (p[0] & 15) * 4, _uint(p, 2, 2), _uint(p, 6, 2)
    offset = (fragment & 0x1FFF) * 8
    words = [f"IP {_ip(p, 12)} > {_ip(p, 16)} ttl {p[8]}"]
    words += [f"tos 0x{p[1]:02x}"] if p[1] else []
    words += ["DF"] if fragment & 0x4000 else []
    words += ["MF"] if fragment & 0x2000 else []
    words += [f"off {offset}"] if offset else []
    payload = p[header:] if quoted else p[header:length]
    words += [f"len {length}", f"frag-data len {len(payload)}" if offset else _transport(p[9], payload)]
    return " ".join(words)


def _ipv6(p: bytes) -> str:
    """An IPv6 packet."""
    if len(p) < 40:
        return "short-ip6"
    proto, length = p[6], _uint(p, 4, 2)
    payload = p[40 : 40 + length]
    text = f"IP6 {IPv6Address(p[8:24])} > {IPv6Address(p[24:40])} hl {p[7]} len {length} "
    if proto == 0 and len(payload) >= 8:
        proto, payload = payload[0], payload[(payload[1] + 1) * 8 :]
        text += "HBH "
    if proto == 58 and len(payload) >= 4:
        return text + _icmpv6(payload)
    return text + (_transport(proto, payload) if proto in (6, 17) else f"nh {proto}")


def _transport(proto: int, p: bytes) -> str:
    """What IP carries."""
    if proto == 1 and len(p) >= 8:
        return _icmp(p)
    if proto == 17 and len(p) >= 8:
        return f"UDP {_port(p, 0)}>{_port(p, 2)} len {_uint(p, 4, 2)}"
    if proto == 6 and len(p) >= 20:
        flags = "".join(letter for bit, letter in enumerate(_TCP_FLAGS) if p[13] >> bit & 1)
        return f"TCP {_port(p, 0)}>{_port(p, 2)} [{flags}] len {len(p) - (p[12] >> 4) * 4}"
    if proto == 2 and p:
        return f"IGMP type 0x{p[0]:02x}"
    return f"proto {proto}"


def _port(p: bytes, at: int) -> str:
    """A port number, or that the kernel chose it."""
    port = _uint(p, at, 2)
    return "eph" if port in EPHEMERAL else str(port)


def _icmp(p: bytes) -> str:
    """An ICMP message (RFC 792) with the packet that an error quotes."""
    message, code = p[0], p[1]
    text = "ICMP " + _ICMP.get(message, f"type{message}")
    if message in (0, 8):
        return f"{text} seq {_uint(p, 6, 2)}"
    if message == 3:
        text += "/" + _UNREACHABLE.get(code, str(code)) + (f" mtu {_uint(p, 6, 2)}" if code == 4 else "")
    elif message == 5:
        text += f"/{code} gw {_ip(p, 4)}"
    elif code:
        text += f"/{code}"
    return f"{text} {{{_ipv4(p[8:], quoted=True)}}}"


def _icmpv6(p: bytes) -> str:
    """An ICMPv6 message (RFC 4443, RFC 4861)."""
    message = p[0]
    text = "ICMP6 " + _ICMPV6.get(message, f"type{message}")
    if message in (128, 129):
        return f"{text} seq {_uint(p, 6, 2)}"
    if message in (135, 136) and len(p) >= 24:
        return f"{text} tgt {IPv6Address(p[8:24])}"
    return f"{text}/{p[1]}" if message in (1, 2, 3) else text
