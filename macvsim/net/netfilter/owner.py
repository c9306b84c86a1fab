"""``-m owner``: whose socket a packet of this host comes from (net/netfilter/xt_owner.c).

Every simulated program runs as root, so the question is whether a program sent the packet at all: answers to echo
requests, ICMP errors, IGMP reports and resets of TCP are the kernel's, whose sockets belong to nobody.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from macvsim.net.netfilter.fieldmatches import sign
from macvsim.net.netfilter.hooks import OUTPUT, POSTROUTING, Hook
from macvsim.net.netfilter.rule import Match
from macvsim.net.netfilter.segment import RST
from macvsim.wire import icmp, ipv4

if TYPE_CHECKING:
    from macvsim.net.netfilter.contracts import Host
    from macvsim.net.netfilter.hooks import Way
    from macvsim.net.netfilter.packet import Tracked

ROOT = 0
_IGMP = 2


@dataclass(frozen=True)
class Range:
    """Ids of users or groups, from `low` to `high`; `negated`: all others."""

    low: int
    high: int
    negated: bool = False

    def words(self, option: str) -> list[str]:
        """``--uid-owner 0-99``."""
        text = str(self.low) if self.low == self.high else f"{self.low}-{self.high}"
        return [*sign(self.negated), option, text]


@dataclass(frozen=True)
class Owner(Match):
    """`socket`: whether there has to be a socket (True) or none (False); what is None is not asked."""

    name: ClassVar[str] = "owner"
    hooks: ClassVar[tuple[Hook, ...]] = (OUTPUT, POSTROUTING)
    user: Range | None = None
    group: Range | None = None
    socket: bool | None = None

    def matches(self, packet: Tracked, way: Way, ns: Host) -> bool:
        ids = [span for span in (self.user, self.group) if span is not None]
        forwarded = packet.in_dev is not None
        if self.socket is not None and self.socket == forwarded:
            return False
        if forwarded or not _from_program(packet):
            return all(span.negated for span in ids)
        return all((s.low <= ROOT <= s.high) != s.negated for s in ids)

    def words(self) -> list[str]:
        found = [] if self.user is None else self.user.words("--uid-owner")
        found += [] if self.group is None else self.group.words("--gid-owner")
        return found + ([] if self.socket is None else [*sign(not self.socket), "--socket-exists"])


def _from_program(packet: Tracked) -> bool:
    data, at = packet.data, packet.header_length
    if data[9] == _IGMP:
        return False
    if int.from_bytes(data[6:8], "big") & ipv4.OFFSET_MASK or len(data) < at + 14:
        return True
    if data[9] == ipv4.PROTO_ICMP:
        return data[at] not in icmp.ERRORS and data[at] != icmp.ECHO_REPLY
    return data[9] != ipv4.PROTO_TCP or not data[at + 13] & RST
