"""The neighbour cache as the socket ioctls change it and /proc/net/arp shows it (arp_ioctl, arp_seq_show).

These are the system calls of the arp command; iproute2 uses netlink instead.
"""

from __future__ import annotations

from typing import NamedTuple

from macvsim.dev.base import NetDevice
from macvsim.errors import NetlinkError
from macvsim.net.fibroute import TABLE_LOCAL, TABLE_MAIN, Route, RouteType, Scope
from macvsim.net.namespace import Namespace
from macvsim.net.neigh import Neighbour
from macvsim.net.nud import VALID, Nud
from macvsim.wire.addr import ip_text

ATF_COM = 0x02
ATF_PERM = 0x04


class ArpRow(NamedTuple):
    """One line of /proc/net/arp."""

    ip: int
    flags: int
    ha: bytes
    dev: str


def table(ns: Namespace) -> list[ArpRow]:
    """Every entry but those that need no resolution, newest first."""
    rows = []
    for entry in reversed(ns.neigh.listing()):
        flags = ATF_PERM | ATF_COM if entry.state & Nud.PERMANENT else ATF_COM if entry.state & VALID else 0
        rows.append(ArpRow(entry.ip, flags, entry.ha, entry.dev.name))
    return rows


def _device(ns: Namespace, ip: int, dev: str) -> NetDevice:
    """The device named, or the one on whose link the address is."""
    if dev:
        return ns.dev(dev)
    best: Route | None = None
    for number in (TABLE_LOCAL, TABLE_MAIN):
        for route in ns.fib.table(number).candidates(ip):
            if route.scope >= Scope.LINK and route.dev is not None:
                best = route if best is None or route.plen > best.plen else best
                break
    if best is None:
        raise NetlinkError("ENETUNREACH", f"{ip_text(ip)} is on no link of {ns.name}: name the device (-i)")
    out: NetDevice = ns.devices["lo"] if best.type is RouteType.LOCAL else best.dev
    return out


def add(ns: Namespace, ip: int, ha: bytes, dev: str = "", *, permanent: bool = True) -> Neighbour:
    """SIOCSARP: an entry that stays, or one that is looked at again when it is used (ATF_PERM not set).

    ENETUNREACH without a route or a device, EINVAL for loopback devices, ENOBUFS when the table is full.
    """
    out = _device(ns, ip, dev)
    if out.loopback:
        raise NetlinkError("EINVAL", f"{ip_text(ip)} on {out.label}: a loopback device has no neighbours")
    entry = ns.neigh.create(out, ip)
    if entry is None:
        raise NetlinkError("ENOBUFS", f"{ip_text(ip)} on {out.label}: the neighbour table is full")
    entry.update(ha, Nud.PERMANENT if permanent else Nud.STALE, override=True, admin=True)
    return entry


def delete(ns: Namespace, ip: int, dev: str = "") -> None:
    """SIOCDARP: ENXIO when there is no such entry, ENETUNREACH without a route or a device."""
    out = _device(ns, ip, dev)
    entry = ns.neigh.lookup(out, ip)
    if entry is None:
        raise NetlinkError("ENXIO", f"{out.label} has no neighbour {ip_text(ip)}: see arp -n")
    if entry.state & ~Nud.NOARP:
        entry.update(None, Nud.FAILED, override=True, admin=True)
    ns.neigh.remove(entry)
