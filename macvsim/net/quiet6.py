"""IPv6 of a namespace whose devices have it off, until somebody asks about it.

Such a device does nothing but listen to the group of all nodes, as every device does that IPv6 has looked at: the
thousand containers of a lab without IPv6 have no stack, and `Ipv6.adopt` makes what they lack when it is asked for.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from macvsim.dev.base import NetDevice
from macvsim.dev.contracts import Event
from macvsim.wire.addr6 import ALL_NODES, multicast_mac6
from macvsim.wire.frame import IPV6_MIN_MTU

_ALL_NODES_MAC = multicast_mac6(ALL_NODES)


class Attached(NamedTuple):
    """A device as it was when IPv6 came to look at it: what its parameters follow from."""

    mtu: int
    asks: bool
    """Neighbours on it have MACs to be asked for."""

    @classmethod
    def of(cls, dev: NetDevice) -> Attached:
        """What IPv6 sees of it now; the same for a thousand like it."""
        return _attached(dev.mtu, not (dev.noarp or dev.loopback))


_attached = lru_cache(Attached)


class Quiet:
    """Follows the devices as `Ipv6` does, as long as all of them have IPv6 off."""

    __slots__ = ()

    def attach(self, dev: NetDevice) -> None:
        """A device comes to the namespace; IPv6 looks at it unless its MTU is too small."""
        if dev.mtu >= IPV6_MIN_MTU:
            dev.inet.quiet6 = Attached.of(dev)
            if not dev.loopback:
                dev.add_mc(_ALL_NODES_MAC)

    def detach(self, dev: NetDevice) -> None:
        """A device leaves the namespace."""
        if dev.inet.quiet6 is not None:
            dev.inet.quiet6 = None
            if not dev.loopback:
                dev.del_mc(_ALL_NODES_MAC)

    def device_event(self, dev: NetDevice, event: Event) -> None:
        """Nothing that happens to a device means anything to IPv6 that is off, but for another MTU."""

    def arp_changed(self, dev: NetDevice) -> None:
        """There are no addresses to be checked anew."""


QUIET = Quiet()
