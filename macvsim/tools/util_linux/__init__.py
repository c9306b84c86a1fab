"""util-linux: dmesg and nsenter."""

from __future__ import annotations
