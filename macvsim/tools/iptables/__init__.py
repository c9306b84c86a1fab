"""iptables 1.8.11: iptables, iptables-save and iptables-restore, legacy and nf_tables."""

from __future__ import annotations
