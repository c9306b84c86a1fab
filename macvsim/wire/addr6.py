"""IPv6 addresses between text, integers and bytes, and the addresses derived from MACs (RFC 4291, RFC 2464).

Addresses are ``int`` inside the stack and 16 ``bytes`` on the wire.
"""

from __future__ import annotations

import ipaddress

from macvsim.errors import MacvsimError

ANY = 0
LOOPBACK = 1
ALL_ONES = (1 << 128) - 1
LINK_LOCAL = 0xFE80 << 112
NODE_LOCAL_ALL_NODES = (0xFF01 << 112) | 1
NODE_LOCAL_ALL_ROUTERS = (0xFF01 << 112) | 2
ALL_NODES = (0xFF02 << 112) | 1
ALL_ROUTERS = (0xFF02 << 112) | 2
SITE_LOCAL_ALL_ROUTERS = (0xFF05 << 112) | 2
ALL_SNOOPERS = (0xFF02 << 112) | 0x6A
"""Bridges that snoop (RFC 4286)."""
ALL_MLDV2_ROUTERS = (0xFF02 << 112) | 0x16
_SOLICITED = (0xFF02 << 112) | (0x1FF << 24)

SCOPE_NODE = 0x1
SCOPE_LINK = 0x2
SCOPE_SITE = 0x5
SCOPE_GLOBAL = 0xE


def ip6_int(text: str) -> int:
    """Integer of an IPv6 address, which has no ``%ZONE``; `MacvsimError` when it is not one."""
    try:
        if "%" in text:
            raise ValueError
        return int(ipaddress.IPv6Address(text))
    except ValueError:
        raise MacvsimError(
            f"{text!r} is not an IPv6 address: write groups of hexadecimal digits, like fd00::2"
        ) from None


def ip6_text(ip: int) -> str:
    """Text of an address as inet_ntop writes it (RFC 5952); IPv4-mapped and -compatible ones end in dotted numbers."""
    if ip >> 32 == 0xFFFF or (not ip >> 32 and ip >> 16):
        dotted = ".".join(str(byte) for byte in (ip & 0xFFFFFFFF).to_bytes(4, "big"))
        return ("::ffff:" if ip >> 32 else "::") + dotted
    return str(ipaddress.IPv6Address(ip))


def mask6(plen: int) -> int:
    """Netmask of a prefix length 0-128 as an integer."""
    return ALL_ONES ^ (ALL_ONES >> plen)


def prefix6_parse(text: str) -> tuple[int, int]:
    """``(address, prefix length)`` of ``fd00::1/N``; without ``/N`` the length is 128."""
    address, slash, length = text.partition("/")
    if slash and not (length.isdecimal() and int(length) <= 128):
        raise MacvsimError(f"{text!r} is not an IPv6 prefix: the length after / is a number 0-128")
    return ip6_int(address), int(length) if slash else 128


def is_multicast6(ip: int) -> bool:
    """True for ff00::/8."""
    return ip >> 120 == 0xFF


def is_link_local6(ip: int) -> bool:
    """True for fe80::/10."""
    return ip >> 118 == 0x3FA


def needs_zone(ip: int) -> bool:
    """True where an address means something only together with an interface (rt6_need_strict)."""
    return is_multicast6(ip) or is_link_local6(ip) or ip == LOOPBACK


def multicast_scope(group: int) -> int:
    """Scope field of a group's address."""
    return group >> 112 & 0xF


def scope6(ip: int) -> int:
    """Scope of an address, unicast ones in terms of multicast scopes (ipv6_addr_src_scope)."""
    if is_multicast6(ip):
        return multicast_scope(ip)
    if ip == LOOPBACK:
        return SCOPE_NODE
    if is_link_local6(ip):
        return SCOPE_LINK
    return SCOPE_SITE if ip >> 118 == 0x3FB else SCOPE_GLOBAL


def solicited_node(ip: int) -> int:
    """The group that owners of an address listen to for solicitations (RFC 4291, section 2.7.1)."""
    return _SOLICITED | ip & 0xFFFFFF


def is_solicited_node(group: int) -> bool:
    """True for ff02::1:ff00:0/104."""
    return group >> 24 == _SOLICITED >> 24


def multicast_mac6(group: int) -> bytes:
    """Ethernet group address of an IPv6 group (RFC 2464, section 7)."""
    return b"\x33\x33" + (group & 0xFFFFFFFF).to_bytes(4, "big")


def eui64(mac: bytes, dev_id: int = 0) -> int:
    """Modified EUI-64 interface identifier of a MAC (RFC 2464, section 4); `dev_id` tells devices apart that share
    one MAC, and makes the identifier a local one (addrconf_ifid_eui48).
    """
    if dev_id:
        return int.from_bytes(mac[:3] + dev_id.to_bytes(2, "big") + mac[3:], "big")
    return int.from_bytes(bytes((mac[0] ^ 2,)) + mac[1:3] + b"\xff\xfe" + mac[3:], "big")


def common_prefix(a: int, b: int) -> int:
    """Number of leading bits two addresses share (ipv6_addr_diff)."""
    return 128 - (a ^ b).bit_length()
