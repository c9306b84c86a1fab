"""A tracked connection, and what a packet is to its connection (include/uapi/linux/netfilter/nf_conntrack_common.h)."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

from macvsim.engine.recording import Subject

if TYPE_CHECKING:
    from macvsim.dev.base import NetDevice
    from macvsim.net.netfilter.segment import TcpState
    from macvsim.net.netfilter.tuple import Tuple

ORIGINAL = 0
REPLY = 1


class Info(enum.Enum):
    """What a packet is to its connection (IP_CT_*); `reply`: it goes in the reply direction."""

    ESTABLISHED = ("ESTABLISHED", 0)
    RELATED = ("RELATED", 0)
    NEW = ("NEW", 0)
    ESTABLISHED_REPLY = ("ESTABLISHED", 1)
    RELATED_REPLY = ("RELATED", 1)

    def __init__(self, state: str, direction: int) -> None:
        self.state = state
        """As rules name it: ``NEW``, ``ESTABLISHED``, ``RELATED``."""
        self.direction = direction


class Status(enum.IntFlag):
    """What has happened to a connection (IPS_*)."""

    SEEN_REPLY = 0x02
    ASSURED = 0x04
    CONFIRMED = 0x08
    SRC_NAT = 0x10
    DST_NAT = 0x20
    SRC_NAT_DONE = 0x80
    DST_NAT_DONE = 0x100
    DYING = 0x200


NAT_MASK = Status.SRC_NAT | Status.DST_NAT
NAT_DONE_MASK = Status.SRC_NAT_DONE | Status.DST_NAT_DONE


class Conn(Subject):
    """One connection (struct nf_conn).

    tuples : its names in original and reply direction; timeout : jiffies of life, before it is confirmed; expires :
    the jiffy it ends at, afterwards
    """

    __slots__ = ("counts", "expires", "mark", "masquerade", "status", "stream_since", "tcp", "timeout",
                 "tuples", "version")  # fmt: skip

    def __init__(self, original: Tuple, reply: Tuple) -> None:
        self.tuples = [original, reply]
        self.status = Status(0)
        self.version = 0
        self.timeout = 0
        self.expires = 0
        self.mark = 0
        self.masquerade: NetDevice | None = None
        """The device whose address it borrows."""
        self.stream_since = 0
        """UDP: the jiffy from which on it counts as a stream."""
        self.tcp: TcpState | None = None
        self.counts = [[0, 0], [0, 0]]
        """Packets and bytes by direction, if nf_conntrack_acct."""

    def __repr__(self) -> str:
        return f"<Conn {tuple(self.tuples[0])} / {tuple(self.tuples[1])} {self.status!r}>"

    @property
    def confirmed(self) -> bool:
        """It is in the table: a packet of it has got through."""
        return bool(self.status & Status.CONFIRMED)

    def count(self, what: int, packets: int, octets: int, last: int) -> None:
        """As `engine.recording.Counter`, for packets of one direction."""
        self.counts[what][0] += packets
        self.counts[what][1] += octets

    def refresh(self, now: int, timeout: int) -> None:
        """It lives `timeout` jiffies from now (nf_ct_refresh)."""
        if self.status & Status.CONFIRMED:
            self.expires = now + timeout
        else:
            self.timeout = timeout
