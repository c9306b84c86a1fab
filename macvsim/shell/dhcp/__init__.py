"""DHCP clients and servers: udhcpc and udhcpd of busybox, ISC's dhclient, and dnsmasq as far as it serves DHCP."""

from __future__ import annotations

from macvsim.shell.dhcp import dhclient, dnsmasq, udhcpc, udhcpd

__all__ = ["dhclient", "dnsmasq", "udhcpc", "udhcpd"]
