"""Malformed and hostile frames for one router: every kind it understands, cut at every byte and bent in every field.

The router has 10.0.0.1/24 and fd00::1/64 on eth0, 10.0.1.1/24 and fd01::1/64 on eth1; frames come in by eth0.
"""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address

ROUTER, PEER, OTHER = (bytes.fromhex(f"0200000000{end}") for end in ("01", "02", "99"))
FAR_ROUTER, FAR_PEER = (bytes.fromhex(f"0200000000{end}") for end in ("11", "12"))
BROADCAST = b"\xff" * 6
ALL_HOSTS = bytes.fromhex("01005e000001")
IP, ARP, IPV6, VLAN, QINQ = (kind.to_bytes(2) for kind in (0x0800, 0x0806, 0x86DD, 0x8100, 0x88A8))
ICMP, IGMP, TCP, UDP, ICMP6 = 1, 2, 6, 17, 58
HERE, NEAR, BEYOND, UNKNOWN = "10.0.0.1", "10.0.0.2", "10.0.1.2", "203.0.113.9"
HERE6, NEAR6, BEYOND6 = "fd00::1", "fd00::2", "fd01::2"

Named = tuple[str, bytes]


def checksum(data: bytes) -> int:
    """Internet checksum (RFC 1071)."""
    total = int.from_bytes(data + b"\0" * (len(data) & 1)) % 0xFFFF
    return 0xFFFF - total


def eth(payload: bytes, kind: bytes = IP, dst: bytes = ROUTER, src: bytes = PEER) -> bytes:
    return dst + src + kind + payload


