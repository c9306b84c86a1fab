"""dnsmasq, as far as it serves DHCP."""

from __future__ import annotations
