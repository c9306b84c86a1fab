"""ISC's dhclient."""

from __future__ import annotations
