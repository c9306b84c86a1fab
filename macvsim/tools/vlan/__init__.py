"""The vlan package: vconfig."""

from __future__ import annotations
