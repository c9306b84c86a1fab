"""The simulation beside the running kernel: labs and random topologies in namespaces of their own, compared."""

from __future__ import annotations

from typing import Final

SKIPPED: Final = 77
"""Exit status where nothing could be compared, as Automake and Meson have it for skipped tests."""

__all__ = ["SKIPPED"]
