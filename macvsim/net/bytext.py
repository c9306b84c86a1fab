"""Addresses and routes of either family, as text: for the Python API, where ``::`` tells IPv6."""

from __future__ import annotations

from typing import TYPE_CHECKING

from macvsim.dev.base import NetDevice
from macvsim.errors import NetlinkError
from macvsim.net.addr import Address
from macvsim.net.namespace import Namespace
from macvsim.net.routes import add_route
from macvsim.wire.addr import ip_int, prefix_parse
from macvsim.wire.addr6 import ip6_int, prefix6_parse

if TYPE_CHECKING:
    from macvsim.net.ipv6.address import Address6


def parse_address(text: str) -> Address | Address6:
    """An address with its prefix length; that of a single address when none is written."""
    if ":" in text:
        from macvsim.net.ipv6.address import NO_FLAGS, Address6  # labs without IPv6 do not load it

        local, plen = prefix6_parse(text)
        return Address6(local, plen, NO_FLAGS)
    return Address(*prefix_parse(text))


def add_address(ns: Namespace, dev: NetDevice, address: Address | Address6) -> None:
    """``ip addr add``; one of IPv6 can be used once nobody else has turned out to have it.  Raises `NetlinkError`."""
    if isinstance(address, Address):
        ns.addresses.add(dev, address)
    else:
        ns.ipv6.addrconf.add(dev, address)


def remove_address(ns: Namespace, dev: NetDevice, text: str) -> None:
    """``ip addr del``; raises `NetlinkError`."""
    if ":" not in text:
        ns.addresses.remove(dev, prefix_parse(text)[0])
        return
    local, _ = prefix6_parse(text)
    inet6 = dev.inet.inet6
    address = None if inet6 is None else inet6.address(local)
    if address is None:
        raise NetlinkError("EADDRNOTAVAIL", f"{dev.label} has no address {text}", "ipv6: address not found")
    ns.ipv6.addrconf.remove(dev, address)


def route(ns: Namespace, prefix: str, via: str | None, dev: NetDevice | None, metric: int, src: str | None) -> None:
    """``ip route add``; raises `NetlinkError`."""
    if any(":" in (text or "") for text in (prefix, via, src)):
        from macvsim.net.ipv6.routes6 import add_route6

        dst6, plen = (0, 0) if prefix == "default" else prefix6_parse(prefix)
        add_route6(ns.ipv6, dst6, plen, gateway=ip6_int(via) if via else 0, dev=dev, metric=metric,
                   src=ip6_int(src) if src else 0)  # fmt: skip
        return
    dst, plen = (0, 0) if prefix == "default" else prefix_parse(prefix)
    add_route(ns, dst, plen, gateway=ip_int(via) if via else 0, dev=dev, metric=metric, src=ip_int(src) if src else 0)
