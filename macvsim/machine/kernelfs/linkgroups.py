"""The groups of the link layer, as ``ip maddr`` and /proc/net/dev_mcast count them."""

from __future__ import annotations

from macvsim.dev.base import NetDevice


def link_groups(dev: NetDevice) -> list[tuple[bytes, int]]:
    """Groups and their users; handing a group down is one more use of it."""
    told_below = int(dev.up and dev.lower is not None)
    return [(mac, users + told_below) for mac, users in dev.mc.items()]
