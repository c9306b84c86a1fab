"""net-tools 2.10: ifconfig, route and arp of the hosts."""

from __future__ import annotations

from macvsim.shell.nettools import arp, ifconfig, route

__all__ = ["arp", "ifconfig", "route"]
