"""What conntrack does with a packet of each protocol (nf_conntrack_proto_{icmp,udp,generic}.c; TCP: tcp.py)."""

from __future__ import annotations

import enum
from collections.abc import Callable
from typing import TYPE_CHECKING

from macvsim.net.netfilter.conn import Conn, Status
from macvsim.wire import icmp, ipv4, udp
from macvsim.wire.checksum import checksum

if TYPE_CHECKING:
    from macvsim.net.netfilter.packet import Tracked
    from macvsim.net.netfilter.settings import ConntrackConf

_OPENING = frozenset((icmp.ECHO, icmp.TIMESTAMP, icmp.INFO_REQUEST, icmp.ADDRESS))
STREAM_AFTER = 2
"""Seconds after which a UDP connection with traffic both ways is a stream."""


class Judgement(enum.Enum):
    """What becomes of a packet."""

    TAKE = "take"
    INVALID = "invalid"
    """It goes on, but belongs to no connection."""
    REPEAT = "repeat"
    KILL = "kill"


def well_formed(packet: Tracked, *, verify: bool) -> bool:
    """False for what no connection should believe: too short, or, if `verify`, with a wrong checksum."""
    data, hlen, proto = packet.data, packet.header_length, packet.data[9]
    if proto == ipv4.PROTO_ICMP:
        message = data[hlen:]
        return len(message) >= icmp.HLEN and message[0] <= icmp.KNOWN_TYPES and not (verify and checksum(message))
    if proto == ipv4.PROTO_UDP:
        length = int.from_bytes(data[hlen + 4 : hlen + 6], "big")
        if not udp.HLEN <= length <= len(data) - hlen:
            return False
        src, dst = ipv4.addresses(data)
        return not verify or udp.is_valid(src, dst, data[hlen : hlen + length])
    if proto == ipv4.PROTO_TCP:
        from macvsim.net.netfilter import segment

        return segment.parse(data, hlen) is not None and not (verify and not segment.checksum_ok(data, hlen))
    return True


def judge(conn: Conn, packet: Tracked, conf: ConntrackConf, now: int, hz: int) -> Judgement:
    """A packet of a connection, the first one or another: refresh the connection's life.

    now : jiffies
    """
    proto = packet.data[9]
    if proto == ipv4.PROTO_ICMP:
        if not conn.confirmed and conn.tuples[0].dport >> 8 not in _OPENING:
            return Judgement.INVALID
        conn.refresh(now, conf.nf_conntrack_icmp_timeout * hz)
    elif proto == ipv4.PROTO_UDP:
        _udp(conn, conf, now, hz)
    elif proto == ipv4.PROTO_TCP:
        return _tcp(conn, packet, conf, now, hz)
    else:
        conn.refresh(now, conf.nf_conntrack_generic_timeout * hz)
    return Judgement.TAKE


def repeated(proto: int, conn: Conn, conf: ConntrackConf, hz: int) -> tuple[Callable[[int], None], int] | None:
    """How further packets of a connection refresh its life, at a jiffy, and the jiffy until which that stays so; None:
    each packet has to be looked at.
    """
    if proto == ipv4.PROTO_ICMP:
        timeout = conf.nf_conntrack_icmp_timeout * hz
        return lambda now: conn.refresh(now, timeout), 0
    if proto == ipv4.PROTO_UDP:
        conf = conf.copy()
        return lambda now: _udp(conn, conf, now, hz), conn.stream_since + 1
    return None


def _udp(conn: Conn, conf: ConntrackConf, now: int, hz: int) -> None:
    """Traffic both ways for more than two seconds makes a stream, which lives longer (nf_conntrack_udp_packet)."""
    if not conn.confirmed:
        conn.stream_since = now + STREAM_AFTER * hz
    timeout = conf.nf_conntrack_udp_timeout
    if conn.status & Status.SEEN_REPLY and now > conn.stream_since:
        timeout = conf.nf_conntrack_udp_timeout_stream
        conn.status |= Status.ASSURED
    conn.refresh(now, timeout * hz)


def _tcp(conn: Conn, packet: Tracked, conf: ConntrackConf, now: int, hz: int) -> Judgement:
    from macvsim.net.netfilter import segment, tcp

    parsed = segment.parse(packet.data, packet.header_length)
    if parsed is None or (not conn.confirmed and not tcp.begin(conn, parsed, conf)):
        return Judgement.INVALID
    answer, seconds = tcp.follow(conn, parsed, packet.direction, conf)
    if seconds is not None:
        conn.refresh(now, seconds * hz)
    return Judgement[{"ACCEPT": "TAKE"}.get(answer.name, answer.name)]
