"""What is decided about a packet: where it goes, or why it goes nowhere (struct dst_entry; net/route.py decides)."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from macvsim.dev.base import NetDevice
    from macvsim.engine.drop import DropReason
    from macvsim.net.fibroute import Route
    from macvsim.net.neigh import Neighbour
    from macvsim.net.outgoing import Outgoing


class Kind(enum.Enum):
    """What to do with a packet."""

    SEND = "send"
    """Out of `dev` to `nexthop`."""
    FORWARD = "forward"
    LOCAL = "local"
    ERROR = "error"
    """No way; `errno` says why, and a forwarding host answers with ICMP."""
    DROP = "drop"
    """Silently, for `reason`."""
    CHILD = "child"
    """For `dev`, an ipvlan child in mode l3s of the device it came in by: for this host's rules first, then for its."""


# see the note in wire/frame.py: the data path uses these names
SEND: Final = Kind.SEND
FORWARD: Final = Kind.FORWARD
LOCAL: Final = Kind.LOCAL
ERROR: Final = Kind.ERROR
DROP: Final = Kind.DROP
CHILD: Final = Kind.CHILD


class Dst:
    """A decision (struct dst_entry).

    dev : the device it leaves by, lo if we send it to ourselves; None for what came in and is for us
    src : the source address to use, or the packet's own; broadcast : link-layer broadcast to a subnet or to everybody
    """

    __slots__ = ("dev", "kind", "mtu", "neighbour", "nexthop", "outgoing", "route", "src")
    # what few decisions have; see `Special`
    broadcast: bool = False
    do_redirect: bool = False
    errno: str = ""
    lasting: bool = True
    """False where time or the state of neighbours may change the decision, not only routes and addresses."""
    locked: bool = False
    """The MTU towards the destination is not to be trusted: no DF (ip_mtu_locked)."""
    loops: bool = False
    """Packets of our own that go this way are for us too: broadcasts, and groups we joined."""
    multicast: bool = False
    reason: DropReason | None = None

    def __init__(
        self,
        kind: Kind,
        *,
        dev: NetDevice | None = None,
        nexthop: int = 0,
        src: int = 0,
        route: Route | None = None,
        mtu: int = 0,
    ) -> None:
        self.kind = kind
        self.dev = dev
        self.nexthop = nexthop
        self.src = src
        self.route = route
        self.mtu = mtu
        self.neighbour: Neighbour | None = None
        self.outgoing: Outgoing | None = None
        """The packets that this host sends this way, the latest kind first (net/outgoing.py)."""


class Special(Dst):
    """A decision with something that most have not."""

    __slots__ = ("broadcast", "do_redirect", "errno", "lasting", "locked", "loops", "multicast", "reason")

    def __init__(
        self,
        kind: Kind,
        *,
        errno: str = "",
        reason: DropReason | None = None,
        broadcast: bool = False,
        multicast: bool = False,
        lasting: bool = True,
        locked: bool = False,
        loops: bool = False,
        do_redirect: bool = False,
        **usual: Any,
    ) -> None:
        super().__init__(kind, **usual)
        self.errno = errno
        self.reason = reason
        self.broadcast = broadcast
        self.multicast = multicast
        self.lasting = lasting
        self.locked = locked
        self.loops = loops
        self.do_redirect = do_redirect
