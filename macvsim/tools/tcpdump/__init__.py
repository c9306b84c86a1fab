"""tcpdump 4.99.5 with libpcap 1.10.5."""

from __future__ import annotations
