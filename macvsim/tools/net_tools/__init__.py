"""net-tools 2.10: ifconfig, route, arp and netstat; busybox' applets of the same names share their parts."""

from __future__ import annotations
