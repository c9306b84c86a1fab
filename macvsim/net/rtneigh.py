"""Neighbour entries as netlink changes them (neigh_add, neigh_delete in net/core/neighbour.c)."""

from __future__ import annotations

from macvsim.dev.base import NetDevice
from macvsim.errors import NetlinkError
from macvsim.net.namespace import Namespace
from macvsim.net.neigh import VALID, Neighbour, Nud
from macvsim.wire.addr import ip_text


def _key(dev: NetDevice, ip: int) -> int:
    """Everything on a loopback device is one neighbour (arp_constructor's INADDR_ANY)."""
    return 0 if dev.loopback else ip


def put(
    ns: Namespace, dev: NetDevice, ip: int, ha: bytes | None, state: Nud, *, create: bool, replace: bool
) -> Neighbour:
    """RTM_NEWNEIGH.

    create : make a new entry; replace : change one that is there
    EEXIST, ENOENT, ENOBUFS; EINVAL where a state needs a MAC and none is known.
    """
    key = _key(dev, ip)
    entry = ns.neigh.lookup(dev, key)
    if entry is None:
        if not create:
            raise NetlinkError("ENOENT", f"{dev.label} has no neighbour {ip_text(ip)} to change: add it")
        entry = ns.neigh.create(dev, key)
        if entry is None:
            raise NetlinkError("ENOBUFS", f"{ip_text(ip)} on {dev.label}: the neighbour table is full")
    elif not replace:
        raise NetlinkError("EEXIST", f"{dev.label} has a neighbour {ip_text(ip)} already: replace it")
    if ha is None and state & VALID and not entry.state & VALID:
        raise NetlinkError("EINVAL", f"{ip_text(ip)} on {dev.label}: no MAC is given", "No link layer address given")
    entry.update(ha, state, override=True, admin=True)
    return entry


def delete(ns: Namespace, dev: NetDevice, ip: int) -> None:
    """RTM_DELNEIGH; ENOENT."""
    entry = ns.neigh.lookup(dev, _key(dev, ip))
    if entry is None:
        raise NetlinkError("ENOENT", f"{dev.label} has no neighbour {ip_text(ip)}: see ip neigh")
    remove(ns, entry)


def remove(ns: Namespace, entry: Neighbour) -> None:
    """What waits for the entry fails, then it goes."""
    entry.update(None, Nud.FAILED, override=True, admin=True)
    ns.neigh.remove(entry)
