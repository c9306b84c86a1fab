"""State of a connection for programs (getsockopt TCP_INFO; tcp_get_info in net/ipv4/tcp.c)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from macvsim.net.tcp.connection import Connection


class TcpInfo(NamedTuple):
    """The state of a connection: segments that were sent again, windows in bytes, times in microseconds."""

    retransmits: int
    cwnd: int
    window: int
    rtt: int
    rttvar: int
    pmtu: int


def tcp_info(c: Connection) -> TcpInfo:
    """The state of a connection now."""
    return TcpInfo(
        c.recovery.total_retrans, c.tx.cwnd * c.mss_cache, c.tx.wnd, c.rtt.srtt >> 3, c.rtt.mdev >> 2, c.pmtu
    )
