"""Neighbour entries as netlink changes them (neigh_add, neigh_delete in net/core/neighbour.c)."""

from __future__ import annotations

from macvsim.dev.base import NetDevice
from macvsim.errors import NetlinkError
from macvsim.net.neigh import Neighbour
from macvsim.net.neightable import NeighTable
from macvsim.net.nud import VALID, Nud
from macvsim.wire.frame import ETH_P_IP


def _key(table: NeighTable, dev: NetDevice, ip: int) -> int:
    """Everything of IPv4 on a loopback device is one neighbour (arp_constructor's INADDR_ANY)."""
    return 0 if dev.loopback and table.ethertype == _IPV4 else ip


_IPV4 = ETH_P_IP.to_bytes(2, "big")


def put(
    table: NeighTable,
    dev: NetDevice,
    ip: int,
    ha: bytes | None,
    state: Nud,
    *,
    create: bool,
    replace: bool,
    router: bool = False,
) -> Neighbour:
    """RTM_NEWNEIGH.

    create : make a new entry; replace : change one that is there; router : it is said to be one
    EEXIST, ENOENT, ENOBUFS; EINVAL where a state needs a MAC and none is known.
    """
    key = _key(table, dev, ip)
    entry = table.lookup(dev, key)
    if entry is None:
        if not create:
            raise NetlinkError("ENOENT", f"{dev.label} has no neighbour {table.text(ip)} to change: add it")
        entry = table.create(dev, key)
        if entry is None:
            raise NetlinkError("ENOBUFS", f"{table.text(ip)} on {dev.label}: the neighbour table is full")
    elif not replace:
        raise NetlinkError("EEXIST", f"{dev.label} has a neighbour {table.text(ip)} already: replace it")
    if ha is None and state & VALID and not entry.state & VALID:
        raise NetlinkError("EINVAL", f"{table.text(ip)} on {dev.label}: no MAC is given", "No link layer address given")
    entry.update(ha, state, override=True, admin=True, router=router)
    return entry


def delete(table: NeighTable, dev: NetDevice, ip: int) -> None:
    """RTM_DELNEIGH; ENOENT."""
    entry = table.lookup(dev, _key(table, dev, ip))
    if entry is None:
        raise NetlinkError("ENOENT", f"{dev.label} has no neighbour {table.text(ip)}: see ip neigh")
    remove(entry)


def put_proxy(table: NeighTable, dev: NetDevice, ip: int, *, router: bool = False) -> None:
    """RTM_NEWNEIGH with NTF_PROXY: answer for an address on a device (pneigh_lookup); one that is there stays."""
    table.proxies.put(dev, ip, router=router)


def delete_proxy(table: NeighTable, dev: NetDevice, ip: int) -> None:
    """RTM_DELNEIGH with NTF_PROXY (pneigh_delete); ENOENT."""
    if (dev, ip) not in table.proxies.entries:
        raise NetlinkError("ENOENT", f"{table.text(ip)} is not answered for on {dev.label}: see ip neigh show proxy")
    table.proxies.delete(dev, ip)


def remove(entry: Neighbour) -> None:
    """What waits for the entry fails, then it goes."""
    entry.update(None, Nud.FAILED, override=True, admin=True)
    entry.table.remove(entry)
