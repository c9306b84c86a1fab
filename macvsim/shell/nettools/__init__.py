"""net-tools 2.10: ifconfig, route, arp and netstat of the hosts."""

from __future__ import annotations

from macvsim.shell.nettools import arp, ifconfig, netstat, route

__all__ = ["arp", "ifconfig", "netstat", "route"]
