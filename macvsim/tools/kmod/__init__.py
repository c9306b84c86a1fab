"""kmod: modprobe."""

from __future__ import annotations
