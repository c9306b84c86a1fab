"""The flow that a frame belongs to (net/core/flow_dissector.c), as bytes that frames of one flow share.

They hold every field that the handling of a frame may depend on: MAC addresses, tag, EtherType, the IP header without
identification and checksum but with its length and place among fragments, and of the transport header ports, type,
identifier and flags.
"""

from __future__ import annotations

from macvsim.wire.frame import Frame

NO_FLOW = b""
"""The flow of a frame that belongs to none."""
NO_TAG = bytes(4)

_IP = b"\x08\x00"
_ARP = b"\x08\x06"
_IP6 = b"\x86\xdd"
_ICMP, _TCP, _UDP, _ICMP6 = 1, 6, 17, 58
_ECHOES = (8, 0)
_ECHOES6 = (128, 129)
_NEIGHBOURS = (135, 136)
_IRREGULAR = 0x27
"""TCP flags URG, RST, SYN and FIN: such a segment changes the state of a connection."""
MESSAGE4, MESSAGE6 = 34, 54
"""Where the transport header begins behind an IPv4 header without options, and behind an IPv6 header."""
_ARP_END = 42


def flow_of(frame: Frame) -> bytes:
    """The flow of a frame whose checksums are known to be right; `NO_FLOW` for groups, fragments of IPv6, IP options,
    errors, segments that open or close a connection, and other protocols.
    """
    raw = frame.raw
    if raw[0] & 1:
        return NO_FLOW
    kind = raw[12:14]
    if kind == _IP:
        if raw[14] != 0x45 or len(raw) - 14 != raw[16] << 8 | raw[17]:
            return NO_FLOW
        start, protocol = MESSAGE4, raw[23]
        key = packets4(raw)
        if raw[20] & 0x1F or raw[21]:  # a fragment behind the transport header
            return key + frame.tag.to_bytes(4)
    elif kind == _IP6:
        if len(raw) - 54 != raw[18] << 8 | raw[19]:
            return NO_FLOW
        start, key, protocol = MESSAGE6, raw[:54], raw[20]
    elif kind == _ARP and len(raw) == _ARP_END:
        return raw + frame.tag.to_bytes(4)
    else:
        return NO_FLOW
    message = message_of(raw[start:], protocol)
    return key + message + frame.tag.to_bytes(4) if message else NO_FLOW


def packets4(raw: bytes) -> bytes:
    """The first part of a flow, of the Ethernet and IPv4 header of its frames."""
    return raw[:18] + raw[20:24] + raw[26:34]


def message_of(message: bytes, protocol: int) -> bytes:
    """The fields of the transport header that handling may depend on; empty if there are further ones."""
    if len(message) < 8:
        return b""
    if protocol == _ICMP:
        return message[:2] + message[4:6] if message[0] in _ECHOES else b""
    if protocol == _UDP:
        return message[:6] if message[6] or message[7] else b""
    if protocol == _TCP:
        regular = len(message) >= 20 and not message[13] & _IRREGULAR
        return message[:4] + message[12:14] if regular else b""
    if protocol == _ICMP6:
        if message[0] in _ECHOES6:
            return message[:2] + message[4:6]
        return message if message[0] in _NEIGHBOURS else b""
    return b""


def is_discovery(raw: bytes) -> bool:
    """True for a packet of neighbour discovery, all of which is in its flow."""
    return raw[12:14] == _IP6 and raw[20] == _ICMP6 and raw[MESSAGE6] in _NEIGHBOURS
