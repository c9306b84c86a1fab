"""Interfaces as the socket ioctls see and change them (devinet_ioctl in net/ipv4/devinet.c, dev_change_flags).

These are the system calls of ifconfig; iproute2 uses netlink instead.  A name is that of a device, or of an alias
(``eth0:1``), which is no device but the label of one of its addresses.  Every function raises `NetlinkError` with the
errno of the call.
"""

from __future__ import annotations

from macvsim.dev.base import NetDevice
from macvsim.dev.state import IFF_ALLMULTI, IFF_MULTICAST, IFF_NOARP, IFF_PROMISC, IFF_UP, user_flags
from macvsim.errors import Effect, NetlinkError, NotSimulated
from macvsim.net.addr import Address
from macvsim.net.fibroute import Scope
from macvsim.net.namespace import Namespace
from macvsim.net.parts import altered
from macvsim.wire.addr import ip_text, is_loopback_ip, is_multicast_ip, mask_int

IFF_NOTRAILERS = 0x20
IFF_DYNAMIC = 0x8000
_ALL_ONES = 0xFFFFFFFF
_CLASSES = ((0x80000000, 8), (0xC0000000, 16), (0xE0000000, 24))


def classful_length(ip: int) -> int:
    """Prefix length by the class of an address, 0 for 0.0.0.0 and 255.255.255.255; EINVAL for groups (inet_abc_len)."""
    if ip in (0, _ALL_ONES):
        return 0
    if is_multicast_ip(ip):
        raise NetlinkError("EINVAL", f"{ip_text(ip)} is a multicast address: an interface has a unicast one")
    return next((length for limit, length in _CLASSES if ip < limit), 32)


def mask_length(mask: int) -> int | None:
    """Prefix length of a netmask; None when its ones are not in a row (bad_mask)."""
    length = mask.bit_count()
    return length if mask_int(length) == mask else None


def device(ns: Namespace, name: str) -> NetDevice:
    """The device a name stands for; ENODEV."""
    return ns.dev(name.partition(":")[0])


def labelled(ns: Namespace, name: str) -> Address | None:
    """The address an interface name stands for: the first with that label on its device."""
    addresses: tuple[Address, ...] = device(ns, name).inet.addresses
    return next((address for address in addresses if address.label == name), None)


def aliases(dev: NetDevice) -> list[str]:
    """Labels of a device's addresses that are not its own name, in order (SIOCGIFCONF)."""
    labels = [address.label for address in dev.inet.addresses if address.label != dev.name]
    return list(dict.fromkeys(labels))


def _required(ns: Namespace, name: str) -> Address:
    found = labelled(ns, name)
    if found is None:
        raise NetlinkError("EADDRNOTAVAIL", f"{name} on {ns.name} has no IPv4 address: give it one first")
    return found


def _reinsert(ns: Namespace, dev: NetDevice, old: Address, new: Address) -> None:
    """Take an address out and put it back changed (inet_del_ifa, inet_insert_ifa): its routes go and come."""
    ns.addresses.remove(dev, old.local, old.plen)
    ns.addresses.add(dev, altered(new, secondary=False))


# -- flags -----------------------------------------------------------------------------------------------------------


def get_flags(ns: Namespace, name: str) -> int:
    """SIOCGIFFLAGS; an alias has its device's."""
    return user_flags(device(ns, name))


def set_flags(ns: Namespace, name: str, flags: int) -> None:
    """SIOCSIFFLAGS: UP, PROMISC, ALLMULTI and NOARP; an alias without UP loses its address.

    BROADCAST, RUNNING and what else belongs to the device is ignored; `NotSimulated` for changes of MULTICAST,
    NOTRAILERS and DYNAMIC.
    """
    dev = device(ns, name)
    if name != dev.name:
        address = _required(ns, name)
        if not flags & IFF_UP:
            ns.addresses.remove(dev, address.local, address.plen)
        return
    changed = user_flags(dev) ^ flags
    if changed & (IFF_MULTICAST | IFF_NOTRAILERS | IFF_DYNAMIC):
        raise NotSimulated(f"changing MULTICAST, NOTRAILERS or DYNAMIC of {dev.label}", Effect.CHANGES)
    if changed & IFF_NOARP:
        dev.noarp = bool(flags & IFF_NOARP)
        ns.arp_changed(dev)
    if changed & IFF_UP:
        if flags & IFF_UP:
            dev.set_up()
        else:
            dev.set_down()
    if changed & IFF_PROMISC:
        dev.set_promisc(bool(flags & IFF_PROMISC))
    if changed & IFF_ALLMULTI:
        dev.set_allmulti(bool(flags & IFF_ALLMULTI))


# -- addresses -------------------------------------------------------------------------------------------------------


def set_address(ns: Namespace, name: str, ip: int) -> None:
    """SIOCSIFADDR: replaces the interface's address; mask and broadcast follow from the class.  0.0.0.0 removes it."""
    dev = device(ns, name)
    plen = classful_length(ip)
    old = labelled(ns, name)
    if old is not None:
        if old.local == ip:
            return
        ns.addresses.remove(dev, old.local, old.plen)
    if not ip:
        return
    broadcast = ip | ~mask_int(plen) & _ALL_ONES if plen < 31 and not dev.loopback else 0
    scope = Scope.HOST if is_loopback_ip(ip) else Scope.UNIVERSE
    ns.addresses.add(dev, Address(ip, plen, broadcast, scope, label=name))


def set_netmask(ns: Namespace, name: str, mask: int) -> None:
    """SIOCSIFNETMASK: a broadcast address that fitted the old mask will fit the new one; EINVAL for a bad mask."""
    dev = device(ns, name)
    old = _required(ns, name)
    plen = mask_length(mask)
    if plen is None:
        raise NetlinkError("EINVAL", f"{name}: {ip_text(mask)} is not a netmask: its ones must stand in a row")
    if plen == old.plen:
        return
    new = altered(old, plen=plen)
    fits = old.broadcast == old.local | ~mask_int(old.plen) & _ALL_ONES
    if fits and plen < 31 and not dev.loopback:
        new.broadcast = old.local | ~mask & _ALL_ONES
    _reinsert(ns, dev, old, new)


def set_broadcast(ns: Namespace, name: str, ip: int) -> None:
    """SIOCSIFBRDADDR."""
    old = _required(ns, name)
    if ip != old.broadcast:
        _reinsert(ns, device(ns, name), old, altered(old, broadcast=ip))


def set_peer(ns: Namespace, name: str, ip: int) -> None:
    """SIOCSIFDSTADDR: the address at the other end of a point-to-point link."""
    old = _required(ns, name)
    if ip != old.peer:
        classful_length(ip)
        _reinsert(ns, device(ns, name), old, altered(old, peer=ip))
