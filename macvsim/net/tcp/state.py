"""States of a connection, and the kernel's constants of time and size (include/net/tcp.h)."""

from __future__ import annotations

import enum

from macvsim.engine.sim import MS, SECOND


class State(enum.IntEnum):
    """RFC 9293, 3.3.2; numbered as in /proc/net/tcp."""

    ESTABLISHED = 1
    SYN_SENT = 2
    SYN_RECV = 3
    FIN_WAIT1 = 4
    FIN_WAIT2 = 5
    TIME_WAIT = 6
    CLOSE = 7
    CLOSE_WAIT = 8
    LAST_ACK = 9
    LISTEN = 10
    CLOSING = 11


class CaState(enum.IntEnum):
    """Where congestion control is (enum tcp_ca_state)."""

    OPEN = 0
    DISORDER = 1
    CWR = 2
    RECOVERY = 3
    LOSS = 4


SYNCHRONIZED = frozenset((State.ESTABLISHED, State.FIN_WAIT1, State.FIN_WAIT2, State.CLOSE_WAIT, State.LAST_ACK,
                          State.CLOSING))  # fmt: skip

RTO_INIT = SECOND
RTO_FALLBACK = 3 * SECOND
"""Where SYN or SYN+ACK had to be sent again (TCP_TIMEOUT_FALLBACK)."""
RTO_MIN = 200 * MS
RTO_MAX = 120 * SECOND
ATO_MIN = 40 * MS
DELACK_MIN = 40 * MS
DELACK_MAX = 200 * MS
TIMEWAIT_LEN = 60 * SECOND
TIMEOUT_MIN_TICKS = 2
PAWS_WINDOW = 1
"""Milliseconds an older timestamp may be behind (TCP_PAWS_WINDOW)."""
PAWS_24DAYS = 60 * 60 * 24 * 24 * SECOND
OOW_RATELIMIT = 500 * MS

INIT_CWND = 10
INFINITE_SSTHRESH = 0x7FFFFFFF
MSS_DEFAULT = 536
MIN_MSS = 88
MAX_TCP_WINDOW = 32_767
MIN_SND_MSS = 48
MIN_ADVMSS = 256
MAX_PMTU = 0xFFFF
MAX_QUICKACKS = 16
FASTRETRANS_THRESH = 3
MAX_REORDERING = 300

RMEM_MAX = WMEM_MAX = 212_992
"""net.core.rmem_max and wmem_max, the same as the default sizes of buffers that are not TCP's."""
MIN_SNDBUF = 4608
MIN_RCVBUF = 2304
SKB_OVERHEAD = 960
"""Bytes the kernel books for a segment beyond its data, as the recorded one does (64-bit, 320-byte headers)."""

ICMP_ERRNO = ("ENETUNREACH", "EHOSTUNREACH", "ENOPROTOOPT", "ECONNREFUSED", "EMSGSIZE", "EOPNOTSUPP", "ENETUNREACH",
              "EHOSTDOWN", "ENONET", "ENETUNREACH", "EHOSTUNREACH", "ENETUNREACH", "EHOSTUNREACH", "EHOSTUNREACH",
              "EHOSTUNREACH", "EHOSTUNREACH")  # fmt: skip
"""What an ICMP destination unreachable of each code means to a socket (icmp_err_convert)."""
