"""The five hooks of IPv4 and what is registered at them, in order of priority (net/netfilter/core.c,
include/uapi/linux/netfilter_ipv4.h).

A hook function looks at a packet and lets it go on, takes it away, or drops it; only when all have let it go on does
the stack's own next step (`okfn`) follow.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, NamedTuple

from macvsim.net.netfilter.packet import Tracked

if TYPE_CHECKING:
    from macvsim.dev.base import NetDevice
    from macvsim.engine.drop import DropReason
    from macvsim.net.packet import Packet


class Hook(enum.IntEnum):
    """Where on a packet's way (NF_INET_*)."""

    PREROUTING = 0
    INPUT = 1
    FORWARD = 2
    OUTPUT = 3
    POSTROUTING = 4


PREROUTING: Final = Hook.PREROUTING
INPUT: Final = Hook.INPUT
FORWARD: Final = Hook.FORWARD
OUTPUT: Final = Hook.OUTPUT
POSTROUTING: Final = Hook.POSTROUTING


class Priority(enum.IntEnum):
    """Order at a hook, lowest first (NF_IP_PRI_*)."""

    DEFRAG = -400
    RAW = -300
    CONNTRACK = -200
    MANGLE = -150
    NAT_DST = -100
    FILTER = 0
    SECURITY = 50
    NAT_SRC = 100
    CONFIRM = 0x7FFFFFFF


class Way(NamedTuple):
    """Where a packet is while hook functions look at it (struct nf_hook_state); None where there is no such device."""

    hook: Hook
    in_dev: NetDevice | None
    out_dev: NetDevice | None


class Verdict(enum.Enum):
    """What a hook function says (NF_*)."""

    ACCEPT = "accept"
    DROP = "drop"
    """The function has recorded the packet's end already, as NETFILTER_DROP."""
    STOLEN = "stolen"


HookFunction = Callable[[Tracked, Way], Verdict]
Okfn = Callable[["Packet"], "DropReason | None"]
