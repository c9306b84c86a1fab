"""Bridges as the socket ioctls make and change them (net/bridge/br_ioctl.c, br_if.c): the system calls of brctl."""

from __future__ import annotations

from macvsim.dev.bridge import Bridge, netif_is_bridge_master
from macvsim.errors import DeviceBusy, NetlinkError, NoSuchDevice
from macvsim.net.links import add_bridge
from macvsim.net.namespace import Namespace


def find(ns: Namespace, name: str) -> Bridge:
    """The bridge of that name; ENODEV if there is no such device, EOPNOTSUPP if it is another kind."""
    dev = ns.dev(name)
    if not netif_is_bridge_master(dev):
        raise NetlinkError("EOPNOTSUPP", f"{dev.label} is a {dev.kind} device, no bridge")
    return dev


def add(ns: Namespace, name: str) -> Bridge:
    """SIOCBRADDBR; EEXIST."""
    return add_bridge(ns, name)


def delete(ns: Namespace, name: str) -> None:
    """SIOCBRDELBR: ENXIO without such a device, EPERM for other kinds, EBUSY while it is up."""
    dev = ns.devices.get(name)
    if dev is None:
        raise NetlinkError("ENXIO", f"{ns.name} has no bridge {name}")
    if not netif_is_bridge_master(dev):
        raise NetlinkError("EPERM", f"{dev.label} is a {dev.kind} device, no bridge")
    if dev.up:
        raise DeviceBusy("EBUSY", f"{dev.label} is up: ip link set {name} down first")
    dev.destroy()


def add_port(ns: Namespace, bridge: str, name: str) -> None:
    """SIOCBRADDIF; ENODEV, EINVAL, EBUSY or ELOOP."""
    master = find(ns, bridge)
    dev = ns.devices.get(name)
    if dev is None:
        raise NoSuchDevice("ENODEV", f"{ns.name} has no device {name}")
    with ns.linkwatch.held():
        master.enslave(dev)


def delete_port(ns: Namespace, bridge: str, name: str) -> None:
    """SIOCBRDELIF; EINVAL for a device that is no port of this bridge."""
    master = find(ns, bridge)
    dev = ns.dev(name)
    with ns.linkwatch.held():
        master.release(dev)
