"""iproute2 6: ip, bridge and ss.  `main` finds the module of an object of ``ip``."""

from __future__ import annotations
