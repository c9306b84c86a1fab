"""The IPv6 side of one device (struct inet6_dev)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from macvsim.net.ipv6.address import Address6, Flag
from macvsim.net.ipv6.conf import DevConf6, NeighParms6
from macvsim.wire.addr6 import SCOPE_LINK

if TYPE_CHECKING:
    from macvsim.dev.base import NetDevice
    from macvsim.net.ipv6.dad import RouterSolicitation
    from macvsim.net.ipv6.mld import Mld


class Group:
    """A group the host listens to on a device (struct ifmcaddr6)."""

    __slots__ = ("filtered", "group", "pending", "users")

    def __init__(self, group: int) -> None:
        self.group = group
        self.users = 1
        self.filtered = False
        """The device listens to its link-layer address (MAF_LOADED)."""
        self.pending = 0
        """How often joining it is still to be reported (mca_crcount)."""


class Inet6Dev:
    """Addresses, parameters and groups of a device."""

    __slots__ = (
        "addresses", "anycast", "conf", "dev", "groups", "hop_limit", "mld", "parms", "reachable_drawn",
        "reachable_time", "ready", "solicitation",
    )  # fmt: skip

    def __init__(self, dev: NetDevice, conf: DevConf6, parms: NeighParms6) -> None:
        self.dev = dev
        self.conf = conf
        self.parms = parms
        self.reachable_time = 0
        self.reachable_drawn = -1
        self.addresses: list[Address6] = []
        """Widest scope first, then the newest first."""
        self.groups: dict[int, Group] = {}
        """The newest last."""
        self.anycast: dict[int, int] = {}
        """Anycast addresses, and how often they were joined."""
        self.ready = False
        """Up with a carrier (IF_READY)."""
        self.hop_limit: int | None = None
        """Learnt from a router; None: the parameter holds."""
        self.mld: Mld | None = None
        self.solicitation: RouterSolicitation | None = None

    def address(self, ip: int) -> Address6 | None:
        """The address object, if the device has that address."""
        return next((a for a in self.addresses if a.local == ip), None)

    def link_local(self) -> int | None:
        """The link-local address to speak from, if there is one that is not tentative (ipv6_get_lladdr)."""
        return next((a.local for a in self.addresses if a.scope == SCOPE_LINK and not a.flags & Flag.TENTATIVE), None)

    def insert(self, address: Address6) -> None:
        """Put an address in its place in the list (ipv6_link_dev_addr)."""
        scope = address.scope
        place = next((i for i, a in enumerate(self.addresses) if scope >= a.scope), len(self.addresses))
        self.addresses.insert(place, address)
