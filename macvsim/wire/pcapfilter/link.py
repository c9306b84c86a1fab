"""Where things are in the packets of a capture."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LinkType:
    """A kind of link-layer header.

    name, description : as libpcap calls it
    type_at : where the EtherType is; payload_at : where the network header begins
    addresses : the header holds two MACs, as Ethernet's
    """

    name: str
    description: str
    type_at: int
    payload_at: int
    addresses: bool


ETHERNET = LinkType("EN10MB", "Ethernet", 12, 14, True)
COOKED = LinkType("LINUX_SLL2", "Linux cooked v2", 0, 20, False)
"""What captures on all devices at once have instead of the devices' own headers."""
