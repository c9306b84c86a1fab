"""A device's flags and operational state as user space sees them (dev_get_flags in net/core/dev.c)."""

from __future__ import annotations

from macvsim.dev.base import NetDevice

IFF_UP = 0x1
IFF_BROADCAST = 0x2
IFF_LOOPBACK = 0x8
IFF_RUNNING = 0x40
IFF_NOARP = 0x80
IFF_PROMISC = 0x100
IFF_ALLMULTI = 0x200
IFF_MULTICAST = 0x1000
IFF_LOWER_UP = 0x10000


def _fixed(dev: NetDevice) -> int:
    """Flags that come with the kind of device."""
    if dev.loopback:
        return IFF_LOOPBACK
    return IFF_BROADCAST | (IFF_MULTICAST if dev.multicast else 0) | (IFF_NOARP if dev.noarp else 0)


def kernel_flags(dev: NetDevice) -> int:
    """``dev->flags``, what /sys/class/net/DEV/flags shows: PROMISC whoever asked for it, no RUNNING and LOWER_UP."""
    flags = _fixed(dev) | (IFF_UP if dev.up else 0)
    return flags | (IFF_PROMISC if dev.promiscuity else 0) | (IFF_ALLMULTI if dev.allmulti else 0)


def user_flags(dev: NetDevice) -> int:
    """What SIOCGIFFLAGS and netlink show: PROMISC and ALLMULTI only where the user asked for them."""
    flags = _fixed(dev) | (IFF_PROMISC if dev.user_promisc else 0) | (IFF_ALLMULTI if dev.user_allmulti else 0)
    if dev.up:
        flags |= IFF_UP | (IFF_RUNNING if dev.oper_up else 0) | (IFF_LOWER_UP if dev.carrier else 0)
    return flags


def operstate(dev: NetDevice) -> str:
    """``up``, ``down``, ``lowerlayerdown`` or ``unknown``, as /sys/class/net/DEV/operstate has it."""
    return dev.operstate.lower() if dev.up else "down"
