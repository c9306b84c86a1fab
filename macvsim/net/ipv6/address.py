"""IPv6 addresses of devices, and which of them to talk from (net/ipv6/addrconf.c, addrlabel.c; RFC 6724)."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from macvsim.wire.addr6 import (
    SCOPE_LINK,
    common_prefix,
    ip6_int,
    ip6_text,
    is_multicast6,
    mask6,
    scope6,
)

if TYPE_CHECKING:
    from macvsim.dev.base import NetDevice
    from macvsim.engine.sim import Sim
    from macvsim.engine.wheel import Timer

FOREVER = 0xFFFFFFFF
"""Lifetime that never ends (INFINITY_LIFE_TIME)."""


class Flag(enum.IntFlag):
    """IFA_F_*."""

    TEMPORARY = 0x01
    NODAD = 0x02
    OPTIMISTIC = 0x04
    DADFAILED = 0x08
    HOMEADDRESS = 0x10
    DEPRECATED = 0x20
    TENTATIVE = 0x40
    PERMANENT = 0x80
    MANAGETEMPADDR = 0x100
    NOPREFIXROUTE = 0x200
    MCAUTOJOIN = 0x400


NO_FLAGS = Flag(0)


class Dad(enum.Enum):
    """How far an address is in duplicate address detection (INET6_IFADDR_STATE_*)."""

    BEFORE = "pre-DAD"
    RUNNING = "DAD"
    AFTER = "post-DAD"
    FAILED = "error"
    DEAD = "dead"


@dataclass(slots=True, eq=False)
class Address6:
    """One IPv6 address of a device (struct inet6_ifaddr).

    peer : 0 unless point-to-point; metric : of the prefix route, 0 for the usual one; valid, preferred : lifetimes in
    seconds from `stamp` (jiffies); proto : who gave it (``kernel_ll``, …), empty for people
    """

    local: int
    plen: int
    flags: Flag = NO_FLAGS
    peer: int = 0
    metric: int = 0
    valid: int = FOREVER
    preferred: int = FOREVER
    proto: str = ""
    stamp: int = 0
    state: Dad = Dad.BEFORE
    nonce: int = 0
    probes: int = 0
    queued: bool = False
    """The next step of the detection is taken as soon as the program at work has come to rest."""
    timer: Timer | None = field(default=None, repr=False)

    @property
    def scope(self) -> int:
        """In terms of multicast scopes."""
        return scope6(self.local)

    @property
    def tentative(self) -> bool:
        """Not yet known to be nobody else's."""
        return bool(self.flags & Flag.TENTATIVE)

    @property
    def text(self) -> str:
        return f"{ip6_text(self.local)}/{self.plen}"

    def lifetimes(self, sim: Sim) -> tuple[int, int]:
        """Seconds it is still valid and preferred (inet6_fill_ifaddr)."""
        gone = (sim.jiffies - self.stamp) // sim.hz
        left = [life if life == FOREVER else max(life - gone, 0) for life in (self.valid, self.preferred)]
        return left[0], left[1]


_LABELS = tuple(
    (ip6_int(prefix), plen, label)
    for prefix, plen, label in (
        ("::1", 128, 0), ("2001:10::", 28, 7), ("2001::", 32, 6), ("2002::", 16, 2), ("fc00::", 7, 5),
        ("::ffff:0:0", 96, 4), ("::", 96, 3), ("::", 0, 1),
    )
)  # fmt: skip
"""Policy table of RFC 6724, as the kernel has it (ip6addrlbl_init_table), longest first."""


def label(ip: int) -> int:
    """Label of an address in the policy table."""
    return next(number for prefix, plen, number in _LABELS if not (ip ^ prefix) & mask6(plen))


def select_source(
    devices: Iterable[NetDevice], out: NetDevice | None, dst: int, *, out_only: bool = False
) -> int | None:
    """Best own address towards `dst` by RFC 6724, section 5, or None (ipv6_dev_get_saddr).

    out : the device packets leave by; out_only : only its addresses are considered, as they are for groups and
    link-local destinations
    """
    scope, wanted = scope6(dst), label(dst)
    if out is not None and (is_multicast6(dst) or scope <= SCOPE_LINK or out_only):
        devices = [out]
    best: tuple[Any, ...] | None = None
    chosen: int | None = None
    for dev in devices:
        inet6 = dev.inet.inet6
        for address in () if inet6 is None else inet6.addresses:
            flags = address.flags
            if flags & Flag.TENTATIVE and not flags & Flag.OPTIMISTIC:
                continue
            reach = address.scope
            score = (
                address.local == dst,
                -reach if reach >= scope else reach - 128,
                not flags & (Flag.DEPRECATED | Flag.OPTIMISTIC),
                bool(flags & Flag.HOMEADDRESS),
                out is None or dev is out,
                label(address.local) == wanted,
                not flags & Flag.TEMPORARY,
                min(common_prefix(address.local, dst), address.plen),
            )
            if best is None or score > best:
                best, chosen = score, address.local
    return chosen
