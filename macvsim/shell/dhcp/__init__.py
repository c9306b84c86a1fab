"""DHCP clients and servers: udhcpc and udhcpd of busybox."""

from __future__ import annotations

from macvsim.shell.dhcp import udhcpc, udhcpd

__all__ = ["udhcpc", "udhcpd"]
