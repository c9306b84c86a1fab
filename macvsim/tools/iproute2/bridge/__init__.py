"""The bridge command of iproute2: fdb, vlan and link."""

from __future__ import annotations
