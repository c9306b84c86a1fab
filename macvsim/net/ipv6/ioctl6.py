"""What ifconfig and route ask the kernel for by ioctl (inet6_ioctl: addrconf_add_ifaddr, ipv6_route_ioctl)."""

from __future__ import annotations

from macvsim.errors import NetlinkError
from macvsim.net import ifioctl
from macvsim.net.ipv6.address import Address6
from macvsim.net.ipv6.routes6 import add_route6, delete_route6
from macvsim.net.namespace import Namespace
from macvsim.wire.addr6 import ip6_text


def add_address(ns: Namespace, name: str, ip: int, plen: int) -> None:
    """SIOCSIFADDR: one more address, on a device that then goes up by itself or not at all."""
    ns.ipv6.addrconf.add(ifioctl.device(ns, name), Address6(ip, plen))


def delete_address(ns: Namespace, name: str, ip: int, plen: int) -> None:
    """SIOCDIFADDR."""
    dev = ifioctl.device(ns, name)
    inet6 = dev.inet.inet6
    found = None if inet6 is None else next((a for a in inet6.addresses if (a.local, a.plen) == (ip, plen)), None)
    if found is None:
        raise NetlinkError("EADDRNOTAVAIL", f"{dev.label} has no address {ip6_text(ip)}/{plen}")
    ns.ipv6.addrconf.remove(dev, found)


def add_route(ns: Namespace, dst: int, plen: int, gateway: int, dev: str, metric: int) -> None:
    """SIOCADDRT: of metric 1 unless another one is given."""
    device = ifioctl.device(ns, dev) if dev else None
    add_route6(ns.ipv6, dst, plen, gateway=gateway, dev=device, metric=metric)


def delete_route(ns: Namespace, dst: int, plen: int, gateway: int, dev: str, metric: int) -> None:
    """SIOCDELRT."""
    device = ifioctl.device(ns, dev) if dev else None
    delete_route6(ns.ipv6, dst, plen, gateway=gateway, dev=device, metric=metric)
