"""macvsim: a Linux container-network lab in pure Python, with real bytes on the wire."""

from __future__ import annotations

__version__ = "0.1.0"
