"""ethtool 6."""

from __future__ import annotations
