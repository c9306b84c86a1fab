"""IPv6 of the interfaces Docker makes (moby ``libnetwork/osl``, ``libnetwork/drivers/bridge``)."""

from __future__ import annotations

from macvsim.dev.base import NetDevice
from macvsim.docker.ipam import Assignment
from macvsim.docker.ipam_config import IPAddress
from macvsim.net.ipv6.address import NO_FLAGS, Address6, Flag
from macvsim.net.ipv6.fib6 import Route6
from macvsim.net.ipv6.routes6 import add_route6
from macvsim.net.namespace import Namespace
from macvsim.wire.addr6 import ip6_int

_BRIDGE_LINK_LOCAL = (ip6_int("fe80::1"), 64)


def set_ipv6(ns: Namespace, link: NetDevice, assignment: Assignment | None) -> None:
    """IPv6 is on for an interface if and only if its network has it; the address is not checked for duplicates.

    Raises `NetlinkError`.
    """
    _switch(ns, link, on=assignment is not None)
    if assignment is not None:
        ns.ipv6.addrconf.add(link, Address6(int(assignment.address), assignment.prefixlen, Flag.NODAD))


def set_bridge_ipv6(ns: Namespace, bridge: NetDevice, gateway: IPAddress, plen: int) -> None:
    """A bridge of a network with IPv6 has the gateway's address, and fe80::1.  Raises `NetlinkError`."""
    _switch(ns, bridge, on=True)
    for local, length in ((int(gateway), plen), _BRIDGE_LINK_LOCAL):
        ns.ipv6.addrconf.add(bridge, Address6(local, length, NO_FLAGS))


def _switch(ns: Namespace, link: NetDevice, *, on: bool) -> None:
    """net.ipv6.conf.LINK.disable_ipv6; links too small for IPv6 do not have it."""
    if not on and ns.has_ipv6_off(link):
        return
    if link.inet.inet6 is not None:
        ns.sysctl[f"net.ipv6.conf.{link.name.replace('.', '/')}.disable_ipv6"] = int(not on)


def add_default6(ns: Namespace, gateway: IPAddress, link: NetDevice) -> Route6:
    """The default route by a gateway.  Raises `NetlinkError`."""
    return add_route6(ns.ipv6, 0, 0, gateway=int(gateway), dev=link)


def drop_route6(ns: Namespace, route: Route6) -> None:
    """Take a route out, unless it is gone already."""
    ns.ipv6.fib.remove_if(lambda other: other is route)
