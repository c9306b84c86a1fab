"""ARP and neighbour discovery alike: who asks for the MAC of which address, and who answers."""

from __future__ import annotations

from typing import NamedTuple

from macvsim.dev.base import NetDevice
from macvsim.net.ipv6.address import Flag
from macvsim.wire import arp, icmpv6, ipv6
from macvsim.wire.addr import ip_text
from macvsim.wire.addr6 import ip6_text
from macvsim.wire.frame import ETH_HLEN, ETH_P_ARP, ETH_P_IPV6, Frame

_NEIGHBOURS = (icmpv6.NEIGHBOUR_SOLICIT, icmpv6.NEIGHBOUR_ADVERT)


class Solicitation(NamedTuple):
    """A request for the MAC of `target` (an address as an integer), by ARP or neighbour discovery, or its answer."""

    request: bool
    target: int
    six: bool

    @property
    def text(self) -> str:
        """The address."""
        return ip6_text(self.target) if self.six else ip_text(self.target)

    def held_by(self, dev: NetDevice) -> bool:
        """True if a device has the address."""
        if not self.six:
            return any(address.local == self.target for address in dev.inet.addresses)
        return dev.inet.inet6 is not None and dev.inet.inet6.address(self.target) is not None

    def refused_by(self, dev: NetDevice) -> bool:
        """True if a device has the address, and may not use it as another machine had it."""
        address = dev.inet.inet6.address(self.target) if self.six and dev.inet.inet6 is not None else None
        return address is not None and bool(address.flags & Flag.DADFAILED)


def solicitation(frame: Frame) -> Solicitation | None:
    """The request or answer that a frame holds; None if it holds neither."""
    data = frame.raw[ETH_HLEN:]
    if frame.ethertype == ETH_P_ARP:
        message = arp.parse(data)
        return None if message is None else Solicitation(message.op == arp.REQUEST, message.tip, False)
    if frame.ethertype != ETH_P_IPV6 or len(data) < 64 or data[6] != ipv6.ICMPV6 or data[40] not in _NEIGHBOURS:
        return None
    return Solicitation(data[40] == icmpv6.NEIGHBOUR_SOLICIT, int.from_bytes(data[48:64], "big"), True)
