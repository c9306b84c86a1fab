"""The groups of the link layer, as ``ip maddr`` and /proc/net/dev_mcast count them."""

from __future__ import annotations

from macvsim.dev.base import NetDevice
from macvsim.dev.ipvlan import Ipvlan
from macvsim.dev.macvlan import Macvlan
from macvsim.dev.vlan import Vlan


def link_groups(dev: NetDevice) -> list[tuple[bytes, int]]:
    """Groups and their users; handing a group down is one more use of it."""
    told_below = int(dev.up and isinstance(dev, Vlan | Macvlan | Ipvlan))
    return [(mac, users + told_below) for mac, users in dev.mc.items()]