def ipv4(
    payload: bytes,
    proto: int = ICMP,
    src: str = NEAR,
    dst: str = HERE,
    *,
    options: bytes = b"",
    ttl: int = 64,
    frag: int = 0,
    ident: int = 1,
    length: int | None = None,
    first: int | None = None,
    csum: int | None = None,
    tos: int = 0,
) -> bytes:
    """An IPv4 packet; what is given instead of being computed may be wrong."""
    hlen = 20 + len(options)
    head = bytes((0x40 | hlen // 4 if first is None else first, tos))
    head += (hlen + len(payload) if length is None else length).to_bytes(2) + ident.to_bytes(2) + frag.to_bytes(2)
    tail = IPv4Address(src).packed + IPv4Address(dst).packed + options
    head += bytes((ttl, proto))
    right = checksum(head + b"\0\0" + tail)
    return head + (right if csum is None else csum).to_bytes(2) + tail + payload


def icmp(kind: int = 8, code: int = 0, rest: bytes = b"\x12\x34\0\1", data: bytes = bytes(range(16))) -> bytes:
    head = bytes((kind, code))
    return head + checksum(head + b"\0\0" + rest + data).to_bytes(2) + rest + data


def with_ports(
    proto: int, segment: bytes, at: int, src: bytes = IPv4Address(NEAR).packed, dst: bytes = IPv4Address(HERE).packed
) -> bytes:
    """A UDP or TCP segment with the right checksum at an offset."""
    pseudo = src + dst + b"\0" + bytes((proto,)) + len(segment).to_bytes(2)
    if len(src) == 16:
        pseudo = src + dst + len(segment).to_bytes(4) + b"\0\0\0" + bytes((proto,))
    return segment[:at] + (checksum(pseudo + segment) or 0xFFFF).to_bytes(2) + segment[at + 2 :]


def udp(data: bytes = b"hello, world", dport: int = 9, length: int | None = None, dst: str = HERE) -> bytes:
    size = 8 + len(data) if length is None else length
    segment = (40000).to_bytes(2) + dport.to_bytes(2) + size.to_bytes(2) + b"\0\0" + data
    return with_ports(UDP, segment, 6, dst=IPv4Address(dst).packed)


def tcp(flags: int = 2, offset: int = 5, options: bytes = b"", data: bytes = b"", dst: str = HERE) -> bytes:
    segment = (40000).to_bytes(2) + (9).to_bytes(2) + (1000).to_bytes(4) + (2000).to_bytes(4)
    segment += bytes((offset << 4, flags)) + (1024).to_bytes(2) + bytes(4) + options + data
    return with_ports(TCP, segment, 16, dst=IPv4Address(dst).packed)


def arp(
    op: int = 1,
    sip: str = NEAR,
    tip: str = HERE,
    *,
    hardware: int = 1,
    protocol: int = 0x0800,
    hlen: int = 6,
    plen: int = 4,
    sha: bytes = PEER,
    tha: bytes = bytes(6),
) -> bytes:
    head = hardware.to_bytes(2) + protocol.to_bytes(2) + bytes((hlen, plen)) + op.to_bytes(2)
    return head + sha + IPv4Address(sip).packed + tha + IPv4Address(tip).packed


def ipv6(
    payload: bytes, proto: int = ICMP6, src: str = NEAR6, dst: str = HERE6, *, hops: int = 64, length: int | None = None
) -> bytes:
    size = len(payload) if length is None else length
    return (
        b"\x60\0\0\0"
        + size.to_bytes(2)
        + bytes((proto, hops))
        + IPv6Address(src).packed
        + IPv6Address(dst).packed
        + payload
    )


def icmp6(kind: int, body: bytes, code: int = 0, src: str = NEAR6, dst: str = HERE6) -> bytes:
    return with_ports(ICMP6, bytes((kind, code, 0, 0)) + body, 2, IPv6Address(src).packed, IPv6Address(dst).packed)


def udp6(data: bytes = b"hello", dport: int = 9, dst: str = HERE6, length: int | None = None) -> bytes:
    size = 8 + len(data) if length is None else length
    segment = (40000).to_bytes(2) + dport.to_bytes(2) + size.to_bytes(2) + b"\0\0" + data
    return with_ports(UDP, segment, 6, IPv6Address(NEAR6).packed, IPv6Address(dst).packed)


def fragment6(payload: bytes, proto: int, at: int, more: bool, ident: int = 7) -> bytes:
    return bytes((proto, 0)) + (at | more).to_bytes(2) + ident.to_bytes(4) + payload


def solicitation(target: str = HERE6, options: bytes = b"\1\1" + PEER) -> bytes:
    return icmp6(135, bytes(4) + IPv6Address(target).packed + options)


def sound() -> Iterator[Named]:
    """One whole frame of each kind, which the router answers or ends for a reason of its own."""
    yield "arp request", eth(arp(), ARP, BROADCAST)
    yield "arp reply", eth(arp(2, tha=ROUTER), ARP)
    yield "echo", eth(ipv4(icmp()))
    yield "echo with options", eth(ipv4(icmp(), options=b"\1\1\7\x0b\4" + bytes(8) + b"\0\0\0"))
    yield "echo reply", eth(ipv4(icmp(0)))
    yield "udp", eth(ipv4(udp(), UDP))
    yield "tcp", eth(ipv4(tcp(), TCP))
    yield "unreachable", eth(ipv4(icmp(3, 3, bytes(4), ipv4(udp(), UDP, HERE, NEAR)[:28])))
    yield "igmp query", eth(ipv4(bytes.fromhex("1164ee9b00000000"), IGMP, dst="224.0.0.1", ttl=1), dst=ALL_HOSTS)
    yield "fragment", eth(ipv4(bytes(16), UDP, frag=0x2000))
    yield "forwarded", eth(ipv4(icmp(), dst=BEYOND))
    yield "forwarded udp", eth(ipv4(udp(dst=BEYOND), UDP, dst=BEYOND))
    yield "echo6", eth(ipv6(icmp6(128, b"\x12\x34\0\1" + bytes(8))), IPV6)
    yield "udp6", eth(ipv6(udp6(), UDP), IPV6)
    yield "solicitation", eth(ipv6(solicitation(), hops=255), IPV6)
    yield "fragment6", eth(ipv6(fragment6(bytes(16), UDP, 0, True), 44), IPV6)
    yield "hop-by-hop echo6", eth(ipv6(b"\x3a\0\1\4\0\0\0\0" + icmp6(128, bytes(8)), 0), IPV6)
    yield "forwarded6", eth(ipv6(icmp6(128, bytes(8), dst=BEYOND6), dst=BEYOND6), IPV6)
    yield "tagged echo", eth(b"\0\5" + IP + ipv4(icmp()), VLAN)
    yield (
        "spanning tree",
        eth(
            bytes.fromhex("4242030000000000800002000000000100000000800002000000000180010000140002000f00"),
            b"\0\x26",
            bytes.fromhex("0180c2000000"),
        ),
    )


def truncated() -> Iterator[Named]:
    """Each of those cut at every byte behind the Ethernet header."""
    for name, frame in sound():
        for length in range(14, len(frame)):
            yield f"{name} cut to {length}", frame[:length]


def bent_ipv4() -> Iterator[Named]:
    """Headers that lie."""
    echo = icmp()
    yield "version 5", eth(ipv4(echo, first=0x55))
    for words in range(5):
        yield f"header of {words} words", eth(ipv4(echo, first=0x40 | words))
    yield "header longer than the packet", eth(ipv4(b"", first=0x4F))
    yield "header longer than its length field", eth(ipv4(echo, options=b"\1" * 8, length=24))
    yield "wrong header checksum", eth(ipv4(echo, csum=0x1234))
    yield "header checksum 0", eth(ipv4(echo, csum=0))
    for length in (0, 19, 20, 27, 28, 43, 45, 65535):
        yield f"total length {length}", eth(ipv4(echo, length=length))
    yield "padded", eth(ipv4(echo) + bytes(100))
    yield "giant", eth(ipv4(icmp(data=bytes(1472))) + bytes(600))
    for name, src in (
        ("multicast", "224.0.0.5"),
        ("broadcast", "255.255.255.255"),
        ("zero", "0.0.0.0"),
        ("zeronet", "0.1.2.3"),
        ("loopback", "127.0.0.1"),
        ("own", HERE),
        ("own far", "10.0.1.1"),
        ("subnet broadcast", "10.0.0.255"),
        ("reserved", "240.0.0.1"),
        ("unknown", UNKNOWN),
    ):
        for to, dst in (("us", HERE), ("beyond", BEYOND)):
            yield f"{name} source to {to}", eth(ipv4(echo, src=src, dst=dst))
    for name, dst in (
        ("zero", "0.0.0.0"),
        ("zeronet", "0.1.2.3"),
        ("loopback", "127.0.0.1"),
        ("broadcast", "255.255.255.255"),
        ("subnet broadcast", "10.0.0.255"),
        ("far broadcast", "10.0.1.255"),
        ("group nobody joined", "239.1.2.3"),
        ("all hosts", "224.0.0.1"),
        ("reserved", "240.0.0.1"),
        ("unknown", UNKNOWN),
        ("far own", "10.0.1.1"),
    ):
        yield f"to {name}", eth(ipv4(echo, dst=dst))
    for ttl in (0, 1):
        yield f"ttl {ttl} to us", eth(ipv4(echo, ttl=ttl))
        yield f"ttl {ttl} beyond", eth(ipv4(icmp(), dst=BEYOND, ttl=ttl))
    yield "unicast in broadcast", eth(ipv4(echo), dst=BROADCAST)
    yield "unicast beyond in broadcast", eth(ipv4(echo, dst=BEYOND), dst=BROADCAST)
    yield "to another MAC", eth(ipv4(echo), dst=OTHER)
    for proto in (0, 3, 41, 47, 50, 132, 255):
        yield f"protocol {proto}", eth(ipv4(echo, proto))
    yield "protocol 200 in a broadcast", eth(ipv4(echo, 200, dst="10.0.0.255"), dst=BROADCAST)
    yield "too big with DF", eth(ipv4(udp(bytes(1400), dst=BEYOND), UDP, dst=BEYOND, frag=0x4000))
    yield "too big without DF", eth(ipv4(udp(bytes(1400), dst=BEYOND), UDP, dst=BEYOND))


def options_ipv4() -> Iterator[Named]:
    """IP options, right and wrong (RFC 791, 3.1), to the router and beyond."""
    near, here = IPv4Address(NEAR).packed, IPv4Address(HERE).packed
    far, beyond = IPv4Address("10.0.1.1").packed, IPv4Address(BEYOND).packed
    known = {
        "record route": b"\7\x0b\4" + bytes(8) + b"\0",
        "record route, one place left": b"\7\x0b\x08" + near + bytes(4) + b"\0",
        "record route, full": b"\7\x0b\x0c" + near + here + b"\0",
        "record route, pointer 3": b"\7\x0b\3" + bytes(8) + b"\0",
        "record route, pointer inside": b"\7\x0b\x0a" + bytes(8) + b"\0",
        "record route, length 2": b"\7\2\0\0",
        "record route, longer than the header": b"\7\x27\4\0",
        "two record routes": b"\7\7\4" + bytes(4) + b"\7\7\4" + bytes(4) + b"\0\0",
        "timestamp": b"\x44\x0c\5\0" + bytes(8),
        "timestamp with address": b"\x44\x0c\5\1" + bytes(8),
        "timestamp prespecified here": b"\x44\x0c\5\3" + here + bytes(4),
        "timestamp prespecified elsewhere": b"\x44\x0c\5\3" + beyond + bytes(4),
        "timestamp, full": b"\x44\x08\x09\0" + bytes(4),
        "timestamp, overflown": b"\x44\x08\x09\xf0" + bytes(4),
        "timestamp, pointer 4": b"\x44\x0c\4\0" + bytes(8),
        "timestamp, length 3": b"\x44\3\5\0",
        "timestamp, flag 2": b"\x44\x0c\5\2" + bytes(8),
        "loose source route": b"\x83\x0b\4" + far + beyond + b"\0",
        "loose source route, used up": b"\x83\x07\x08" + near + b"\0",
        "loose source route, length 2": b"\x83\2\4\0",
        "loose source route, pointer 3": b"\x83\7\3" + far + b"\0",
        "loose source route, odd length": b"\x83\6\4" + far[:3] + b"\0\0",
        "strict source route": b"\x89\x0b\4" + beyond + near + b"\0",
        "strict source route off the link": b"\x89\x0b\4" + IPv4Address(UNKNOWN).packed + beyond + b"\0",
        "two source routes": b"\x83\7\4" + far + b"\x89\7\4" + far + b"\0\0",
        "router alert": b"\x94\4\0\0",
        "router alert, length 3": b"\x94\3\0\0",
        "security": b"\x82\x0b" + bytes(9) + b"\0",
        "commercial security": b"\x86\6\0\0\0\1\0\0",
        "stream id": b"\x88\4\0\1",
        "unknown": b"\xde\4\0\0",
        "unknown, length 1": b"\xde\1\0\0",
        "unknown, length 0": b"\xde\0\0\0",
        "unknown, longer than the header": b"\xde\5\0\0",
        "unknown at the last byte": b"\1\1\1\xde",
        "end, and more": b"\0\xde\1\1",
        "padding": b"\1\1\1\1",
    }
    for name, options in known.items():
        yield f"option {name}", eth(ipv4(icmp(), options=options))
        yield f"option {name}, beyond", eth(ipv4(icmp(), dst=BEYOND, options=options))
    yield "option record route in an error's cause", eth(ipv4(udp(), UDP, options=known["record route"]))
    yield "option timestamp, ttl 1", eth(ipv4(udp(dst=BEYOND), UDP, dst=BEYOND, options=known["timestamp"], ttl=1))
    yield (
        "option record route too big",
        eth(ipv4(udp(bytes(1400), dst=BEYOND), UDP, dst=BEYOND, options=known["record route"])),
    )


def bent_upper() -> Iterator[Named]:
    """ICMP, UDP, TCP and IGMP that lie."""
    good = udp()
    for length in (0, 7, 8, 19, 21, 65535):
        yield f"udp length {length}", eth(ipv4(udp(length=length), UDP))
    yield "udp checksum wrong", eth(ipv4(good[:6] + b"\x12\x34" + good[8:], UDP))
    yield "udp checksum 0", eth(ipv4(good[:6] + b"\0\0" + good[8:], UDP))
    yield "udp padded inside", eth(ipv4(good + b"more", UDP))
    yield "udp port 0", eth(ipv4(udp(dport=0), UDP))
    yield "udp in a broadcast", eth(ipv4(udp(dst="10.0.0.255"), UDP, dst="10.0.0.255"), dst=BROADCAST)
    for flags in (0, 1, 2, 3, 4, 16, 18, 20, 41, 63, 255):
        yield f"tcp flags {flags}", eth(ipv4(tcp(flags), TCP))
    for offset in (0, 4, 6, 15):
        yield f"tcp offset {offset}", eth(ipv4(tcp(offset=offset), TCP))
    whole = tcp()
    yield "tcp checksum wrong", eth(ipv4(whole[:16] + b"\x12\x34" + whole[18:], TCP))
    yield "tcp options of length 0", eth(ipv4(tcp(offset=6, options=b"\3\0\0\0"), TCP))
    yield "tcp in a broadcast", eth(ipv4(tcp(dst="10.0.0.255"), TCP, dst="10.0.0.255"), dst=BROADCAST)
    yield "icmp checksum wrong", eth(ipv4(icmp()[:2] + b"\x12\x34" + icmp()[4:]))
    for kind in (1, 2, 4, 5, 6, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 41, 42, 43, 200, 255):
        yield f"icmp type {kind}", eth(ipv4(icmp(kind)))
    yield "echo code 5", eth(ipv4(icmp(8, 5)))
    yield "echo to a broadcast", eth(ipv4(icmp(), dst="10.0.0.255"), dst=BROADCAST)
    yield "timestamp to a broadcast", eth(ipv4(icmp(13), dst="10.0.0.255"), dst=BROADCAST)
    yield "short timestamp", eth(ipv4(icmp(13, data=b"\0\0")))
    inner = ipv4(good, UDP, HERE, NEAR)
    for name, quoted in (
        ("nothing", b""),
        ("half a header", inner[:10]),
        ("a header", inner[:20]),
        ("four bytes more", inner[:24]),
        ("a header that claims 60 bytes", b"\x4f" + inner[1:28]),
        ("another's packet", ipv4(good, UDP, NEAR, BEYOND)[:28]),
        ("tcp nobody sent", ipv4(tcp(), TCP, HERE, NEAR)[:28]),
        ("a protocol nobody has", ipv4(b"\0" * 8, 200, HERE, NEAR)),
    ):
        for kind, code, rest in (
            (3, 0, 0),
            (3, 4, 500),
            (3, 4, 0),
            (3, 16, 0),
            (5, 1, 0x0A000009),
            (11, 0, 0),
            (12, 0, 0),
            (4, 0, 0),
        ):
            yield f"icmp {kind}.{code} ({rest}) about {name}", eth(ipv4(icmp(kind, code, rest.to_bytes(4), quoted)))
    for name, message in (
        ("report", "1600000000000000"),
        ("v3 query, short", "1164ee9b000000"),
        ("v3 query", "1164ec1a00000000027d0000"),
        ("wrong checksum", "1164123400000000"),
        ("unknown type", "4200bdff00000000"),
        ("pim", "1400ebff00000000"),
    ):
        yield f"igmp {name}", eth(ipv4(bytes.fromhex(message), IGMP, dst="224.0.0.1", ttl=1), dst=ALL_HOSTS)


def fragments_ipv4() -> Iterator[Named]:
    """Fragments: tiny, overlapping, doubled, too far out, contradicting.  They belong together in their order."""
    whole = udp(bytes(40))

    def piece(name: str, at: int, end: int, more: bool, ident: int, **fields: object) -> Named:
        frag = at // 8 | (0x2000 if more else 0)
        return name, eth(ipv4(whole[at:end], UDP, frag=frag, ident=ident, **fields))  # type: ignore[arg-type]

    yield piece("whole in two, first", 0, 24, True, 10)
    yield piece("whole in two, last", 24, 48, False, 10)
    yield piece("backwards, last", 24, 48, False, 11)
    yield piece("backwards, first", 0, 24, True, 11)
    yield piece("doubled, first", 0, 24, True, 12)
    yield piece("doubled, again", 0, 24, True, 12)
    yield piece("doubled, inside it", 8, 16, True, 12)
    yield piece("doubled, last", 24, 48, False, 12)
    yield piece("overlap, first", 0, 24, True, 13)
    yield piece("overlap, over it", 16, 40, True, 13)
    yield piece("overlap, last", 40, 48, False, 13)
    yield piece("odd length in the middle", 0, 21, True, 14)
    yield piece("odd length at the end", 24, 47, False, 14)
    yield piece("nothing in it", 0, 0, True, 15)
    yield piece("nothing at the end", 24, 24, False, 15)
    yield piece("less than eight bytes", 0, 5, True, 16)
    yield piece("last, of 48", 24, 48, False, 17)
    yield piece("behind the last", 48, 48, True, 17)
    yield "beyond the last", eth(ipv4(bytes(16), UDP, frag=0x2000 | 8, ident=17))
    yield "another last", eth(ipv4(bytes(16), UDP, frag=8, ident=17))
    yield "shorter last", eth(ipv4(bytes(8), UDP, frag=3, ident=17))
    yield "beyond 64 KB", eth(ipv4(bytes(80), UDP, frag=0x1FFF, ident=18))
    yield "to the edge of 64 KB", eth(ipv4(bytes(7), UDP, frag=0x1FFF, ident=19))
    yield "with DF", eth(ipv4(bytes(16), UDP, frag=0x6000, ident=20))
    yield "with the reserved bit", eth(ipv4(icmp(), frag=0x8000, ident=21))
    for at in range(0, 48, 8):
        yield piece(f"tiny {at}", at, at + 8, at < 40, 22)
    yield "forwarded fragment", eth(ipv4(bytes(16), UDP, frag=0x2000, ident=23, dst=BEYOND))
    yield "forwarded fragment, ttl 1", eth(ipv4(bytes(16), UDP, frag=0x2000, ident=24, dst=BEYOND, ttl=1))
    yield "forwarded later fragment, ttl 1", eth(ipv4(bytes(16), UDP, frag=0x2003, ident=24, dst=BEYOND, ttl=1))
    yield "first too short for an error", eth(ipv4(b"\x9c\x40\0\x09", UDP, ident=25))


def bent_arp() -> Iterator[Named]:
    """ARP of other hardware, protocols and lengths, and from people that cannot be."""
    for hardware in (0, 1, 2, 6, 15, 32, 65535):
        yield f"arp hardware {hardware}", eth(arp(hardware=hardware), ARP, BROADCAST)
    for protocol in (0x0806, 0x86DD, 0):
        yield f"arp protocol {protocol:#x}", eth(arp(protocol=protocol), ARP, BROADCAST)
    for hlen, plen in ((0, 4), (5, 4), (7, 4), (8, 4), (255, 4), (6, 0), (6, 3), (6, 6), (6, 16), (16, 16)):
        yield f"arp lengths {hlen} and {plen}", eth(arp(hlen=hlen, plen=plen), ARP, BROADCAST)
    for op in (0, 3, 4, 5, 8, 9, 65535):
        yield f"arp operation {op}", eth(arp(op), ARP, BROADCAST)
    for name, sip in (
        ("zero", "0.0.0.0"),
        ("ours", HERE),
        ("multicast", "224.0.0.1"),
        ("broadcast", "255.255.255.255"),
        ("loopback", "127.0.0.1"),
        ("elsewhere", UNKNOWN),
    ):
        yield f"arp from {name}", eth(arp(sip=sip), ARP, BROADCAST)
        yield f"arp reply from {name}", eth(arp(2, sip=sip, tha=ROUTER), ARP)
    for name, tip in (
        ("zero", "0.0.0.0"),
        ("multicast", "224.0.0.1"),
        ("broadcast", "255.255.255.255"),
        ("loopback", "127.0.0.1"),
        ("far own", "10.0.1.1"),
        ("beyond", BEYOND),
        ("sender", NEAR),
    ):
        yield f"arp for {name}", eth(arp(tip=tip), ARP, BROADCAST)
    yield "arp from a group MAC", eth(arp(sip="10.0.0.3", sha=ALL_HOSTS), ARP, BROADCAST)
    yield "arp from MAC zero", eth(arp(sip="10.0.0.4", sha=bytes(6)), ARP, BROADCAST)
    yield "arp from another MAC than the frame's", eth(arp(sip="10.0.0.5", sha=OTHER), ARP, BROADCAST)
    yield "arp to another MAC", eth(arp(), ARP, OTHER)
    yield "arp padded", eth(arp() + bytes(18), ARP, BROADCAST)
    yield "arp of a giant", eth(arp() + bytes(1400), ARP, BROADCAST)


def bent_ipv6() -> Iterator[Named]:
    """IPv6 headers, extension chains, fragments and neighbour discovery that lie."""
    echo = icmp6(128, b"\x12\x34\0\1" + bytes(8))
    yield "ipv6 version 5", eth(b"\x50" + ipv6(echo)[1:], IPV6)
    for length in (0, 15, 17, 65535):
        yield f"ipv6 length {length}", eth(ipv6(echo, length=length), IPV6)
    yield "ipv6 padded", eth(ipv6(echo) + bytes(30), IPV6)
    for name, src in (
        ("group", "ff02::1"),
        ("loopback", "::1"),
        ("none", "::"),
        ("own", HERE6),
        ("mapped", "::ffff:10.0.0.2"),
        ("link-local", "fe80::2"),
    ):
        yield f"ipv6 from {name}", eth(ipv6(icmp6(128, bytes(8), src=src), src=src), IPV6)
        yield (
            f"ipv6 from {name}, beyond",
            eth(ipv6(icmp6(128, bytes(8), src=src, dst=BEYOND6), src=src, dst=BEYOND6), IPV6),
        )
    for name, dst in (
        ("none", "::"),
        ("loopback", "::1"),
        ("interface group", "ff01::1"),
        ("reserved group", "ff00::1"),
        ("group nobody joined", "ff02::1234"),
        ("all nodes", "ff02::1"),
        ("nowhere", "2001:db8::1"),
    ):
        yield f"ipv6 to {name}", eth(ipv6(icmp6(128, bytes(8), dst=dst), dst=dst), IPV6)
    for hops in (0, 1):
        yield f"ipv6 hops {hops} to us", eth(ipv6(echo, hops=hops), IPV6)
        yield f"ipv6 hops {hops} beyond", eth(ipv6(icmp6(128, bytes(8), dst=BEYOND6), dst=BEYOND6, hops=hops), IPV6)
    yield "ipv6 in broadcast", eth(ipv6(echo), IPV6, BROADCAST)
    yield "ipv6 to another MAC", eth(ipv6(echo), IPV6, OTHER)
    for proto in (4, 6, 17, 41, 43, 44, 50, 51, 59, 60, 103, 135, 253):
        yield f"ipv6 next header {proto}", eth(ipv6(bytes(16), proto), IPV6)
    hop = b"\x3a\0\1\4\0\0\0\0"
    yield "ipv6 hop-by-hop", eth(ipv6(hop + echo, 0), IPV6)
    yield "ipv6 two hop-by-hop", eth(ipv6(b"\0" + hop[1:] + hop + echo, 0), IPV6)
    yield "ipv6 hop-by-hop too long", eth(ipv6(b"\x3a\x20\1\4\0\0\0\0" + echo, 0), IPV6)
    for action, option in enumerate((0x1E, 0x5E, 0x9E, 0xDE)):
        yield (
            f"ipv6 hop-by-hop, unknown option {action}",
            eth(ipv6(b"\x3a\0" + bytes((option, 4)) + bytes(4) + echo, 0), IPV6),
        )
        yield (
            f"ipv6 destination, unknown option {action}",
            eth(ipv6(b"\x3a\0" + bytes((option, 4)) + bytes(4) + echo, 60), IPV6),
        )
    yield "ipv6 hop-by-hop, option too long", eth(ipv6(b"\x3a\0\1\x08\0\0\0\0" + echo, 0), IPV6)
    yield "ipv6 hop-by-hop, bytes of padding", eth(ipv6(b"\x3a\1\1\x0c" + bytes(12) + echo, 0), IPV6)
    yield "ipv6 jumbo in a short packet", eth(ipv6(b"\x3a\0\xc2\4\0\0\0\x10" + echo, 0), IPV6)
    yield "ipv6 router alert", eth(ipv6(b"\x3a\0\5\2\0\0\1\0" + echo, 0), IPV6)
    yield "ipv6 destination options", eth(ipv6(hop + echo, 60), IPV6)
    yield "ipv6 eight destination options", eth(ipv6((b"\x3c" + hop[1:]) * 7 + hop + echo, 60), IPV6)
    for kind, left in ((0, 0), (0, 1), (2, 1), (3, 1), (4, 1), (253, 0), (253, 1)):
        routing = b"\x3a\2" + bytes((kind, left)) + bytes(4) + IPv6Address(BEYOND6).packed
        yield f"ipv6 routing header {kind}, {left} left", eth(ipv6(routing + echo, 43), IPV6)
    whole = udp6(bytes(40))

    def piece(name: str, at: int, end: int, more: bool, ident: int) -> Named:
        return name, eth(ipv6(fragment6(whole[at:end], UDP, at, more, ident), 44), IPV6)

    yield piece("ipv6 whole in two, first", 0, 24, True, 10)
    yield piece("ipv6 whole in two, last", 24, 48, False, 10)
    yield piece("ipv6 doubled, first", 0, 24, True, 12)
    yield piece("ipv6 doubled, again", 0, 24, True, 12)
    yield piece("ipv6 doubled, last", 24, 48, False, 12)
    yield piece("ipv6 overlap, first", 0, 24, True, 13)
    yield piece("ipv6 overlap, over it", 16, 40, True, 13)
    yield piece("ipv6 overlap, last", 40, 48, False, 13)
    yield piece("ipv6 odd length in the middle", 0, 21, True, 14)
    yield piece("ipv6 nothing in it", 0, 0, True, 15)
    yield piece("ipv6 atomic", 0, 48, False, 16)
    yield "ipv6 beyond 64 KB", eth(ipv6(fragment6(bytes(80), UDP, 0xFFF8, True, 18), 44), IPV6)
    yield "ipv6 fragment without its header", eth(ipv6(b"\x11\0\0", 44), IPV6)
    yield "ipv6 fragment without upper header", eth(ipv6(fragment6(bytes(8), 60, 0, True, 20), 44), IPV6)
    yield "icmpv6 checksum wrong", eth(ipv6(echo[:2] + b"\x12\x34" + echo[4:]), IPV6)
    for kind in (0, 1, 2, 3, 4, 100, 127, 129, 130, 131, 132, 133, 134, 136, 137, 138, 143, 151, 200, 255):
        yield f"icmpv6 type {kind}", eth(ipv6(icmp6(kind, bytes(4)), hops=255), IPV6)
        yield f"icmpv6 type {kind}, long", eth(ipv6(icmp6(kind, bytes(60)), hops=255), IPV6)
    yield "udp6 checksum 0", eth(ipv6(udp6()[:6] + b"\0\0hello", UDP), IPV6)
    yield "udp6 checksum wrong", eth(ipv6(udp6()[:6] + b"\x12\x34hello", UDP), IPV6)
    for length in (0, 7, 12, 14, 65535):
        yield f"udp6 length {length}", eth(ipv6(udp6(length=length), UDP), IPV6)
    target = IPv6Address(HERE6).packed
    yield "solicitation, hop limit 64", eth(ipv6(solicitation()), IPV6)
    yield "solicitation, code 1", eth(ipv6(icmp6(135, bytes(4) + target, 1), hops=255), IPV6)
    yield "solicitation, option length 0", eth(ipv6(solicitation(options=b"\1\0" + PEER), hops=255), IPV6)
    yield "solicitation, option too long", eth(ipv6(solicitation(options=b"\1\3" + PEER), hops=255), IPV6)
    yield "solicitation, short address", eth(ipv6(solicitation(options=b"\1\2" + bytes(14)), hops=255), IPV6)
    yield "solicitation for a group", eth(ipv6(solicitation("ff02::1"), hops=255), IPV6)
    yield "solicitation for another", eth(ipv6(solicitation("fd00::99"), hops=255), IPV6)
    yield "solicitation in fragments", eth(ipv6(fragment6(solicitation(), ICMP6, 0, False, 30), 44, hops=255), IPV6)


def bent_link() -> Iterator[Named]:
    """Frames of other link layers, tags upon tags, and senders that cannot be."""
    for count in (1, 2, 3, 100):
        tags = b"".join(VLAN + (number + 1).to_bytes(2) for number in range(count))[2:]
        yield f"{count} tags", eth(tags + IP + ipv4(icmp()), VLAN)
    yield "tag of VLAN 0", eth(b"\0\0" + IP + ipv4(icmp()), VLAN)
    yield "tag of VLAN 4095", eth(b"\x0f\xff" + IP + ipv4(icmp()), VLAN)
    yield "two tags of VLAN 0", eth(b"\0\0" + VLAN + b"\0\0" + IP + ipv4(icmp()), VLAN)
    yield "service tag", eth(b"\0\5" + IP + ipv4(icmp()), QINQ)
    yield "tag and nothing", eth(b"\0\5" + IP, VLAN)
    for kind in (0x0000, 0x0005, 0x05DC, 0x05DD, 0x0600, 0x0842, 0x6558, 0x8863, 0x88CC, 0x9000, 0xFFFF):
        yield f"ethertype {kind:#06x}", eth(bytes(46), kind.to_bytes(2))
    yield "raw 802.3", eth(b"\xff\xff" + bytes(44), (46).to_bytes(2))
    yield "snap", eth(b"\xaa\xaa\3\0\0\0" + IP + ipv4(icmp()), (52).to_bytes(2))
    yield "from a group", eth(ipv4(icmp()), src=ALL_HOSTS)
    yield "from zero", eth(ipv4(icmp()), src=bytes(6))
    yield "from the router itself", eth(ipv4(icmp()), src=ROUTER)
    yield "to MAC zero", eth(ipv4(icmp()), dst=bytes(6))
    yield "nothing behind the header", eth(b"")
    yield "pause", eth(b"\0\1\0\xff" + bytes(42), b"\x88\x08", bytes.fromhex("0180c2000001"))


def every() -> Iterator[Named]:
    """All of them, in the order in which they are sent."""
    for part in (
        sound,
        truncated,
        bent_link,
        bent_arp,
        bent_ipv4,
        options_ipv4,
        bent_upper,
        fragments_ipv4,
        bent_ipv6,
    ):
        yield from part()
