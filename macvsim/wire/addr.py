"""MAC and IPv4 addresses between text, bytes and integers.

MACs are 6 ``bytes``; IPv4 addresses are ``int`` inside the stack (dictionary keys, masks) and 4 ``bytes`` on the wire.
"""

from __future__ import annotations

import ipaddress
import re

from macvsim.errors import MacvsimError

BROADCAST_MAC = b"\xff" * 6
BROADCAST_IP = 0xFFFFFFFF
ZERO_MAC = bytes(6)
IN_LOOPBACKNET = 127
"""First byte of 127.0.0.0/8."""
_MAC_TEXT = re.compile(r"[0-9a-fA-F]{1,2}(:[0-9a-fA-F]{1,2}){5}")


def mac_bytes(text: str) -> bytes:
    """Six bytes of a MAC written as ``aa:bb:cc:dd:ee:ff``; `MacvsimError` when it is not one."""
    if not _MAC_TEXT.fullmatch(text):
        raise MacvsimError(f"{text!r} is not a MAC address: write six hexadecimal pairs, like 02:42:ac:10:0a:02")
    return bytes(int(part, 16) for part in text.split(":"))


def mac_text(mac: bytes) -> str:
    """``02:42:ac:10:0a:02`` of six bytes."""
    return mac.hex(":")


def is_group(mac: bytes) -> bool:
    """True for multicast and broadcast MACs (the I/G bit)."""
    return bool(mac[0] & 1)


def ip_int(text: str) -> int:
    """Integer of a dotted IPv4 address; `MacvsimError` when it is not one."""
    try:
        return int(ipaddress.IPv4Address(text))
    except ValueError:
        raise MacvsimError(f"{text!r} is not an IPv4 address: write four numbers 0-255, like 172.16.10.2") from None


def ip_text(ip: int) -> str:
    """Dotted text of an IPv4 address given as an integer."""
    return f"{ip >> 24}.{ip >> 16 & 255}.{ip >> 8 & 255}.{ip & 255}"


def mask_int(plen: int) -> int:
    """Netmask of a prefix length 0-32 as an integer."""
    return (0xFFFFFFFF << (32 - plen)) & 0xFFFFFFFF


def prefix_parse(text: str) -> tuple[int, int]:
    """``(address, prefix length)`` of ``A.B.C.D/N``; without ``/N`` the length is 32."""
    address, slash, length = text.partition("/")
    if slash and not (length.isdecimal() and int(length) <= 32):
        raise MacvsimError(f"{text!r} is not an IPv4 prefix: the length after / is a number 0-32")
    return ip_int(address), int(length) if slash else 32


def is_multicast_ip(ip: int) -> bool:
    """True for 224.0.0.0/4."""
    return ip >> 28 == 0xE


def is_loopback_ip(ip: int) -> bool:
    """True for 127.0.0.0/8."""
    return ip >> 24 == IN_LOOPBACKNET


def is_zeronet_ip(ip: int) -> bool:
    """True for 0.0.0.0; the rest of 0.0.0.0/8 is ordinary today (ipv4_is_zeronet)."""
    return not ip


def multicast_mac(ip: int) -> bytes:
    """Ethernet group address of an IPv4 multicast group (RFC 1112, section 6.4)."""
    return b"\x01\x00\x5e" + (ip & 0x7FFFFF).to_bytes(3, "big")
