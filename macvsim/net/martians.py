"""Addresses that cannot be, told to the log where log_martians says so (ip_handle_martian_source; RFC 1812, 5.3.8)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from macvsim.engine.drop import DropReason
from macvsim.wire.addr import ip_text, is_loopback_ip

if TYPE_CHECKING:
    from macvsim.dev.base import NetDevice
    from macvsim.net.namespace import Namespace

_REASONS = (
    DropReason.IP_MARTIAN_SOURCE,
    DropReason.IP_MARTIAN_DEST,
    DropReason.IP_LOCALNET,
    DropReason.IP_LOCAL_SOURCE,
    DropReason.IP_RPFILTER,
)


def are_logged(ns: Namespace, dev: NetDevice) -> bool:
    """True if the log is to hear of martians on a device."""
    return bool(dev.inet.conf.log_martians or ns.conf_all.log_martians)


def log(ns: Namespace, dev: NetDevice, src: int, dst: int, reason: DropReason | None, link: bytes) -> None:
    """A packet, or an ARP request, ended for a reason; `link` is the Ethernet header it came with."""
    if reason not in _REASONS or not are_logged(ns, dev):
        return
    if reason is DropReason.IP_MARTIAN_DEST or (reason is DropReason.IP_LOCALNET and is_loopback_ip(dst)):
        ns.log.limited(f"IPv4: martian destination {ip_text(dst)} from {ip_text(src)}, dev {dev.name}")
        return
    header = [f"ll header: 00000000: {link.hex(' ')}"] if link else []
    ns.log.limited(f"IPv4: martian source {ip_text(dst)} from {ip_text(src)}, on dev {dev.name}", *header)
